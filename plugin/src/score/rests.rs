//! The beats in which the band rested, so that what is written is as long as what was heard.

use super::song::{TOLERANCE, length};
use crate::bridge::{Act, Beat, Cue};
use crate::music::chords::NO_CHORD;

/// The most rests in a row: an hour of beats of 300 per minute.
const MAX_RESTS: usize = 18_000;

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
                let is_next = (cue.quarters - last.quarters - length(&last_beat)).abs() < TOLERANCE;
                let rests = if beat.is_free && last_beat.is_free && !is_next {
                    free_rests(&last, cue, &beat, found.as_slice())
                } else if !is_next && goes_on(&last, cue, found.as_slice()) {
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

/// Whether the song went on from one beat to another, as far as the beat before them tells how fast it goes: a
/// jump forwards takes no time.
fn goes_on(last: &Cue, cue: &Cue, before: &[Cue]) -> bool {
    let earlier = before.iter().rev().find_map(|earlier| match earlier.act {
        Act::Beat(beat) if earlier.position < last.position => Some((earlier, length(&beat))),
        _ => None,
    });
    let Some((earlier, quarters)) = earlier else {
        return true;
    };
    let speed = |quarters: f64, from: &Cue, to: &Cue| {
        quarters / (to.position - from.position).max(1) as f64
    };
    speed(cue.quarters - last.quarters, last, cue) < 2.0 * speed(quarters, earlier, last)
}
