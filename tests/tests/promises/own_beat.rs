use std::f64::consts::TAU;

use one2four::audio::HostTime;
use one2four::bridge::{Act, Beat};
use one2four::geometry::ChunkSetting;
use stage::{paths, read_audio};

use crate::deck::*;
use crate::doubles::{Double, NOTES};

/// Hz.
const RATE: f64 = 44_100.0;
/// From here on the band is in step, in seconds after the first sound.
const SETTLED_S: f64 = 8.0;
/// How far its beats may then be from the player's, in seconds: what two players are apart who listen to each
/// other; a guitar's strum alone is as long.
const IN_STEP_S: f64 = 0.035;

/// How far they may be while the player slows down by two beats per minute in a second, in seconds: an eighth of a
/// beat of 80 per minute. Who follows is behind.
const BEHIND_S: f64 = 0.095;

/// The beats, with their positions in samples, of a band that hears `input` while the host's transport stands
/// still at a tempo.
fn beats(
    input: &[f32],
    tempo: f64,
    setting: ChunkSetting,
    blocks: impl FnMut() -> usize,
) -> Vec<(i64, Beat)> {
    let double = Double::sound();
    let mut deck = Deck::of(&NOTES, RATE, setting, 1, Pace::Offline, double.load_notes());
    deck.song = Box::new(move |_| HostTime {
        tempo: Some(tempo),
        signature: Some((4, 4)),
        ..HostTime::default()
    });
    deck.play(&vec![input.to_vec()], blocks, &[(0, unity())]);
    assert_eq!(deck.gap_samples(), 0);
    let cues = deck.status.cues.all().into_iter();
    let found = cues.filter(|cue| cue.position < input.len() as i64);
    let beats = found.filter_map(|cue| match cue.act {
        Act::Beat(beat) => Some((cue.position, beat)),
        _ => None,
    });
    beats.collect()
}

/// Half a minute of one of the examples, which begin with a beat.
fn solo(instrument: &str, bpm: f64) -> Vec<f32> {
    let name = format!("examples/solo-{instrument}-{bpm}.ogg");
    let (mut input, rate) = read_audio(&paths::workspace().join(name)).unwrap();
    assert_eq!(f64::from(rate), RATE);
    let mut solo = input.remove(0);
    solo.truncate((30.0 * RATE) as usize);
    solo
}

/// Strings struck at these times, in seconds.
fn strings(times: &[f64], seconds: f64) -> Vec<f32> {
    let sample = |idx: usize| {
        let now = idx as f64 / RATE;
        let last = times.iter().rposition(|time| *time <= now)?;
        let since = now - times[last];
        let hz = [130.8, 196.0, 164.8, 220.0][last % 4];
        let partials = (1..6).map(|n| (TAU * hz * f64::from(n) * since).sin() / f64::from(n));
        Some(0.1 * (-3.0 * since).exp() * partials.sum::<f64>())
    };
    let samples = (0..(seconds * RATE) as usize).map(|idx| sample(idx).unwrap_or(0.0) as f32);
    samples.collect()
}

/// Goes on from beat to beat, each as long in seconds as `length` says at its time.
fn beats_of(until: f64, length: impl Fn(f64) -> f64) -> Vec<f64> {
    let next = |now: &f64| Some(now + length(*now)).filter(|next| *next < until);
    std::iter::successors(Some(0.5), next).collect()
}

fn seconds(position: i64) -> f64 {
    position as f64 / RATE
}

#[test]
fn the_band_comes_into_step_with_a_player_at_another_tempo_than_the_hosts() {
    for (instrument, bpm) in [
        ("piano", 92.0),
        ("guitar", 92.0),
        ("piano", 140.0),
        ("guitar", 140.0),
    ] {
        let what = format!("{instrument} at {bpm}");
        let found = beats(
            &solo(instrument, bpm),
            120.0,
            ChunkSetting::Tenth,
            blocks_of(512),
        );
        let (first, _) = found[0];
        assert!(
            (1.0..4.0).contains(&seconds(first)),
            "{what}: joins at {first}"
        );
        let mut worst = 0.0_f64;
        for (position, beat) in &found {
            let now = seconds(*position);
            assert!(beat.is_free && beat.is_heard, "{what}: at {now}");
            // Bars count from the first sound.
            let number = f64::from(4 * beat.bar + i32::from(beat.beat));
            let off = now - number * 60.0 / bpm;
            if now > SETTLED_S {
                worst = worst.max(off.abs());
                let is_near = (f64::from(beat.tempo) / bpm - 1.0).abs() < 0.02;
                assert!(is_near, "{what}: {} at {now} s", beat.tempo);
            }
        }
        assert!(worst < IN_STEP_S, "{what}: {worst} s out of step");
        assert!(
            found.len() as f64 > 25.0 * bpm / 60.0,
            "{what}: {} beats",
            found.len()
        );
    }
}

#[test]
fn what_the_band_takes_for_the_beat_depends_on_the_input_alone() {
    let mut input = vec![0.0; 70_001];
    input.extend(&solo("guitar", 92.0)[..(12.0 * RATE) as usize]);
    let expected = beats(&input, 120.0, ChunkSetting::Tenth, blocks_of(512));
    assert!(expected.len() > 12);
    for setting in ChunkSetting::ALL {
        let found = beats(&input, 120.0, setting, random_blocks(7));
        assert!(
            found == expected,
            "{setting:?}: {found:?} instead of {expected:?}"
        );
    }
}

#[test]
fn a_player_who_slows_down_is_followed_beat_by_beat() {
    // From 110 at 12 s to 88 at 24 s.
    let tempo = |now: f64| 110.0 - 22.0 * ((now - 12.0) / 12.0).clamp(0.0, 1.0);
    let played = beats_of(36.0, |now| 60.0 / tempo(now));
    let found = beats(
        &strings(&played, 36.0),
        120.0,
        ChunkSetting::Quarter,
        blocks_of(512),
    );
    let mut worst = [0.0_f64; 2];
    for (position, _) in &found {
        let now = seconds(*position);
        let nearest = played
            .iter()
            .map(|time| (time - now).abs())
            .fold(1.0, f64::min);
        let is_moving = (12.0..30.0).contains(&now);
        if now > SETTLED_S {
            worst[usize::from(is_moving)] = worst[usize::from(is_moving)].max(nearest);
        }
    }
    for pair in found.windows(2) {
        let step_s = seconds(pair[1].0 - pair[0].0);
        assert!((0.5..0.75).contains(&step_s), "a beat of {step_s} s");
        let change = pair[1].1.tempo / pair[0].1.tempo - 1.0;
        assert!(change.abs() < 0.041, "the tempo moves by {change}");
    }
    let [steady, moving] = worst;
    let (_, last) = found.last().unwrap();
    assert!((last.tempo - 88.0).abs() < 1.0, "{}", last.tempo);
    assert!(steady < IN_STEP_S, "{steady} s out of step");
    assert!(moving < BEHIND_S, "{moving} s behind");
}

#[test]
fn what_has_no_beat_leaves_the_band_at_the_hosts_tempo_until_there_is_one() {
    // A drone, to which somebody plays from 12.2 s on.
    let mut played = beats_of(30.0, |_| 60.0 / 96.0);
    played.iter_mut().for_each(|time| *time += 11.7);
    let mut input = strings(&played, 30.0);
    for (idx, sample) in input.iter_mut().enumerate() {
        let turn = TAU * idx as f64 / RATE;
        *sample += (0.05 * ((65.4 * turn).sin() + (98.0 * turn).sin())) as f32;
    }
    let found = beats(&input, 120.0, ChunkSetting::Tenth, blocks_of(512));
    let first = found.iter().position(|(_, beat)| beat.is_heard).unwrap();
    let (guessed, heard) = found.split_at(first);
    assert!(
        (5.9..6.6).contains(&seconds(guessed[0].0)),
        "{:?}",
        guessed[0]
    );
    assert!(
        (12.0..17.0).contains(&seconds(heard[0].0)),
        "{:?}",
        heard[0]
    );
    for pair in guessed.windows(2) {
        assert_eq!((pair[1].0 - pair[0].0, pair[0].1.tempo), (22_050, 120.0));
    }
    for pair in found.windows(2) {
        let (before, after) = (pair[0].1, pair[1].1);
        let number = |beat: Beat| 4 * beat.bar + i32::from(beat.beat);
        assert_eq!(
            number(after) - number(before),
            1,
            "a beat is lost or comes twice"
        );
        assert!(pair[1].0 > pair[0].0);
    }
    for (position, _) in heard.iter().skip(2) {
        let now = seconds(*position);
        let nearest = played
            .iter()
            .map(|time| (time - now).abs())
            .fold(1.0, f64::min);
        assert!(nearest < IN_STEP_S, "{nearest} s out of step at {now}");
    }
}
