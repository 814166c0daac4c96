//! What the threads tell about themselves.

use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

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

/// Counters and the fault of an instance. They live as long as the instance, over activations.
#[derive(Default)]
pub struct Status {
    /// Chunks whose stems were not there when they were due; written by the audio thread.
    pub late_chunks: AtomicU64,
    /// Samples for which the aligned input stood in for stems that should have been there;
    /// written by the audio thread.
    pub gap_samples: AtomicU64,
    /// Samples that were not numbers and were replaced by silence; written by the audio thread.
    pub bad_samples: AtomicU64,
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
    /// Why there are no stems, as one sentence. Never locked by the audio thread.
    fault: Mutex<Option<String>>,
    /// What is playing. Never locked by the audio thread.
    pack: Mutex<Option<PackIdentity>>,
}

impl Status {
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
