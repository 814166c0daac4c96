//! What is measured in a fresh process each: scan, start, memory.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use stage::{Binary, Mode, STEREO, Setup};

use super::Row;
use super::song::Song;
use crate::measure::rss_mib;
use crate::workspace::Workspace;

const SETUP: Setup = Setup {
    sample_rate: 48_000.0,
    max_block: 512,
};
/// Instances in the memory probe.
const NUM_INSTANCES: usize = 8;

/// A measurement that needs a process of its own. It prints a list of numbers.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Probe {
    /// Milliseconds to load, describe and unload; threads made meanwhile; milliseconds of a scan
    /// that also makes an instance.
    Scan,
    /// Milliseconds from activate() to the worker's first chunk.
    Start,
    /// MiB resident after the first instance played, and after the last.
    Memory,
}

impl Probe {
    /// Measures and prints.
    pub fn run(self, workspace: &Workspace) -> Result<()> {
        let numbers = match self {
            Self::Scan => scan_once(workspace)?,
            Self::Start => vec![start_once(workspace)?],
            Self::Memory => memory_once(workspace)?,
        };
        println!("{}", serde_json::to_string(&numbers)?);
        Ok(())
    }

    /// Runs the probe in a process of its own.
    fn ask(self) -> Result<Vec<f64>> {
        let name = format!("{self:?}").to_lowercase();
        let output = Command::new(std::env::current_exe()?)
            .args(["bench", "--probe", &name])
            .output()?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            bail!(
                "the {name} probe ended with {}: {}",
                output.status,
                errors.trim()
            );
        }
        serde_json::from_slice(&output.stdout).with_context(|| format!("the {name} probe said"))
    }

    /// The median of each number in five processes.
    fn median(self) -> Result<Vec<f64>> {
        let runs = (0..5).map(|_| self.ask()).collect::<Result<Vec<_>>>()?;
        let median = |number_idx: usize| {
            let mut values: Vec<_> = runs.iter().map(|run| run[number_idx]).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        Ok((0..runs[0].len()).map(median).collect())
    }
}

pub fn scan(_workspace: &Workspace) -> Result<Vec<Row>> {
    let [milliseconds, threads, with_instance] = Probe::Scan.median()?[..] else {
        bail!("three numbers expected")
    };
    Ok(vec![
        Row::new("scan: load, describe, unload", milliseconds, "ms").at_most(100.0),
        Row::new("threads made by a scan", threads, "").at_most(0.0),
        Row::new("scan that makes an instance", with_instance, "ms").at_most(100.0),
    ])
}

pub fn start(_workspace: &Workspace) -> Result<Vec<Row>> {
    let milliseconds = Probe::Start.median()?[0];
    Ok(vec![
        Row::new("activate to first chunk", milliseconds, "ms").at_most(1000.0),
    ])
}

pub fn memory(_workspace: &Workspace) -> Result<Vec<Row>> {
    let [first, all] = Probe::Memory.median()?[..] else {
        bail!("two numbers expected")
    };
    let further = (all - first) / (NUM_INSTANCES - 1) as f64;
    Ok(vec![
        Row::new("resident with one instance", first, "MiB").at_most(200.0),
        Row::new("resident for each further instance", further, "MiB").at_most(40.0),
    ])
}

fn scan_once(workspace: &Workspace) -> Result<Vec<f64>> {
    let path = workspace.clap();
    let threads_before = num_threads();
    let start = Instant::now();
    let binary = Binary::open(&path)?;
    let classes = binary.describe();
    let threads = num_threads() - threads_before;
    drop(binary);
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;

    // Many hosts make an instance while they scan.
    let binary = Binary::open(&path)?;
    drop(binary.instantiate(&classes.first().context("the file has no class")?.id)?);
    drop(binary);
    let with_instance = start.elapsed().as_secs_f64() * 1e3 - milliseconds;
    Ok(vec![milliseconds, threads, with_instance])
}

fn start_once(workspace: &Workspace) -> Result<f64> {
    let mut song = Song::read(workspace)?;
    let binary = Binary::open(&workspace.clap())?;
    let mut instance = binary.instantiate(STEREO)?;
    instance.set_mode(Mode::Offline)?;
    let start = Instant::now();
    let mut player = instance.activate(SETUP)?;
    while binary
        .report()?
        .instances
        .first()
        .is_none_or(|instance| instance.chunks_done == 0)
    {
        song.play(&mut player, 512)?;
        if start.elapsed().as_secs() > 10 {
            bail!("no chunk was done in 10 s");
        }
    }
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    instance.deactivate(player);
    Ok(milliseconds)
}

fn memory_once(workspace: &Workspace) -> Result<Vec<f64>> {
    let mut song = Song::read(workspace)?;
    let binary = Binary::open(&workspace.clap())?;
    let mut playing = Vec::new();
    let mut resident = Vec::new();
    for _ in 0..NUM_INSTANCES {
        let mut instance = binary.instantiate(STEREO)?;
        instance.set_mode(Mode::Offline)?;
        let mut player = instance.activate(SETUP)?;
        for _ in 0..5 * 48_000 / 512 {
            song.play(&mut player, 512)?;
        }
        playing.push((instance, player));
        resident.push(rss_mib());
    }
    for (mut instance, player) in playing {
        instance.deactivate(player);
    }
    Ok(vec![resident[0], resident[NUM_INSTANCES - 1]])
}

/// The threads of this process; 0 where the system does not list them.
fn num_threads() -> f64 {
    std::fs::read_dir("/proc/self/task").map_or(0.0, |tasks| tasks.count() as f64)
}
