//! What the process keeps while nothing but one instance lives.

use std::time::Duration;

use serde::Serialize;

use crate::measure::{rss_mib, told_mib};

/// Looks in a measurement, of which the least counts, and the time between two.
const NUM_LOOKS: usize = 10;
const LOOK_REST: Duration = Duration::from_millis(25);

/// A measurement.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Sample {
    /// Since the start.
    pub minutes: f64,
    /// Editors' windows that were opened since the start.
    pub windows: u32,
    /// Memory that programs asked for and did not give back, in MiB; none where the system does not
    /// tell.
    pub heap_mib: Option<f64>,
    /// Memory of the process, in MiB.
    pub resident_mib: f64,
}

impl Sample {
    /// Measures now, for a quarter of a second: while its networks run, an instance has more.
    pub fn take(minutes: f64, windows: u32) -> Self {
        let mut sample = Self {
            minutes,
            windows,
            heap_mib: None,
            resident_mib: f64::INFINITY,
        };
        for _ in 0..NUM_LOOKS {
            let heap_mib =
                heap_mib().map(|mib| sample.heap_mib.map_or(mib, |least| mib.min(least)));
            sample.heap_mib = heap_mib;
            sample.resident_mib = sample.resident_mib.min(resident_mib());
            std::thread::sleep(LOOK_REST);
        }
        sample
    }

    /// What growth is measured by.
    pub fn mib(&self) -> f64 {
        self.heap_mib.unwrap_or(self.resident_mib)
    }
}

/// The growth in MiB per hour: the slope of the line nearest to all samples after the first quarter,
/// in which caches fill, without the `window_mib` that each window leaves. None of less than four samples.
pub fn growth_mib_per_hour(samples: &[Sample], window_mib: f64) -> Option<f64> {
    let samples = &samples[samples.len() / 4..];
    if samples.len() < 4 {
        return None;
    }
    let mean = |value: &dyn Fn(&Sample) -> f64| {
        samples.iter().map(value).sum::<f64>() / samples.len() as f64
    };
    let mib = |s: &Sample| s.mib() - window_mib * f64::from(s.windows);
    let (mean_minutes, mean_mib) = (mean(&|s| s.minutes), mean(&mib));
    let spread = mean(&|s| (s.minutes - mean_minutes).powi(2));
    let rise = mean(&|s| (s.minutes - mean_minutes) * (mib(s) - mean_mib));
    (spread > 0.0).then(|| 60.0 * rise / spread)
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
fn heap_mib() -> Option<f64> {
    // SAFETY: both only look at and tidy the allocator's own lists, under its own lock.
    let info = unsafe {
        libc::malloc_trim(0);
        libc::mallinfo2()
    };
    Some((info.uordblks + info.hblkhd) as f64 / 1_048_576.0)
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn heap_mib() -> Option<f64> {
    None
}

/// Without the pages of files that programs and libraries are made of, where the system tells.
fn resident_mib() -> f64 {
    told_mib("RssAnon:").unwrap_or_else(rss_mib)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_the_slope_after_the_warm_up_without_the_windows() {
        let sample = |idx: usize| Sample {
            minutes: idx as f64,
            windows: (idx / 3) as u32,
            heap_mib: Some(if idx < 5 {
                10.0 * idx as f64
            } else {
                50.0 + idx as f64 / 30.0 + 0.5 * (idx / 3) as f64
            }),
            resident_mib: 0.0,
        };
        let samples: Vec<_> = (0..20).map(sample).collect();
        let growth = growth_mib_per_hour(&samples, 0.5).unwrap();
        assert!((growth - 2.0).abs() < 1e-6, "{growth}");
    }
}
