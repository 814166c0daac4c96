//! Parameter changes from a CSV file.

use std::path::Path;

use anyhow::{Context, Result, bail};
use stage::{Change, Instance};

/// A row of the file.
pub struct Row {
    /// The line it stands in, for messages.
    place: String,
    seconds: f64,
    id: String,
    value: String,
}

/// A parameter's new value at a sample of the host's time.
pub struct Event {
    /// Counted from the start of the input, at the host's rate.
    pub sample: u64,
    /// Its `at` is the place in a block, and not valid before there is one.
    pub change: Change,
}

/// Reads rows of `seconds,id,value`. A first line that names the columns, empty lines and lines
/// that begin with `#` are skipped.
pub fn read(path: &Path) -> Result<Vec<Row>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the automation {}", path.display()))?;
    let mut rows = Vec::new();
    // Spreadsheets begin their files with a mark.
    let text = text.trim_start_matches('\u{feff}');
    for (line_idx, line) in text.lines().enumerate() {
        let line = line.trim();
        let is_header = rows.is_empty() && line.to_lowercase().starts_with("seconds");
        if line.is_empty() || line.starts_with('#') || is_header {
            continue;
        }
        let place = format!("{}:{}", path.display(), line_idx + 1);
        let [seconds, id, value] = line.split(',').map(str::trim).collect::<Vec<_>>()[..] else {
            bail!("{place}: expected seconds,id,value and found `{line}`");
        };
        let Some(seconds) = seconds
            .parse()
            .ok()
            .filter(|s: &f64| s.is_finite() && *s >= 0.0)
        else {
            bail!("{place}: expected seconds from the start and found `{seconds}`");
        };
        rows.push(Row {
            place,
            seconds,
            id: id.into(),
            value: value.into(),
        });
    }
    Ok(rows)
}

/// The rows as events in the order of their time.
/// `shown` is what the plugin calls a value.
pub fn resolve(
    rows: &[Row],
    instance: &mut Instance,
    host_rate: u32,
    shown: impl Fn(&str, &str) -> String,
) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    for row in rows {
        let param = instance.param(&row.id).with_context(|| row.place.clone())?;
        if !param.is_automatable {
            bail!("{}: `{}` cannot be automated; use --set", row.place, row.id);
        }
        let param = param.clap_id;
        let value = instance
            .value_of(&row.id, &shown(&row.id, &row.value))
            .with_context(|| row.place.clone())?;
        let sample = (row.seconds * f64::from(host_rate)).round() as u64;
        events.push(Event {
            sample,
            change: Change {
                at: 0,
                param,
                value,
            },
        });
    }
    events.sort_by_key(|event| event.sample);
    Ok(events)
}
