//! What the band does next: cues with places in the song, until they are due.

use super::song::Song;
use crate::bridge::{Act, Beat, Cue, NUM_STEMS};
use crate::instrument::Sounds;

/// Something to do, in the order in which things at one place are done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Todo {
    /// All that sounds ends.
    Hush,
    /// Other stems play, on other sounds.
    Switch {
        /// Which stems play.
        plays: [bool; NUM_STEMS],
        /// What they play on.
        sounds: Sounds,
    },
    /// A beat begins.
    Beat(Beat),
    /// A note ends.
    End {
        /// The stem.
        stem: usize,
        /// MIDI note.
        pitch: u8,
    },
    /// A note starts.
    Start {
        /// The stem.
        stem: usize,
        /// MIDI note.
        pitch: u8,
        /// 1 to 127.
        velocity: u8,
    },
}

impl Todo {
    fn rank(&self) -> usize {
        match self {
            Self::Hush => 0,
            Self::Switch { .. } => 1,
            Self::Beat(_) => 2,
            Self::End { .. } => 3,
            Self::Start { .. } => 4,
        }
    }
}

/// Something to do at a place.
#[derive(Debug, Clone, Copy)]
struct Planned {
    /// The stretch.
    stretch: u64,
    /// The place in it, in quarter notes.
    quarters: f64,
    todo: Todo,
}

/// What is done in a chunk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Done {
    /// Others hear of it.
    Cue(Cue),
    /// The stems play on other sounds from this position on.
    Sounds(i64, Sounds),
}

impl Done {
    /// The input position.
    pub fn position(&self) -> i64 {
        match self {
            Self::Cue(cue) => cue.position,
            Self::Sounds(position, _) => *position,
        }
    }
}

/// Keeps what is planned until it is due, and what sounds.
pub struct Play {
    planned: Vec<Planned>,
    /// Those of `planned` that are due, with their positions.
    due: Vec<(i64, Planned)>,
    /// Per stem a bit for each pitch that sounds.
    sounding: [u128; NUM_STEMS],
    /// Whether all that sounds is to end.
    is_hush_due: bool,
    plays: [bool; NUM_STEMS],
    done: Vec<Done>,
    /// Whether nobody heard of `done` yet.
    is_untold: bool,
}

impl Play {
    /// Nothing planned.
    pub fn new() -> Self {
        Self {
            planned: Vec::new(),
            due: Vec::new(),
            sounding: [0; NUM_STEMS],
            is_hush_due: false,
            plays: [true; NUM_STEMS],
            done: Vec::new(),
            is_untold: false,
        }
    }

    /// Nothing planned, and nothing sounds.
    pub fn reset(&mut self) {
        self.planned.clear();
        self.is_untold = false;
        self.sounding = [0; NUM_STEMS];
        self.is_hush_due = false;
    }

    /// Nothing planned; what sounds ends with what is taken next.
    pub fn interrupt(&mut self) {
        self.planned.clear();
        self.is_hush_due = true;
        if std::mem::take(&mut self.is_untold) {
            // As if it had not been done.
            for done in self.done.iter().rev() {
                let Done::Cue(cue) = done else { continue };
                match cue.act {
                    Act::Start {
                        stem_idx, pitch, ..
                    } => self.sounding[usize::from(stem_idx)] &= !(1 << pitch),
                    Act::End { stem_idx, pitch } => {
                        self.sounding[usize::from(stem_idx)] |= 1 << pitch;
                    }
                    Act::Beat(_) => {}
                }
            }
        }
    }

    /// Says that others heard of what was taken last.
    pub fn told(&mut self) {
        self.is_untold = false;
    }

    /// Plans something.
    pub fn plan(&mut self, stretch: u64, quarters: f64, todo: Todo) {
        self.planned.push(Planned {
            stretch,
            quarters,
            todo,
        });
    }

    /// What is done before the input position `until`, in order, and no earlier than `from`. What is
    /// planned after a stretch's end is never done; what sounds ends there. Where others do not hear of it, which
    /// [`Self::told`] says, it ends with the next all the same.
    pub fn take(&mut self, song: &Song, from: i64, until: i64) -> &[Done] {
        self.is_untold = true;
        self.done.clear();
        self.due.clear();
        if std::mem::take(&mut self.is_hush_due) {
            let quarters = song.quarters_at(from);
            (0..NUM_STEMS).for_each(|stem| self.end_all(from, quarters, stem));
        }
        let due = &mut self.due;
        self.planned.retain(|planned| {
            let Some(stretch) = song.stretch(planned.stretch) else {
                return false;
            };
            let position = match planned.todo {
                Todo::Hush => stretch.end,
                // The first beat of a stretch may lie a hair before it, and the stretch before ends there.
                _ => {
                    let position = stretch.position_at(planned.quarters).round() as i64;
                    position.max(stretch.start)
                }
            };
            let is_after_end = planned.todo != Todo::Hush && position >= stretch.end;
            let is_due = position < until && !is_after_end;
            if is_due {
                due.push((position.max(from), *planned));
            }
            !is_due && !is_after_end
        });
        self.due
            .sort_by_key(|(position, planned)| (*position, planned.todo.rank()));
        for idx in 0..self.due.len() {
            let (position, planned) = self.due[idx];
            let quarters = match planned.todo {
                Todo::Hush => song
                    .stretch(planned.stretch)
                    .map_or(0.0, |stretch| stretch.quarters_at(position as f64)),
                _ => planned.quarters,
            };
            self.act(position, quarters, planned.todo);
        }
        &self.done
    }

    fn act(&mut self, position: i64, quarters: f64, todo: Todo) {
        let cue = |act| {
            Done::Cue(Cue {
                position,
                quarters,
                act,
            })
        };
        match todo {
            Todo::Hush => {
                (0..NUM_STEMS).for_each(|stem| self.end_all(position, quarters, stem));
            }
            Todo::Switch { plays, sounds } => {
                for stem in (0..NUM_STEMS).filter(|&stem| !plays[stem]) {
                    self.end_all(position, quarters, stem);
                }
                self.plays = plays;
                self.done.push(Done::Sounds(position, sounds));
            }
            Todo::Beat(beat) => self.done.push(cue(Act::Beat(beat))),
            Todo::End { stem, pitch } => self.end(position, quarters, stem, pitch),
            Todo::Start {
                stem,
                pitch,
                velocity,
            } => {
                self.end(position, quarters, stem, pitch);
                if !self.plays[stem] {
                    return;
                }
                self.sounding[stem] |= 1 << pitch;
                self.done.push(cue(Act::Start {
                    stem_idx: stem as u8,
                    pitch,
                    velocity,
                }));
            }
        }
    }

    fn end(&mut self, position: i64, quarters: f64, stem: usize, pitch: u8) {
        if self.sounding[stem] >> pitch & 1 == 0 {
            return;
        }
        self.sounding[stem] &= !(1 << pitch);
        self.done.push(Done::Cue(Cue {
            position,
            quarters,
            act: Act::End {
                stem_idx: stem as u8,
                pitch,
            },
        }));
    }

    fn end_all(&mut self, position: i64, quarters: f64, stem: usize) {
        for pitch in 0..128 {
            self.end(position, quarters, stem, pitch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::Point;

    #[test]
    fn a_note_whose_end_nobody_heard_of_ends_with_the_next_chunk() {
        let mut song = Song::new(48_000.0);
        song.take(&[Point::of_song(0, 0.0, 120.0)]);
        let (stem, pitch, velocity) = (1, 40, 90);
        let (mut play, id) = (Play::new(), song.after(None).unwrap().id);
        let ends = |done: &[Done]| {
            let is_end =
                |done: &&Done| matches!(done, Done::Cue(cue) if matches!(cue.act, Act::End { .. }));
            done.iter().filter(is_end).count()
        };
        let start = Todo::Start {
            stem,
            pitch,
            velocity,
        };
        play.plan(id, 0.1, start);
        play.plan(id, 1.1, Todo::End { stem, pitch });
        assert_eq!(play.take(&song, 0, 24_000).len(), 1);
        play.told();
        assert_eq!(ends(play.take(&song, 24_000, 48_000)), 1);
        play.interrupt();
        assert_eq!(ends(play.take(&song, 48_000, 72_000)), 1, "once more");
        play.told();
        play.interrupt();
        assert_eq!(ends(play.take(&song, 72_000, 96_000)), 0);
    }
}
