//! What came of a soak, as text and as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use super::audio::Tally;
use super::machine::Waits;
use super::memory::{self, Sample};
use super::seat::{Late, Misses};

/// The largest difference between a null's output and the delayed input, in dBFS.
const MAX_NULL_DB: f32 = -120.0;
/// Growth that the measurement itself may show, in MiB: a soak of minutes cannot see less.
const MEMORY_NOISE_MIB: f64 = 0.5;
/// What a window may leave behind, in KiB: baseview 0.4.2 keeps the keymap that it asks X11 for, some 60.
const MAX_WINDOW_KIB: f64 = 90.0;
/// The growth that passes, in MiB per hour.
const MAX_GROWTH_MIB_PER_HOUR: f64 = 1.0;

/// The content of `target/soak.json`.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Of the soak.
    pub minutes: f64,
    /// Of everything random.
    pub seed: u64,
    /// Whether editors were opened.
    pub has_display: bool,
    /// How often each thing was done.
    pub acts: BTreeMap<&'static str, u64>,
    /// Instances that were made.
    pub instances: u64,
    /// Audio that was played, in all instances together.
    pub audio_minutes: f64,
    /// Samples compared with the delayed input, per channel.
    pub null_samples: u64,
    /// The largest difference, in dBFS.
    pub null_db: f32,
    /// Samples that were no numbers or far too loud.
    pub bad_samples: u64,
    /// What was late although the plugin's threads had processors.
    pub late: Misses,
    /// What was late where the plugin's threads waited for a processor; it is told, not judged.
    pub late_without_processor: Misses,
    /// See [`Waits`].
    pub waits: Waits,
    /// What a window of the editor leaves behind, in MiB.
    pub window_mib: f64,
    /// Growth in MiB per hour after the first quarter, without what windows leave; none of a soak too
    /// short to tell.
    pub growth_mib_per_hour: Option<f64>,
    /// See [`Sample`].
    pub memory: Vec<Sample>,
    /// What does not hold; empty where all is well.
    pub faults: Vec<String>,
}

impl Report {
    /// Fills in what the threads found, and judges it.
    pub fn judge(&mut self, tally: &Tally, late_chunks: &Late) {
        self.audio_minutes = tally.seconds / 60.0;
        self.null_samples = tally.null_samples;
        self.null_db = 20.0 * tally.null_residual.max(1e-10).log10();
        self.bad_samples = tally.bad_samples;
        self.late = late_chunks.own;
        self.late_without_processor = late_chunks.without_processor;
        self.growth_mib_per_hour = memory::growth_mib_per_hour(&self.memory, self.window_mib);
        let mut fault = |is_fault: bool, words: String| {
            if is_fault {
                self.faults.push(words);
            }
        };
        fault(tally.null_samples == 0, "nothing was compared".into());
        let null_db = self.null_db;
        fault(
            null_db > MAX_NULL_DB,
            format!("the null is {null_db:.1} dBFS"),
        );
        fault(
            tally.bad_samples > 0,
            format!("{} samples are no numbers", tally.bad_samples),
        );
        let Misses {
            chunks,
            gap_samples,
        } = late_chunks.own;
        fault(chunks > 0, format!("{chunks} chunks were late"));
        fault(
            gap_samples > 0,
            format!("there were no stems for {gap_samples} samples"),
        );
        let window_kib = 1024.0 * self.window_mib;
        fault(
            window_kib > MAX_WINDOW_KIB,
            format!("a window leaves {window_kib:.0} KiB"),
        );
        let hours = self.minutes / 60.0;
        let max_growth = MAX_GROWTH_MIB_PER_HOUR.max(MEMORY_NOISE_MIB / hours.max(1e-6));
        if let Some(growth) = self.growth_mib_per_hour {
            fault(
                growth > max_growth,
                format!("memory grows by {growth:.2} MiB per hour"),
            );
        }
    }

    /// For a person.
    pub fn print(&self) {
        println!("soak of {:.1} minutes, seed {}", self.minutes, self.seed);
        println!(
            "  {} instances, {:.1} minutes of audio",
            self.instances, self.audio_minutes
        );
        for (act, times) in &self.acts {
            println!("  {act:28} {times:6}");
        }
        if !self.has_display {
            println!("  no editor was opened: there is no display (xvfb-run gives one)");
        } else {
            let window_kib = 1024.0 * self.window_mib;
            println!(
                "  each window of an editor leaves {window_kib:.1} KiB, which are not in the growth"
            );
        }
        println!(
            "  null                {:8.1} dBFS over {} samples",
            self.null_db, self.null_samples
        );
        println!("  no numbers          {:8}", self.bad_samples);
        let line =
            |misses: &Misses| format!("{:8}, gaps {:8} samples", misses.chunks, misses.gap_samples);
        println!("  late chunks         {}", line(&self.late));
        let Waits {
            longest_ms,
            excused_s,
        } = self.waits;
        println!(
            "  without a processor {}: a thread waited for one up to {longest_ms} ms in the \
             time for the shortest chunk, and long enough to be an excuse in {excused_s:.0} s of {:.0}",
            line(&self.late_without_processor),
            60.0 * self.minutes
        );
        match self.growth_mib_per_hour {
            Some(growth) => println!("  memory grows by     {growth:8.3} MiB per hour"),
            None => println!("  memory              too short to tell"),
        }
        if let (Some(first), Some(last)) =
            (self.memory.get(self.memory.len() / 4), self.memory.last())
        {
            let heap = |sample: &Sample| sample.heap_mib.unwrap_or(0.0);
            println!(
                "  from {:.1} to {:.1} minutes: heap {:.2} to {:.2} MiB, resident {:.1} to {:.1} MiB",
                first.minutes,
                last.minutes,
                heap(first),
                heap(last),
                first.resident_mib,
                last.resident_mib
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(tally: Tally, late: Late, growth_mib: f64) -> Report {
        let sample = |idx: u32| Sample {
            minutes: 10.0 * f64::from(idx),
            windows: 0,
            heap_mib: Some(100.0 + growth_mib * f64::from(idx)),
            resident_mib: 0.0,
        };
        let mut report = Report {
            minutes: 60.0,
            memory: (0..7).map(sample).collect(),
            ..Report::default()
        };
        report.judge(&tally, &late);
        report
    }

    #[test]
    fn each_fault_is_found() {
        let good = Tally {
            null_samples: 1,
            ..Tally::default()
        };
        assert_eq!(report(good, Late::default(), 0.1).faults, [""; 0]);
        let tally = Tally {
            null_residual: 1e-5,
            bad_samples: 3,
            ..good
        };
        let misses = |chunks, gap_samples| Misses {
            chunks,
            gap_samples,
        };
        let late = Late {
            own: misses(2, 900),
            without_processor: misses(7, 5000),
        };
        let words = [
            "the null is -100.0 dBFS",
            "3 samples are no numbers",
            "2 chunks were late",
            "there were no stems for 900 samples",
            "memory grows by 1.20 MiB per hour",
        ];
        assert_eq!(report(tally, late, 0.2).faults, words);
    }
}
