//! `test`: everything CI runs, in order, with a table at the end.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::bundle;
use crate::workspace::{Workspace, cargo};

/// Everything CI runs: format, lints, the bundle, the tests on it, windows, scores, docs, training, a soak, licences
#[derive(clap::Args)]
pub struct Args {}

/// What came of a step.
enum Outcome {
    Passed,
    Failed,
    /// With the reason.
    Skipped(String),
}

/// A step's name, outcome and duration.
type Row = (&'static str, Outcome, Duration);

pub fn run(_: &Args) -> Result<()> {
    let workspace = Workspace::find()?;
    let root = &workspace.root;
    let mut rows = Vec::new();
    let mut step = |name, deed: &mut dyn FnMut() -> Result<Outcome>| {
        println!("\n== {name}");
        let start = Instant::now();
        let outcome = deed().unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            Outcome::Failed
        });
        rows.push((name, outcome, start.elapsed()));
    };
    step("format", &mut || {
        outcome(cargo(root).args(["fmt", "--all", "--check"]))
    });
    step("lints", &mut || {
        let command = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "-D",
            "warnings",
        ];
        outcome(cargo(root).args(command))
    });
    step("bundle", &mut || {
        bundle::bundle(&workspace).map(|()| Outcome::Passed)
    });
    step("tests", &mut || {
        outcome(cargo(root).args(["test", "--workspace", "--no-fail-fast"]))
    });
    step("windows", &mut || windows(root));
    step("scores", &mut || scores(&workspace));
    step("docs", &mut || {
        let command = ["doc", "--workspace", "--no-deps"];
        outcome(cargo(root).args(command).env("RUSTDOCFLAGS", "-D warnings"))
    });
    step("training", &mut || training(&workspace));
    step("soak", &mut || soak(root));
    step("licences", &mut || licences(root));
    report(&rows)
}

/// Prints the table; an error where a step failed.
fn report(rows: &[Row]) -> Result<()> {
    println!();
    for (name, outcome, duration) in rows {
        let outcome = match outcome {
            Outcome::Passed => "passed".into(),
            Outcome::Failed => "FAILED".into(),
            Outcome::Skipped(reason) => format!("skipped: {reason}"),
        };
        println!("{name:10} {:7.1} s  {outcome}", duration.as_secs_f64());
    }
    let failed: Vec<_> = rows
        .iter()
        .filter(|(_, outcome, _)| matches!(outcome, Outcome::Failed))
        .map(|(name, ..)| *name)
        .collect();
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

/// Runs a command that shows what it does.
fn outcome(command: &mut Command) -> Result<Outcome> {
    let status = command
        .status()
        .with_context(|| format!("{command:?} does not start"))?;
    Ok(if status.success() {
        Outcome::Passed
    } else {
        Outcome::Failed
    })
}

/// The editor's tests in real windows, on a display of their own.
fn windows(root: &Path) -> Result<Outcome> {
    let Some(mut command) = on_a_screen() else {
        return Ok(Outcome::Skipped("xvfb-run is not installed".into()));
    };
    let test = ["test", "--workspace", "--test", "window", "--", "--ignored"];
    command.arg(cargo(root).get_program()).args(test);
    outcome(command.current_dir(root))
}

/// What gives the program that is named next a display of its own, where that is installed.
fn on_a_screen() -> Option<Command> {
    let mut command = Command::new("xvfb-run");
    command.args(["-a", "-s", "-screen 0 1920x1200x24 -noreset"]);
    starts("xvfb-run", "--help").then_some(command)
}

/// Two minutes, with editors where there is a display or one can be had.
fn soak(root: &Path) -> Result<Outcome> {
    let this = std::env::current_exe()?;
    let has_display = std::env::var_os("DISPLAY").is_some();
    let mut command = match on_a_screen().filter(|_| !has_display) {
        Some(mut command) => {
            command.arg(&this);
            command
        }
        None => Command::new(&this),
    };
    command.args(["soak", "--minutes", "2", "--seed", "1"]);
    outcome(command.current_dir(root))
}

/// A bounce's MIDI file and lead sheet, opened by MuseScore.
fn scores(workspace: &Workspace) -> Result<Outcome> {
    let musescore = || {
        let mut command = Command::new("mscore3");
        command.env("QT_QPA_PLATFORM", "offscreen");
        command
    };
    let version = musescore().arg("--version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        return Ok(Outcome::Skipped("mscore3 is not installed".into()));
    }
    let folder = workspace.target.join("scores");
    let solo = workspace.root.join("examples/solo-piano-92.ogg");
    let files = [folder.join("band.mid"), folder.join("band.musicxml")];
    let mut bounce = cargo(&workspace.root);
    bounce.args([
        "xtask",
        "bounce",
        "--pack",
        "accompany",
        "--set",
        "style=Disco",
    ]);
    bounce
        .args(["--tempo", "92"])
        .arg(solo)
        .arg("--out")
        .arg(&folder);
    bounce
        .arg("--midi")
        .arg(&files[0])
        .arg("--sheet")
        .arg(&files[1]);
    if !matches!(outcome(&mut bounce)?, Outcome::Passed) {
        return Ok(Outcome::Failed);
    }
    for file in files {
        let score = folder.join("score.pdf");
        let output = musescore().arg("-o").args([&score, &file]).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        let complaints: Vec<_> = said.lines().filter(|line| is_complaint(line)).collect();
        println!("{}: {complaints:?}", file.display());
        if !output.status.success() || !complaints.is_empty() {
            return Ok(Outcome::Failed);
        }
    }
    Ok(Outcome::Passed)
}

/// Whether MuseScore found something wrong with a file.
fn is_complaint(line: &str) -> bool {
    let known = ["QStandardPaths", "convert <", "\tto <", "... success!"];
    !line.trim().is_empty() && !known.iter().any(|known| line.contains(known))
}

/// The training package's tests, in the Python that `PYTHON` names, one that has what they import,
/// or one that is made in `target/python` (several GB, once).
fn training(workspace: &Workspace) -> Result<Outcome> {
    let package = workspace.root.join("models/training");
    let own = workspace.target.join("python");
    let own_python = own.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    let named = named_python()?;
    if let Some(named) = named.iter().find(|python| !can_train(python, &package)) {
        eprintln!(
            "warning: PYTHON is {}, which lacks what the training tests import \
             (`pip install -e 'models/training[test]'`): another is looked for",
            named.display()
        );
    }
    let python = named
        .into_iter()
        .chain([own_python.clone(), "python3".into(), "python".into()])
        .find(|python| can_train(python, &package));
    let python = match python {
        Some(python) => python,
        None => {
            let python = ["python3", "python", "py"]
                .into_iter()
                .find(|python| starts(python, "--version"))
                .context("no Python was found; install Python 3.11 or newer with pip and venv")?;
            let made = outcome(Command::new(python).args(["-m", "venv"]).arg(&own))?;
            // Without pip's cache, which would keep another 3 GB.
            let install = ["-m", "pip", "install", "--quiet", "--no-cache-dir"];
            let mut pip = Command::new(&own_python);
            pip.args(install).args(["--editable", ".[test]"]);
            pip.current_dir(&package);
            if !matches!(
                (made, outcome(&mut pip)?),
                (Outcome::Passed, Outcome::Passed)
            ) {
                return Ok(Outcome::Failed);
            }
            own_python
        }
    };
    println!("{} -m pytest models/training", python.display());
    outcome(
        Command::new(python)
            .args(["-m", "pytest", "--quiet"])
            .current_dir(&package),
    )
}

/// The Python that `PYTHON` names, as seen from here.
fn named_python() -> Result<Option<PathBuf>> {
    let Some(named) = std::env::var_os("PYTHON").map(PathBuf::from) else {
        return Ok(None);
    };
    let is_path = named.components().count() > 1;
    Ok(Some(if is_path {
        std::path::absolute(named)?
    } else {
        named
    }))
}

/// Whether this Python has what the training package and its tests import.
fn can_train(python: &Path, package: &Path) -> bool {
    let import = "import importlib.util, matplotlib, mido, numba, numpy, onnx, onnxruntime, pytest, scipy, \
        soundfile, torch; assert importlib.util.find_spec('openunmix')";
    let mut command = Command::new(python);
    command.args(["-c", import]).current_dir(package);
    command.output().is_ok_and(|output| output.status.success())
}

/// Whether there is this program.
fn starts(program: &str, argument: &str) -> bool {
    Command::new(program)
        .arg(argument)
        .output()
        .is_ok_and(|output| output.status.success())
}

/// Licences, bans and sources of the dependencies; advisories where their database is at hand.
fn licences(root: &Path) -> Result<Outcome> {
    let version = cargo(root).args(["deny", "--version"]).output()?;
    if !version.status.success() {
        return Ok(Outcome::Skipped("cargo-deny is not installed".into()));
    }
    let mut checks = vec!["licenses", "bans", "sources"];
    let cargo_home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(directories::BaseDirs::new()?.home_dir().join(".cargo")));
    if cargo_home.is_some_and(|home| home.join("advisory-dbs").is_dir()) {
        checks.push("advisories");
    }
    println!("cargo deny --offline check {}", checks.join(" "));
    outcome(
        cargo(root)
            .args(["deny", "--offline", "check"])
            .args(checks),
    )
}
