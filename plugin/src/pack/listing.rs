//! The packs that are installed, for a menu.

use std::fs;

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
