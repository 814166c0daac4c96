//! What the threads tell about themselves.
#![expect(
    clippy::disallowed_types,
    reason = "for all but the audio thread, which has only the counters"
)]

use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::counters::MAX_MISSES;
use super::{Counters, CueLog, Load, Miss};

/// Which pack an instance plays.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PackIdentity {
    /// Its folder's name.
    pub id: String,
    /// `mask`, `notes` or `waveform`.
    pub kind: String,
    /// Its own version.
    pub version: String,
    /// Over its `pack.toml`, which holds the sums of its graphs.
    pub sha256: String,
}

/// Counters and the fault of an instance, and what its audio thread counts. They live as long as the
/// instance, over activations.
#[derive(Default)]
pub struct Status {
    /// All that the audio thread has of this.
    pub counters: Arc<Counters>,
    /// Chunks that the networks ran for; written by the worker.
    pub chunks_done: AtomicU64,
    /// Time spent on them, in nanoseconds; written by the worker.
    pub busy_ns: AtomicU64,
    /// Audio in them, in microseconds; written by the worker.
    pub audio_us: AtomicU64,
    /// Whether the networks are loaded; written by the worker.
    pub is_ready: AtomicBool,
    /// The host's rate in Hz, as f32 bits; written on activation.
    pub sample_rate_bits: AtomicU32,
    /// The latency told to the host; written on activation.
    pub latency_samples: AtomicU32,
    /// Whether the last stems are kept: since the editor was opened first; written by it.
    pub is_recording: AtomicBool,
    /// Pixels in a point of the open editor, its scale counted in, as f32 bits; 0 while it is closed.
    pub editor_scale_bits: AtomicU32,
    /// How busy the worker was.
    pub load: Load,
    /// What the band did.
    pub cues: CueLog,
    /// Cues for which a chunk had no room; written by the worker.
    pub dropped_cues: AtomicU64,
    /// The last misses that the editor has seen, kept from window to window.
    seen_misses: Mutex<VecDeque<Miss>>,
    /// The version of ONNX Runtime.
    runtime: Mutex<Option<String>>,
    /// Why there are no stems, as one sentence.
    fault: Mutex<Option<String>>,
    /// What is playing.
    pack: Mutex<Option<PackIdentity>>,
}

impl Deref for Status {
    type Target = Counters;

    fn deref(&self) -> &Counters {
        &self.counters
    }
}

impl Status {
    /// The last misses, the oldest first.
    pub fn misses(&self) -> Vec<Miss> {
        let Ok(mut seen) = self.seen_misses.lock() else {
            return Vec::new();
        };
        seen.extend(std::iter::from_fn(|| self.new_misses.pop()));
        let surplus = seen.len().saturating_sub(MAX_MISSES);
        seen.drain(..surplus);
        seen.iter().copied().collect()
    }

    /// Says which ONNX Runtime runs.
    pub fn set_runtime(&self, version: Option<String>) {
        if let Ok(mut current) = self.runtime.lock() {
            *current = version;
        }
    }

    /// Which ONNX Runtime runs.
    pub fn runtime(&self) -> Option<String> {
        self.runtime.lock().ok().and_then(|version| version.clone())
    }

    /// Says why there are no stems, or with `None` that there are again.
    pub fn set_fault(&self, fault: Option<String>) {
        if let Ok(mut current) = self.fault.lock() {
            *current = fault;
        }
    }

    /// Why there are no stems.
    pub fn fault(&self) -> Option<String> {
        self.fault.lock().ok().and_then(|fault| fault.clone())
    }

    /// Says which pack plays.
    pub fn set_pack(&self, pack: Option<PackIdentity>) {
        if let Ok(mut current) = self.pack.lock() {
            *current = pack;
        }
    }

    /// Which pack plays.
    pub fn pack(&self) -> Option<PackIdentity> {
        self.pack.lock().ok().and_then(|pack| pack.clone())
    }

    /// The worker's milliseconds per second of audio since the instance was made.
    pub fn worker_ms_per_second(&self) -> f64 {
        let audio_s = self.audio_us.load(Ordering::Relaxed) as f64 / 1e6;
        let busy_ms = self.busy_ns.load(Ordering::Relaxed) as f64 / 1e6;
        if audio_s > 0.0 {
            busy_ms / audio_s
        } else {
            0.0
        }
    }
}
