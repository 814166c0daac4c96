//! The band's last notes and beats, as they are heard.

use std::collections::VecDeque;

use crate::bridge::{Act, Beat, Cue, NUM_STEMS};

/// A note in the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Note {
    /// MIDI note.
    pub pitch: u8,
    /// 1 to 127.
    pub velocity: u8,
    /// The input position with which it starts.
    pub start: i64,
    /// The one with which it ends; `None` while it sounds.
    pub end: Option<i64>,
}

/// What the band did in the last seconds, and what it is known to do next.
#[derive(Default)]
pub struct Roll {
    /// The epoch of what is kept; see `Chunk::epoch`.
    epoch: u32,
    /// By stem, in the order of their starts.
    notes: [VecDeque<Note>; NUM_STEMS],
    /// With their input positions, in order.
    beats: VecDeque<(i64, Beat)>,
}

impl Roll {
    /// Takes cues with their epochs, and forgets what was over at the position `oldest`. What is of
    /// another epoch than the host's goes; while the picture `is_frozen`, not before the first cue of
    /// the new one.
    pub fn update(
        &mut self,
        epoch: u32,
        is_frozen: bool,
        cues: impl Iterator<Item = (u32, Cue)>,
        oldest: i64,
    ) {
        if !is_frozen {
            self.follow(epoch);
        }
        for (cue_epoch, cue) in cues {
            if cue_epoch == epoch {
                self.follow(epoch);
                self.add(&cue);
            }
        }
        for notes in &mut self.notes {
            notes.retain(|note| note.end.is_none_or(|end| end >= oldest));
        }
        // The last beat that started before still holds.
        while self.beats.get(1).is_some_and(|(start, _)| *start < oldest) {
            self.beats.pop_front();
        }
    }

    /// Starts over with the next cue: what is shown is of another activation.
    pub fn forget(&mut self) {
        self.epoch = u32::MAX;
    }

    fn follow(&mut self, epoch: u32) {
        if self.epoch != epoch {
            *self = Self {
                epoch,
                ..Self::default()
            };
        }
    }

    fn add(&mut self, cue: &Cue) {
        let (stem_idx, pitch) = match cue.act {
            Act::Start {
                stem_idx, pitch, ..
            }
            | Act::End { stem_idx, pitch } => (stem_idx, pitch),
            Act::Beat(beat) => return self.beats.push_back((cue.position, beat)),
        };
        let Some(notes) = self.notes.get_mut(usize::from(stem_idx)) else {
            return;
        };
        let is_it = |note: &&mut Note| note.pitch == pitch && note.end.is_none();
        if let Some(note) = notes.iter_mut().rev().find(is_it) {
            note.end = Some(cue.position);
        }
        if let Act::Start { velocity, .. } = cue.act {
            notes.push_back(Note {
                pitch,
                velocity,
                start: cue.position,
                end: None,
            });
        }
    }

    /// A stem's notes.
    pub fn notes(&self, stem_idx: usize) -> impl Iterator<Item = &Note> {
        self.notes[stem_idx].iter()
    }

    /// The beats with their positions.
    pub fn beats(&self) -> impl Iterator<Item = &(i64, Beat)> {
        self.beats.iter()
    }

    /// The beat that is heard at a position.
    pub fn beat_at(&self, position: i64) -> Option<&Beat> {
        let mut before = self.beats.iter().rev();
        let beat = before.find(|(start, _)| *start <= position);
        beat.map(|(_, beat)| beat)
    }

    /// The first beat after a position whose chord is another than the one there.
    pub fn next_chord(&self, position: i64) -> Option<&Beat> {
        let chord = self.beat_at(position)?.chord;
        let mut after = self.beats.iter().filter(|(start, _)| *start > position);
        let beat = after.find(|(_, beat)| beat.chord != chord);
        beat.map(|(_, beat)| beat)
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.beats.is_empty() && self.notes.iter().all(VecDeque::is_empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat(position: i64, chord: u8) -> (u32, Cue) {
        let beat = Beat {
            chord,
            key: 0,
            confidence: 1.0,
            bar: 0,
            beat: 0,
            beats_per_bar: 4,
            beat_quarters: 1.0,
            tempo: 120.0,
            style: 0,
            programs: [0; 3],
            is_free: false,
            is_heard: false,
        };
        let act = Act::Beat(beat);
        cue(position, act)
    }

    fn cue(position: i64, act: Act) -> (u32, Cue) {
        let quarters = 0.0;
        let cue = Cue {
            position,
            quarters,
            act,
        };
        (1, cue)
    }

    #[test]
    fn the_chord_is_that_of_the_last_beat_and_the_next_one_another() {
        let mut roll = Roll::default();
        let cues = [beat(0, 5), beat(10, 7), beat(20, 7), beat(30, 2)];
        roll.update(1, false, cues.into_iter(), 0);
        let chords = |at| {
            (
                roll.beat_at(at).map(|b| b.chord),
                roll.next_chord(at).map(|b| b.chord),
            )
        };
        assert_eq!(chords(-1), (None, None));
        assert_eq!(chords(9), (Some(5), Some(7)));
        assert_eq!(chords(10), (Some(7), Some(2)));
        assert_eq!(chords(99), (Some(2), None));
    }

    #[test]
    fn notes_end_where_they_do_and_go_when_they_are_old() {
        let (stem_idx, pitch) = (1, 40);
        let velocity = 80;
        let start = Act::Start {
            stem_idx,
            pitch,
            velocity,
        };
        let mut roll = Roll::default();
        let cues = [
            cue(5, start),
            cue(8, start),
            cue(9, Act::End { stem_idx, pitch }),
        ];
        roll.update(1, false, cues.into_iter(), 0);
        let ends: Vec<_> = roll.notes(1).map(|note| (note.start, note.end)).collect();
        assert_eq!(ends, [(5, Some(8)), (8, Some(9))]);
        roll.update(1, false, std::iter::empty(), 9);
        assert_eq!(roll.notes(1).count(), 1);
        roll.update(2, true, std::iter::empty(), 9);
        assert_eq!(
            roll.notes(1).count(),
            1,
            "what stands still can be looked at"
        );
        roll.update(2, false, std::iter::empty(), 9);
        assert!(roll.is_empty());
    }
}
