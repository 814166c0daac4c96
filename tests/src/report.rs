//! What `one2four_report` of the plugin file says, as Rust types.

use serde::{Deserialize, Serialize};

/// The C function that a One2Four file exports beside the plugin: writes a JSON document to
/// `buffer` and returns its length, or returns the length alone where `capacity` is smaller.
pub(crate) type ReportFn = unsafe extern "C" fn(buffer: *mut u8, capacity: usize) -> usize;

/// The C function that does the same for the MIDI file of what the band played in the first `seconds`.
pub(crate) type MidiFn =
    unsafe extern "C" fn(seconds: f64, buffer: *mut u8, capacity: usize) -> usize;

/// The C function that does the same for the lead sheet, with a title before.
pub(crate) type SheetFn = unsafe extern "C" fn(
    seconds: f64,
    title: *const u8,
    title_len: usize,
    buffer: *mut u8,
    capacity: usize,
) -> usize;

/// Every live instance of a plugin file in this process, in the order of their creation.
#[derive(Debug, Clone, Deserialize)]
pub struct Report {
    /// See [`InstanceReport`].
    pub instances: Vec<InstanceReport>,
}

/// What an instance says about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstanceReport {
    /// The CLAP id of its class.
    pub plugin_id: String,
    /// The plugin's version.
    pub version: String,
    /// The pack in use; none while none could be read.
    pub pack: Option<PackReport>,
    /// Of the last activation, in Hz.
    pub sample_rate: f64,
    /// Of the last activation.
    pub latency_samples: u32,
    /// Chunks that were not there in time.
    pub late_chunks: u64,
    /// Samples during which stems that should have been there were not.
    pub gap_samples: u64,
    /// Samples of the input that were no numbers, or absurdly loud.
    #[serde(default)]
    pub bad_samples: u64,
    /// The worker's time for one second of audio.
    pub worker_ms_per_second: f64,
    /// Chunks that the worker finished.
    pub chunks_done: u64,
    /// Whether the worker has its networks.
    pub ready: bool,
    /// Why the input passes instead of the stems, in a sentence.
    pub fault: Option<String>,
}

/// The pack an instance uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PackReport {
    /// The folder's name.
    pub id: String,
    /// mask, notes or waveform.
    pub kind: String,
    /// The pack's version.
    pub version: String,
    /// Of `pack.toml`, which in turn holds the hashes of the graphs.
    pub sha256: String,
}

/// Reads the report that `report` gives.
#[allow(unsafe_code)]
pub(crate) fn read(report: ReportFn) -> Result<Report, String> {
    // SAFETY: the function comes from a One2Four file that is still loaded, and writes at most
    // `capacity` bytes.
    let document = whole(|buffer, capacity| unsafe { report(buffer, capacity) });
    serde_json::from_slice(&document).map_err(|e| e.to_string())
}

/// Calls `write` until its answer fits, because it may grow in between.
pub(crate) fn whole(write: impl Fn(*mut u8, usize) -> usize) -> Vec<u8> {
    let mut document = Vec::new();
    loop {
        let capacity = document.len();
        let length = write(document.as_mut_ptr(), capacity);
        if length <= capacity {
            document.truncate(length);
            return document;
        }
        document.resize(length + 256, 0);
    }
}
