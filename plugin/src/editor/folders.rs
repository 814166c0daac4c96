//! Folders on this machine.

use std::path::{Path, PathBuf};

use directories::UserDirs;

/// Shows a folder in the system's file manager; makes it first where it is missing.
pub fn open(folder: &Path) {
    // Where either fails there is nothing to show, and nothing else depends on it.
    let _ = std::fs::create_dir_all(folder);
    let _ = open::that_detached(folder);
}

/// Where exported stems go unless a person says otherwise.
pub fn for_stems() -> PathBuf {
    let dirs = UserDirs::new();
    let base = dirs
        .as_ref()
        .map(|dirs| dirs.audio_dir().unwrap_or(dirs.home_dir()).to_path_buf());
    base.unwrap_or_default().join("One2Four")
}
