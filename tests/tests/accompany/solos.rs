//! Sixteen bars of a solo through the built plugin, in a host whose transport runs: a band comes back that is
//! on the grid, in the key, of the chords, heard in every bar, and not always the same.

use std::collections::BTreeSet;

use stage::{Metre, Transport, paths, read_audio};

use crate::host::{Hosted, Pace, Signal};

/// What `examples/solos.py` plays, a chord a bar.
const PIANO: &str = "C Am F G7 C Dm7 G7 C Am Em7 F C Dm7 Am F G7";
const GUITAR: &str = "Am F C G Am Dm E7 Am Dm Am F C Dm G7 E7 Am";
/// The white keys: C major and A minor have the same.
const KEY: [i16; 7] = [0, 2, 4, 5, 7, 9, 11];
const BARS: usize = 16;
/// Beats of a bar.
const BEATS: f64 = 4.0;
/// Where in a beat notes start that are not swung.
const PLACES: [f64; 6] = [0.0, 1.0 / 4.0, 1.0 / 3.0, 1.0 / 2.0, 2.0 / 3.0, 3.0 / 4.0];
/// How far from there they may be, in seconds.
const OFF_GRID_S: f64 = 0.005;
/// Share of sounding time of bass, piano and other that has to be in the key, and in the bar's chord.
const IN_KEY: f64 = 0.95;
const IN_CHORD: f64 = 0.9;
/// As loud has each bar of drums and bass to be at its loudest: -40 dBFS.
const HEARD: f32 = 0.01;
/// So many notes drums have to play in a bar, in the mean: a hat on every eighth, a kick, a snare.
const DRUMS: usize = 10;
/// The same where the band finds the style: Funk, the sparsest in four, has five or six where it was learnt from.
const FOUND_DRUMS: usize = 5;
/// So many bars have to differ.
const OTHER_BARS: usize = 12;

/// A note of the band, in beats.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Note {
    start: f64,
    end: f64,
    stem_idx: usize,
    pitch: i16,
}

impl Note {
    fn bar(&self) -> usize {
        (self.start / BEATS + 1e-3) as usize
    }
}

/// What came back.
struct Band {
    bpm: f64,
    swing: f64,
    notes: Vec<Note>,
    stems: [Signal; 4],
    rate: f64,
}

fn play(solo: &str, bpm: f64, style: &str, swing: u8) -> Band {
    let name = format!("examples/solo-{solo}-{bpm}.ogg");
    let (input, rate) = read_audio(&paths::workspace().join(name)).unwrap();
    let rate = f64::from(rate);
    let swung = swing.to_string();
    let params = [("style", style), ("swing", &swung)];
    let mut hosted = Hosted::new("org.one2four.multiout", 1, Pace::Offline, &params);
    let mut saved = hosted.instance.save().unwrap();
    saved.set_field("pack", "accompany");
    hosted.instance.load(&saved).unwrap();
    hosted.activate(rate);
    hosted.set_transport(Transport::new(rate, bpm, Metre::COMMON));
    let played = hosted.play(&input, || 512, &[]);
    let report = hosted.report();
    assert_eq!((report.fault, report.gap_samples), (None, 0));

    let mut notes: Vec<Note> = Vec::new();
    for (at, note) in &played.notes {
        let beat = *at as f64 / rate / 60.0 * bpm;
        let stem_idx = match note.channel {
            9 => 0,
            channel => 1 + channel as usize,
        };
        if note.velocity.is_some() {
            notes.push(Note {
                start: beat,
                end: f64::INFINITY,
                stem_idx,
                pitch: note.key,
            });
        } else {
            let is_it = |n: &&mut Note| (n.stem_idx, n.pitch) == (stem_idx, note.key);
            let started = notes.iter_mut().rev().find(is_it);
            started.unwrap().end = beat;
        }
    }
    // After the last bar the solo rings out.
    notes.retain(|note| note.start < BARS as f64 * BEATS - 1e-3);
    Band {
        bpm,
        swing: f64::from(swing) / 100.0,
        notes,
        stems: std::array::from_fn(|stem_idx| played.stem(stem_idx)),
        rate,
    }
}

impl Band {
    /// How late the worst onset is, or how early, in seconds.
    fn off_grid_s(&self) -> f64 {
        // Swung, the half of a beat moves to a triplet's last third, and the quarters with it.
        let half = 0.5 + self.swing / 6.0;
        let swung = [0.0, half / 2.0, half, (1.0 + half) / 2.0, 1.0];
        let places = swung
            .into_iter()
            .chain(PLACES.into_iter().filter(|p| *p * 4.0 % 1.0 != 0.0));
        let places: Vec<_> = places.collect();
        let off = |note: &Note| {
            let place = note.start.rem_euclid(1.0);
            let distances = places.iter().map(|cell| (place - cell).abs());
            distances.fold(1.0, f64::min) * 60.0 / self.bpm
        };
        self.notes.iter().map(off).fold(0.0, f64::max)
    }

    /// The share of sounding time of bass, piano and other in which the pitch class is among these, which
    /// may be others in each bar.
    fn share(&self, classes: impl Fn(usize) -> Vec<i16>) -> f64 {
        let (mut inside, mut all) = (0.0, 0.0);
        for note in self.notes.iter().filter(|note| note.stem_idx > 0) {
            // What rings into the next bar is judged by its own.
            let length = note.end.min((note.bar() + 1) as f64 * BEATS) - note.start;
            all += length;
            if classes(note.bar()).contains(&(note.pitch % 12)) {
                inside += length;
            }
        }
        inside / all
    }

    fn num_notes(&self, stem_idx: usize, bar: usize) -> usize {
        let is_in = |note: &&Note| (note.stem_idx, note.bar()) == (stem_idx, bar);
        self.notes.iter().filter(is_in).count()
    }

    fn loudest(&self, stem_idx: usize, bar: usize) -> f32 {
        let bar_samples = BEATS * 60.0 / self.bpm * self.rate;
        let (start, end) = (bar as f64 * bar_samples, (bar + 1) as f64 * bar_samples);
        let samples = self.stems[stem_idx][0][start as usize..end as usize].iter();
        samples.fold(0.0, |loudest, sample| loudest.max(sample.abs()))
    }

    /// What is played in a bar: place in it in cells, stem and pitch.
    fn bar(&self, bar: usize) -> BTreeSet<(i64, usize, i16)> {
        let notes = self.notes.iter().filter(|note| note.bar() == bar);
        let place = |note: &Note| ((note.start - bar as f64 * BEATS) * 12.0).round() as i64;
        notes
            .map(|note| (place(note), note.stem_idx, note.pitch))
            .collect()
    }
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
        ("guitar", GUITAR, 140.0, "2", 0),
        ("piano", PIANO, 140.0, "1", 0),
        ("guitar", GUITAR, 92.0, "7", 50),
        ("piano", PIANO, 92.0, "Auto", 0),
        ("guitar", GUITAR, 140.0, "Auto", 0),
    ] {
        let band = play(solo, bpm, style, swing);
        let what = format!("{solo} at {bpm}, style {style}");
        let off_s = band.off_grid_s();
        assert!(off_s < OFF_GRID_S, "{what}: {off_s} s off the grid");

        let chords: Vec<_> = chart.split(' ').map(tones).collect();
        // E7 leads to A minor.
        let in_key = band.share(|bar| [&KEY[..], &chords[bar]].concat());
        let turned = |by: usize| band.share(|bar| chords[(bar + by) % BARS].clone());
        let wrong = (1..BARS).map(turned).fold(0.0, f64::max);
        assert!(in_key > IN_KEY, "{what}: {in_key} in the key");
        let in_chord = turned(0);
        assert!(in_chord > IN_CHORD, "{what}: {in_chord} in the chords");
        assert!(
            wrong < IN_CHORD,
            "{what}: {wrong} for a chart that is another"
        );

        for bar in 0..BARS {
            for stem_idx in 0..2 {
                let (num_notes, loudest) =
                    (band.num_notes(stem_idx, bar), band.loudest(stem_idx, bar));
                let is_heard = num_notes > 0 && loudest > HEARD;
                assert!(
                    is_heard,
                    "{what}: bar {bar} lacks stem {stem_idx}: {num_notes} notes, {loudest}"
                );
            }
        }
        let num_drums: usize = (0..BARS).map(|bar| band.num_notes(0, bar)).sum();
        let least = if style == "Auto" { FOUND_DRUMS } else { DRUMS };
        assert!(
            num_drums >= least * BARS,
            "{what}: only {num_drums} notes of drums"
        );
        let bars: BTreeSet<_> = (0..BARS).map(|bar| band.bar(bar)).collect();
        assert!(
            bars.len() >= OTHER_BARS,
            "{what}: only {} bars differ",
            bars.len()
        );
    }
}
