//! The picture of the sound, from the worker to the editor.

use super::NUM_STEMS;

/// Lanes of the picture: the input, then the stems.
pub const NUM_LANES: usize = 1 + NUM_STEMS;
/// Bands of a lane, spaced evenly in octaves.
pub const NUM_BANDS: usize = 48;

/// A moment of the picture.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The epoch it was heard in; see `Chunk::epoch`.
    pub epoch: u32,
    /// The input position of its middle.
    pub position: i64,
    /// Levels from silent (0) to loud (255), the lowest band first.
    pub bands: [[u8; NUM_BANDS]; NUM_LANES],
}
