//! Files of which a reader never sees half.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// Makes `folder` hold exactly `wanted` (path in the folder -> source), and touches only what
/// differs.
pub fn sync(folder: &Path, wanted: &BTreeMap<PathBuf, PathBuf>) -> Result<()> {
    for (name, source) in wanted {
        copy_if_different(source, &folder.join(name))?;
    }
    for (name, path) in list(folder)? {
        if !wanted.contains_key(&name) {
            fs::remove_file(&path).with_context(|| format!("{} stays", path.display()))?;
        }
    }
    remove_empty_folders(folder)
}

/// Removes the folders below `folder` that hold no file: an empty one among packs is a pack that is
/// incomplete.
fn remove_empty_folders(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.is_symlink() {
            remove_empty_folders(&path)?;
            // It stays where something is in it.
            let _ = fs::remove_dir(&path);
        }
    }
    Ok(())
}

/// The files below `folder`: path in the folder -> path.
pub fn list(folder: &Path) -> Result<BTreeMap<PathBuf, PathBuf>> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(dir) = open.pop() {
        if !dir.exists() {
            continue;
        }
        for entry in fs::read_dir(&dir).with_context(|| format!("cannot list {}", dir.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.insert(path.strip_prefix(folder)?.to_path_buf(), path);
            }
        }
    }
    Ok(files)
}

/// Copies a file unless the target has the same content; whoever has the old one open keeps it.
pub fn copy_if_different(source: &Path, target: &Path) -> Result<()> {
    let explain = || format!("cannot copy {} to {}", source.display(), target.display());
    let is_same_size = match (fs::metadata(source), fs::metadata(target)) {
        (Ok(source), Ok(target)) => source.len() == target.len(),
        _ => false,
    };
    if is_same_size && fs::read(source)? == fs::read(target)? {
        return Ok(());
    }
    let parent = target.parent().context("a file without a folder")?;
    fs::create_dir_all(parent).with_context(explain)?;
    let temporary = tempfile::NamedTempFile::new_in(parent).with_context(explain)?;
    fs::copy(source, temporary.path()).with_context(explain)?;
    temporary.persist(target).with_context(explain)?;
    Ok(())
}

/// Makes the file's content what `write` writes, once all of it is written.
pub fn write_whole(path: &Path, write: impl FnOnce(&mut fs::File) -> Result<()>) -> Result<()> {
    let explain = || format!("cannot write {}", path.display());
    let parent = path.parent().context("a file without a folder")?;
    fs::create_dir_all(parent).with_context(explain)?;
    let partial = path.with_added_extension("partial");
    let written = fs::File::create(&partial)
        .map_err(anyhow::Error::from)
        .and_then(|mut file| write(&mut file))
        .and_then(|()| Ok(fs::rename(&partial, path)?));
    if written.is_err() {
        // The error says more than what stays.
        let _ = fs::remove_file(&partial);
    }
    written.with_context(explain)
}

/// Removes the file of an earlier run, which would pass for this one's if it fails.
pub fn forget(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} stays", path.display()))
        }
        _ => Ok(()),
    }
}

/// The SHA-256 of a file in hexadecimal.
pub fn sha256(path: &Path) -> Result<String> {
    let content = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Sha256::digest(content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
