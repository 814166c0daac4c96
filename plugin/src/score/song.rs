//! Cues as bars and notes on one timeline, in quarter notes.

use super::chord::Key;
use crate::bridge::{Act, Beat, Cue, NUM_STEMS};
use crate::music::chords::{KEYS, NO_CHORD};

/// How far a beat may be from where the beat before ends, in quarter notes.
pub(super) const TOLERANCE: f64 = 0.02;
/// Drums ring by themselves: how long their notes are on paper, in quarter notes.
const DRUM_QUARTERS: f64 = 0.25;

/// A time signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metre {
    /// Beats in a bar.
    pub beats: u8,
    /// The note value that is counted, or of which three are a beat: 1, 2, 4, 8, 16 or 32.
    pub denominator: u8,
    /// Whether three of them are a beat.
    pub is_compound: bool,
}

impl Metre {
    /// Of bars with so many beats that last so many quarter notes.
    fn of(beats: u8, beat_quarters: f32) -> Self {
        let values =
            [1_u8, 2, 4, 8, 16, 32].map(|denominator| [(denominator, false), (denominator, true)]);
        let (denominator, is_compound) = *values
            .as_flattened()
            .iter()
            .min_by(|a, b| {
                let error = |value: &(u8, bool)| {
                    (quarters(value.0, value.1) - f64::from(beat_quarters)).abs()
                };
                error(a).total_cmp(&error(b))
            })
            .unwrap_or(&(4, false));
        Self {
            beats: beats.max(1),
            denominator,
            is_compound,
        }
    }

    /// The number above.
    pub fn numerator(self) -> u8 {
        self.beats
            .saturating_mul(if self.is_compound { 3 } else { 1 })
    }

    /// A beat's length in quarter notes.
    pub fn beat_quarters(self) -> f64 {
        quarters(self.denominator, self.is_compound)
    }
}

fn quarters(denominator: u8, is_compound: bool) -> f64 {
    let factor = if is_compound { 3.0 } else { 1.0 };
    factor * 4.0 / f64::from(denominator)
}

/// A beat on the timeline.
#[derive(Debug, Clone, Copy)]
pub struct Tick {
    /// Where it starts.
    pub start: f64,
    /// How many samples it lasted, where the song went on from it.
    pub samples: Option<i64>,
    /// As it was decided.
    pub beat: Beat,
}

/// A bar, as long as it was played.
#[derive(Debug, Clone)]
pub struct Bar {
    /// The number of the first of its beats that was played: not 0 where the song starts in it.
    pub first_beat: u8,
    /// Its metre; where it was left early, that of what was played.
    pub metre: Metre,
    /// Its beats; of the last bar there may be fewer than the metre has.
    pub beats: Vec<Tick>,
}

/// A note on the timeline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Note {
    /// The stem.
    pub stem_idx: usize,
    /// MIDI note.
    pub pitch: u8,
    /// 1 to 127.
    pub velocity: u8,
    /// Where it starts.
    pub start: f64,
    /// Where it ends.
    pub end: f64,
}

/// What was played.
#[derive(Debug, Clone)]
pub struct Song {
    /// At least one.
    pub bars: Vec<Bar>,
    /// In the order of their starts.
    pub notes: Vec<Note>,
    /// The key of most of the beats with a chord, by its number.
    pub key: u8,
}

impl Song {
    /// Of cues in the order in which they sound, or `None` where there is no beat among them.
    pub fn of(cues: &[Cue]) -> Option<Self> {
        let timeline = Timeline::of(cues);
        let beats = timeline.beats();
        let end = beats.last().map(|tick| tick.start + length(&tick.beat))?;
        // Where no chord is heard, the key is a guess.
        let mut counts = [0; KEYS];
        let heard = beats.iter().filter(|tick| tick.beat.chord != NO_CHORD);
        for tick in heard {
            counts[usize::from(tick.beat.key) % KEYS] += 1;
        }
        // Of equals the first.
        let most = counts.iter().copied().max()?;
        let key = counts.iter().position(|&count| count == most)?;
        Some(Self {
            bars: bars(&beats),
            notes: notes(&timeline, end),
            key: key as u8,
        })
    }

    /// The key's signature.
    pub fn signature(&self) -> Key {
        Key::of(self.key)
    }

    /// The beats of all bars.
    pub fn beats(&self) -> impl Iterator<Item = &Tick> {
        self.bars.iter().flat_map(|bar| &bar.beats)
    }
}

/// Cues and where they lie.
struct Timeline<'a>(Vec<(f64, &'a Cue)>);

impl<'a> Timeline<'a> {
    fn of(cues: &'a [Cue]) -> Self {
        let mut placed: Vec<(f64, &Cue)> = Vec::with_capacity(cues.len());
        // From the host's quarter notes to the timeline, and where the beat before ends on it.
        let mut offset: Option<f64> = None;
        let mut next_beat = 0.0;
        for cue in cues {
            if let Act::Beat(beat) = &cue.act {
                // A song that starts in a bar starts as late on the timeline.
                let start = match offset {
                    Some(_) => next_beat,
                    None => f64::from(beat.beat) * length(beat),
                };
                let follows = |offset: f64| (cue.quarters + offset - start).abs() < TOLERANCE;
                let offset = *offset.insert(
                    offset
                        .filter(|offset| follows(*offset))
                        .unwrap_or(start - cue.quarters),
                );
                next_beat = cue.quarters + offset + length(beat);
            }
            if let Some(offset) = offset {
                // What rings over a jump ends with it.
                let at = (cue.quarters + offset).min(next_beat);
                let last = placed.last().map_or(0.0, |(last, _)| *last);
                placed.push((at.max(last), cue));
            }
        }
        Self(placed)
    }

    fn beats(&self) -> Vec<Tick> {
        let beats = self.0.iter().filter_map(|&(start, cue)| match cue.act {
            Act::Beat(beat) => Some((start, cue, beat)),
            _ => None,
        });
        let beats: Vec<_> = beats.collect();
        let samples = |idx: usize| {
            let (_, cue, beat) = beats[idx];
            let (_, next, next_beat) = beats.get(idx + 1)?;
            // Without a transport nothing jumps.
            let follows = (beat.is_free && next_beat.is_free)
                || (next.quarters - cue.quarters - length(&beat)).abs() < TOLERANCE;
            Some(next.position - cue.position).filter(|&samples| follows && samples > 0)
        };
        let tick = |(idx, &(start, _, beat))| Tick {
            start,
            samples: samples(idx),
            beat,
        };
        beats.iter().enumerate().map(tick).collect()
    }
}

/// A beat's length in quarter notes.
pub fn length(beat: &Beat) -> f64 {
    Metre::of(beat.beats_per_bar, beat.beat_quarters).beat_quarters()
}

fn bars(beats: &[Tick]) -> Vec<Bar> {
    let is_same_bar = |a: &Tick, b: &Tick| {
        let (a, b) = (a.beat, b.beat);
        let metre = |beat: Beat| Metre::of(beat.beats_per_bar, beat.beat_quarters);
        a.bar == b.bar && a.beat.checked_add(1) == Some(b.beat) && metre(a) == metre(b)
    };
    let groups: Vec<_> = beats.chunk_by(is_same_bar).collect();
    let last_idx = groups.len() - 1;
    let bar = |(idx, beats): (usize, &&[Tick])| {
        let first = beats[0].beat;
        let mut metre = Metre::of(first.beats_per_bar, first.beat_quarters);
        // Only the first bar may start with beats that are not there.
        let first_beat = if idx == 0 { first.beat } else { 0 };
        let played = first_beat.saturating_add(beats.len() as u8);
        let is_whole = first.beat == first_beat && idx == last_idx;
        metre.beats = if is_whole {
            metre.beats.max(played)
        } else {
            played
        };
        Bar {
            first_beat,
            metre,
            beats: beats.to_vec(),
        }
    };
    groups.iter().enumerate().map(bar).collect()
}

/// The notes under way, by stem and pitch.
struct Sounding([[Option<usize>; 128]; NUM_STEMS]);

impl Sounding {
    fn slot(&mut self, stem_idx: u8, pitch: u8) -> Option<&mut Option<usize>> {
        let stem = self.0.get_mut(usize::from(stem_idx))?;
        stem.get_mut(usize::from(pitch))
    }
}

fn notes(timeline: &Timeline, song_end: f64) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    let mut sounding = Sounding([[None; 128]; NUM_STEMS]);
    for &(at, cue) in &timeline.0 {
        let (stem_idx, pitch, velocity) = match cue.act {
            Act::Start {
                stem_idx,
                pitch,
                velocity,
            } => (stem_idx, pitch, velocity),
            Act::End { stem_idx, pitch } => (stem_idx, pitch, 0),
            Act::Beat(_) => continue,
        };
        let Some(slot) = sounding.slot(stem_idx, pitch) else {
            continue;
        };
        if let Some(idx) = slot.take() {
            notes[idx].end = notes[idx].end.min(at);
        }
        if velocity > 0 {
            *slot = Some(notes.len());
            let longest = if stem_idx == 0 {
                DRUM_QUARTERS
            } else {
                f64::INFINITY
            };
            notes.push(Note {
                stem_idx: stem_idx.into(),
                pitch,
                velocity: velocity.min(127),
                start: at,
                end: (at + longest).min(song_end.max(at)),
            });
        }
    }
    notes
}
