//! `hosts`: the same song through real hosts, compared with `bounce` sample by sample.

mod ardour;
mod clack;
mod compare;
mod material;
mod program;
mod python;
mod setup;
mod stream;
mod table;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::workspace::{self, Workspace};
use crate::{bundle, files};

use material::Material;
use table::{Row, Table};

/// The same song through real hosts: pedalboard, DawDreamer, Ardour 7 and clack, against `bounce`
#[derive(clap::Args)]
pub struct Args {
    /// Only these hosts
    #[arg(long, value_enum, value_delimiter = ',', value_name = "HOST,...")]
    only: Vec<Host>,
    /// The song: WAV, MP3, FLAC or Ogg Vorbis, stereo, 16 s or longer
    #[arg(long, value_parser = workspace::path())]
    song: Option<PathBuf>,
    /// Install nothing: a host that is missing fails
    #[arg(long)]
    no_install: bool,
}

/// A host of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Host {
    /// VST3, from PyPI
    Pedalboard,
    /// VST3, from PyPI
    Dawdreamer,
    /// VST3, from Debian
    Ardour,
    /// CLAP, the tests' own
    Clack,
}

impl Host {
    /// As the table shows it.
    fn title(self) -> &'static str {
        match self {
            Self::Pedalboard => "pedalboard",
            Self::Dawdreamer => "DawDreamer",
            Self::Ardour => "Ardour 7",
            Self::Clack => "clack",
        }
    }
}

pub fn run(args: &Args) -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("the hosts are installed and run on Linux only");
    }
    let workspace = Workspace::find()?;
    bundle::bundle(&workspace)?;
    let folder = workspace.target.join("hosts");
    fs::create_dir_all(&folder).with_context(|| format!("cannot write {}", folder.display()))?;
    let song = args.song.clone().unwrap_or_else(|| workspace.example());
    let report = folder.join("report.json");
    files::forget(&report)?;
    let material = Material::prepare(&workspace, &folder, &song)?;

    let may_install = !args.no_install;
    let mut table = Table::default();
    for host in Host::value_variants() {
        if !args.only.is_empty() && !args.only.contains(host) {
            continue;
        }
        eprintln!("{}", host.title());
        let rows = match host {
            Host::Pedalboard | Host::Dawdreamer => python::run(*host, &material, may_install),
            Host::Ardour => ardour::run(&material, may_install),
            Host::Clack => clack::run(&material),
        };
        // What stops a whole host is a row too: the other hosts still run.
        table.extend(rows.unwrap_or_else(|error| vec![Row::broken(*host, "-", "set up", &error)]));
    }
    table.print();
    table.write(&report)?;
    table.verdict()
}
