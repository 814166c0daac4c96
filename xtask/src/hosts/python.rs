//! The hosts that are Python modules. Their scripts are in `xtask/hosts`.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use serde::Deserialize;
use serde_json::json;

use super::compare::{self, Difference, Planar};
use super::material::{Material, Setting};
use super::program::{self, STEP_TIMEOUT};
use super::table::Row;
use super::{Host, setup};

/// What becomes of Multi-Out where a stem bus is switched off.
const EMPTY_BUS: &str = "the output is the input, unprocessed and undelayed. pedalboard switches \
    all buses but the main one off, and nice-plug 0.4.2 skips process() while any aux bus is empty \
    (wrapper/vst3/wrapper.rs:1505); One2Four, without stem buses, works there";

/// A line that a script prints.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    /// A step begins.
    Begin { begin: String },
    /// A step gave audio.
    Done {
        step: String,
        file: std::path::PathBuf,
        reference: String,
        latency: u64,
        /// What of the latency is still in the audio.
        skip: usize,
    },
    /// A step did not.
    Failed { step: String, error: String },
}

/// Plays everything in a process, and what was saved in another.
pub fn run(host: Host, material: &Material, may_install: bool) -> Result<Vec<Row>> {
    let python = setup::python(&material.folder, may_install)?;
    let name = match host {
        Host::Pedalboard => "pedalboard",
        _ => "dawdreamer",
    };
    let folder = material.folder.join(name);
    fs::create_dir_all(&folder)?;
    let values = |settings: &[Setting]| -> Vec<_> {
        let pairs = settings
            .iter()
            .map(|setting| (setting.name.clone(), setting.value));
        pairs.collect()
    };
    let events = material.automation.iter();
    let events = events.map(|event| (event.sample, &event.setting.name, event.setting.value));
    let job = json!({
        "vst3": material.vst3,
        "multi_vst3": material.multi_vst3,
        "song": material.song_wav,
        "out": folder,
        "block": material.grid_samples(),
        "changed": values(&material.changed),
        "start": values(&material.start),
        "automation": events.collect::<Vec<_>>(),
    });
    let job_path = folder.join("job.json");
    fs::write(&job_path, serde_json::to_string_pretty(&job)?)?;

    let mut rows = Vec::new();
    for phase in ["play", "reopen"] {
        let mut command = Command::new(&python);
        command.arg("-B"); // leaves no __pycache__ in the sources
        command.arg(material.scripts.join(format!("{name}_host.py")));
        command.arg(&job_path).arg(phase);
        let log = folder.join(phase);
        let ended = program::run(&mut command, &log, STEP_TIMEOUT);
        let said = fs::read_to_string(log.with_extension("out"))?;
        let lost = |step: &str| {
            Row::broken(
                host,
                "-",
                step,
                &anyhow!("there is no result that can be read"),
            )
        };
        let num_before = rows.len();
        let mut begun: Option<String> = None;
        for line in said.lines() {
            match serde_json::from_str(line) {
                Ok(Line::Begin { begin }) => {
                    rows.extend(begun.replace(begin).map(|step| lost(&step)));
                }
                Ok(line) => {
                    begun = None;
                    rows.push(row(host, material, line));
                }
                Err(_) => {} // the host's own words
            }
        }
        if let Err(error) = ended {
            let step = begun.unwrap_or_else(|| phase.into());
            rows.push(Row::broken(host, "-", &step, &error));
        } else if begun.is_some() || rows.len() == num_before {
            rows.push(lost(begun.as_deref().unwrap_or(phase)));
        }
    }
    Ok(rows)
}

fn row(host: Host, material: &Material, line: Line) -> Row {
    let name = match &line {
        Line::Begin { begin } => begin,
        Line::Done { step, .. } | Line::Failed { step, .. } => step,
    }
    .clone();
    let (class, step) = name
        .split_once("Multi-Out, ")
        .map_or(("stereo", name.as_str()), |(_, step)| ("Multi-Out", step));
    judge(host, class, step, material, line)
        .unwrap_or_else(|error| Row::broken(host, class, step, &error))
}

/// Compares a step's audio with what `bounce` made.
fn judge(host: Host, class: &str, step: &str, material: &Material, line: Line) -> Result<Row> {
    let (file, reference, latency, skip) = match line {
        Line::Done {
            file,
            reference,
            latency,
            skip,
            ..
        } => (file, reference, latency, skip),
        Line::Failed { error, .. } => return Err(anyhow!(error)),
        Line::Begin { begin } => return Err(anyhow!("{begin} has not ended")),
    };
    let audio = compare::read(&file, skip, material.frames())?;
    // DawDreamer gives all ten channels of Multi-Out, pedalboard only ever the main bus.
    let num_channels = match (host, class) {
        (Host::Dawdreamer, "Multi-Out") => 10,
        _ => 2,
    };
    let expected = material.expected(&reference, num_channels)?;
    let row = Row::compared(
        host,
        class,
        step,
        Difference::between(&audio, &expected),
        latency,
    );
    if row.has_failed() && host == Host::Pedalboard && class == "Multi-Out" {
        let latency = usize::try_from(latency).context("an endless latency")?;
        if Difference::between(&audio, &advanced(&material.song, latency))
            .explain()
            .is_none()
        {
            return Ok(row.into_known_limit(EMPTY_BUS));
        }
    }
    Ok(row)
}

/// The song as a host cuts it that takes out a latency which is not there.
fn advanced(song: &Planar, latency: usize) -> Planar {
    let channels = song.iter();
    let cut = channels.map(|channel| [&channel[latency..], &vec![0.0; latency]].concat());
    cut.collect()
}
