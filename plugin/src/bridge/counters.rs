//! What the audio thread tells about itself, without a lock.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use crossbeam::queue::ArrayQueue;

use super::Meters;

/// Misses that wait for the editor; the oldest go first.
pub(super) const MAX_MISSES: usize = 64;

/// A chunk whose stems were not there in time: when they were looked for, shortly before they were due.
#[derive(Debug, Clone, Copy)]
pub struct Miss {
    /// When the input took their place.
    pub at: Instant,
    /// Why.
    pub cause: Cause,
}

/// Why a chunk's stems were not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// There were no networks, or they failed.
    Failed,
    /// The host's block is longer than the time that the worker has for a chunk, so that stems of its
    /// first samples are due before the worker can have seen them.
    LongBlock,
    /// The worker was too slow.
    Busy,
}

/// The part of [`super::Status`] that the audio thread has.
pub struct Counters {
    /// Chunks whose stems were not there in time; written by the audio thread.
    pub late_chunks: AtomicU64,
    /// Samples for which stems that should have been there were not; written by the audio thread.
    pub gap_samples: AtomicU64,
    /// Samples that were not numbers and became silence, or absurdly loud and were clamped; written by the
    /// audio thread.
    pub bad_samples: AtomicU64,
    /// Whether the editor is open; written by it. Levels and the picture are made only for it.
    pub is_watched: AtomicBool,
    /// Whether the open editor sleeps until something moves; set by it, taken by the audio thread.
    pub is_asleep: AtomicBool,
    /// Whether the host's transport runs; written by the audio thread.
    pub is_playing: AtomicBool,
    /// The levels of the strips and the output.
    pub meters: Meters,
    /// Misses that the editor has not seen; written by the audio thread.
    pub(super) new_misses: ArrayQueue<Miss>,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            late_chunks: AtomicU64::default(),
            gap_samples: AtomicU64::default(),
            bad_samples: AtomicU64::default(),
            is_watched: AtomicBool::default(),
            is_asleep: AtomicBool::default(),
            is_playing: AtomicBool::default(),
            meters: Meters::default(),
            new_misses: ArrayQueue::new(MAX_MISSES),
        }
    }
}

impl Counters {
    /// Counts a miss, from the audio thread.
    pub fn miss(&self, cause: Cause) {
        self.late_chunks.fetch_add(1, Ordering::Relaxed);
        let at = Instant::now();
        self.new_misses.force_push(Miss { at, cause });
    }
}
