//! The built plugin's editor in a real window, with a real hand on the mouse, while it plays. Needs
//! a display (`xvfb-run cargo test -p stage --test window -- --ignored`) and the bundle (`cargo xtask bundle`).
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use stage::{Binary, Instance, Player, Setup, Touch};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, CreateWindowAux, ImageFormat, WindowClass};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

const STEREO: &str = "org.one2four.stereo";
const SETUP: Setup = Setup {
    sample_rate: 44_100.0,
    max_block: BLOCK,
};
const BLOCK: usize = 441;
/// The longest time until an editor shows its first frame.
const MAX_OPENING: Duration = Duration::from_millis(150);
/// How often the editor is opened and closed.
const TIMES: usize = 100;
/// Memory that fifty windows may leave behind after fifty others, in KiB: the recording of the
/// stems grows meanwhile, and the system's allocator keeps some of every window's thread.
const MAX_GROWTH_KIB: i64 = 80 * 1024;

fn clap() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    target.unwrap().join("bundled/One2Four.clap")
}

/// A display with a window of the host's on it.
struct Screen {
    connection: RustConnection,
    root: u32,
    window: u32,
}

impl Screen {
    /// With the window so far down.
    fn open(y: i16) -> Self {
        let (connection, screen_idx) = x11rb::connect(None).expect("a display; xvfb-run gives one");
        let screen = &connection.setup().roots[screen_idx];
        let (root, visual) = (screen.root, screen.root_visual);
        let window = connection.generate_id().unwrap();
        let looks = CreateWindowAux::new()
            .background_pixel(screen.black_pixel)
            .override_redirect(1);
        connection
            .create_window(
                0,
                window,
                root,
                0,
                y,
                900,
                520,
                0,
                WindowClass::INPUT_OUTPUT,
                visual,
                &looks,
            )
            .unwrap();
        connection.map_window(window).unwrap();
        connection.sync();
        Self {
            connection,
            root,
            window,
        }
    }

    /// Whether anything but black is shown.
    fn shows_something(&self) -> bool {
        let image = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, 100, 50, !0)
            .unwrap()
            .reply()
            .unwrap();
        image.data.chunks_exact(4).any(|pixel| pixel[0] > 64)
    }

    fn point(&self, x: i16, y: i16) {
        self.input(6, 0, x, y);
    }

    fn press(&self) {
        self.input(4, 1, 0, 0);
    }

    fn release(&self) {
        self.input(5, 1, 0, 0);
    }

    fn input(&self, kind: u8, detail: u8, x: i16, y: i16) {
        self.connection
            .xtest_fake_input(kind, detail, 0, self.root, x, y, 0)
            .unwrap();
        self.connection.sync();
    }
}

trait Sync {
    fn sync(&self);
}

impl Sync for RustConnection {
    /// Waits until the server has done what was asked.
    fn sync(&self) {
        self.get_input_focus().unwrap().reply().unwrap();
    }
}

/// An audio thread that plays a tone like a sound card.
struct Audio {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<(Player, Vec<Touch>, Duration)>,
}

impl Audio {
    fn start(mut player: Player) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let is_stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let (mut touches, mut slowest) = (Vec::new(), Duration::ZERO);
            let started = Instant::now();
            for block in 0.. {
                if is_stopped.load(Ordering::Acquire) {
                    break;
                }
                let tone: Vec<f32> = (block * BLOCK..(block + 1) * BLOCK)
                    .map(|i| 0.3 * (i as f32 * 0.06).sin())
                    .collect();
                player.play(&[&tone, &tone], &[]).unwrap();
                slowest = slowest.max(player.last_process());
                touches.extend(player.touches());
                let due = Duration::from_millis(10) * (block as u32 + 1);
                std::thread::sleep(due.saturating_sub(started.elapsed()));
            }
            (player, touches, slowest)
        });
        Self { stop, thread }
    }

    fn stop(self) -> (Player, Vec<Touch>, Duration) {
        self.stop.store(true, Ordering::Release);
        self.thread.join().unwrap()
    }
}

fn instance(binary: &Binary) -> (Instance, Audio) {
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
        std::thread::sleep(Duration::from_millis(1));
    }
    started.elapsed()
}

fn resident_kib() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// One test, because there is one pointer on a display.
#[test]
#[ignore = "needs a display: xvfb-run cargo test -p stage --test window -- --ignored"]
fn an_editor_opens_fast_tells_gestures_and_leaves_nothing_behind() {
    let binary = Binary::open(&clap()).unwrap();
    let screen = Screen::open(0);
    let (mut first, audio) = instance(&binary);

    // A drag of the drums' fader, which lies here at 100 %.
    open(&mut first, &screen);
    std::thread::sleep(Duration::from_millis(500));
    screen.point(262, 143);
    std::thread::sleep(Duration::from_millis(100));
    screen.press();
    for x in (222..262).rev().step_by(8) {
        screen.point(x, 143);
        std::thread::sleep(Duration::from_millis(60));
    }
    screen.release();
    std::thread::sleep(Duration::from_millis(200));
    first.close_editor().unwrap();

    // A hundred windows, two at a time.
    let late_chunks = || -> u64 {
        let report = binary.report().unwrap();
        report
            .instances
            .iter()
            .map(|instance| instance.late_chunks)
            .sum()
    };
    let late_before = late_chunks();
    let (mut second, other_audio) = instance(&binary);
    let other_screen = Screen::open(530);
    let mut times = Vec::new();
    let mut after_half_kib = 0;
    for time in 0..TIMES {
        if time == TIMES / 2 {
            after_half_kib = resident_kib();
        }
        times.push(open(&mut first, &screen));
        if time % 10 == 0 {
            second.open_editor(other_screen.window).unwrap();
            second.close_editor().unwrap();
        }
        first.close_editor().unwrap();
        while screen.shows_something() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    let growth_kib = resident_kib() - after_half_kib;
    times.sort();
    let (median, most) = (times[TIMES / 2], times[TIMES - 1]);
    let (player, touches, slowest) = audio.stop();
    first.deactivate(player);
    let (other_player, ..) = other_audio.stop();
    second.deactivate(other_player);
    println!(
        "opens in {median:?}, at most {most:?}; {growth_kib} KiB more after the second half of {TIMES} windows; slowest block {slowest:?}; gesture {touches:?}"
    );

    let drums = first.param("drums_gain").unwrap().clap_id;
    assert!(
        matches!(touches[..], [Touch::Begin(begun), .., Touch::End(ended)]
        if begun == drums && ended == drums)
    );
    let changes = &touches[1..touches.len() - 1];
    assert!(changes.len() >= 3);
    assert!(
        changes
            .iter()
            .all(|touch| matches!(touch, Touch::Change(id, _) if *id == drums))
    );
    assert!(median <= MAX_OPENING, "{median:?}");
    assert!(growth_kib <= MAX_GROWTH_KIB, "{growth_kib} KiB");
    assert_eq!(late_chunks(), late_before, "the audio was not disturbed");
}
