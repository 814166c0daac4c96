//! The packs that ship: what goes into the bundle, and which are installed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::files::sha256;
use crate::workspace::Workspace;

/// The parts of `pack.toml` that the bundle needs.
#[derive(Deserialize)]
struct Manifest {
    id: String,
    graph: Vec<Summed>,
    /// The SoundFont of a `notes` pack.
    sound: Option<Summed>,
}

/// A file with its sum.
#[derive(Deserialize)]
struct Summed {
    file: PathBuf,
    sha256: String,
}

/// The files of every pack under `models/packs`, by their path under the bundle's `packs`:
/// `pack.toml`, the graphs and the sound it names, and the model card.
pub fn shipped(workspace: &Workspace) -> Result<BTreeMap<PathBuf, PathBuf>> {
    let mut files = BTreeMap::new();
    for folder in folders(&workspace.root.join("models/packs"))? {
        let manifest_path = folder.join("pack.toml");
        let text = fs::read_to_string(&manifest_path)
            .with_context(|| format!("cannot read {}", manifest_path.display()))?;
        let manifest: Manifest =
            toml::from_str(&text).with_context(|| format!("in {}", manifest_path.display()))?;
        let name = folder.file_name().context("a pack without a folder")?;
        if name != manifest.id.as_str() {
            bail!(
                "{}: id is `{}`; it must be the folder's name",
                folder.display(),
                manifest.id
            );
        }
        for graph in manifest.graph.iter().chain(&manifest.sound) {
            let path = folder.join(&graph.file);
            let found = sha256(&path)?;
            if found != graph.sha256 {
                bail!(
                    "{} has the SHA-256 {found}, and pack.toml expects {}; export the pack again",
                    path.display(),
                    graph.sha256
                );
            }
            files.insert(Path::new(name).join(&graph.file), path);
        }
        files.insert(Path::new(name).join("pack.toml"), manifest_path);
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let file = path.file_name().context("a file without a name")?;
                files.insert(Path::new(name).join(file), path.clone());
            }
        }
    }
    Ok(files)
}

/// The ids of the packs in the folder `packs`.
pub fn ids(packs: &Path) -> Result<Vec<String>> {
    let name = |folder: PathBuf| Some(folder.file_name()?.to_string_lossy().into_owned());
    Ok(folders(packs)?.into_iter().filter_map(name).collect())
}

/// The folders in `packs` that hold a pack, by name.
fn folders(packs: &Path) -> Result<Vec<PathBuf>> {
    if !packs.exists() {
        return Ok(Vec::new());
    }
    let mut folders = Vec::new();
    for entry in fs::read_dir(packs).with_context(|| format!("cannot list {}", packs.display()))? {
        let path = entry?.path();
        if path.join("pack.toml").is_file() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

/// Where a plugin looks for packs: in its bundle, then in the user's folder.
fn places(shipped: &Path) -> Vec<PathBuf> {
    let dirs = directories::ProjectDirs::from("org", "One2Four", "One2Four");
    let user = dirs.map(|dirs| dirs.data_dir().join("packs"));
    [shipped.to_owned()].into_iter().chain(user).collect()
}

/// The ids of the packs that a plugin finds.
pub fn installed(shipped: &Path) -> Result<Vec<String>> {
    let found = places(shipped).into_iter().map(|place| ids(&place));
    Ok(found.collect::<Result<Vec<_>>>()?.concat())
}

/// The `pack.toml` of this installed pack.
fn manifest<T: DeserializeOwned>(shipped: &Path, id: &str) -> Option<T> {
    let texts = places(shipped).into_iter();
    let mut texts = texts.filter_map(|place| {
        let manifest = place.join(id).join("pack.toml");
        fs::read_to_string(manifest).ok()
    });
    toml::from_str(&texts.next()?).ok()
}

/// What this installed pack does; a pack that the plugin will refuse does not say.
pub fn kind(shipped: &Path, id: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Kind {
        kind: String,
    }
    manifest(shipped, id).map(|Kind { kind }| kind)
}

/// Whether the stems of this installed pack join the input instead of replacing it.
pub fn joins_input(shipped: &Path, id: &str) -> bool {
    kind(shipped, id).is_some_and(|kind| kind != "mask")
}

/// The number, from 1, of the style that this installed pack calls so.
pub fn style(shipped: &Path, id: &str, name: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Styles {
        style: Vec<Style>,
    }
    #[derive(Deserialize)]
    struct Style {
        name: String,
    }
    let Styles { style } = manifest(shipped, id)?;
    let is_named = |style: &Style| style.name.eq_ignore_ascii_case(name);
    let style_idx = style.iter().position(is_named)?;
    Some((style_idx + 1).to_string())
}
