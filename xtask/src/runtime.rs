//! ONNX Runtime: the library out of the `onnxruntime` Python wheel, pinned and cached.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::files::sha256;
use crate::interrupt;
use crate::workspace::Workspace;

/// The wheel's version.
const VERSION: &str = "1.31.1";
/// The Python whose wheels are pinned; the library inside does not depend on it.
const PYTHON: &str = "3.12";
/// Written last: a folder without it, or with another content, is fetched again.
const CHECKSUM: &str = "sha256";
/// Holds the version, which the editor shows.
const VERSION_FILE: &str = "version";

/// What goes with the library wherever it goes.
const NOTICES: [&str; 2] = ["LICENSE", "ThirdPartyNotices.txt"];

/// The wheel for a system.
struct Wheel {
    /// As Rust calls the system.
    os: &'static str,
    /// As Rust calls the processor.
    arch: &'static str,
    /// As pip calls both.
    platform: &'static str,
    /// Of the wheel.
    sha256: &'static str,
    /// The library's path in the wheel.
    member: &'static str,
    /// The library's name beside the plugin.
    library: &'static str,
}

const WHEELS: [Wheel; 4] = [
    Wheel {
        os: "linux",
        arch: "x86_64",
        platform: "manylinux_2_28_x86_64",
        sha256: "1f3dea47f2f0e5117c2404cea7d21fd253ae7836a3bf167a501cdfbb2600d536",
        member: "onnxruntime/capi/libonnxruntime.so.1.31.1",
        library: "libonnxruntime.so",
    },
    Wheel {
        os: "linux",
        arch: "aarch64",
        platform: "manylinux_2_28_aarch64",
        sha256: "0b9a492176886992e0e875f06bc0367e333f5fff11711a2d642e18b02f3009cc",
        member: "onnxruntime/capi/libonnxruntime.so.1.31.1",
        library: "libonnxruntime.so",
    },
    Wheel {
        os: "macos",
        arch: "aarch64",
        platform: "macosx_14_0_arm64",
        sha256: "96dd2564b10ea7153ad9c207e7cd8e5917cb3ba521e0e0a62ac03486fdc8d56c",
        member: "onnxruntime/capi/libonnxruntime.1.31.1.dylib",
        library: "libonnxruntime.dylib",
    },
    Wheel {
        os: "windows",
        arch: "x86_64",
        platform: "win_amd64",
        sha256: "ae8a9a351efda685cc59a66226cdefaa37a126c1d66872ca23a2de9425326130",
        member: "onnxruntime/capi/onnxruntime.dll",
        library: "onnxruntime.dll",
    },
];

/// The runtime's files for this system, fetched if they are missing or damaged: the library, the
/// sum that the plugin checks before it loads it, its licence and its notices.
pub fn files(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let wheel = WHEELS
        .iter()
        .find(|wheel| wheel.os == OS && wheel.arch == ARCH)
        .with_context(|| {
            let known = WHEELS
                .map(|wheel| format!("{} {}", wheel.os, wheel.arch))
                .join(", ");
            format!("there is no ONNX Runtime wheel for {OS} {ARCH}; there are wheels for {known}")
        })?;
    let cache = workspace
        .target
        .join("runtime")
        .join(format!("{VERSION}-{}", wheel.platform));
    if !is_whole(&cache, wheel) {
        fetch(&cache, wheel)?;
    }
    fs::write(cache.join(VERSION_FILE), VERSION)?;
    let names = [wheel.library, CHECKSUM, VERSION_FILE]
        .into_iter()
        .chain(NOTICES);
    Ok(names.map(|name| cache.join(name)).collect())
}

/// Whether the cached library is the one that was put there.
fn is_whole(cache: &Path, wheel: &Wheel) -> bool {
    let noted = fs::read_to_string(cache.join(CHECKSUM));
    let found = sha256(&cache.join(wheel.library));
    matches!((noted, found), (Ok(noted), Ok(found)) if noted == found)
}

/// Fills the cache: first beside its place, then with one rename.
fn fetch(cache: &Path, wheel: &Wheel) -> Result<()> {
    let parent = cache.parent().context("the cache lies nowhere")?;
    fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    let work = tempfile::Builder::new()
        .prefix(".fetch-")
        .tempdir_in(parent)?;
    let python = python_with_pip()?;
    eprintln!(
        "Fetching ONNX Runtime {VERSION} for {} with pip",
        wheel.platform
    );
    let archive = download(python, work.path(), wheel, &[]).or_else(|first| {
        if interrupt::has_come() {
            return Err(first);
        }
        eprintln!("warning: {first:#}; trying once more without pip's cache");
        download(python, work.path(), wheel, &["--no-cache-dir"])
    })?;

    let ready = work.path().join("ready");
    fs::create_dir(&ready)?;
    let damaged = || format!("{} cannot be unpacked", archive.display());
    let mut zip = zip::ZipArchive::new(fs::File::open(&archive)?).with_context(damaged)?;
    let members = NOTICES.map(|name| (format!("onnxruntime/{name}"), name));
    for (member, name) in members
        .into_iter()
        .chain([(wheel.member.to_string(), wheel.library)])
    {
        let mut source = zip.by_name(&member).with_context(damaged)?;
        let mut target = fs::File::create(ready.join(name))?;
        std::io::copy(&mut source, &mut target).with_context(damaged)?;
    }
    fs::write(ready.join(CHECKSUM), sha256(&ready.join(wheel.library))?)?;

    if cache.exists() {
        fs::remove_dir_all(cache).with_context(|| format!("cannot replace {}", cache.display()))?;
    }
    fs::rename(&ready, cache).with_context(|| format!("cannot create {}", cache.display()))
}

/// Downloads the wheel into `folder` and checks it.
fn download(python: &str, folder: &Path, wheel: &Wheel, more: &[&str]) -> Result<PathBuf> {
    let folder = folder.join("wheel");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let status = Command::new(python)
        .args(["-m", "pip", "download", "--disable-pip-version-check"])
        .args(["--no-deps", "--only-binary=:all:"])
        .args(["--python-version", PYTHON, "--platform", wheel.platform])
        .args(more)
        .arg("--dest")
        .arg(&folder)
        .arg(format!("onnxruntime=={VERSION}"))
        .stdout(std::io::stderr())
        .status()
        .context("pip does not start")?;
    if !status.success() {
        bail!("pip could not download onnxruntime {VERSION}; its message is above");
    }
    let archive = fs::read_dir(&folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .context("pip downloaded no wheel")?;
    let found = sha256(&archive)?;
    if found != wheel.sha256 {
        bail!(
            "the onnxruntime wheel that pip downloaded has the SHA-256 {found} instead of {}",
            wheel.sha256
        );
    }
    Ok(archive)
}

/// The first Python that has pip.
fn python_with_pip() -> Result<&'static str> {
    let has_pip = |python: &&str| {
        let version = Command::new(python)
            .args(["-m", "pip", "--version"])
            .output();
        version.is_ok_and(|output| output.status.success())
    };
    ["python3", "python", "py"].into_iter().find(has_pip).context(
        "ONNX Runtime is fetched with pip, and no `python3 -m pip` was found; install Python 3 with \
         pip and run the command again",
    )
}
