//! The packs that are installed, for a menu.

use std::fs;
use std::path::PathBuf;

use super::{Manifest, Pack, PackError, Places};

/// A folder in one of the places for packs.
#[derive(Debug)]
pub struct Installed {
    /// Its name.
    pub id: String,
    /// Its `pack.toml`, or why the pack is refused.
    pub manifest: Result<Manifest, PackError>,
}

/// Every pack that is installed, in the order of their ids. Reads folders: for the thread that a
/// person waits on, not for audio.
pub fn installed(places: &Places) -> Vec<Installed> {
    let mut ids: Vec<String> = places
        .packs
        .iter()
        .filter_map(|dir| fs::read_dir(dir).ok())
        .flat_map(|entries| entries.flatten())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    ids.sort();
    ids.dedup();
    ids.into_iter()
        .map(|id| Installed {
            manifest: Pack::find(places, &id).map(|pack| pack.manifest),
            id,
        })
        .collect()
}

impl Places {
    /// The folder where a person puts packs.
    pub fn user_packs(&self) -> Option<&PathBuf> {
        self.packs.last()
    }

    /// The version of the runtime, which lies beside it as text.
    pub fn runtime_version(&self) -> Option<String> {
        let text = fs::read_to_string(self.runtime.with_file_name("version")).ok()?;
        let version = text.trim();
        let is_version = version.len() < 32 && version.starts_with(|c: char| c.is_ascii_digit());
        is_version.then(|| version.to_owned())
    }
}
