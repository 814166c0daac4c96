//! Folders on this machine.

use std::path::{Path, PathBuf};

use directories::UserDirs;

/// Shows a folder in the system's file manager; makes it first where it is missing. A project may name a
/// program in its place, which the system would start: what is no folder is left alone. The error is one
/// sentence for the reader.
pub fn open(folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder)
        .and_then(|()| show(folder))
        .map_err(|error| format!("Cannot open {}: {error}.", folder.display()))
}

/// There programs are folders: one is shown in the folder that it lies in.
#[cfg(target_os = "macos")]
fn show(folder: &Path) -> std::io::Result<()> {
    std::process::Command::new("/usr/bin/open")
        .args(["-R", "--"])
        .arg(folder)
        .spawn()
        .map(drop)
}

#[cfg(not(target_os = "macos"))]
fn show(folder: &Path) -> std::io::Result<()> {
    open::that_detached(folder)
}

/// The folder that a person named: "~" is the home folder; what is no whole path on this system is the folder
/// for stems.
pub fn named(text: &str) -> PathBuf {
    let dirs = UserDirs::new();
    let home = dirs.as_ref().map(UserDirs::home_dir);
    let path = match (text.strip_prefix('~'), home) {
        (Some(rest), Some(home)) => home.join(rest.trim_start_matches(['/', '\\'])),
        _ => PathBuf::from(text),
    };
    if path.is_absolute() {
        path
    } else {
        for_stems()
    }
}

/// Where exported stems go unless a person says otherwise.
pub fn for_stems() -> PathBuf {
    let dirs = UserDirs::new();
    let base = dirs
        .as_ref()
        .map(|dirs| dirs.audio_dir().unwrap_or(dirs.home_dir()).to_path_buf());
    base.unwrap_or_default().join("One2Four")
}
