//! What the threads tell about themselves.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

use crossbeam::queue::ArrayQueue;

use super::{CueLog, Load, Meters, NUM_STEMS};

/// Misses that are remembered for the editor.
const MAX_MISSES: usize = 64;

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

/// A chunk whose stems were not there when they were due.
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
    /// The networks failed.
    Failed,
    /// The host's block is longer than the time that the worker has for a chunk, so that stems of its
    /// first samples are due before the worker can have seen them.
    LongBlock,
    /// The worker was too slow.
    Busy,
}

/// Counters and the fault of an instance. They live as long as the instance, over activations.
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
    /// Whether the editor is open; written by it. Levels and the picture are made only for it.
    pub is_watched: AtomicBool,
    /// Whether the open editor sleeps until something moves; set by it, taken by the audio thread.
    pub is_asleep: AtomicBool,
    /// Whether the last stems are kept: since the editor was opened first; written by it.
    pub is_recording: AtomicBool,
    /// Whether the host's transport runs; written by the audio thread.
    pub is_playing: AtomicBool,
    /// The levels of the strips and the output.
    pub meters: Meters,
    /// How busy the worker was.
    pub load: Load,
    /// What the band did.
    pub cues: CueLog,
    /// What the band plays on, as [`Status::set_programs`] writes it.
    programs: AtomicU32,
    /// Cues for which a chunk had no room; written by the worker.
    pub dropped_cues: AtomicU64,
    /// Misses that the editor has not seen; written by the audio thread.
    new_misses: ArrayQueue<Miss>,
    /// The last misses that the editor has seen, kept from window to window. Never locked by the
    /// audio thread.
    seen_misses: Mutex<VecDeque<Miss>>,
    /// The version of ONNX Runtime. Never locked by the audio thread.
    runtime: Mutex<Option<String>>,
    /// Why there are no stems, as one sentence. Never locked by the audio thread.
    fault: Mutex<Option<String>>,
    /// What is playing. Never locked by the audio thread.
    pack: Mutex<Option<PackIdentity>>,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            late_chunks: AtomicU64::default(),
            gap_samples: AtomicU64::default(),
            bad_samples: AtomicU64::default(),
            chunks_done: AtomicU64::default(),
            busy_ns: AtomicU64::default(),
            audio_us: AtomicU64::default(),
            is_ready: AtomicBool::default(),
            sample_rate_bits: AtomicU32::default(),
            latency_samples: AtomicU32::default(),
            is_watched: AtomicBool::default(),
            is_asleep: AtomicBool::default(),
            is_recording: AtomicBool::default(),
            is_playing: AtomicBool::default(),
            meters: Meters::default(),
            load: Load::default(),
            cues: CueLog::default(),
            programs: AtomicU32::default(),
            dropped_cues: AtomicU64::default(),
            new_misses: ArrayQueue::new(MAX_MISSES),
            seen_misses: Mutex::default(),
            runtime: Mutex::default(),
            fault: Mutex::default(),
            pack: Mutex::default(),
        }
    }
}

impl Status {
    /// Counts a miss, from the audio thread.
    pub fn miss(&self, cause: Cause) {
        self.late_chunks.fetch_add(1, Ordering::Relaxed);
        let at = Instant::now();
        self.new_misses.force_push(Miss { at, cause });
    }

    /// The last misses, the oldest first. Not for the audio thread.
    pub fn misses(&self) -> Vec<Miss> {
        let Ok(mut seen) = self.seen_misses.lock() else {
            return Vec::new();
        };
        seen.extend(std::iter::from_fn(|| self.new_misses.pop()));
        let surplus = seen.len().saturating_sub(MAX_MISSES);
        seen.drain(..surplus);
        seen.iter().copied().collect()
    }

    /// Says on which General-MIDI programs bass, piano and other play, from the worker.
    pub fn set_programs(&self, programs: [u8; NUM_STEMS - 1]) {
        let [bass, piano, other] = programs;
        let bits = u32::from_be_bytes([1, bass, piano, other]);
        self.programs.store(bits, Ordering::Relaxed);
    }

    /// On which programs they play; `None` while they have not played.
    pub fn programs(&self) -> Option<[u8; NUM_STEMS - 1]> {
        let [is_known, programs @ ..] = self.programs.load(Ordering::Relaxed).to_be_bytes();
        (is_known == 1).then_some(programs)
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
