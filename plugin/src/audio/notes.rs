//! Notes that go out to the host while the band plays them.

use crate::bridge::{Act, Cue, NUM_STEMS};

/// The most notes that start and end in a block.
const MAX_NOTES: usize = 4096;

/// A note that starts or ends in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Note {
    /// Samples from the start of the block.
    pub offset: u32,
    /// The stem.
    pub stem_idx: u8,
    /// MIDI note.
    pub pitch: u8,
    /// 1 to 127; 0 ends the note.
    pub velocity: u8,
}

/// Per stem a bit for each pitch that sounds.
pub type Sounding = [u128; NUM_STEMS];

/// Keeps account of what sounds, so that every note ends.
pub struct Notes {
    /// Of this block, in order.
    notes: Vec<Note>,
    /// What the host was told the start of.
    sounding: Sounding,
    /// Whether all that sounds is to end.
    is_hush_due: bool,
}

impl Notes {
    /// None.
    pub fn new() -> Self {
        Self {
            notes: Vec::with_capacity(MAX_NOTES),
            sounding: Sounding::default(),
            is_hush_due: false,
        }
    }

    /// What the host was told the start of, and not yet the end.
    pub fn sounding(&self) -> Sounding {
        self.sounding
    }

    /// Lets these end with the next block: another told their start.
    pub fn owe_ends(&mut self, sounding: Sounding) {
        self.sounding = sounding;
        self.is_hush_due = true;
    }

    /// Lets all that sounds end with the next block.
    pub fn reset(&mut self) {
        self.notes.clear();
        self.is_hush_due = true;
    }

    /// Starts a block.
    pub fn start_block(&mut self) {
        self.notes.clear();
        if std::mem::take(&mut self.is_hush_due) {
            self.hush(0);
        }
    }

    /// Those of the block, in order.
    pub fn all(&self) -> &[Note] {
        &self.notes
    }

    /// Says that the host had no room for a note.
    pub fn not_taken(&mut self, note: Note) {
        if note.velocity == 0 {
            self.sounding[usize::from(note.stem_idx)] |= 1 << note.pitch;
            self.is_hush_due = true;
        }
    }

    /// Takes a chunk's `cues` whose positions are in the `len` samples from `from` on, which come out
    /// `offset` samples after the block's start.
    pub fn play(&mut self, cues: &[Cue], from: i64, len: usize, offset: usize) {
        let first = cues.partition_point(|cue| cue.position < from);
        let until = from + len as i64;
        let due = cues[first..].iter();
        for cue in due.take_while(|cue| cue.position < until) {
            let offset = offset as u32 + (cue.position - from) as u32;
            match cue.act {
                Act::Start {
                    stem_idx,
                    pitch,
                    velocity,
                } => self.add(offset, stem_idx, pitch, velocity),
                Act::End { stem_idx, pitch } => self.add(offset, stem_idx, pitch, 0),
                Act::Beat(_) => {}
            }
        }
    }

    /// Ends all that sounds.
    pub fn hush(&mut self, offset: usize) {
        for stem_idx in 0..NUM_STEMS {
            while self.sounding[stem_idx] != 0 {
                let pitch = self.sounding[stem_idx].trailing_zeros() as u8;
                self.add(offset as u32, stem_idx as u8, pitch, 0);
                if self.is_hush_due {
                    return;
                }
            }
        }
    }

    fn add(&mut self, offset: u32, stem_idx: u8, pitch: u8, velocity: u8) {
        let (bit, idx) = (1_u128 << (pitch & 127), usize::from(stem_idx));
        let Some(sounding) = self.sounding.get_mut(idx) else {
            return;
        };
        let is_end = velocity == 0;
        if is_end && *sounding & bit == 0 {
            return;
        }
        if self.notes.len() == self.notes.capacity() {
            self.is_hush_due |= is_end;
            return;
        }
        if is_end {
            *sounding &= !bit;
        } else {
            *sounding |= bit;
        }
        self.notes.push(Note {
            offset,
            stem_idx,
            pitch,
            velocity,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(position: i64, pitch: u8) -> Cue {
        let act = Act::Start {
            stem_idx: 1,
            pitch,
            velocity: 90,
        };
        Cue {
            position,
            quarters: 0.0,
            act,
        }
    }

    #[test]
    fn every_note_ends_whatever_happens() {
        let mut notes = Notes::new();
        let ends = |notes: &Notes| notes.all().iter().filter(|note| note.velocity == 0).count();
        notes.start_block();
        notes.play(&[start(5, 40), start(30, 41), start(99, 42)], 10, 50, 7);
        let sent = notes.all().iter().map(|note| (note.offset, note.pitch));
        assert_eq!(sent.collect::<Vec<_>>(), [(27, 41)]);
        notes.reset();
        notes.start_block();
        assert_eq!(ends(&notes), 1, "after a reset");
        // Another takes over what it owes.
        notes.play(&[start(0, 43)], 0, 1, 0);
        let mut next = Notes::new();
        next.owe_ends(notes.sounding());
        next.start_block();
        assert_eq!((ends(&next), next.all()[0].pitch), (1, 43), "of another");
        notes.reset();
        notes.start_block();
        // A host without room is told again.
        let note = notes.all()[0];
        notes.not_taken(note);
        notes.start_block();
        assert_eq!(ends(&notes), 1);
        notes.start_block();
        assert!(notes.all().is_empty());
        // More than there is room for.
        for _ in 0..MAX_NOTES {
            notes.play(&[start(0, 50)], 0, 1, 0);
        }
        notes.hush(0);
        assert_eq!(ends(&notes), 0);
        notes.start_block();
        assert_eq!(ends(&notes), 1);
    }
}
