//! What the band played, on paper: a MIDI file and a lead sheet.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use stage::Binary;

use super::Args;
use crate::packs;

/// The files that were asked for.
pub struct Paper {
    midi: Option<PathBuf>,
    sheet: Option<PathBuf>,
    /// What stands over the sheet.
    title: String,
}

impl Paper {
    /// Refuses what cannot be had before anything is rendered: files of the pack with this id where
    /// it plays no notes, and files in a folder that is not there.
    pub fn of(args: &Args, shipped: &Path, pack: &str) -> Result<Self> {
        let wanted = [&args.midi, &args.sheet].into_iter().flatten();
        for path in wanted {
            if packs::kind(shipped, pack).is_some_and(|kind| kind != "notes") {
                bail!(
                    "the pack `{pack}` plays no notes, so there is nothing to write to {}; name one \
                     of kind notes with --pack",
                    path.display()
                );
            }
            if !path.parent().is_some_and(Path::is_dir) {
                bail!("cannot write {}: its folder is not there", path.display());
            }
        }
        let title = args.input.file_stem().unwrap_or_default();
        Ok(Self {
            midi: args.midi.clone(),
            sheet: args.sheet.clone(),
            title: title.to_string_lossy().into_owned(),
        })
    }

    /// Writes them after the render.
    pub fn write(&self, binary: &Binary) -> Result<()> {
        if let Some(path) = &self.midi {
            put(path, binary.midi())?;
        }
        if let Some(path) = &self.sheet {
            put(path, binary.sheet(&self.title))?;
        }
        Ok(())
    }
}

/// Writes a file whole or not at all.
fn put(path: &Path, content: Option<Vec<u8>>) -> Result<()> {
    let explain = || format!("cannot write {}", path.display());
    let content = content.with_context(|| {
        let path = path.display();
        format!("the band played nothing, so there is nothing to write to {path}")
    })?;
    let folder = path.parent().with_context(explain)?;
    let work = tempfile::Builder::new()
        .prefix(".bounce-")
        .tempdir_in(folder)
        .with_context(explain)?;
    let whole = work.path().join("whole");
    fs::write(&whole, content).with_context(explain)?;
    fs::rename(&whole, path).with_context(explain)?;
    println!("{}", path.display());
    Ok(())
}
