//! The last stems, kept for a person who wants them as files.
#![expect(
    clippy::disallowed_types,
    reason = "for the worker and whoever exports"
)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::{Chunk, NUM_STEMS};

/// The longest recording in seconds.
pub const MAX_RECORDING_S: f64 = 60.0;
/// The largest recording in bytes: at high rates it is shorter than [`MAX_RECORDING_S`].
const MAX_RECORDING_BYTES: usize = 96 << 20;

/// The stems of one chunk.
pub struct Take {
    /// See `Chunk::epoch`.
    pub epoch: u32,
    /// The position of the first sample.
    pub start: i64,
    /// Samples per channel.
    len: usize,
    /// Channels of each stem.
    channels: usize,
    /// Stem after stem, channel after channel.
    samples: Box<[f32]>,
}

impl Take {
    /// A channel of a stem.
    pub fn stem(&self, stem_idx: usize, channel_idx: usize) -> &[f32] {
        &self.samples[(stem_idx * self.channels + channel_idx) * self.len..][..self.len]
    }

    /// Channels of each stem.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// The position after the last sample.
    pub fn end(&self) -> i64 {
        self.start + self.len as i64
    }
}

/// The takes of the last seconds. Its lock is held for a moment by the worker and by the thread
/// that exports, and never by the audio thread.
pub struct Recording {
    takes: Mutex<VecDeque<Arc<Take>>>,
    /// Takes that are kept.
    max_takes: usize,
    /// How long they are, in seconds.
    max_s: f64,
    channels: usize,
}

impl Recording {
    /// The longest that is kept, in seconds.
    pub fn max_seconds(&self) -> f64 {
        self.max_s
    }

    /// Nothing recorded. Chunks have `chunk_samples` per channel.
    pub fn new(sample_rate: f64, chunk_samples: usize, channels: usize) -> Self {
        let take_bytes = NUM_STEMS * channels * chunk_samples * size_of::<f32>();
        let wished = (MAX_RECORDING_S * sample_rate / chunk_samples as f64).ceil() as usize;
        let max_takes = wished.min(MAX_RECORDING_BYTES / take_bytes).max(1);
        let max_s = (max_takes * chunk_samples) as f64 / sample_rate;
        Self {
            takes: Mutex::default(),
            max_takes,
            max_s: max_s.min(MAX_RECORDING_S),
            channels,
        }
    }

    /// Adds a chunk's stems, from the worker; those of the oldest go. `delay_samples` is how far
    /// the stems trail the chunk's input.
    pub fn add(&self, chunk: &Chunk, delay_samples: i64) {
        let len = chunk.stem(0, 0).len();
        // As large as it gets: one that grows would leave holes in the memory, chunk after chunk.
        let mut samples = Vec::with_capacity(NUM_STEMS * self.channels * len);
        for stem_idx in 0..NUM_STEMS {
            for channel_idx in 0..self.channels {
                samples.extend_from_slice(chunk.stem(stem_idx, channel_idx));
            }
        }
        let take = Arc::new(Take {
            epoch: chunk.epoch,
            start: chunk.start - delay_samples,
            len,
            channels: self.channels,
            samples: samples.into(),
        });
        if let Ok(mut takes) = self.takes.lock() {
            while takes.len() >= self.max_takes {
                takes.pop_front();
            }
            takes.push_back(take);
        }
    }

    /// What is recorded, the oldest first.
    pub fn takes(&self) -> Vec<Arc<Take>> {
        self.takes
            .lock()
            .map(|takes| takes.iter().cloned().collect())
            .unwrap_or_default()
    }
}
