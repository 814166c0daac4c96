//! A solo of `examples` through the built plugin with the pack `accompany`, in a host whose transport runs.

use stage::{Metre, Transport, paths, read_audio};

use crate::host::{Hosted, Pace, Signal};

/// Bars of a solo.
pub const BARS: usize = 16;
/// Beats of a bar.
pub const BEATS: f64 = 4.0;

/// A note of the band, in beats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Note {
    pub start: f64,
    pub end: f64,
    pub stem_idx: usize,
    pub pitch: i16,
    /// 0 to 1.
    pub velocity: f64,
}

impl Note {
    pub fn bar(&self) -> usize {
        (self.start / BEATS + 1e-3) as usize
    }
}

/// What came back.
pub struct Band {
    pub bpm: f64,
    pub notes: Vec<Note>,
    pub stems: [Signal; 4],
    rate: f64,
}

/// Plays with `params` set, and `changes` (beat, parameter, value) on the way.
pub fn play(
    solo: &str,
    bpm: f64,
    params: &[(&str, &str)],
    changes: &[(f64, &str, &str)],
    blocks: impl FnMut() -> usize,
) -> Band {
    let name = format!("examples/solo-{solo}-{bpm}.ogg");
    let (input, rate) = read_audio(&paths::workspace().join(name)).unwrap();
    let rate = f64::from(rate);
    let mut hosted = Hosted::new("org.one2four.multiout", 1, Pace::Offline, params);
    let mut saved = hosted.instance.save().unwrap();
    saved.set_field("pack", "accompany");
    hosted.instance.load(&saved).unwrap();
    hosted.activate(rate);
    hosted.set_transport(Transport::new(rate, bpm, Metre::COMMON));
    let beat_samples = rate * 60.0 / bpm;
    let changes = changes
        .iter()
        .map(|(beat, id, text)| ((beat * beat_samples).round() as usize, *id, *text));
    let played = hosted.play(&input, blocks, &changes.collect::<Vec<_>>());
    let report = hosted.report();
    assert_eq!((report.fault, report.gap_samples), (None, 0));

    let mut notes: Vec<Note> = Vec::new();
    for (at, note) in &played.notes {
        let beat = *at as f64 / beat_samples;
        let stem_idx = match note.channel {
            9 => 0,
            channel => 1 + channel as usize,
        };
        if let Some(velocity) = note.velocity {
            notes.push(Note {
                start: beat,
                end: f64::INFINITY,
                stem_idx,
                pitch: note.key,
                velocity,
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
        notes,
        stems: std::array::from_fn(|stem_idx| played.stem(stem_idx)),
        rate,
    }
}

impl Band {
    pub fn of_stem(&self, stem_idx: usize) -> impl Iterator<Item = &Note> {
        let is_its = move |note: &&Note| note.stem_idx == stem_idx;
        self.notes.iter().filter(is_its)
    }

    /// The loudest sample of a bar.
    pub fn loudest(&self, stem_idx: usize, bar: usize) -> f32 {
        let bar_samples = BEATS * 60.0 / self.bpm * self.rate;
        let (start, end) = (bar as f64 * bar_samples, (bar + 1) as f64 * bar_samples);
        let samples = self.stems[stem_idx][0][start as usize..end as usize].iter();
        samples.fold(0.0, |loudest, sample| loudest.max(sample.abs()))
    }
}
