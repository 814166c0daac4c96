//! How busy the worker was.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Seconds that are remembered.
pub const HISTORY_S: usize = 60;

/// The worker's busy time in each of the last seconds.
pub struct Load {
    /// When second 0 began.
    started: Instant,
    /// Per second, at its number modulo [`HISTORY_S`]: the number in the upper half and the busy
    /// microseconds in the lower; written by the worker.
    seconds: [AtomicU64; HISTORY_S],
}

impl Load {
    /// Adds busy time that just ended, on the seconds in which it was spent.
    pub fn add(&self, busy: Duration) {
        let mut rest_us = busy.as_micros() as u64;
        let mut end_us = self.started.elapsed().as_micros() as u64;
        while rest_us > 0 {
            let second = end_us.saturating_sub(1) / 1_000_000;
            let part_us = rest_us.min(end_us.saturating_sub(second * 1_000_000));
            if part_us == 0 {
                break;
            }
            let slot = &self.seconds[second as usize % HISTORY_S];
            let old = slot.load(Ordering::Relaxed);
            let before_us = if old >> 32 == second {
                old & u64::from(u32::MAX)
            } else {
                0
            };
            slot.store(second << 32 | (before_us + part_us), Ordering::Relaxed);
            rest_us -= part_us;
            end_us -= part_us;
        }
    }

    /// Shares of real time, the oldest second first; the second that runs now is left out.
    pub fn history(&self) -> [f32; HISTORY_S] {
        let now = self.started.elapsed().as_secs();
        std::array::from_fn(|i| {
            let Some(second) = (now + i as u64).checked_sub(HISTORY_S as u64) else {
                return 0.0;
            };
            let found = self.seconds[second as usize % HISTORY_S].load(Ordering::Relaxed);
            let busy_us = found & u64::from(u32::MAX);
            if found >> 32 == second {
                busy_us as f32 / 1e6
            } else {
                0.0
            }
        })
    }
}

impl Default for Load {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            // No second has this number, so that nothing reads as busy.
            seconds: std::array::from_fn(|_| AtomicU64::new(u64::MAX << 32)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_time_counts_in_the_seconds_it_was_spent_in() {
        let load = Load {
            started: Instant::now() - Duration::from_millis(10_400),
            ..Load::default()
        };
        load.add(Duration::from_millis(1000));
        let history = load.history();
        assert!((history[HISTORY_S - 1] - 0.6).abs() < 0.05, "{history:?}");
        assert_eq!(history[HISTORY_S - 2], 0.0);
    }
}
