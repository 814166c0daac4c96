//! The editor, worked by its accessible names and looked at, without a window.

mod band;
mod frame;
mod rig;

use std::sync::atomic::Ordering;
use std::time::Duration;

use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable;
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::Param;
use one2four::bridge::Cause;
use one2four::geometry::ChunkSetting;
use one2four::params::{MIN_GAIN_DB, STRIPS};
use rig::Rig;
use stage::Gesture;

/// A gesture that ends with the parameter `name` at `value`.
fn is_gesture(gestures: &[Gesture], name: &str) -> bool {
    matches!(gestures, [Gesture::Begin(begun), changes @ .., Gesture::End(ended)]
        if begun == name
            && ended == name
            && !changes.is_empty()
            && changes.iter().all(|change| matches!(change, Gesture::Change(changed, _) if changed == name)))
}

#[test]
fn every_mute_and_solo_turns_its_parameter() {
    let mut rig = Rig::new();
    for (strip_idx, strip) in STRIPS.iter().enumerate() {
        for what in ["Mute", "Solo"] {
            let value = |rig: &Rig| {
                let strip = rig.params.strips()[strip_idx];
                let param = if what == "Mute" {
                    &strip.mute
                } else {
                    &strip.solo
                };
                param.value()
            };
            let before = value(&rig);
            let name = format!("{strip} {what}");
            rig.click(&name);
            assert_eq!(value(&rig), !before, "{name}");
            assert!(is_gesture(&rig.desk.take_gestures(), &name), "{name}");
        }
    }
}

#[test]
fn a_click_with_ctrl_solos_one_strip_alone() {
    let mut rig = Rig::new();
    rig.click("Drums Solo");
    let node = rig.harness.get_by_label("Bass Solo");
    node.click_modifiers(Modifiers::COMMAND);
    rig.harness.run_steps(2);
    assert!(!rig.params.drums.solo.value());
    assert!(rig.params.bass.solo.value());

    // One of several that are soloed stays, and the others go.
    rig.click("Drums Solo");
    let node = rig.harness.get_by_label("Bass Solo");
    node.click_modifiers(Modifiers::COMMAND);
    rig.harness.run_steps(2);
    assert!(!rig.params.drums.solo.value());
    assert!(rig.params.bass.solo.value());

    // A host passes on what it is told with its next block: nothing may depend on it before.
    rig.click("Drums Solo");
    rig.desk.take_gestures();
    rig.desk.is_deaf.store(true, Ordering::Relaxed);
    let node = rig.harness.get_by_label("Bass Solo");
    node.click_modifiers(Modifiers::COMMAND);
    rig.harness.run_steps(2);
    assert!(is_gesture(&rig.desk.take_gestures(), "Drums Solo"));
}

#[test]
fn every_fader_is_dragged_reset_and_moved_by_keys() {
    let mut rig = Rig::new();
    let names = STRIPS.iter().chain(&["Output"]);
    for name in names.map(|strip| format!("{strip} Gain")) {
        let gain = |rig: &Rig| rig.gain(&name);
        rig.desk.take_gestures();
        rig.drag(&name, vec2(-30.0, 0.0));
        let dragged_db = gain(&rig);
        assert!(
            dragged_db < -5.0 && dragged_db > -30.0,
            "{name} {dragged_db}"
        );
        assert!(is_gesture(&rig.desk.take_gestures(), &name), "{name}");

        rig.double_click(&name);
        assert_eq!(gain(&rig), 0.0, "{name} after a double click");

        rig.harness.get_by_label(&name).focus();
        rig.harness.run_steps(2);
        rig.press(Key::ArrowDown, Modifiers::NONE);
        assert!((gain(&rig) + 1.0).abs() < 0.02, "{name} after a key");
        rig.press(Key::ArrowUp, Modifiers::SHIFT);
        assert!((gain(&rig) + 0.9).abs() < 0.02, "{name} after a fine key");
        rig.press(Key::Delete, Modifiers::NONE);
        assert_eq!(gain(&rig), 0.0, "{name} after delete");
    }
}

#[test]
fn no_step_is_lost_before_the_host_passes_on_the_first() {
    let mut rig = Rig::new();
    rig.desk.is_deaf.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        rig.wheel("Bass Gain", -1.0, Modifiers::NONE);
    }
    let gestures = rig.desk.take_gestures();
    let told = gestures.iter().filter_map(|gesture| match gesture {
        Gesture::Change(_, normalized) => Some(*normalized),
        _ => None,
    });
    let gain = &rig.params.strips()[2].gain;
    let told: Vec<_> = told
        .map(|normalized| gain.preview_plain(normalized).round())
        .collect();
    assert_eq!(told, [-1.0, -2.0, -3.0]);
}

#[test]
fn the_wheel_moves_a_fader() {
    let mut rig = Rig::new();
    rig.wheel("Bass Gain", -1.0, Modifiers::NONE);
    assert!((rig.gain("Bass Gain") + 1.0).abs() < 0.02);
}

#[test]
fn a_value_is_typed() {
    let mut rig = Rig::new();
    for (text, expected_db) in [("-6", -6.0), ("+3.5 dB", 3.5), ("off", MIN_GAIN_DB)] {
        rig.click("Drums Gain value");
        rig.harness.event(egui::Event::Text(text.into()));
        rig.harness.run_steps(2);
        rig.press(Key::Enter, Modifiers::NONE);
        let gain_db = rig.gain("Drums Gain");
        assert!((gain_db - expected_db).abs() < 0.02, "{text}: {gain_db}");
    }
    let before_db = rig.gain("Drums Gain");
    rig.click("Drums Gain value");
    rig.harness.event(egui::Event::Text("1".into()));
    rig.harness.run_steps(2);
    rig.press(Key::Escape, Modifiers::NONE);
    assert_eq!(rig.gain("Drums Gain"), before_db, "escape changes nothing");
    // Less than what is shown of it.
    for _ in 0..2 {
        rig.wheel("Bass Gain", 0.37, Modifiers::NONE);
    }
    rig.desk.take_gestures();
    rig.click("Bass Gain value");
    rig.press(Key::Enter, Modifiers::NONE);
    assert!(rig.desk.take_gestures().is_empty(), "nothing was typed");
}

#[test]
fn a_window_that_closes_lets_go_of_what_it_held() {
    let mut rig = Rig::new();
    let fader = rig.harness.get_by_label("Bass Gain").rect().center();
    rig.harness.drag_at(fader);
    rig.harness.run_steps(2);
    rig.harness.hover_at(fader + vec2(20.0, 0.0));
    rig.harness.run_steps(2);
    let held = rig.desk.take_gestures();
    assert!(matches!(held[0], Gesture::Begin(_)) && !is_gesture(&held, "Bass Gain"));
    rig.reopen();
    let last = rig.desk.take_gestures();
    assert!(
        matches!(&last[..], [Gesture::End(name)] if name == "Bass Gain"),
        "{last:?}"
    );
}

#[test]
fn the_chunk_is_chosen_and_the_restart_announced() {
    let mut rig = Rig::new();
    rig.click("Chunk");
    let name = rig.harness.get_by_label("1/4 s");
    name.click();
    rig.harness.run_steps(2);
    assert_eq!(rig.params.chunk.value(), ChunkSetting::Quarter);
    let words = "The host restarts the plugin with the new setting.";
    assert!(rig.harness.query_by_label(words).is_some());
    rig.reopen();
    let is_told_again = rig.harness.query_by_label(words).is_some();
    assert!(is_told_again, "in another window");
}

#[test]
fn a_host_that_runs_nothing_is_asked_for_a_restart_once() {
    let mut rig = Rig::new();
    let restarts = |rig: &Rig| rig.desk.restarts.load(Ordering::Relaxed);
    rig.play(0.1);
    rig.click("Chunk");
    rig.click("1/4 s");
    assert_eq!(restarts(&rig), 0, "the audio thread asks while it runs");
    std::thread::sleep(Duration::from_millis(1100));
    rig.harness.run_steps(3);
    assert_eq!(restarts(&rig), 1);
}

#[test]
fn a_host_that_does_not_pass_the_chunk_on_gets_it_as_a_state() {
    let mut rig = Rig::new();
    rig.desk.is_deaf.store(true, Ordering::Relaxed);
    rig.click("Chunk");
    rig.click("1/4 s");
    std::thread::sleep(Duration::from_millis(350));
    rig.harness.step();
    let restored = rig.desk.take_restored();
    assert!(
        restored.is_empty(),
        "a host that does not play cannot take it"
    );
    rig.play(0.1);
    let restored = rig.desk.take_restored();
    assert!(
        matches!(&restored[..], [(id, ParamValue::String(value))] if id == "chunk" && value == "250ms"),
        "{restored:?}"
    );
}

#[test]
fn automation_is_aligned_or_not() {
    let mut rig = Rig::new();
    rig.click("Chunk");
    rig.click("Align Automation");
    assert!(!rig.params.align_automation.value());
    assert!(is_gesture(&rig.desk.take_gestures(), "Align Automation"));
}

#[test]
fn packs_are_listed_with_the_reason_of_refused_ones() {
    let mut rig = Rig::new();
    rig.click("Pack");
    let reason = rig.harness.query_by_label_contains("is refused");
    assert!(reason.is_some(), "the broken pack says why");
    rig.click("Second");
    assert_eq!(rig.params.pack.get(), "second");
    assert_eq!(rig.params.pack.generation(), 1);
}

#[test]
fn a_pack_of_another_kind_mutes_the_input_or_lets_it_be_heard() {
    let mut rig = Rig::new();
    let mut choose = |name: &str| {
        rig.click("Pack");
        rig.click(name);
        rig.params.input.mute.value()
    };
    assert!(choose("Second"), "stems replace the input");
    assert!(!choose("Third"), "stems join the input");
    assert!(choose("Second"));
    let gestures = rig.desk.take_gestures();
    assert!(
        is_gesture(&gestures[..3], "Chunk"),
        "there is something to save"
    );
    assert!(is_gesture(&gestures[3..6], "Input Mute"));
}

#[test]
fn what_was_heard_is_saved() {
    saves_what_was_heard(false);
}

#[test]
fn what_was_heard_is_saved_in_a_host_that_resets_when_it_stops() {
    saves_what_was_heard(true);
}

fn saves_what_was_heard(is_reset: bool) {
    let mut rig = Rig::new();
    rig.play(4.0);
    if is_reset {
        rig.engine.room.reset();
        rig.play_at(0.1, 0.0);
    }
    rig.click("Save stems");
    rig.harness.get_by_label("Last 10 s").click();
    rig.harness.run_steps(2);
    rig.click("Save now");
    rig.wait_for("Saved four stems");
    for stem in ["drums", "bass", "piano", "other"] {
        let path = rig
            .folder
            .path()
            .join("stems/Stems 1")
            .join(format!("{stem}.wav"));
        let seconds = hound::WavReader::open(&path).unwrap().duration() as f32 / 44_100.0;
        let longest = if is_reset { 4.1 } else { 3.0 };
        assert!((1.5..longest).contains(&seconds), "{stem}: {seconds} s");
    }
}

#[test]
fn status_lanes_and_meters_have_names() {
    let mut rig = Rig::new();
    rig.play(3.0);
    for strip in STRIPS {
        rig.harness.get_by_label(&format!("{strip} picture"));
        rig.harness.get_by_label(&format!("{strip} level"));
        rig.click(&format!("{strip} loudest peak"));
    }
    rig.harness.get_by_label("Output level");
    rig.harness.get_by_label("Separating.");
    rig.click("Misses: 0");
    let words = "No chunk of stems has come too late since the plugin was loaded.";
    assert!(rig.harness.query_by_label(words).is_some());
}

#[test]
fn misses_are_told_in_every_window() {
    let mut rig = Rig::new();
    rig.status.miss(Cause::Busy);
    rig.harness.step();
    rig.reopen();
    rig.click("Misses: 1");
    let words = "0 s ago: the computer was too busy";
    assert!(rig.harness.query_by_label(words).is_some());
}

#[test]
fn the_lanes_show_a_sound_where_and_when_it_is_heard() {
    let mut rig = Rig::new();
    let latency_s = f64::from(rig.status.latency_samples.load(Ordering::Relaxed)) / 44_100.0;
    rig.play_at(latency_s + 4.0, 0.0);
    rig.play_at(1.0, 0.5);
    rig.play_at(latency_s + 2.0, 0.0);
    let lane = rig.harness.get_by_label("Drums picture").rect();
    let tone = lane.translate(egui::vec2(0.0, height_of_tone(lane)));
    let (from, to) = rig.shining(tone).expect("the tone shows");
    let seconds_ago = |x: f32| (lane.right() - x) / lane.width() * 10.0;
    // A frame of the STFT lies half before what it is the picture of.
    assert!(
        (seconds_ago(from) - 3.0).abs() < 0.1,
        "{}",
        seconds_ago(from)
    );
    assert!((seconds_ago(to) - 2.0).abs() < 0.1, "{}", seconds_ago(to));
}

/// From a lane's middle to where its 440 Hz are.
fn height_of_tone(lane: egui::Rect) -> f32 {
    let height = (440.0_f32 / 45.0).log2() / (14_000.0_f32 / 45.0).log2();
    lane.height() * (0.5 - height)
}

#[test]
fn a_window_that_stays_too_small_takes_a_smaller_scale() {
    let mut rig = Rig::new();
    rig.click("Size");
    rig.click("150 %");
    assert_eq!(rig.harness.ctx.zoom_factor(), 1.5);
    // The host keeps the window as it was: 600 points wide now.
    rig.harness.set_size(vec2(600.0, 346.0));
    for _ in 0..30 {
        rig.harness.step();
        if rig.harness.ctx.zoom_factor() < 1.5 {
            break;
        }
    }
    let scale = rig.harness.ctx.zoom_factor();
    assert!((scale - 1.0).abs() < 0.01, "{scale}");
    assert_eq!(
        rig.params.editor.read().unwrap().zoom,
        1.5,
        "for the next window"
    );
    rig.harness.set_size(vec2(1350.0, 780.0));
    for _ in 0..30 {
        rig.harness.step();
    }
    assert_eq!(rig.harness.ctx.zoom_factor(), 1.5, "where there is room");
}

#[test]
fn it_looks_as_it_did() {
    let mut rig = Rig::new();
    rig.harness.run_steps(3);
    rig.picture("at rest");
    rig.click("Piano Solo");
    rig.drag("Drums Gain", vec2(-40.0, 0.0));
    rig.harness.remove_cursor();
    rig.harness.run_steps(3);
    rig.picture("piano soloed");
}
