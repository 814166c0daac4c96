//! What the band does, on its way from the worker.
#![expect(clippy::disallowed_types, reason = "for the worker and whoever reads")]

use std::collections::VecDeque;
use std::sync::Mutex;

use super::{Act, Cue};

/// The most cues of a chunk.
pub const MAX_CUES: usize = 1024;
/// How many of them are kept for the ends of notes: a note without an end is worse than none.
const KEPT_FOR_ENDS: usize = 256;
/// The longest log in seconds: a bounce writes the notes of a whole song.
pub const MAX_LOG_S: f64 = 3600.0;
/// The most cues of a log: 145 in each second of an hour.
const MAX_LOGGED: usize = 1 << 19;

/// The cues of a chunk, of which there is room for [`MAX_CUES`].
pub struct Cues {
    cues: Vec<Cue>,
    /// For which there was no room.
    num_dropped: u64,
}

impl Cues {
    /// None; with room for some where the stream `has_band`.
    pub(super) fn new(has_band: bool) -> Self {
        Self {
            cues: Vec::with_capacity(if has_band { MAX_CUES } else { 0 }),
            num_dropped: 0,
        }
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        self.cues.clear();
        self.num_dropped = 0;
    }

    /// Adds one, or counts it where there is no room.
    pub fn add(&mut self, cue: Cue) {
        let kept = match cue.act {
            Act::End { .. } => 0,
            _ => KEPT_FOR_ENDS,
        };
        if self.cues.len() + kept < self.cues.capacity() {
            self.cues.push(cue);
        } else {
            self.num_dropped += 1;
        }
    }

    /// All of them, in the order of their positions.
    pub fn all(&self) -> &[Cue] {
        &self.cues
    }

    /// For how many there was no room.
    pub fn num_dropped(&self) -> u64 {
        self.num_dropped
    }
}

/// The cues of the last minutes. Its lock is held for a moment by the worker and by whoever reads,
/// and never by the audio thread.
#[derive(Default)]
pub struct CueLog(Mutex<VecDeque<(u32, Cue)>>);

impl CueLog {
    /// Adds a chunk's cues, from the worker; the oldest go.
    pub(super) fn add(&self, epoch: u32, cues: &[Cue], max_samples: i64) {
        let (Some(last), Ok(mut log)) = (cues.last(), self.0.lock()) else {
            return;
        };
        log.extend(cues.iter().map(|cue| (epoch, *cue)));
        let oldest = last.position - max_samples;
        while log.len() > MAX_LOGGED
            || log
                .front()
                .is_some_and(|(of, cue)| *of != epoch || cue.position < oldest)
        {
            log.pop_front();
        }
    }

    /// Forgets them: positions count anew.
    pub(super) fn clear(&self) {
        if let Ok(mut log) = self.0.lock() {
            log.clear();
        }
    }

    /// What the band did in the last epoch in which it did something, as long as it is remembered. Not for the
    /// audio thread.
    pub fn all(&self) -> Vec<Cue> {
        self.last_epoch().1
    }

    /// The same, with that epoch.
    pub fn last_epoch(&self) -> (u32, Vec<Cue>) {
        let Ok(log) = self.0.lock() else {
            return Default::default();
        };
        let last = log.back().map_or(0, |(epoch, _)| *epoch);
        let of_last = log.iter().filter(|(epoch, _)| *epoch == last);
        (last, of_last.map(|(_, cue)| *cue).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_chunk_still_has_room_for_ends() {
        let (mut cues, stem_idx, pitch) = (Cues::new(true), 1, 40);
        let cue = |act| Cue {
            position: 0,
            quarters: 0.0,
            act,
        };
        for _ in 0..2 * MAX_CUES {
            cues.add(cue(Act::Start {
                stem_idx,
                pitch,
                velocity: 90,
            }));
        }
        assert!(cues.num_dropped() > 0);
        cues.add(cue(Act::End { stem_idx, pitch }));
        let last = cues.all().last().map(|cue| cue.act);
        assert_eq!(last, Some(Act::End { stem_idx, pitch }));
    }
}
