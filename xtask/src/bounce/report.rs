//! `report.json` and the summary that a person reads.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use stage::{InstanceReport, Mode, PackReport};

use super::Args;
use super::render::Rendered;
use crate::measure::Percentiles;

/// The content of `report.json`. Scripts rely on the names.
#[derive(Serialize)]
pub struct BounceReport {
    plugin_id: String,
    version: String,
    pack: Option<PackReport>,
    /// The host's.
    sample_rate: u32,
    block: String,
    latency_samples: u32,
    mode: &'static str,
    /// Length of the input.
    seconds: f64,
    wall_seconds: f64,
    /// Wall time by audio time: smaller is faster.
    realtime_factor: f64,
    late_chunks: u64,
    gap_samples: u64,
    process_us: Percentiles,
    worker_ms_per_second: f64,
    peak_rss_mib: f64,
    /// Why the input passed instead of the stems.
    fault: Option<String>,
    /// What was set on the command line.
    set: BTreeMap<String, String>,
}

impl BounceReport {
    /// Puts together what the command, the plugin and the loop know.
    pub fn new(args: &Args, mode: Mode, plugin: &InstanceReport, rendered: &Rendered) -> Self {
        let wall_seconds = rendered.wall.as_secs_f64();
        Self {
            plugin_id: plugin.plugin_id.clone(),
            version: plugin.version.clone(),
            pack: plugin.pack.clone(),
            sample_rate: rendered.host_rate,
            block: args.block.to_string(),
            latency_samples: plugin.latency_samples,
            mode: if mode == Mode::Offline {
                "offline"
            } else {
                "realtime"
            },
            seconds: rendered.seconds,
            wall_seconds,
            realtime_factor: wall_seconds / rendered.seconds,
            late_chunks: plugin.late_chunks,
            gap_samples: plugin.gap_samples,
            process_us: rendered.process_us,
            worker_ms_per_second: plugin.worker_ms_per_second,
            peak_rss_mib: rendered.peak_rss_mib,
            fault: plugin.fault.clone(),
            set: args
                .settings
                .iter()
                .map(|set| (set.id.clone(), set.value.clone()))
                .collect(),
        }
    }

    /// A summary in a few lines.
    pub fn print(&self, folder: &Path) {
        println!("{}", folder.display());
        println!("  mix.wav, stems/drums.wav, bass.wav, piano.wav, other.wav, report.json");
        println!(
            "  {:.1} s of audio in {:.1} s ({:.3} of real time), latency {} samples at {} Hz",
            self.seconds,
            self.wall_seconds,
            self.realtime_factor,
            self.latency_samples,
            self.sample_rate
        );
        if let Some(pack) = &self.pack {
            println!("  pack {} {}", pack.id, pack.version);
        }
        if self.late_chunks > 0 {
            let (late, gap) = (self.late_chunks, self.gap_samples);
            eprintln!("warning: {late} chunks came late or failed: no stems for {gap} samples");
        }
    }
}
