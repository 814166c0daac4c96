//! What the band played, on paper: a MIDI file and a lead sheet.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use stage::{Binary, Format};
use tempfile::NamedTempFile;

use super::Args;
use crate::packs;

/// How much of a song the plugin keeps the notes of, in seconds.
const MAX_LOG_S: f64 = 3600.0;

/// The files that were asked for.
pub struct Paper {
    midi: Option<PathBuf>,
    sheet: Option<PathBuf>,
    /// What stands over the sheet.
    title: String,
}

impl Paper {
    /// Refuses what cannot be had before anything is rendered: files of the pack with this id where
    /// it plays no notes, of an input that is too long, and files in a folder that is not there.
    pub fn of(args: &Args, shipped: &Path, pack: &str, format: Format) -> Result<Self> {
        let wanted = [&args.midi, &args.sheet].into_iter().flatten();
        for path in wanted {
            if packs::kind(shipped, pack).is_some_and(|kind| kind != "notes") {
                bail!(
                    "the pack `{pack}` plays no notes, so there is nothing to write to {}; name one \
                     of kind notes with --pack",
                    path.display()
                );
            }
            let seconds = format
                .frames
                .map(|frames| frames as f64 / f64::from(format.sample_rate));
            refuse_long(path, seconds)?;
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

    /// Writes them after the render of so many seconds, beside their places. `fault` is why there may be
    /// nothing to write.
    pub fn written(&self, binary: &Binary, seconds: f64, fault: Option<&str>) -> Result<Written> {
        let mut written = Written(Vec::new());
        // Not every file says before how long it is.
        for path in [&self.midi, &self.sheet].into_iter().flatten() {
            refuse_long(path, Some(seconds))?;
        }
        if let Some(path) = &self.midi {
            written.0.push(put(path, binary.midi(seconds), fault)?);
        }
        if let Some(path) = &self.sheet {
            written
                .0
                .push(put(path, binary.sheet(seconds, &self.title), fault)?);
        }
        Ok(written)
    }
}

fn refuse_long(path: &Path, seconds: Option<f64>) -> Result<()> {
    if seconds.is_some_and(|seconds| seconds > MAX_LOG_S) {
        bail!(
            "cannot write {}: the input is longer than the hour of which notes are kept",
            path.display()
        );
    }
    Ok(())
}

/// Whole files and their places; dropping it leaves nothing behind.
pub struct Written(Vec<(NamedTempFile, PathBuf)>);

impl Written {
    /// Puts them in their places.
    pub fn finish(self) -> Result<()> {
        for (file, path) in self.0 {
            file.persist(&path)
                .with_context(|| format!("cannot write {}", path.display()))?;
            println!("{}", path.display());
        }
        Ok(())
    }
}

fn put(
    path: &Path,
    content: Option<Vec<u8>>,
    fault: Option<&str>,
) -> Result<(NamedTempFile, PathBuf)> {
    let explain = || format!("cannot write {}", path.display());
    let content = content.with_context(|| {
        let why = fault.unwrap_or("the band played nothing");
        format!("there is nothing to write to {}: {why}", path.display())
    })?;
    let folder = path.parent().with_context(explain)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let file = builder
        .prefix(".bounce-")
        .tempfile_in(folder)
        .with_context(explain)?;
    fs::write(file.path(), content).with_context(explain)?;
    Ok((file, path.into()))
}
