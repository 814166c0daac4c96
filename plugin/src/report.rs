//! What the instances of this binary tell about themselves, for hosts of ours: `bounce` and the
//! tests read it through one exported C function.
#![expect(
    clippy::disallowed_types,
    reason = "for the host's main thread and whoever reads"
)]

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, Weak};

use serde::Serialize;

use crate::bridge::{Cue, PackIdentity, Status};

/// The live instances in the order of their creation.
static INSTANCES: Mutex<Vec<(&'static str, Weak<Status>)>> = Mutex::new(Vec::new());

/// Adds an instance.
pub(crate) fn register(plugin_id: &'static str, status: &Arc<Status>) {
    if let Ok(mut instances) = INSTANCES.lock() {
        instances.retain(|(_, status)| status.strong_count() > 0);
        instances.push((plugin_id, Arc::downgrade(status)));
    }
}

#[derive(Serialize)]
struct Report {
    instances: Vec<Instance>,
}

#[derive(Serialize)]
struct Instance {
    plugin_id: &'static str,
    version: &'static str,
    pack: Option<PackIdentity>,
    sample_rate: f32,
    latency_samples: u32,
    late_chunks: u64,
    gap_samples: u64,
    bad_samples: u64,
    chunks_done: u64,
    worker_ms_per_second: f64,
    ready: bool,
    fault: Option<String>,
}

impl Instance {
    fn new(plugin_id: &'static str, status: &Status) -> Self {
        Self {
            plugin_id,
            version: env!("CARGO_PKG_VERSION"),
            pack: status.pack(),
            sample_rate: f32::from_bits(status.sample_rate_bits.load(Ordering::Relaxed)),
            latency_samples: status.latency_samples.load(Ordering::Relaxed),
            late_chunks: status.late_chunks.load(Ordering::Relaxed),
            gap_samples: status.gap_samples.load(Ordering::Relaxed),
            bad_samples: status.bad_samples.load(Ordering::Relaxed),
            chunks_done: status.chunks_done.load(Ordering::Relaxed),
            worker_ms_per_second: status.worker_ms_per_second(),
            ready: status.is_ready.load(Ordering::Relaxed),
            fault: status.fault(),
        }
    }
}

/// The report as JSON.
pub fn report() -> String {
    let instances = live()
        .map(|(id, status)| Instance::new(id, &status))
        .collect();
    serde_json::to_string(&Report { instances }).unwrap_or_default()
}

/// The instances that there are.
fn live() -> impl Iterator<Item = (&'static str, Arc<Status>)> {
    let instances = INSTANCES
        .lock()
        .map(|instances| instances.clone())
        .unwrap_or_default();
    let live = instances.into_iter();
    live.filter_map(|(id, status)| Some((id, status.upgrade()?)))
}

/// Writes the report as JSON in UTF-8 into `buffer` if its `capacity` in bytes suffices, and returns
/// the bytes needed. Not for the audio thread.
///
/// # Safety
///
/// `buffer` must be valid for writes of `capacity` bytes, or `capacity` be 0.
#[unsafe(no_mangle)]
#[allow(unsafe_code)]
pub unsafe extern "C" fn one2four_report(buffer: *mut u8, capacity: usize) -> usize {
    // SAFETY: the caller grants `capacity` bytes at `buffer`.
    unsafe { write(report().as_bytes(), buffer, capacity) }
}

/// Writes `bytes` into `buffer` if its `capacity` suffices, and returns how many they are.
///
/// # Safety
///
/// `buffer` must be valid for writes of `capacity` bytes, or `capacity` be 0.
#[allow(unsafe_code)]
pub(crate) unsafe fn write(bytes: &[u8], buffer: *mut u8, capacity: usize) -> usize {
    if bytes.len() <= capacity && !buffer.is_null() {
        // SAFETY: the caller grants `capacity` bytes at `buffer`, and they fit.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), buffer, bytes.len()) };
    }
    bytes.len()
}

/// What a band played.
#[derive(Default)]
pub(crate) struct Performance {
    pub cues: Vec<Cue>,
    /// The host's, in Hz.
    pub sample_rate: f64,
}

impl Performance {
    /// Without what is decided already of what comes after so many seconds of input.
    pub(crate) fn within(mut self, seconds: f64) -> Self {
        let end = (seconds * self.sample_rate).round() as i64;
        self.cues.retain(|cue| cue.position < end);
        self
    }
}

/// Of the instance made last.
pub(crate) fn played() -> Performance {
    let last = live().last();
    last.map(|(_, status)| Performance {
        cues: status.cues.all(),
        sample_rate: f32::from_bits(status.sample_rate_bits.load(Ordering::Relaxed)).into(),
    })
    .unwrap_or_default()
}
