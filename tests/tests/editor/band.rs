//! A band of stand-ins, and its rows and lanes in the editor.

use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable;
use one2four::bridge::{Feel, NUM_STEMS, PackIdentity};
use one2four::geometry::{NotesStream, Stream};
use one2four::instrument::{Instrument, Sounds};
use one2four::music::decode::{Played, Thresholds};
use one2four::music::plan::{PlanLogits, PlanRules, STYLES};
use one2four::network::{Band, Hearing, Networks, NotesNetwork, Orders, RunError};
use one2four::params::{Fills, STRIPS};

use super::rig::Rig;

/// The chord of each bar of four: C, Am, F, and a G7 that is not sure.
const CHORDS: [usize; 4] = [0, 12 + 9, 5, 24 + 7];
/// Where in the phase the bar of the song stands, modulo 8.
const BAR: usize = 23;
/// Where in the phase the beat of the bar stands.
const BEAT: usize = 6;
/// Surely, and surely not.
const YES: f32 = 9.0;
const NO: f32 = -9.0;

/// The number of the style that is heard.
const BOSSA_NOVA: usize = 1;

/// Plays the same in every bar.
struct Steady;

impl NotesNetwork for Steady {
    fn plan(&mut self, hearing: &Hearing, logits: &mut PlanLogits) -> Result<(), RunError> {
        let bar = (0..8).find(|bar| hearing.phase[[0, BAR + bar]] > 0.0);
        let bar = bar.unwrap_or(0) % CHORDS.len();
        logits.chords.fill(0.0);
        logits.chords[CHORDS[bar]] = if bar == 3 { 1.0 } else { YES };
        logits.keys.fill(0.0);
        logits.keys[0] = YES;
        logits.styles.fill(0.0);
        logits.styles[BOSSA_NOVA] = YES;
        Ok(())
    }

    fn band(
        &mut self,
        hearing: &Hearing,
        _orders: &Orders,
        played: &mut Played,
    ) -> Result<(), RunError> {
        let is_backbeat = hearing.phase[[0, BEAT + 1]] + hearing.phase[[0, BEAT + 3]] > 0.0;
        for cell in 0..played.drums_onset.len() {
            let (is_beat, is_half) = (cell == 0, cell == 3);
            let yes = |is_played: bool| if is_played { YES } else { NO };
            played.drums_onset[cell].fill(NO);
            played.drums_onset[cell][0] = yes(is_beat && !is_backbeat);
            played.drums_onset[cell][1] = yes(is_beat && is_backbeat);
            played.drums_onset[cell][2] = yes(is_beat || is_half);
            played.drums_velocity[cell] = [0.9; 9];
            played.bass_note[cell].fill(NO);
            played.bass_note[cell][if is_beat { 2 + 5 } else { 0 }] = YES;
            played.bass_velocity[cell] = 0.7;
            for (chordal, starts) in played.chordal.iter_mut().zip([is_beat, is_half]) {
                chordal.onset[cell].fill(NO);
                [12, 16, 19]
                    .iter()
                    .for_each(|&pitch: &usize| chordal.onset[cell][pitch] = yes(starts));
                chordal.sustain[cell].fill(yes(!is_half));
                chordal.velocity[cell] = 0.6;
            }
        }
        Ok(())
    }

    fn reset(&mut self) {}
}

/// Sounds all the time.
struct Hum;

impl Instrument for Hum {
    fn reset(&mut self) {}
    fn choose(&mut self, _stem_idx: usize, _sounds: &Sounds) {}
    fn start(&mut self, _stem_idx: usize, _pitch: u8, _velocity: u8) {}
    fn end(&mut self, _stem_idx: usize, _pitch: u8) {}
    fn render(&mut self, _stem_idx: usize, left: &mut [f32], right: &mut [f32]) {
        left.fill(0.1);
        right.fill(0.1);
    }
}

fn band() -> Networks {
    Networks::Notes(Box::new(Band {
        network: Box::new(Steady),
        instrument: Box::new(Hum),
        plan: PlanRules {
            change_costs: [0.0; 3],
            key_memory: 0.9,
            style_memory: 0.9,
            style_lead: 0.0,
            style_priors: [0.0; STYLES],
        },
        thresholds: Thresholds {
            drums: [0.0; 9],
            bass_onset: 0.0,
            bass_rest: 0.0,
            onset: [0.0; 2],
            sustain: [0.0; 2],
            variation: 0.0,
        },
        styles: vec![Sounds::default(); STYLES],
    }))
}

/// An editor with the band.
fn rig() -> Rig {
    let stream = Stream::Notes(NotesStream {
        sample_rate: 44_100,
        hop: 1024,
    });
    let mut rig = Rig::with(stream, band);
    rig.status.set_pack(Some(PackIdentity {
        id: "steady".into(),
        kind: "notes".into(),
        version: "1.0.0".into(),
        sha256: String::new(),
    }));
    let names = ["Rock", "Bossa nova"].map(String::from);
    rig.params.band.style_names.set(names.into());
    rig.harness.run_steps(2);
    rig
}

/// Plays until this moment of the song is heard.
fn play_to(rig: &mut Rig, heard_s: f64) {
    rig.play(heard_s + rig.latency_s() - rig.played_s());
}

#[test]
fn the_band_shows_what_it_plays_and_the_chords_it_hears() {
    let mut rig = rig();
    play_to(&mut rig, 3.6);
    for stem in &STRIPS[1..] {
        rig.harness.get_by_label(&format!("{stem} notes"));
    }
    rig.harness.get_by_label("Input picture");
    rig.harness.get_by_label("Playing along.");
    // Bars last two seconds, and the next one is known before it is heard.
    rig.wait_for("then F");
    rig.harness.get_by_label("Chord: Am, then F, in C major");
    play_to(&mut rig, 7.6);
    rig.wait_for("then C");
    rig.harness
        .get_by_label("Chord: G7, then C, in C major, not sure");
    rig.harness.get_by_value("Bossa nova");
    play_to(&mut rig, 7.8);
    // The kick is in the lowest of nine rows, and the first one was the first sound of all.
    let lane = rig.harness.get_by_label("Drums notes").rect();
    let row = lane.translate(vec2(0.0, lane.height() * (0.5 - 0.5 / 9.0) - 1.0));
    let (first, _) = rig.shining(row).expect("a kick shows");
    let seconds_ago = (lane.right() - first) / lane.width() * 10.0;
    assert!((seconds_ago - 7.8).abs() < 0.35, "{seconds_ago}");
}

#[test]
fn a_beat_of_its_own_is_told_where_the_transport_stands_still() {
    let mut rig = rig();
    rig.is_playing = false;
    // A tone has no beat, and the band has the patience of six seconds.
    play_to(&mut rig, 8.0);
    rig.wait_for("Own beat, 120 BPM (not heard yet)");
    rig.is_playing = true;
    play_to(&mut rig, 13.0);
    rig.harness.get_by_label("Playing along.");
}

#[test]
fn every_control_of_the_band_is_reached_and_turns_its_parameter() {
    let mut rig = rig();
    for name in [
        "Style",
        "Intensity",
        "Complexity",
        "Swing",
        "Fills",
        "Feel",
        "Lock to Rhythm",
        "Seed",
        "Again",
        "Set Chord",
        "Drums On",
        "Bass On",
        "Piano On",
        "Other On",
    ] {
        rig.harness.get_by_label(name).focus();
        rig.harness.run_steps(2);
        let is_focused = rig.harness.get_by_label(name).is_focused();
        assert!(is_focused, "{name} is not reached by the keyboard");
    }
    rig.click("Style");
    rig.click("Bossa nova");
    rig.click("Fills");
    rig.click("Every 2 bars");
    rig.click("Feel");
    rig.click("Double time");
    rig.click("Set Chord");
    rig.click("Gb");
    rig.click("Set Chord");
    rig.click("m7");
    rig.click("Lock to Rhythm");
    rig.click("Bass On");
    rig.click("Again");
    rig.drag("Intensity", vec2(60.0, 0.0));
    rig.harness.get_by_label("Swing").focus();
    rig.harness.run_steps(2);
    rig.press(Key::ArrowUp, Modifiers::NONE);
    rig.press(Key::ArrowUp, Modifiers::SHIFT);
    rig.wheel("Complexity", -1.0, Modifiers::NONE);
    let direction = rig.params.band.direction();
    assert_eq!(direction.style, Some(1));
    assert_eq!(rig.params.band.fills.value(), Fills::Two);
    assert_eq!(direction.feel, Feel::Double);
    assert!(direction.is_locked);
    assert_eq!(direction.chord, Some(4 * 12 + 6));
    assert_eq!(direction.plays, [true, false, true, true]);
    assert_eq!(direction.seed, 1);
    assert!(
        direction
            .intensity
            .is_some_and(|intensity| (0.2..0.9).contains(&intensity))
    );
    assert_eq!(direction.swing, 0.06);
    assert_eq!(direction.complexity, -0.1);
    rig.double_click("Intensity");
    assert_eq!(rig.params.band.direction().intensity, None);
}

#[test]
fn the_bands_last_bars_are_saved_as_midi() {
    let mut rig = rig();
    rig.click("Save stems");
    rig.click("MIDI of the last 4 bars");
    let words = "The band has not played a whole bar yet.";
    assert!(rig.harness.query_by_label(words).is_some());
    rig.press(Key::Escape, Modifiers::NONE);
    play_to(&mut rig, 11.0);
    rig.click("Save stems");
    rig.click("MIDI of the last 4 bars");
    rig.wait_for("Band 1.mid.");
    let bytes = std::fs::read(rig.folder.path().join("stems/Band 1.mid")).unwrap();
    let file = midly::Smf::parse(&bytes).unwrap();
    assert_eq!(file.tracks.len(), 1 + NUM_STEMS);
    let ticks: u32 = file.tracks[1]
        .iter()
        .map(|event| event.delta.as_int())
        .sum();
    assert_eq!(ticks, 4 * 4 * 480);
}

#[test]
fn it_looks_as_it_did() {
    let mut rig = rig();
    rig.click("Style");
    rig.click("Bossa nova");
    rig.click("Bass On");
    rig.harness.remove_cursor();
    rig.harness.run_steps(3);
    rig.picture("band at rest");
}
