//! What the threads tell each other in a number, beside the queues.
//!
//! `tests/tests/bridge_model.rs` includes this file with loom's atomics in the place of the standard
//! library's, and plays every order in which a processor may let the threads see these numbers.

use super::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};

/// Numbers that one thread writes and others read.
pub struct Signals {
    /// Raised by the audio thread on reset; chunks of an older epoch are stale.
    epoch: AtomicU32,
    /// The input position that the audio thread has reached in this epoch.
    position: AtomicI64,
    /// The position at which the host's transport started, negative if it did not in this epoch;
    /// written by the audio thread.
    playing_since: AtomicI64,
    /// Controls that a person moved in the editor since the audio thread last looked, a bit each.
    touched: AtomicU64,
    /// Told to the worker when the instance is deactivated.
    is_stopped: AtomicBool,
}

impl Signals {
    /// The first epoch, at its start.
    pub fn new() -> Self {
        Self {
            epoch: AtomicU32::new(0),
            position: AtomicI64::new(0),
            playing_since: AtomicI64::new(-1),
            touched: AtomicU64::new(0),
            is_stopped: AtomicBool::new(false),
        }
    }

    /// Starts a new epoch; from the audio thread. Whoever sees it finds no number of an older one.
    pub fn start_epoch(&self) {
        self.position.store(0, Ordering::Relaxed);
        self.playing_since.store(-1, Ordering::Relaxed);
        self.epoch.fetch_add(1, Ordering::Release);
    }

    /// The epoch.
    pub fn epoch(&self) -> u32 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Tells the position reached; from the audio thread.
    pub fn set_position(&self, position: i64) {
        self.position.store(position, Ordering::Relaxed);
    }

    /// The position reached: of the epoch that the caller saw, or of a later one.
    pub fn position(&self) -> i64 {
        self.position.load(Ordering::Relaxed)
    }

    /// Tells where the host's transport started; from the audio thread.
    pub fn set_playing_since(&self, position: i64) {
        self.playing_since.store(position, Ordering::Relaxed);
    }

    /// Where the host's transport started, if it did: in the epoch that the caller saw, or in a later
    /// one.
    pub fn playing_since(&self) -> Option<i64> {
        let since = self.playing_since.load(Ordering::Relaxed);
        (since >= 0).then_some(since)
    }

    /// Says that a control is moved; from the editor. The host changes its value then, at once or with a
    /// later block.
    pub fn touch(&self, control_idx: usize) {
        self.touched.fetch_or(1 << control_idx, Ordering::Release);
    }

    /// The controls moved since the last call, a bit each; their values may be there yet or not.
    pub fn take_touched(&self) -> u64 {
        self.touched.swap(0, Ordering::Acquire)
    }

    /// Tells the worker to end.
    pub fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    /// Whether the worker shall end.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }
}
