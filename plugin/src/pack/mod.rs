//! Packs: finding them, reading them, refusing them.
//!
//! A pack is a stranger's file. Everything that can be known about it without running it is
//! checked here before the runtime sees a byte.

mod container;
mod error;
mod listing;
mod manifest;
mod notes;
mod onnx;
mod places;
mod stream;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::bridge::PackIdentity;
use crate::geometry::Stream;

pub use error::{PackError, readable};
pub use listing::{Installed, installed};
pub use manifest::{Graph, Kind, Manifest};
pub use notes::{BandManifest, SoundFile, Style};
pub use onnx::{Loaded, MaskNetworks, NotesNetworks, WaveformNetworks, load};
pub use places::Places;

/// The longest `pack.toml` that is read, in bytes.
const MAX_MANIFEST_BYTES: u64 = 64 * 1024;

/// A pack whose `pack.toml` was read and found in order.
#[derive(Debug)]
pub struct Pack {
    /// Its folder.
    pub dir: PathBuf,
    /// Its `pack.toml`.
    pub manifest: Manifest,
    /// The sum of its `pack.toml`, in hex.
    pub sha256: String,
}

impl Pack {
    /// The pack with this id, from the first of the places that has it.
    pub fn find(places: &Places, id: &str) -> Result<Self, PackError> {
        if !manifest::is_id(id) {
            return Err(PackError::refused(
                id,
                "the id",
                "letters a-z, digits and -, 64 at most",
                id,
            ));
        }
        let dir = places
            .packs
            .iter()
            .map(|packs| packs.join(id))
            .find(|dir| dir.is_dir());
        match (dir, places.packs.first().and_then(|packs| packs.parent())) {
            (Some(dir), _) => Self::open(&dir, id),
            (None, Some(dir)) if !dir.exists() => Err(PackError::Alone { dir: dir.into() }),
            (None, _) => Err(PackError::Missing {
                id: id.into(),
                folder: places.user_packs().into(),
            }),
        }
    }

    fn open(dir: &Path, id: &str) -> Result<Self, PackError> {
        let path = dir.join("pack.toml");
        let bytes = read_limited(id, &path, MAX_MANIFEST_BYTES)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| PackError::refused(id, "pack.toml", "text in UTF-8", "other bytes"))?;
        let manifest = Manifest::parse(id, &text)?;
        Ok(Self {
            dir: dir.into(),
            manifest,
            sha256: hex_sha256(text.as_bytes()),
        })
    }

    /// What the status shows of it.
    pub fn identity(&self) -> PackIdentity {
        PackIdentity {
            id: self.manifest.id.clone(),
            kind: self.manifest.kind.to_string(),
            version: self.manifest.version.clone(),
            sha256: self.sha256.clone(),
        }
    }
}

/// Checks the ONNX file `file` of the pack `id`, which gives `num_stems` stems, for runs of these
/// `lengths`, as [`load`] does before the runtime sees it.
pub fn check_graph(
    id: &str,
    file: &str,
    bytes: &[u8],
    stream: &Stream,
    num_stems: usize,
    lengths: &[usize],
) -> Result<(), PackError> {
    let bytes = prost::bytes::Bytes::copy_from_slice(bytes);
    container::check(id, file, &bytes, stream, num_stems, lengths).map(drop)
}

/// The bytes of a plain file of at most `max_bytes`.
fn read_limited(id: &str, path: &Path, max_bytes: u64) -> Result<Vec<u8>, PackError> {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let unreadable = |error: std::io::Error| PackError::Unreadable {
        id: id.into(),
        file: name.clone(),
        reason: error.to_string(),
    };
    // Not what a link leads to: it can leave the folder, and some files of the system have no end.
    let meta = fs::symlink_metadata(path).map_err(unreadable)?;
    if !meta.is_file() {
        let found = if meta.is_symlink() {
            "a link"
        } else {
            "something else"
        };
        return Err(PackError::refused(id, name, "a plain file", found));
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(unreadable)?;
    let mut within = file.take(max_bytes + 1);
    within.read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > max_bytes {
        let expected = format!("at most {max_bytes} bytes");
        return Err(PackError::refused(id, name, expected, "longer"));
    }
    Ok(bytes)
}

fn hex_sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
