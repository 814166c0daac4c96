//! `bench`: what One2Four costs, as a table and as `target/bench.json`.

mod live;
mod probe;
pub mod song;

use std::fs;

use anyhow::{Result, ensure};
use serde::Serialize;

use crate::workspace::Workspace;
use crate::{bundle, files};

/// Measures the built CLAP: worker, audio thread, bounce, memory, scan and start
#[derive(clap::Args)]
pub struct Args {
    /// Measure one thing in this process and print it as JSON; used by bench itself
    #[arg(long, hide = true)]
    probe: Option<probe::Probe>,
}

/// A measured value and what it should be at most.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// The measured value.
    pub value: f64,
    /// Of the value and the target.
    pub unit: &'static str,
    /// The largest value that passes; none where the value is only told.
    pub target: Option<f64>,
}

/// A measurement of one thing.
type Measure = fn(&Workspace) -> Result<Vec<Row>>;

impl Row {
    fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self {
            what: what.into(),
            value,
            unit,
            target: None,
        }
    }

    fn at_most(self, target: f64) -> Self {
        Self {
            target: Some(target),
            ..self
        }
    }

    fn passes(&self) -> bool {
        self.target.is_none_or(|target| self.value <= target)
    }

    fn verdict(&self) -> &'static str {
        match self.target {
            Some(_) if self.passes() => "pass",
            Some(_) => "OVER",
            None => "",
        }
    }

    fn print(&self) {
        let Self {
            what, value, unit, ..
        } = self;
        let target = self
            .target
            .map_or(String::new(), |target| format!("<= {target}"));
        println!(
            "{what:52} {value:10.3} {unit:8} {target:>9} {}",
            self.verdict()
        );
    }
}

/// The content of `target/bench.json`.
#[derive(Serialize)]
struct Table {
    os: &'static str,
    arch: &'static str,
    cores: usize,
    /// Programs that wanted to run at the start, on average over a minute; where the system tells.
    load_average: Option<f64>,
    rows: Vec<Row>,
}

pub fn run(args: &Args) -> Result<()> {
    let workspace = Workspace::find()?;
    if let Some(probe) = args.probe {
        return probe.run(&workspace);
    }
    let path = workspace.target.join("bench.json");
    files::forget(&path)?;
    bundle::bundle(&workspace)?;
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load_average = load_average();
    if let Some(load) = load_average.filter(|load| *load > 0.5) {
        println!("note: the machine is busy (load {load:.1} on {cores} cores); times are too long");
    }
    let mut rows = Vec::new();
    let measures: [Measure; 8] = [
        probe::scan,
        probe::start,
        probe::memory,
        live::worker,
        live::band,
        live::bounce,
        live::first_stem,
        live::process,
    ];
    for measure in measures {
        for row in measure(&workspace)? {
            row.print();
            rows.push(row);
        }
    }
    let table = Table {
        os: std::env::consts::OS,
        arch: std::env::consts::ARCH,
        cores,
        load_average,
        rows,
    };
    fs::write(&path, serde_json::to_string_pretty(&table)? + "\n")?;
    println!("{}", path.display());
    let over = table.rows.iter().filter(|row| !row.passes()).count();
    ensure!(over == 0, "{over} of the values above are OVER their limit");
    Ok(())
}

fn load_average() -> Option<f64> {
    let averages = fs::read_to_string("/proc/loadavg").ok()?;
    averages.split_whitespace().next()?.parse().ok()
}
