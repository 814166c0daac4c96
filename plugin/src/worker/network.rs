//! What the worker wants of a pack's networks.

use ndarray::{ArrayView2, ArrayView3, ArrayViewMut3, ArrayViewMut4};

/// The networks of a pack, by its kind.
pub enum Networks {
    /// Of a `mask` pack.
    Mask(Box<dyn MaskNetwork>),
    /// Of a `waveform` pack.
    Waveform(Box<dyn WaveformNetwork>),
}

/// The networks of a `mask` pack, with their memory of the chunks before.
pub trait MaskNetwork: Send {
    /// Channels the networks see, 1 or 2; see [`crate::geometry::MaskStream::channels`].
    fn channels(&self) -> usize;

    /// Bins the networks see.
    fn bins(&self) -> usize;

    /// Fills `mask` [frames, stems, channels, bins] for the first frames of `magnitude`
    /// [frames + look-ahead, channels, bins] (a full-scale sine reads 1), and remembers them.
    fn run(&mut self, magnitude: ArrayView3<f32>, mask: ArrayViewMut4<f32>)
    -> Result<(), RunError>;

    /// Forgets the chunks before.
    fn reset(&mut self);
}

/// The networks of a `waveform` pack. They have no memory.
pub trait WaveformNetwork: Send {
    /// Channels the networks see, 1 or 2; see [`crate::geometry::WaveformStream::channels`].
    fn channels(&self) -> usize;

    /// Fills `stems` [samples, stems, channels] for `audio` [samples, channels], both at the
    /// model's rate.
    fn run(&mut self, audio: ArrayView2<f32>, stems: ArrayViewMut3<f32>) -> Result<(), RunError>;
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
