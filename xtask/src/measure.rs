//! Percentiles and memory.

use serde::Serialize;

/// How a set of measurements is spread.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Percentiles {
    /// The median.
    pub p50: f64,
    /// 99 of 100 are at most this.
    pub p99: f64,
    /// 999 of 1000 are at most this.
    pub p999: f64,
    /// The largest.
    pub max: f64,
}

impl Percentiles {
    /// All zero where there are no values.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |part: f64| {
            let rank = (values.len() as f64 * part).ceil() as usize;
            values.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
        };
        Self {
            p50: at(0.5),
            p99: at(0.99),
            p999: at(0.999),
            max: at(1.0),
        }
    }
}

/// The memory this process has now, in MiB.
pub fn rss_mib() -> f64 {
    memory_stats::memory_stats().map_or(0.0, |stats| stats.physical_mem as f64 / 1048576.0)
}

/// The most memory this process had, in MiB; where the system does not tell, what it has now.
pub fn peak_rss_mib() -> f64 {
    told_mib("VmHWM:").unwrap_or_else(rss_mib)
}

/// What Linux tells of this process's memory under `name`, in MiB.
pub fn told_mib(name: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}
