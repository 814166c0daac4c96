//! What travels between the threads.

use super::band::Directions;
use super::cues::Cues;
use super::transport::Points;

/// The stems: drums, bass, piano, other.
pub const NUM_STEMS: usize = 4;

/// What became of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It holds stems, from `valid_from` on.
    Done,
    /// Nothing of it would have been heard, or it was too late to be heard.
    Skipped,
    /// The worker could not make stems; the status says why.
    Failed,
}

/// A chunk of input and, when it comes back, of stems. Positions count input samples since the
/// last reset.
pub struct Chunk {
    /// The epoch it was collected in; written by the bridge.
    pub epoch: u32,
    /// The position of the first input sample; written by the audio thread.
    pub start: i64,
    /// Samples between the first sound since the last reset and `start`; written by the audio thread.
    pub since_sound: i64,
    /// Whether any of its stems can be heard; written by the audio thread.
    pub is_needed: bool,
    /// Where the host's song is: a point at or before `start`, then those in the chunk. Filled where
    /// there is a band; written by the audio thread.
    pub points: Points,
    /// What is asked of the band at `start`, and from when on in the chunk anything else. Filled where there
    /// is a band; written by the audio thread.
    pub directions: Directions,
    /// What the band does in the chunk's stems; written by the worker.
    pub cues: Cues,
    /// What became of it; written by the worker.
    pub outcome: Outcome,
    /// The first position whose stems are whole; written by the worker with `Outcome::Done`.
    pub valid_from: i64,
    /// Samples per channel.
    len: usize,
    /// The input, channel after channel.
    input: Box<[f32]>,
    /// The stems, stem after stem, channel after channel. They cover as many samples as the input
    /// and trail it by `Geometry::worker_delay_samples`.
    stems: Box<[f32]>,
}

impl Chunk {
    /// A chunk of `len` samples per channel.
    pub fn new(channels: usize, len: usize, has_band: bool) -> Self {
        Self {
            epoch: 0,
            start: 0,
            since_sound: 0,
            is_needed: false,
            points: Points::new(has_band),
            directions: Directions::new(has_band),
            cues: Cues::new(has_band),
            outcome: Outcome::Skipped,
            valid_from: 0,
            len,
            input: mapped(channels * len),
            stems: mapped(NUM_STEMS * channels * len),
        }
    }

    /// The input of a channel.
    pub fn input(&self, channel_idx: usize) -> &[f32] {
        &self.input[channel_idx * self.len..][..self.len]
    }

    /// The input of a channel.
    pub fn input_mut(&mut self, channel_idx: usize) -> &mut [f32] {
        &mut self.input[channel_idx * self.len..][..self.len]
    }

    /// A channel of a stem.
    pub fn stem(&self, stem_idx: usize, channel_idx: usize) -> &[f32] {
        &self.stems[self.stem_offset(stem_idx, channel_idx)..][..self.len]
    }

    /// A channel of a stem.
    pub fn stem_mut(&mut self, stem_idx: usize, channel_idx: usize) -> &mut [f32] {
        let offset = self.stem_offset(stem_idx, channel_idx);
        &mut self.stems[offset..][..self.len]
    }

    fn stem_offset(&self, stem_idx: usize, channel_idx: usize) -> usize {
        stem_idx * self.input.len() + channel_idx * self.len
    }
}

/// Zeros that were written: the system maps fresh memory page by page as it is first written, and would do
/// so on the audio thread.
fn mapped(len: usize) -> Box<[f32]> {
    let mut zeros = vec![0.0; len];
    std::hint::black_box(&mut zeros).fill(0.0);
    zeros.into()
}
