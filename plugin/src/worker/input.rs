//! The recent input.

use crate::bridge::Chunk;
use crate::geometry::Geometry;

/// A chunk of input and what its stems still need of the input before it.
pub struct Input {
    /// Samples kept before the chunk.
    past_samples: usize,
    /// Per channel `past_samples`, then the chunk.
    channels: Box<[Box<[f32]>]>,
}

impl Input {
    /// Silence before the first chunk.
    pub fn new(geometry: &Geometry, channels: usize) -> Self {
        let past_samples = geometry.worker_delay_samples();
        let len = past_samples + geometry.chunk_samples();
        Self {
            past_samples,
            channels: (0..channels).map(|_| vec![0.0; len].into()).collect(),
        }
    }

    /// Silence before the next chunk.
    pub fn reset(&mut self) {
        self.channels.iter_mut().for_each(|input| input.fill(0.0));
    }

    /// Takes the chunk that follows the one before.
    pub fn take(&mut self, chunk: &Chunk) {
        for (channel_idx, input) in self.channels.iter_mut().enumerate() {
            let chunk_start = input.len() - self.past_samples;
            input.copy_within(chunk_start.., 0);
            input[self.past_samples..].copy_from_slice(chunk.input(channel_idx));
        }
    }

    /// Per channel the samples before the chunk, then the chunk's.
    pub fn channels(&self) -> &[Box<[f32]>] {
        &self.channels
    }

    /// The input that lies where the chunk's stems do, of a channel.
    pub fn delayed(&self, channel_idx: usize) -> &[f32] {
        let input = &self.channels[channel_idx];
        &input[..input.len() - self.past_samples]
    }
}
