//! What came of every step: the table, `report.json` and the verdict.

use std::io::Write;
use std::path::Path;

use anyhow::{Error, Result, bail};
use serde::Serialize;

use super::Host;
use super::compare::Difference;
use crate::files;

/// A step in a host.
#[derive(Debug, Serialize)]
pub struct Row {
    /// The host's name.
    host: &'static str,
    /// The class: stereo or Multi-Out.
    class: String,
    /// What was played.
    step: String,
    /// Against `bounce`; none where the host gave no audio.
    difference: Option<Difference>,
    /// What the host was told, in samples.
    latency_samples: Option<u64>,
    /// See [`Outcome`].
    outcome: Outcome,
    /// Why it failed, or what the limit is.
    reason: Option<String>,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// Identical to `bounce`.
    Pass,
    /// Not identical, for a reason that is known, is not ours, and was recognised in the audio.
    KnownLimit,
    /// Everything else.
    Fail,
}

impl Row {
    /// A step whose audio is there.
    pub fn compared(
        host: Host,
        class: &str,
        step: &str,
        difference: Difference,
        latency_samples: u64,
    ) -> Self {
        let reason = difference.explain();
        Self {
            host: host.title(),
            class: class.into(),
            step: step.into(),
            outcome: if reason.is_none() {
                Outcome::Pass
            } else {
                Outcome::Fail
            },
            reason,
            difference: Some(difference),
            latency_samples: Some(latency_samples),
        }
    }

    /// A step that gave no audio.
    pub fn broken(host: Host, class: &str, step: &str, error: &Error) -> Self {
        Self {
            host: host.title(),
            class: class.into(),
            step: step.into(),
            difference: None,
            latency_samples: None,
            outcome: Outcome::Fail,
            reason: Some(format!("{error:#}")),
        }
    }

    /// Turns a failure into a known limit.
    pub fn into_known_limit(self, reason: &str) -> Self {
        Self {
            outcome: Outcome::KnownLimit,
            reason: Some(reason.into()),
            ..self
        }
    }

    /// Whether the audio was not that of `bounce`.
    pub fn has_failed(&self) -> bool {
        self.outcome == Outcome::Fail
    }
}

/// All rows.
#[derive(Default)]
pub struct Table(Vec<Row>);

impl Table {
    /// Adds the rows of a host.
    pub fn extend(&mut self, rows: Vec<Row>) {
        self.0.extend(rows);
    }

    /// For a person.
    pub fn print(&self) {
        println!(
            "\n{:10}  {:9}  {:44}  {:>14}  {:>7}  outcome",
            "host", "class", "step", "max difference", "latency"
        );
        for row in &self.0 {
            let difference = row
                .difference
                .as_ref()
                .map_or("-".into(), |difference| format!("{:.1e}", difference.max));
            let latency = row
                .latency_samples
                .map_or("-".into(), |samples| samples.to_string());
            let outcome = match row.outcome {
                Outcome::Pass => "pass",
                Outcome::KnownLimit => "known limit",
                Outcome::Fail => "FAIL",
            };
            println!(
                "{:10}  {:9}  {:44}  {difference:>14}  {latency:>7}  {outcome}",
                row.host, row.class, row.step
            );
        }
        for row in &self.0 {
            if let Some(reason) = &row.reason {
                println!("\n{}, {}, {}: {reason}", row.host, row.class, row.step);
            }
        }
    }

    /// For a program.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(&self.0)? + "\n";
        files::write_whole(path, |file| Ok(file.write_all(text.as_bytes())?))?;
        println!("\n{}", path.display());
        Ok(())
    }

    /// An error where a step failed.
    pub fn verdict(&self) -> Result<()> {
        let failed = self.0.iter().filter(|row| row.has_failed()).count();
        if failed > 0 {
            bail!("{failed} of {} steps failed", self.0.len());
        }
        Ok(())
    }
}
