//! What a person asks of the band, through the built plugin: each control changes what it says, and nothing else.

use std::collections::BTreeSet;

use crate::band::{BARS, BEATS, Band, Note, play};
use crate::host::noise;

/// Soul: drums, bass, piano and other all have much to play.
const STYLE: (&str, &str) = ("style", "10");
/// Where the solo strikes its chords in the first eight bars, in beats (`examples/solos.py`).
const STRUCK: [f64; 4] = [0.0, 1.5, 2.0, 3.0];

fn asked(params: &[(&str, &str)]) -> Band {
    let params = [&[STYLE], params].concat();
    play("guitar", 140.0, &params, &[], || 512)
}

/// The notes of a stem in some bars.
fn part(band: &Band, stem_idx: usize, bars: impl Fn(usize) -> bool) -> Vec<Note> {
    let notes = band.of_stem(stem_idx).filter(|note| bars(note.bar()));
    notes.copied().collect()
}

#[test]
fn another_bounce_gives_the_same_band_to_the_bit_and_another_seed_another() {
    let band = asked(&[]);
    let mut sizes = noise(1, 4096, 1).remove(0).into_iter().cycle();
    let blocks = move || 1 + (sizes.next().unwrap().abs() * 4095.0) as usize;
    let again = play("guitar", 140.0, &[STYLE], &[], blocks);
    assert!(again.notes == band.notes && again.stems == band.stems);

    let other = asked(&[("seed", "1")]);
    let differs = |bar: usize| {
        (2..4).any(|idx| part(&other, idx, |b| b == bar) != part(&band, idx, |b| b == bar))
    };
    let differing = (0..BARS).filter(|bar| differs(*bar)).count();
    assert!(differing > BARS / 2, "only {differing} bars are others");
}

#[test]
fn a_stem_that_is_off_is_silent_and_sends_nothing_and_the_others_play_on() {
    let band = asked(&[]);
    for (stem_idx, id) in ["drums_on", "bass_on", "piano_on", "other_on"]
        .into_iter()
        .enumerate()
    {
        let without = asked(&[(id, "off")]);
        for other_idx in 0..4 {
            let expected = if other_idx == stem_idx {
                Vec::new()
            } else {
                part(&band, other_idx, |_| true)
            };
            assert_eq!(
                part(&without, other_idx, |_| true),
                expected,
                "{id}, stem {other_idx}"
            );
        }
        let silent = without.stems[stem_idx]
            .iter()
            .flatten()
            .all(|sample| *sample == 0.0);
        assert!(
            silent && without.stems[(stem_idx + 1) % 4] == band.stems[(stem_idx + 1) % 4],
            "{id}"
        );
    }
}

#[test]
fn a_change_acts_on_the_next_bar() {
    let band = asked(&[]);
    // In the middle of the fourth bar, and of the ninth.
    let changes = [
        (3.5 * BEATS, "bass_on", "off"),
        (8.5 * BEATS, "bass_on", "on"),
    ];
    let changed = play("guitar", 140.0, &[STYLE], &changes, || 512);
    let is_off = |bar: usize| (4..9).contains(&bar);
    let bass = part(&band, 1, |bar| !is_off(bar));
    let starts =
        |notes: Vec<Note>| -> Vec<_> { notes.iter().map(|n| (n.start, n.pitch)).collect() };
    assert_eq!(starts(part(&changed, 1, |_| true)), starts(bass));
    assert!(part(&changed, 1, is_off).is_empty() && part(&band, 1, is_off).len() > 8);
}

#[test]
fn intensity_makes_it_denser_and_louder() {
    let loudness = |params| {
        let velocities = asked(params).notes.into_iter().map(|note| note.velocity);
        velocities.sum::<f64>()
    };
    let plain = loudness(&[]);
    let (soft, loud) = (
        loudness(&[("intensity", "0")]),
        loudness(&[("intensity", "100")]),
    );
    assert!(
        soft < 0.7 * plain && plain < loud,
        "{soft}, {plain} and {loud}"
    );
}

#[test]
fn complexity_puts_more_or_less_between_the_beats() {
    let between = |params| {
        let is_between = |note: &&Note| (note.start - note.start.round()).abs() > 0.02;
        asked(params).notes.iter().filter(is_between).count()
    };
    let plain = between(&[]);
    let (less, more) = (
        between(&[("complexity", "-100")]),
        between(&[("complexity", "100")]),
    );
    assert!(
        less < plain && plain < more,
        "{less}, {plain} and {more} notes"
    );
}

#[test]
fn fills_are_in_the_bars_that_are_asked_for() {
    let (band, filled) = (asked(&[]), asked(&[("fills", "Every 2 bars")]));
    let drums = |band: &Band, bar: usize| -> BTreeSet<_> {
        let notes = part(band, 0, |b| b == bar);
        let place = |note: &Note| ((note.start * 12.0).round() as i64, note.pitch);
        notes.iter().map(place).collect()
    };
    let differs = |bar: &usize| drums(&filled, *bar) != drums(&band, *bar);
    let in_fills = (1..BARS).step_by(2).filter(differs).count();
    let beside = (0..BARS).step_by(2).filter(differs).count();
    assert!(
        in_fills > BARS / 4 && beside < BARS / 4,
        "{in_fills} bars of 8, and {beside} others"
    );
}

#[test]
fn half_and_double_time_play_half_and_twice_as_much() {
    let drums = |feel| asked(&[("feel", feel)]).of_stem(0).count() as f64;
    let plain = drums("Plain");
    let (half, double) = (drums("Half time") / plain, drums("Double time") / plain);
    assert!(
        (half - 0.5).abs() < 0.1 && (double - 2.0).abs() < 0.2,
        "{half} and {double}"
    );
}

#[test]
fn locked_chords_come_with_the_solos() {
    let beside_the_solo = |params| {
        let band = asked(params);
        let chords = (2..4).flat_map(|idx| part(&band, idx, |bar| bar < 8));
        let chords: Vec<_> = chords.collect();
        let is_beside = |note: &&Note| {
            let place = note.start % BEATS;
            STRUCK.iter().all(|struck| (place - struck).abs() > 0.05)
        };
        chords.iter().filter(is_beside).count() as f64 / chords.len() as f64
    };
    let (free, locked) = (beside_the_solo(&[]), beside_the_solo(&[("lock", "on")]));
    assert!(free > 0.2 && locked < 0.1, "{free}, and locked {locked}");
}

#[test]
fn styles_differ_and_a_chord_that_is_set_is_played() {
    let waltz = play("guitar", 140.0, &[("style", "25")], &[], || 512);
    let (num_waltz, num_soul) = (waltz.of_stem(0).count(), asked(&[]).of_stem(0).count());
    assert!(3 * num_waltz < 2 * num_soul, "{num_waltz}, {num_soul}");

    let band = asked(&[("chord_root", "D"), ("chord_kind", "Minor")]);
    let is_tone = |note: &&Note| [2, 5, 9].contains(&(note.pitch % 12));
    let (tones, all) = (
        band.of_stem(1).filter(is_tone).count(),
        band.of_stem(1).count(),
    );
    assert!(10 * tones > 9 * all, "{tones} of {all} notes of the bass");
}
