//! What the hosts need: copies of the bundle, a Python environment, Debian's Ardour.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::program::{self, INSTALL_TIMEOUT, STEP_TIMEOUT};
use crate::files;
use crate::workspace::{NAME, Workspace, resources_of};

/// The hosts from PyPI, in the versions that the matrix was made with, and what reads WAV there.
const PYTHON_PACKAGES: [&str; 3] = ["pedalboard==0.9.26", "dawdreamer==0.9.0", "soundfile"];
/// The id of Multi-Out: `One2Four:MultOut` in hexadecimal.
const MULTI_OUT_CID: &str = "4F6E6532466F75723A4D756C744F7574";

/// Copies the VST3, so that a build during the run changes nothing: as it is, and with Multi-Out
/// as its only class, for hosts that always take the first.
pub fn copy_bundles(workspace: &Workspace, folder: &Path) -> Result<(PathBuf, PathBuf)> {
    let built = files::list(&workspace.vst3())?;
    let copy = |place: &str| -> Result<PathBuf> {
        let path = folder.join(place).join(format!("{NAME}.vst3"));
        files::sync(&path, &built)?;
        Ok(path)
    };
    // Ardour looks for plugins in a home of its own; the others take any path.
    let (both, multi_out) = (copy("ardour/home/.vst3")?, copy("multi-out")?);
    let info = json!({
        "Name": NAME,
        "Version": env!("CARGO_PKG_VERSION"),
        "Factory Info": {
            "Vendor": NAME, "URL": "", "E-Mail": "",
            "Flags": {
                "Unicode": true, "Classes Discardable": false,
                "Component Non Discardable": false,
            },
        },
        "Compatibility": [],
        "Classes": [{
            "CID": MULTI_OUT_CID,
            "Category": "Audio Module Class",
            "Name": "One2Four Multi-Out",
            "Vendor": NAME,
            "Version": env!("CARGO_PKG_VERSION"),
            "SDKVersion": "VST 3.6.14",
            "Sub Categories": ["Fx", "Tools"],
            "Class Flags": 0,
            "Cardinality": 0x7fff_ffff,
            "Snapshots": [],
        }],
    });
    let path = resources_of(&multi_out).join("moduleinfo.json");
    fs::write(path, serde_json::to_string_pretty(&info)?)?;
    Ok((both, multi_out))
}

/// The Python that imports pedalboard and DawDreamer, from an environment in `folder`.
pub fn python(folder: &Path, may_install: bool) -> Result<PathBuf> {
    let venv = folder.join("venv");
    let python = venv.join("bin/python");
    if can_import(&python, folder) {
        return Ok(python);
    }
    let packages = PYTHON_PACKAGES.join(" ");
    if !may_install {
        bail!(
            "{} lacks {packages}; run without --no-install",
            venv.display()
        );
    }
    eprintln!("Installing {packages} with pip");
    let mut make = Command::new("python3");
    make.args(["-m", "venv"]).arg(&venv);
    program::run(&mut make, &folder.join("venv.log"), INSTALL_TIMEOUT)
        .context("no Python environment; it takes Python 3.10 to 3.12 with venv")?;
    let mut install = Command::new(&python);
    install
        .args(["-m", "pip", "install", "--quiet", "--only-binary=:all:"])
        .args(PYTHON_PACKAGES);
    program::run(&mut install, &folder.join("pip.log"), INSTALL_TIMEOUT)
        .with_context(|| format!("pip cannot install {packages}"))?;
    if !can_import(&python, folder) {
        bail!("{packages} were installed and cannot be imported");
    }
    Ok(python)
}

fn can_import(python: &Path, folder: &Path) -> bool {
    let mut command = Command::new(python);
    command.args(["-c", "import dawdreamer, numpy, pedalboard, soundfile"]);
    program::run(&mut command, &folder.join("import.log"), STEP_TIMEOUT).is_ok()
}

/// Sees to Ardour 7.
pub fn ardour(folder: &Path, may_install: bool) -> Result<()> {
    let is_there = || {
        let version = Command::new("ardour7-lua").arg("--version").output();
        version.is_ok_and(|output| output.status.success())
    };
    if is_there() {
        return Ok(());
    }
    let by_hand =
        "install Ardour 7 (Debian 12: `apt-get install ardour`) and run the command again";
    let is_root = || {
        let id = Command::new("id").arg("-u").output();
        id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
    };
    if !may_install || !is_root() {
        bail!("Ardour 7 is missing, and this run may not install it; {by_hand}");
    }
    eprintln!("Installing ardour with apt-get");
    for (log, args) in [
        ("apt-update.log", &["update"][..]),
        (
            "apt-install.log",
            &["install", "--yes", "--no-install-recommends", "ardour"],
        ),
    ] {
        let mut command = Command::new("apt-get");
        command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
        program::run(&mut command, &folder.join(log), INSTALL_TIMEOUT)
            .with_context(|| format!("apt-get cannot install ardour; {by_hand}"))?;
    }
    if !is_there() {
        bail!("Debian's ardour is not version 7; {by_hand}");
    }
    Ok(())
}
