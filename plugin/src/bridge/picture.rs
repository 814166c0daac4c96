//! The picture of the sound, from the worker to the editor.

use super::NUM_STEMS;
use crate::geometry::Geometry;

/// Lanes of the picture: the input, then the stems.
pub const NUM_LANES: usize = 1 + NUM_STEMS;
/// Bands of a lane, spaced evenly in octaves.
pub const NUM_BANDS: usize = 48;
/// The middle of the lowest band in Hz.
pub const MIN_HZ: f64 = 45.0;
/// The middle of the highest band in Hz.
pub const MAX_HZ: f64 = 14_000.0;

/// The shortest column in seconds: finer than a lane's pixels would be waste.
const MIN_COLUMN_S: f64 = 0.01;

/// Frames of the STFT that make a column.
pub fn column_frames(geometry: &Geometry) -> usize {
    let hop_s = geometry.hop as f64 / geometry.sample_rate;
    (MIN_COLUMN_S / hop_s).ceil() as usize
}

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
