//! Sixteen bars of a solo that nobody trained on come back with a band that is on the grid, in the key, of the
//! chords, heard, and not always the same.

use std::collections::BTreeSet;

use crate::band::{BARS, BEATS, Band, Note, play};

/// What `examples/solos.py` plays, a chord a bar.
const PIANO: &str = "C Am F G7 C Dm7 G7 C Am Em7 F C Dm7 Am F G7";
const GUITAR: &str = "Am F C G Am Dm E7 Am Dm Am F C Dm G7 E7 Am";
/// The white keys: C major and A minor have the same.
const KEY: [i16; 7] = [0, 2, 4, 5, 7, 9, 11];
/// Where in a beat notes start that are not swung.
const PLACES: [f64; 6] = [0.0, 1.0 / 4.0, 1.0 / 3.0, 1.0 / 2.0, 2.0 / 3.0, 3.0 / 4.0];
/// How far from there they may be, in seconds.
const OFF_GRID_S: f64 = 0.005;
/// Share of a stem's sounding time that has to be in the key, and in the bar's chord.
const IN_KEY: f64 = 0.95;
const IN_CHORD: f64 = 0.9;
/// As loud has a stem to be in a bar, at its loudest: -40 dBFS.
const HEARD: f32 = 0.01;
/// In so many bars each stem has to be heard. Piano and other may rest, and one of them may where the band finds
/// the style: Funk has no piano.
const HEARD_BARS: [usize; 4] = [BARS, BARS, 12, 12];
/// So many notes drums have to play in a bar, in the mean: a hat on every eighth, a kick, a snare.
const DRUMS: usize = 10;
/// The same where the band finds the style: Funk, the sparsest in four, has five or six where it was learnt from.
const FOUND_DRUMS: usize = 5;
/// So many bars have to differ.
const OTHER_BARS: usize = 12;

/// How late the worst onset is, or how early, in seconds.
fn off_grid_s(band: &Band, swing: f64) -> f64 {
    // Swung, the half of a beat moves to a triplet's last third, and the quarters with it.
    let half = 0.5 + swing / 6.0;
    let swung = [0.0, half / 2.0, half, (1.0 + half) / 2.0, 1.0];
    let triplets = PLACES.into_iter().filter(|p| *p * 4.0 % 1.0 != 0.0);
    let places: Vec<_> = swung.into_iter().chain(triplets).collect();
    let off = |note: &Note| {
        let place = note.start.rem_euclid(1.0);
        let distances = places.iter().map(|cell| (place - cell).abs());
        distances.fold(1.0, f64::min) * 60.0 / band.bpm
    };
    band.notes.iter().map(off).fold(0.0, f64::max)
}

/// The share of a stem's sounding time in which the pitch class is among these, which may be others in
/// each bar.
fn share(band: &Band, stem_idx: usize, classes: impl Fn(usize) -> Vec<i16>) -> f64 {
    let (mut inside, mut all) = (0.0, 0.0);
    for note in band.of_stem(stem_idx) {
        // What rings into the next bar is judged by its own.
        let length = note.end.min((note.bar() + 1) as f64 * BEATS) - note.start;
        all += length;
        if classes(note.bar()).contains(&(note.pitch % 12)) {
            inside += length;
        }
    }
    inside / all
}

/// What is played in a bar: place in it in cells, stem and pitch.
fn contents(band: &Band, bar: usize) -> BTreeSet<(i64, usize, i16)> {
    let notes = band.notes.iter().filter(|note| note.bar() == bar);
    let place = |note: &Note| ((note.start - bar as f64 * BEATS) * 12.0).round() as i64;
    notes
        .map(|note| (place(note), note.stem_idx, note.pitch))
        .collect()
}

/// The pitch classes of a chord, such as `Dm7`.
fn tones(name: &str) -> Vec<i16> {
    let root = KEY["CDEFGAB".find(&name[..1]).unwrap()];
    let steps: &[i16] = match &name[1..] {
        "" => &[0, 4, 7],
        "m" => &[0, 3, 7],
        "7" => &[0, 4, 7, 10],
        "m7" => &[0, 3, 7, 10],
        other => panic!("no chord ends in {other}"),
    };
    steps.iter().map(|step| (root + step) % 12).collect()
}

#[test]
fn a_solo_that_nobody_trained_on_comes_back_with_a_band() {
    for (solo, chart, bpm, style, swing) in [
        ("piano", PIANO, 92.0, "5", 0),
        ("guitar", GUITAR, 140.0, "10", 0),
        ("piano", PIANO, 140.0, "1", 0),
        ("guitar", GUITAR, 92.0, "14", 50),
        ("piano", PIANO, 92.0, "Auto", 0),
        ("guitar", GUITAR, 140.0, "Auto", 0),
    ] {
        let swung = swing.to_string();
        let params = [("style", style), ("swing", &swung)];
        let band = play(solo, bpm, &params, &[], || 512);
        let what = format!("{solo} at {bpm}, style {style}");
        let off_s = off_grid_s(&band, f64::from(swing) / 100.0);
        assert!(off_s < OFF_GRID_S, "{what}: {off_s} s off the grid");

        let chords: Vec<_> = chart.split(' ').map(tones).collect();
        for stem_idx in 1..4 {
            let what = format!("{what}, stem {stem_idx}");
            // E7 leads to A minor.
            let in_key = share(&band, stem_idx, |bar| [&KEY[..], &chords[bar]].concat());
            let turned =
                |by: usize| share(&band, stem_idx, |bar| chords[(bar + by) % BARS].clone());
            let in_chord = turned(0);
            let wrong = (1..BARS).map(turned).fold(0.0, f64::max);
            assert!(in_key > IN_KEY, "{what}: {in_key} in the key");
            assert!(in_chord > IN_CHORD, "{what}: {in_chord} in the chords");
            assert!(
                wrong < IN_CHORD,
                "{what}: {wrong} for a chart that is another"
            );
        }

        let heard_bars: [usize; 4] = std::array::from_fn(|stem_idx| {
            let is_heard = |bar: &usize| {
                let mut notes = band.of_stem(stem_idx);
                notes.any(|note| note.bar() == *bar) && band.loudest(stem_idx, *bar) > HEARD
            };
            (0..BARS).filter(is_heard).count()
        });
        let is_found = style == "Auto";
        let lacking = (0..4).filter(|&stem_idx| heard_bars[stem_idx] < HEARD_BARS[stem_idx]);
        let lacking: Vec<_> = lacking.collect();
        assert!(
            lacking.is_empty() || is_found && (lacking == [2] || lacking == [3]),
            "{what}: heard in {heard_bars:?} bars"
        );
        let num_drums = band.of_stem(0).count();
        let least = if is_found { FOUND_DRUMS } else { DRUMS };
        assert!(
            num_drums >= least * BARS,
            "{what}: only {num_drums} notes of drums"
        );
        let bars: BTreeSet<_> = (0..BARS).map(|bar| contents(&band, bar)).collect();
        assert!(
            bars.len() >= OTHER_BARS,
            "{what}: only {} bars differ",
            bars.len()
        );
    }
}
