//! The band of a `notes` pack: what it is told, and what it does.

use nice_plug::prelude::Enum;

/// What a person asks of the band. Taken over at the next bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Direction {
    /// The number of the style in the pack's list; `None` is the one that is heard.
    pub style: Option<u8>,
    /// 0 (sparse, soft) to 1 (dense, loud); `None` is as the style has it.
    pub intensity: Option<f32>,
    /// -2 to 2: logits added to onsets that are not on a beat.
    pub complexity: f32,
    /// Bars from one fill to the next, at the end of which it is played; 0 for none.
    pub fill_bars: u8,
    /// 0 (straight) to 1 (triplets): how late the second half of a beat is.
    pub swing: f32,
    /// Half, plain or double time.
    pub feel: Feel,
    /// Of everything random.
    pub seed: u32,
    /// Whether onsets follow the rhythm that is heard.
    pub is_locked: bool,
    /// The chord, in place of the one that is heard: as in [`Beat::chord`].
    pub chord: Option<u8>,
    /// Which stems play.
    pub plays: [bool; super::NUM_STEMS],
}

impl Default for Direction {
    fn default() -> Self {
        Self {
            style: None,
            intensity: None,
            complexity: 0.0,
            fill_bars: 8,
            swing: 0.0,
            feel: Feel::Plain,
            seed: 0,
            is_locked: false,
            chord: None,
            plays: [true; super::NUM_STEMS],
        }
    }
}

/// The most directions of a chunk: more than a hundred in a second.
const MAX_DIRECTIONS: usize = 128;

/// Directions, each with the input position from which on it holds, in order; there is room for
/// [`MAX_DIRECTIONS`].
pub struct Directions(Vec<(i64, Direction)>);

impl Directions {
    /// None; with room for some where the stream `has_band`.
    pub(super) fn new(has_band: bool) -> Self {
        let room = if has_band { MAX_DIRECTIONS } else { 0 };
        Self(Vec::with_capacity(room))
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds one; where there is no room it takes the place of the last, for late is better than early.
    pub fn add(&mut self, position: i64, direction: Direction) {
        if self.0.len() < self.0.capacity() {
            self.0.push((position, direction));
        } else if let Some(last) = self.0.last_mut() {
            *last = (position, direction);
        }
    }

    /// All of them.
    pub fn all(&self) -> &[(i64, Direction)] {
        &self.0
    }
}

/// How the band's beat relates to the host's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Enum)]
pub enum Feel {
    /// One of its beats lasts two of the host's.
    #[id = "half"]
    #[name = "Half time"]
    Half,
    /// They are the same.
    #[id = "plain"]
    #[name = "Plain"]
    #[default]
    Plain,
    /// Two of its beats last one of the host's.
    #[id = "double"]
    #[name = "Double time"]
    Double,
}

/// Something that the band does at a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cue {
    /// The input position with which it sounds, in samples since the last reset.
    pub position: i64,
    /// The same place in the host's song, in quarter notes.
    pub quarters: f64,
    /// What is done.
    pub act: Act,
}

/// What the band does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Act {
    /// A note starts.
    Start {
        /// The stem, as everywhere.
        stem_idx: u8,
        /// MIDI note.
        pitch: u8,
        /// 1 to 127.
        velocity: u8,
    },
    /// A note ends.
    End {
        /// The stem.
        stem_idx: u8,
        /// MIDI note.
        pitch: u8,
    },
    /// A beat begins.
    Beat(Beat),
}

/// A beat of the host's metre as it was decided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beat {
    /// `quality * 12 + root`, 84 for none (models/README.md).
    pub chord: u8,
    /// `12 * minor + tonic`.
    pub key: u8,
    /// That is played, by its number in the pack's list.
    pub style: u8,
    /// The General-MIDI programs, from 0, on which bass, piano and other play it.
    pub programs: [u8; super::NUM_STEMS - 1],
    /// Of the chord, 0 to 1.
    pub confidence: f32,
    /// The song's bar, from 0.
    pub bar: i32,
    /// The bar's beat, from 0.
    pub beat: u8,
    /// Beats of the bar.
    pub beats_per_bar: u8,
    /// Length of the beat in quarter notes.
    pub beat_quarters: f32,
    /// Quarter notes per minute.
    pub tempo: f32,
    /// Whether the host's transport does not run: bars count from the first sound since it stopped.
    pub is_free: bool,
    /// Whether the tempo of a beat that is free is that of the input, which has a beat; otherwise it is what
    /// the host told last.
    pub is_heard: bool,
}
