//! The built plugin's editor in a real window, with a real hand on the mouse, while it plays. Needs
//! a display (`xvfb-run -s "-screen 0 1920x1200x24 -noreset" cargo test --workspace --test window -- --ignored`)
//! and the bundle (`cargo xtask bundle`).
#![cfg(target_os = "linux")]

mod audio;
mod process;
mod screen;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use std::time::{Duration, Instant};

use audio::{Audio, SETUP, STEEPEST};
use screen::Screen;
use stage::{Binary, Instance, STEREO, Touch};

/// The longest time until an editor shows its first frame.
const MAX_OPENING: Duration = Duration::from_millis(150);
/// How often the editor is opened and closed.
const TIMES: usize = 100;
/// Memory that a hundred windows may leave behind, in KiB. baseview 0.4.2 does not give back a window's
/// keyboard map, of 71 KiB on Xvfb, and 30 more are the holes around it; the rest is ours to keep small.
const MAX_GROWTH_KIB: i64 = 12 * 1024;
/// The longest time from a hand's first move to its sound.
const MAX_DELAY: Duration = Duration::from_millis(150);
/// The share of a core that an open editor may take while nothing plays.
const MAX_IDLE: f64 = 0.02;

/// Where things lie at 100 %.
const DRUMS_MUTE: (i16, i16) = (98, 154);
const DRUMS_VALUE: (i16, i16) = (335, 143);
const OUTPUT_KNOB: (i16, i16) = (262, 445);
const CHUNK_BUTTON: (i16, i16) = (300, 24);
const QUARTER_SECOND: (i16, i16) = (300, 94);
const SIZE_BUTTON: (i16, i16) = (850, 24);
const SIZE_150: (i16, i16) = (850, 158);

/// The key of Xvfb's keyboard.
const RETURN: u8 = 36;

/// There is one pointer on a display, and the process is measured.
static TURN: Mutex<()> = Mutex::new(());

fn binary() -> Binary {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let clap: PathBuf = target.join("bundled/One2Four.clap");
    Binary::open(&clap).unwrap()
}

fn playing(binary: &Binary) -> (Instance, Audio) {
    let mut instance = binary.instantiate(STEREO).unwrap();
    let player = instance.activate(SETUP).unwrap();
    (instance, Audio::start(player))
}

/// Opens the editor and returns the time until it showed something.
fn open(instance: &mut Instance, screen: &Screen) -> Duration {
    let started = Instant::now();
    instance.open_editor(screen.window).unwrap();
    while !screen.shows_something() {
        assert!(started.elapsed().as_secs() < 10, "nothing is shown");
        sleep_ms(1);
    }
    started.elapsed()
}

fn close(instance: &mut Instance, screen: &Screen) {
    instance.close_editor().unwrap();
    while screen.shows_something() {
        sleep_ms(1);
    }
}

fn sleep_ms(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

fn late_chunks(binary: &Binary) -> u64 {
    let instances = binary.report().unwrap().instances;
    instances.iter().map(|instance| instance.late_chunks).sum()
}

#[test]
#[ignore = "needs a display"]
fn an_editor_opens_fast_and_leaves_nothing_behind() {
    let _turn = TURN.lock();
    let binary = binary();
    let (screen, other_screen) = (Screen::open(0), Screen::open(530));
    let (mut first, audio) = playing(&binary);
    let (mut second, other_audio) = playing(&binary);
    let late_before = late_chunks(&binary);
    let mut times = Vec::new();
    for time in 0..TIMES {
        times.push(open(&mut first, &screen));
        // Every now and then there are two.
        if time % 10 == 0 {
            open(&mut second, &other_screen);
            close(&mut second, &other_screen);
        }
        close(&mut first, &screen);
    }
    let late = late_chunks(&binary) - late_before;
    let (heard, other_heard) = (audio.stop(), other_audio.stop());

    // The recording of the stems grows no more.
    sleep_ms(500);
    let (before_kib, handles) = (process::memory_kib(), process::handles());
    let busy_before_s = process::busy_s();
    for _ in 0..TIMES {
        open(&mut first, &screen);
        close(&mut first, &screen);
    }
    let busy_ms = (process::busy_s() - busy_before_s) * 1e3 / TIMES as f64;
    sleep_ms(500);
    let growth_kib = process::memory_kib() - before_kib;
    let handles_after = process::handles();
    times.sort();
    let (median, most) = (times[TIMES / 2], times[TIMES - 1]);
    println!(
        "opens in {median:?}, at most {most:?}, with {busy_ms:.0} ms of work; slowest block {:?}; {growth_kib} KiB more after \
         {TIMES} windows; threads and files {handles:?}, then {handles_after:?}",
        heard.slowest
    );
    first.deactivate(heard.player);
    second.deactivate(other_heard.player);
    assert!(median <= MAX_OPENING, "{median:?}");
    assert!(growth_kib <= MAX_GROWTH_KIB, "{growth_kib} KiB");
    assert_eq!(handles, handles_after, "threads and files");
    assert_eq!(late, 0, "the audio was not disturbed");
}

#[test]
#[ignore = "needs a display"]
fn keys_go_to_the_host_after_a_click() {
    let _turn = TURN.lock();
    let binary = binary();
    let screen = Screen::open(0);
    let mut instance = binary.instantiate(STEREO).unwrap();
    open(&mut instance, &screen);
    for at in [DRUMS_MUTE, OUTPUT_KNOB] {
        screen.click(at);
        assert_eq!(screen.focus(), screen.window, "after a click at {at:?}");
    }
    screen.click(DRUMS_VALUE);
    assert_ne!(screen.focus(), screen.window, "a value can be typed");
    screen.press(RETURN);
    assert_eq!(screen.focus(), screen.window, "after a value was typed");
    close(&mut instance, &screen);
}

#[test]
#[ignore = "needs a display"]
fn an_editor_that_is_shown_late_is_drawn() {
    let _turn = TURN.lock();
    let binary = binary();
    let screen = Screen::open(0);
    let mut instance = binary.instantiate(STEREO).unwrap();
    instance.create_editor(screen.window).unwrap();
    instance.resize_editor((1000, 600)).unwrap();
    sleep_ms(300);
    instance.show_editor().unwrap();
    let shown = Instant::now();
    while !screen.shows_something() {
        assert!(shown.elapsed().as_secs() < 5, "nothing is shown");
        sleep_ms(1);
    }
    close(&mut instance, &screen);
}

#[test]
#[ignore = "needs a display"]
fn a_dragged_fader_tells_the_host_and_is_heard_at_once() {
    let _turn = TURN.lock();
    let binary = binary();
    let screen = Screen::open(0);
    let (mut instance, audio) = playing(&binary);
    open(&mut instance, &screen);
    sleep_ms(2_500);
    screen.drag(OUTPUT_KNOB, (OUTPUT_KNOB.0 - 100, OUTPUT_KNOB.1));
    sleep_ms(300);
    instance.close_editor().unwrap();
    let heard = audio.stop();

    let output = instance.param("output_gain").unwrap().clap_id;
    let [
        (_, Touch::Begin(begun)),
        changes @ ..,
        (end, Touch::End(ended)),
    ] = &heard.touches[..]
    else {
        panic!("no gesture: {:?}", heard.touches)
    };
    assert_eq!((*begun, *ended), (output, output));
    let (first_change, _) = changes[0];
    let is_change = |touch: &Touch| matches!(touch, Touch::Change(id, _) if *id == output);
    let are_changes = changes.iter().all(|(_, touch)| is_change(touch));
    assert!(!changes.is_empty() && are_changes, "{changes:?}");

    let peak = |samples: &[f32]| samples.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
    let before = peak(&heard.output[first_change - 4_410..first_change]);
    let delay = (MAX_DELAY.as_secs_f64() * SETUP.sample_rate) as usize;
    let after = peak(&heard.output[end + delay..]);
    println!("peak {before} before the drag, {after} at most {MAX_DELAY:?} after it");
    assert!(before > 0.25 && after < 0.1 * before);
    instance.deactivate(heard.player);
}

#[test]
#[ignore = "needs a display"]
fn another_chunk_restarts_the_plugin_without_a_click() {
    let _turn = TURN.lock();
    let binary = binary();
    let screen = Screen::open(0);
    let (mut instance, audio) = playing(&binary);
    open(&mut instance, &screen);
    sleep_ms(2_500);
    screen.click(CHUNK_BUTTON);
    // Whatever was asked for before is not the chunk's.
    instance.requests().take_restart();
    let asked = Instant::now();
    // Not a moment longer: the silence before a restart ends by itself, and what a host cuts off then is
    // not for a plugin to mend.
    screen.tap(QUARTER_SECOND);
    while !instance.requests().take_restart() {
        assert!(asked.elapsed().as_secs() < 5, "no restart was asked for");
        sleep_ms(1);
    }
    let waited = asked.elapsed();
    let before = audio.stop();
    let restarted = Instant::now();
    instance.deactivate(before.player);
    let player = instance.activate(SETUP).unwrap();
    let restarted = restarted.elapsed();
    let audio = Audio::go_on(player, before.output.len());
    sleep_ms(2_000);
    close(&mut instance, &screen);
    let after = audio.stop();

    let latency = instance.latency().unwrap();
    let first_sound = after.output.iter().position(|x| x.abs() > 0.01).unwrap();
    let heard = [before.output, after.output].concat();
    let step = |pair: &[f32]| (pair[1] - pair[0]).abs();
    let steepest = heard.windows(2).map(step).fold(0.0, f32::max);
    println!(
        "restart asked for after {waited:?} and done in {restarted:?}; latency {latency} samples, \
         sound after {first_sound}; steepest step {steepest}, of the tone {STEEPEST}"
    );
    assert_eq!(latency, 33_792);
    assert!(steepest < 1.2 * STEEPEST, "a step of {steepest}");
    instance.deactivate(after.player);
}

#[test]
#[ignore = "needs a display"]
fn a_project_remembers_the_scale() {
    let _turn = TURN.lock();
    let binary = binary();
    let screen = Screen::open(0);
    let mut instance = binary.instantiate(STEREO).unwrap();
    open(&mut instance, &screen);
    assert_eq!(screen.editor_size(), (900, 520));
    screen.click(SIZE_BUTTON);
    screen.click(SIZE_150);
    screen.wait_for_size((1350, 780));
    close(&mut instance, &screen);
    let project = instance.save().unwrap();

    let mut reopened = binary.instantiate(STEREO).unwrap();
    reopened.load(&project).unwrap();
    let size = reopened.open_editor(screen.window).unwrap();
    assert_eq!(size, (1350, 780), "what the host is told");
    screen.wait_for_size((1350, 780));
    reopened.close_editor().unwrap();
}

#[test]
#[ignore = "needs a display"]
fn a_host_is_told_the_size_on_a_dense_screen() {
    let _turn = TURN.lock();
    let binary = binary();
    let screen = Screen::open(0);
    screen.set_dpi(Some(192));
    let mut instance = binary.instantiate(STEREO).unwrap();
    let opened = instance.open_editor(screen.window);
    screen.set_dpi(None);
    opened.unwrap();
    assert_eq!(screen.editor_size(), (1800, 1040));
    assert_eq!(instance.told_size().unwrap(), (1800, 1040));
    instance.close_editor().unwrap();
}

#[test]
#[ignore = "needs a display"]
fn an_open_editor_rests_while_nothing_plays() {
    let _turn = TURN.lock();
    let binary = binary();
    let screen = Screen::open(0);
    let (mut instance, audio) = playing(&binary);
    open(&mut instance, &screen);
    sleep_ms(3_000);
    let heard = audio.stop();
    // The meters fall, and the picture stands.
    sleep_ms(12_000);
    let (before_s, started) = (process::busy_s(), Instant::now());
    sleep_ms(20_000);
    let share = (process::busy_s() - before_s) / started.elapsed().as_secs_f64();
    println!(
        "an open editor takes {:.2} % of a core at rest",
        share * 100.0
    );
    close(&mut instance, &screen);
    instance.deactivate(heard.player);
    assert!(share < MAX_IDLE, "{share}");
}
