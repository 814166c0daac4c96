//! What a band played, from its MIDI file: a lane of notes for each stem, over lines of bars, under the chords.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use midly::{MetaMessage, MidiMessage, Smf, Timing, TrackEventKind};

use super::canvas::{Align, Canvas, Rgb};
use super::{AXIS_COLOUR, LANE_GAP, LEFT, NAME_COLOUR, RIGHT, SPAN, WIDTH, write_name};

/// The stems as the file has them, with the height of each lane and its colour, that of the editor.
const LANES: [(&str, usize, Rgb); 4] = [
    ("Drums", 120, [230, 159, 0]),
    ("Bass", 120, [86, 180, 233]),
    ("Piano", 170, [0, 176, 130]),
    ("Other", 170, [217, 134, 180]),
];
/// Of the row of chords.
const CHORDS_HEIGHT: usize = 44;
/// What a chord's name needs.
const NAME_WIDTH: usize = 48;
const WELL: Rgb = [24, 24, 32];
const BAR_COLOUR: Rgb = [44, 43, 54];
const PHRASE_COLOUR: Rgb = [84, 82, 98];
/// Bars of a phrase.
const PHRASE_BARS: usize = 4;
/// Free pitches over the highest note of a lane and under the lowest.
const MARGIN: u8 = 2;
/// Drums that are named, General MIDI.
const DRUMS: [(u8, &str); 4] = [(36, "kick"), (38, "snare"), (42, "hat"), (51, "ride")];

struct Note {
    /// In seconds.
    start: f64,
    /// In seconds.
    end: f64,
    pitch: u8,
    velocity: u8,
}

/// A band's song.
pub struct Roll {
    /// Of each stem.
    notes: [Vec<Note>; LANES.len()],
    /// Where each starts in seconds, and its name.
    chords: Vec<(f64, String)>,
    /// Where bars start, in seconds.
    bars: Vec<f64>,
}

impl Roll {
    /// The height of its lanes and chords.
    pub const HEIGHT: usize = {
        let (mut height, mut idx) = (CHORDS_HEIGHT, 0);
        while idx < LANES.len() {
            height += LANES[idx].1 + LANE_GAP;
            idx += 1;
        }
        height
    };

    /// Reads the file that `bounce --midi` wrote.
    pub fn read(path: &Path, seconds: f64) -> Result<Self> {
        let name = path.display();
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
        let file = Smf::parse(&bytes).with_context(|| format!("{name} is no MIDI file"))?;
        let Timing::Metrical(ticks_per_quarter) = file.header.timing else {
            bail!("{name} has no quarter notes; give a file that `bounce --midi` wrote");
        };
        if file.tracks.len() != 1 + LANES.len() {
            bail!(
                "{name} has {} tracks; give a file that `bounce --midi` wrote",
                file.tracks.len()
            );
        }
        let tracks: Vec<_> = file.tracks.iter().map(timed).collect();
        let clock = Clock::of(&tracks[0], ticks_per_quarter.as_int().into());
        let mut chords = Vec::new();
        let mut bar_ticks = 4.0 * clock.ticks_per_quarter;
        for (tick, kind) in &tracks[0] {
            match kind {
                TrackEventKind::Meta(MetaMessage::Marker(name)) => {
                    chords.push((
                        clock.seconds(*tick),
                        String::from_utf8_lossy(name).into_owned(),
                    ));
                }
                TrackEventKind::Meta(MetaMessage::TimeSignature(numerator, exponent, ..)) => {
                    let note = 4.0 / f64::from(1 << exponent);
                    bar_ticks = f64::from(*numerator) * note * clock.ticks_per_quarter;
                }
                _ => {}
            }
        }
        let bars = (0..).map(|bar| clock.seconds((f64::from(bar) * bar_ticks) as u32));
        Ok(Self {
            notes: std::array::from_fn(|idx| notes(&tracks[1 + idx], &clock)),
            chords,
            bars: bars.take_while(|bar| *bar < seconds).collect(),
        })
    }

    /// Draws it from `top` on, `seconds` over the width between the margins.
    pub fn draw(&self, canvas: &mut Canvas, top: usize, seconds: f64) {
        let x_of = |time: f64| LEFT + (time.min(seconds) / seconds * SPAN as f64) as usize;
        let mut free_from = 0;
        for (time, name) in &self.chords {
            let x = x_of(*time);
            if x < free_from || LEFT + SPAN < x + NAME_WIDTH {
                continue;
            }
            free_from = x + NAME_WIDTH;
            let y = (top + CHORDS_HEIGHT / 2) as f32;
            canvas.text(name, x as f32 + 4.0, y, 24.0, NAME_COLOUR, Align::Left);
        }
        let mut top = top + CHORDS_HEIGHT;
        for ((name, height, colour), notes) in LANES.into_iter().zip(&self.notes) {
            canvas.line(LEFT, top, SPAN, height, WELL);
            for (bar, time) in self.bars.iter().enumerate() {
                let is_phrase = bar % PHRASE_BARS == 0;
                let colour = if is_phrase { PHRASE_COLOUR } else { BAR_COLOUR };
                canvas.line(x_of(*time), top, 2, height, colour);
            }
            write_name(canvas, name, top + height / 2);
            let rows = Rows::of(notes, name == "Drums", top, height);
            for note in notes {
                let (x, end) = (x_of(note.start), x_of(note.end));
                let level = 0.45 + 0.55 * f32::from(note.velocity) / 127.0;
                let shade = colour.map(|part| (f32::from(part) * level) as u8);
                let length = (end - x).saturating_sub(1).max(3).min(LEFT + SPAN - x);
                canvas.line(x, rows.y(note.pitch), length, rows.thickness(), shade);
            }
            for (pitch, label) in rows.labels() {
                let y = rows.y(pitch) + rows.thickness() / 2;
                canvas.line(WIDTH - RIGHT, y, 8, 2, AXIS_COLOUR);
                let x = (WIDTH - RIGHT) as f32 + 14.0;
                canvas.text(&label, x, y as f32, 20.0, AXIS_COLOUR, Align::Left);
            }
            top += height + LANE_GAP;
        }
    }
}

/// A track's events, each with its time in ticks.
fn timed<'a>(track: &midly::Track<'a>) -> Vec<(u32, TrackEventKind<'a>)> {
    let mut now = 0;
    let mut timed = Vec::new();
    for event in track {
        now += event.delta.as_int();
        timed.push((now, event.kind));
    }
    timed
}

/// Seconds of ticks.
struct Clock {
    ticks_per_quarter: f64,
    /// Where a tempo starts, in ticks and seconds, and the seconds of its ticks.
    tempos: Vec<(u32, f64, f64)>,
}

impl Clock {
    fn of(conductor: &[(u32, TrackEventKind)], ticks_per_quarter: f64) -> Self {
        let mut clock = Self {
            ticks_per_quarter,
            tempos: vec![(0, 0.0, 0.5 / ticks_per_quarter)],
        };
        for (tick, kind) in conductor {
            if let TrackEventKind::Meta(MetaMessage::Tempo(us)) = kind {
                let tick_s = f64::from(us.as_int()) / 1e6 / ticks_per_quarter;
                clock.tempos.push((*tick, clock.seconds(*tick), tick_s));
            }
        }
        clock
    }

    fn seconds(&self, tick: u32) -> f64 {
        let before = self.tempos.iter().rev().find(|(from, ..)| *from <= tick);
        before.map_or(0.0, |(from, start, tick_s)| {
            start + f64::from(tick - from) * tick_s
        })
    }
}

fn notes(track: &[(u32, TrackEventKind)], clock: &Clock) -> Vec<Note> {
    let mut sounding = BTreeMap::new();
    let mut notes = Vec::new();
    for (tick, kind) in track {
        let TrackEventKind::Midi { message, .. } = kind else {
            continue;
        };
        match message {
            MidiMessage::NoteOn { key, vel } if vel.as_int() > 0 => {
                sounding.insert(key.as_int(), (clock.seconds(*tick), vel.as_int()));
            }
            MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => {
                if let Some((start, velocity)) = sounding.remove(&key.as_int()) {
                    let end = clock.seconds(*tick);
                    let pitch = key.as_int();
                    notes.push(Note {
                        start,
                        end,
                        pitch,
                        velocity,
                    });
                }
            }
            _ => {}
        }
    }
    notes
}

/// Where the pitches of a lane are.
struct Rows {
    /// From the bottom up: all pitches between the lowest and the highest, or the drums that are played.
    pitches: Vec<u8>,
    are_drums: bool,
    top: usize,
    height: usize,
}

impl Rows {
    fn of(notes: &[Note], are_drums: bool, top: usize, height: usize) -> Self {
        let mut pitches: Vec<_> = notes.iter().map(|note| note.pitch).collect();
        pitches.sort_unstable();
        pitches.dedup();
        if let (false, Some(&low), Some(&high)) = (are_drums, pitches.first(), pitches.last()) {
            pitches = (low.saturating_sub(MARGIN)..=high + MARGIN).collect();
        }
        Self {
            pitches,
            are_drums,
            top,
            height,
        }
    }

    fn thickness(&self) -> usize {
        let row = self.height / self.pitches.len().max(1);
        (row * if self.are_drums { 2 } else { 3 } / 3).clamp(3, 10)
    }

    /// The top of a pitch's notes.
    fn y(&self, pitch: u8) -> usize {
        let row = self
            .pitches
            .iter()
            .position(|own| *own == pitch)
            .unwrap_or(0);
        let middle = (row as f64 + 0.5) / self.pitches.len() as f64 * self.height as f64;
        self.top + self.height - middle as usize - self.thickness() / 2
    }

    /// Drums by name, and each C.
    fn labels(&self) -> Vec<(u8, String)> {
        let label = |pitch: u8| match self.are_drums {
            true => DRUMS
                .iter()
                .find(|(drum, _)| *drum == pitch)
                .map(|(_, name)| (*name).into()),
            false => pitch
                .is_multiple_of(12)
                .then(|| format!("C{}", i32::from(pitch) / 12 - 1)),
        };
        let all = self.pitches.iter();
        all.filter_map(|&pitch| Some((pitch, label(pitch)?)))
            .collect()
    }
}
