//! What the worker wants of a pack's networks.

use ndarray::{ArrayView3, ArrayViewMut4};

/// The networks of a `mask` pack, with their memory of the chunks before.
pub trait Network: Send {
    /// Channels the networks see, 1 or 2; see [`crate::geometry::Stream::channels`].
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

/// Why a chunk has no stems.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The runtime's words.
    #[error("{0}")]
    Runtime(String),
    /// The networks gave something that is not a number.
    #[error("a mask is not a number")]
    NotANumber,
    /// The panic's words.
    #[error("the worker panicked ({0})")]
    Panic(String),
}
