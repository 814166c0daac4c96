//! What a pack gives to the worker: its networks, and what goes with them.

use ndarray::{Array2, ArrayView2, ArrayView3, ArrayViewMut3, ArrayViewMut4};

use crate::instrument::{Instrument, Sounds};
use crate::music::decode::{Played, Thresholds};
use crate::music::grid::{CELLS, PHASE};
use crate::music::hear::FEATURES;
use crate::music::plan::{PlanLogits, PlanRules, STYLES};

/// The networks of a pack, by its kind.
pub enum Networks {
    /// Of a `mask` pack.
    Mask(Box<dyn MaskNetwork>),
    /// Of a `waveform` pack.
    Waveform(Box<dyn WaveformNetwork>),
    /// Of a `notes` pack.
    Notes(Box<Band>),
}

/// The networks of a `mask` pack, with their memory of the chunks before.
pub trait MaskNetwork: Send {
    /// Fills `mask` [frames, stems, channels, bins] for the first frames of `magnitude`
    /// [frames + look-ahead, channels, bins] (a full-scale sine reads 1), and remembers them.
    fn run(&mut self, magnitude: ArrayView3<f32>, mask: ArrayViewMut4<f32>)
    -> Result<(), RunError>;

    /// Forgets the chunks before.
    fn reset(&mut self);
}

/// The networks of a `waveform` pack. They have no memory.
pub trait WaveformNetwork: Send {
    /// Fills `stems` [samples, stems, channels] for `audio` [samples, channels], both at the
    /// model's rate.
    fn run(&mut self, audio: ArrayView2<f32>, stems: ArrayViewMut3<f32>) -> Result<(), RunError>;
}

/// Columns of `controls`: the styles, an intensity, whether it is given, whether the bar is a fill.
pub const CONTROLS: usize = STYLES + 3;

/// All of a `notes` pack.
pub struct Band {
    /// Its networks.
    pub network: Box<dyn NotesNetwork>,
    /// What its notes are played on.
    pub instrument: Box<dyn Instrument>,
    /// How chords, keys and styles are told.
    pub plan: PlanRules,
    /// From when on something is a note.
    pub thresholds: Thresholds,
    /// What each style is played on; [`STYLES`] of them.
    pub styles: Vec<Sounds>,
}

/// What both networks of a `notes` pack hear of a beat (models/README.md).
pub struct Hearing {
    /// Of the cells of the beat before, the beat, and the one after it.
    pub features: Array2<f32>,
    /// How many of the last twelve cells are heard.
    pub heard: f32,
    /// Of the cells of the beat and the one after it.
    pub phase: Array2<f32>,
}

/// What the band is told of a beat.
pub struct Orders {
    /// Of the cells of the beat and the one after it.
    pub controls: Array2<f32>,
    /// Of the beat before and the beat.
    pub chords: [i64; 2],
    /// As decided.
    pub key: i64,
    /// Of the chord.
    pub confidence: f32,
}

impl Default for Hearing {
    fn default() -> Self {
        Self {
            features: Array2::zeros((3 * CELLS, FEATURES)),
            heard: 0.0,
            phase: Array2::zeros((2 * CELLS, PHASE)),
        }
    }
}

impl Default for Orders {
    fn default() -> Self {
        Self {
            controls: Array2::zeros((2 * CELLS, CONTROLS)),
            chords: [0; 2],
            key: 0,
            confidence: 0.0,
        }
    }
}

/// The networks of a `notes` pack, with their memory of the beats before.
pub trait NotesNetwork: Send {
    /// Hears the chord, the key and the style of the next beat.
    fn plan(&mut self, hearing: &Hearing, logits: &mut PlanLogits) -> Result<(), RunError>;

    /// Says what is played in that beat.
    fn band(
        &mut self,
        hearing: &Hearing,
        orders: &Orders,
        played: &mut Played,
    ) -> Result<(), RunError>;

    /// Forgets the beats before.
    fn reset(&mut self);
}

/// Why a chunk has no stems.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The runtime's words.
    #[error("{0}")]
    Runtime(String),
    /// The networks gave something that is not a number, or absurdly large.
    #[error("what they gave is not a number")]
    NotANumber,
    /// The panic's words.
    #[error("the worker panicked ({0})")]
    Panic(String),
}
