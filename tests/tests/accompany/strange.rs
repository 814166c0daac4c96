//! What is no solo, or none that fits the host's beat: the band holds back.

use std::f64::consts::TAU;
use std::path::Path;
use std::sync::Arc;

use one2four::audio::HostTime;
use one2four::bridge::{Act, Beat, Status};
use one2four::engine::loader;
use one2four::geometry::{ChunkSetting, Geometry};
use one2four::music::chords::{NO_CHORD, root_of};
use one2four::pack::{Pack, Places};
use stage::{paths, read_audio};

use crate::deck::{Deck, Pace, Signal, blocks_of, noise, unity};

const RATE: f64 = 44_100.0;
const SECONDS: f64 = 12.0;
/// A mean confidence under this is doubt (models/README.md), over so many beats.
const UNSURE: f32 = 0.25;
const UNSURE_BEATS: usize = 4;
/// The loudest that all stems together may be, at their usual gains: -2 dBFS, and -6 dBFS in doubt. The kit of Soul
/// alone has peaks of -3 dBFS.
const LOUDEST: f32 = 0.79;
const LOUDEST_UNSURE: f32 = 0.5;
/// Notes per beat: of nine of ten songs that the band learnt from, and of drums and a bass.
const MOST_NOTES: f64 = 14.1;
const MOST_UNSURE_NOTES: f64 = 6.0;
/// Notes per second, however fast the beats: as many of them at 140 per minute.
const MOST_NOTES_PER_S: f64 = MOST_NOTES * 140.0 / 60.0;
/// The white keys, and the share of the notes of bass, piano and other that has to be among them.
const KEY: [u8; 7] = [0, 2, 4, 5, 7, 9, 11];
const IN_KEY: f64 = 0.9;

fn sound(sample: impl FnMut(f64) -> f64) -> Signal {
    let times = (0..(SECONDS * RATE) as usize).map(|i| i as f64 / RATE);
    let samples: Vec<f32> = times.map(sample).map(|sample| sample as f32).collect();
    vec![samples.clone(), samples]
}

/// A string that was struck some time ago.
fn pluck(hz: f64, since: f64) -> f64 {
    let partials = (1..6).map(|n| (TAU * hz * f64::from(n) * since).sin() / f64::from(n));
    0.1 * (-2.0 * since).exp() * partials.sum::<f64>()
}

/// C, Am, F and G, struck at these times, so many cents too high.
fn chords(times: &[f64], cents: f64) -> Signal {
    let tuning = (cents / 1200.0).exp2();
    let roots = [130.8, 110.0, 174.6, 196.0];
    sound(|now| {
        let Some(idx) = times.iter().rposition(|time| *time <= now) else {
            return 0.0;
        };
        let chord = idx / 4 % 4;
        let third = if chord == 1 { 1.189 } else { 1.26 };
        let ratios = [1.0, third, 1.498, 2.0].into_iter();
        let tones = ratios.map(|ratio| pluck(tuning * roots[chord] * ratio, now - times[idx]));
        tones.sum()
    })
}

fn every(step_s: f64) -> Vec<f64> {
    (0..(SECONDS / step_s) as usize)
        .map(|idx| idx as f64 * step_s)
        .collect()
}

fn hiss() -> Signal {
    let mut noise = noise(1);
    sound(|_| 0.1 * f64::from(noise()))
}

/// A thump on each half second, a burst of noise between two.
fn drums() -> Signal {
    let mut noise = noise(2);
    sound(|now| {
        let (thump, snap) = (now % 0.5, (now + 0.25) % 0.5);
        let body = (TAU * 60.0 * thump).sin() * (-20.0 * thump).exp();
        0.5 * body + 0.2 * f64::from(noise()) * (-30.0 * snap).exp()
    })
}

/// Pulses of a voice that glides, four syllables a second, through two formants that move.
fn speech() -> Signal {
    let mut phase = 0.0;
    sound(|now| {
        phase += (120.0 + 30.0 * (TAU * 0.7 * now).sin() - 10.0 * (now % 1.5)) / RATE;
        let since = (phase % 1.0) / 120.0;
        let syllable = (TAU * 2.0 * now).sin().max(0.0);
        let formants = [
            500.0 + 250.0 * (5.1 * now).sin(),
            1_500.0 + 600.0 * (3.3 * now).sin(),
        ];
        let rings = formants.map(|hz| (TAU * hz * since).sin() * (-300.0 * since).exp());
        0.3 * syllable * rings.iter().sum::<f64>()
    })
}

fn drone() -> Signal {
    sound(|now| 0.1 * ((TAU * 65.4 * now).sin() + (TAU * 98.0 * now).sin()))
}

struct Heard {
    beats: Vec<Beat>,
    /// Notes that start in a beat, per stem.
    notes_per_beat: [f64; 4],
    /// Pitches of bass, piano and other.
    pitches: Vec<u8>,
    /// Pitch classes of the bass in beats of doubt, relative to the chord's root, that are none of it.
    doubtful_bass: Vec<u8>,
    loudest: f32,
}

impl Heard {
    fn in_key(&self) -> f64 {
        let is_in = |pitch: &&u8| KEY.contains(&(**pitch % 12));
        self.pitches.iter().filter(is_in).count() as f64 / self.pitches.len() as f64
    }

    fn confidence(&self) -> f32 {
        let sum: f32 = self.beats.iter().map(|beat| beat.confidence).sum();
        // The band sleeps through silence.
        sum / self.beats.len().max(1) as f32
    }
}

fn play(input: &Signal, bpm: f64, style: Option<u8>) -> Heard {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/packs");
    let places = Places {
        packs: vec![shipped],
        ..Places::in_resources(paths::resources(), None)
    };
    let stream = Pack::find(&places, "accompany").unwrap().manifest.stream;
    let (setting, status) = (ChunkSetting::OneSecond, Arc::new(Status::default()));
    let geometry = Geometry::new(&stream, RATE, setting);
    let load = loader(places, "accompany".into(), stream, geometry, status);
    let mut deck = Deck::of(&stream, RATE, setting, 2, Pace::Offline, load);
    deck.direction.style = style;
    deck.song = Box::new(move |sample| HostTime {
        is_playing: true,
        quarters: Some(sample as f64 / RATE * bpm / 60.0),
        tempo: Some(bpm),
        signature: Some((4, 4)),
        ..HostTime::default()
    });
    let played = deck.play(input, blocks_of(1024), &[(0, unity())]);
    assert_eq!((deck.status.fault(), deck.gap_samples()), (None, 0));

    let mut heard = Heard {
        beats: Vec::new(),
        notes_per_beat: [0.0; 4],
        pitches: Vec::new(),
        doubtful_bass: Vec::new(),
        loudest: played
            .main
            .iter()
            .flatten()
            .fold(0.0, |most, sample| most.max(sample.abs())),
    };
    for cue in deck.status.cues.all() {
        match cue.act {
            Act::Beat(beat) => heard.beats.push(beat),
            Act::Start {
                stem_idx, pitch, ..
            } => {
                heard.notes_per_beat[usize::from(stem_idx)] += 1.0;
                if stem_idx > 0 {
                    heard.pitches.push(pitch);
                }
                let last = heard.beats.iter().rev().take(UNSURE_BEATS);
                let (count, sum) = last.fold((0.0, 0.0), |(count, sum), beat| {
                    (count + 1.0, sum + beat.confidence)
                });
                if let Some(beat) = heard.beats.last()
                    && stem_idx == 1
                    && sum < UNSURE * count
                {
                    // The root, or what is next to it in the key; or a fifth.
                    let class = (pitch + 12 - root_of(beat.chord)) % 12;
                    let is_next = beat.chord == NO_CHORD && class == 11;
                    if !(is_next || class == 0 || class == 7) {
                        heard.doubtful_bass.push(class);
                    }
                }
            }
            Act::End { .. } => {}
        }
    }
    let num_beats = heard.beats.len().max(1) as f64;
    heard
        .notes_per_beat
        .iter_mut()
        .for_each(|notes| *notes /= num_beats);
    heard
}

#[test]
fn the_band_holds_back_where_there_is_no_solo_to_join() {
    let (mix, _) = read_audio(&paths::workspace().join("examples/on-the-next-day.flac")).unwrap();
    let mix = mix
        .into_iter()
        .map(|c| c[..(SECONDS * RATE) as usize].to_vec())
        .collect();
    let free = [
        0.0, 0.9, 1.3, 2.6, 2.8, 3.7, 4.9, 5.2, 6.6, 7.1, 8.9, 9.3, 10.4, 11.7,
    ];
    // What is heard, its chords, the beats per minute. At 20 the same is played more slowly.
    let slow = every(0.5);
    for (what, chords, bpm, input) in [
        ("silence", Chords::None, 120.0, sound(|_| 0.0)),
        ("hiss", Chords::None, 120.0, hiss()),
        ("drums", Chords::None, 120.0, drums()),
        ("speech", Chords::None, 120.0, speech()),
        ("a drone", Chords::None, 120.0, drone()),
        ("a whole mix", Chords::Any, 120.0, mix),
        (
            "40 cents too high",
            Chords::White,
            120.0,
            chords(&slow, 40.0),
        ),
        ("free time", Chords::White, 120.0, chords(&free, 0.0)),
        ("a beat of 20", Chords::White, 20.0, chords(&slow, 0.0)),
        ("a beat of 300", Chords::White, 300.0, chords(&slow, 0.0)),
    ] {
        // Auto, and Soul, in which all four stems have much to play.
        for style in [None, Some(9)] {
            let what = format!("{what}, style {style:?}");
            holds_back(&what, chords, bpm, &play(&input, bpm, style));
        }
    }
}

/// The chords of what is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chords {
    None,
    Any,
    /// Of the white keys.
    White,
}

fn holds_back(what: &str, chords: Chords, bpm: f64, heard: &Heard) {
    let Heard {
        notes_per_beat,
        doubtful_bass,
        loudest,
        ..
    } = heard;
    let notes: f64 = notes_per_beat.iter().sum();
    let (most, most_loud) = match chords {
        Chords::None => (MOST_UNSURE_NOTES, LOUDEST_UNSURE),
        _ => (MOST_NOTES, LOUDEST),
    };
    assert!(*loudest <= most_loud, "{what}: {loudest} of full scale");
    assert!(notes <= most, "{what}: {notes_per_beat:?} notes per beat");
    let notes_per_s = notes * bpm / 60.0;
    assert!(
        notes_per_s <= MOST_NOTES_PER_S,
        "{what}: {notes_per_s} notes per second"
    );
    assert!(
        doubtful_bass.is_empty(),
        "{what}: in doubt the bass plays {doubtful_bass:?}"
    );
    if chords == Chords::None {
        let confidence = heard.confidence();
        assert!(
            confidence < UNSURE,
            "{what}: {confidence} sure of chords that are not there"
        );
        let chords = notes_per_beat[2] + notes_per_beat[3];
        assert!(
            chords <= 1.0,
            "{what}: {chords} notes of piano and other per beat"
        );
        assert!(
            !what.starts_with("silence") || (notes, *loudest) == (0.0, 0.0),
            "silence stays silent"
        );
        return;
    }
    assert!(notes > 1.0, "{what}: nobody plays");
    let in_key = heard.in_key();
    assert!(
        chords == Chords::Any || in_key >= IN_KEY,
        "{what}: {in_key} of the notes in the key"
    );
}
