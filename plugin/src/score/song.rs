//! Cues as bars and notes on one timeline, in quarter notes.

use super::chord::{Key, NO_CHORD};
use crate::bridge::{Act, Beat, Cue, NUM_STEMS};

/// How far a beat may be from where the beat before ends, in quarter notes.
const TOLERANCE: f64 = 0.02;
/// The most rests in a row: an hour of beats of 300 per minute.
const MAX_RESTS: usize = 18_000;
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
        let mut counts = [0; 24];
        let heard = beats.iter().filter(|tick| tick.beat.chord != NO_CHORD);
        for tick in heard {
            counts[usize::from(tick.beat.key % 24)] += 1;
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

/// The cues with beats, of no chord, where the band rested: from the start of the host's song, and as in
/// [`without_gaps`]. So what is written is as long as the song.
pub fn from_the_start(cues: &[Cue]) -> Vec<Cue> {
    let first = cues.iter().find_map(|cue| match cue.act {
        Act::Beat(beat) => Some((*cue, beat)),
        _ => None,
    });
    let mut found: Vec<Cue> = first.map_or_else(Vec::new, |(cue, beat)| {
        rests_before(&cue, &beat, |at, beat| {
            at.quarters - length(beat) > -TOLERANCE
        })
    });
    found.extend(without_gaps(cues));
    found
}

/// The cues with beats, of no chord, where one beat comes later than the one before it ends.
pub fn without_gaps(cues: &[Cue]) -> Vec<Cue> {
    let mut found: Vec<Cue> = Vec::with_capacity(cues.len());
    let mut last: Option<(Cue, Beat)> = None;
    for cue in cues {
        if let Act::Beat(beat) = cue.act {
            if let Some((last, last_beat)) = last {
                let rests = if beat.is_free && last_beat.is_free {
                    free_rests(&last, cue, &beat, found.as_slice())
                } else if goes_on(&last, cue, found.as_slice()) {
                    let from = last.quarters + length(&last_beat);
                    let mut rests = rests_before(cue, &beat, |at, beat| {
                        at.quarters - length(beat) > from - TOLERANCE
                    });
                    for rest in &mut rests {
                        *rest = between(&last, cue, *rest);
                    }
                    rests
                } else {
                    Vec::new()
                };
                found.extend(rests);
            }
            last = Some((*cue, beat));
        }
        found.push(*cue);
    }
    found
}

/// Rests back from a beat, in the order of the song, as long as another has room.
fn rests_before(cue: &Cue, beat: &Beat, mut has_room: impl FnMut(&Cue, &Beat) -> bool) -> Vec<Cue> {
    let mut rests = Vec::new();
    let (mut at, mut next) = (*cue, *beat);
    while has_room(&at, &next) && rests.len() < MAX_RESTS {
        (at, next) = before(&at, &next);
        rests.push(at);
    }
    rests.reverse();
    rests
}

/// The rests of a pause without a transport, after which beats count anew: only the audio tells how long it
/// was.
fn free_rests(last: &Cue, cue: &Cue, beat: &Beat, found: &[Cue]) -> Vec<Cue> {
    let earlier = found
        .iter()
        .rev()
        .find(|earlier| matches!(earlier.act, Act::Beat(_)) && earlier.position < last.position);
    let Some(beat_samples) = earlier.map(|earlier| last.position - earlier.position) else {
        return Vec::new();
    };
    let gap = cue.position - last.position;
    let num_beats = (gap as f64 / beat_samples as f64).round().max(1.0);
    let num_rests = (num_beats as usize - 1).min(MAX_RESTS);
    let mut left = 0..num_rests;
    let mut rests = rests_before(cue, beat, |_, _| left.next().is_some());
    for (idx, rest) in rests.iter_mut().enumerate() {
        let share = (idx + 1) as f64 / (num_rests + 1) as f64;
        rest.position = last.position + (share * gap as f64).round() as i64;
    }
    rests
}

/// A rest of the length of a beat before a beat.
fn before(cue: &Cue, beat: &Beat) -> (Cue, Beat) {
    let (bar, number) = match beat.beat.checked_sub(1) {
        Some(number) => (beat.bar, number),
        None => (beat.bar - 1, beat.beats_per_bar.saturating_sub(1)),
    };
    let rest = Beat {
        chord: NO_CHORD,
        confidence: 0.0,
        bar,
        beat: number,
        ..*beat
    };
    let quarters = cue.quarters - length(beat);
    let cue = Cue {
        quarters,
        act: Act::Beat(rest),
        ..*cue
    };
    (cue, rest)
}

/// A rest at the position where it lies in a song that goes on evenly from one cue to another.
fn between(last: &Cue, cue: &Cue, rest: Cue) -> Cue {
    let share = (rest.quarters - last.quarters) / (cue.quarters - last.quarters);
    let position = last.position + (share * (cue.position - last.position) as f64).round() as i64;
    Cue { position, ..rest }
}

/// Whether the song went on from one beat to another, as far as the beats before tell how fast it goes: a
/// jump forwards takes no time.
fn goes_on(last: &Cue, cue: &Cue, before: &[Cue]) -> bool {
    let earlier = before.iter().rev().find(|earlier| {
        matches!(earlier.act, Act::Beat(_)) && earlier.quarters < last.quarters - TOLERANCE
    });
    let Some(earlier) = earlier else {
        return true;
    };
    let speed = |from: &Cue, to: &Cue| {
        (to.quarters - from.quarters) / (to.position - from.position).max(1) as f64
    };
    speed(last, cue) < 2.0 * speed(earlier, last)
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
