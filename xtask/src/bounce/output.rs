//! The files of a bounce. They are written beside their place and moved there when all are whole.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use hound::{SampleFormat, WavSpec, WavWriter};
use serde::Serialize;
use stage::{Format, Planar};
use tempfile::TempDir;

/// The plugin's buses in their order, as files.
const FILES: [&str; 5] = [
    "mix.wav",
    "stems/drums.wav",
    "stems/bass.wav",
    "stems/piano.wav",
    "stems/other.wav",
];
/// Of samples: the sizes in a WAV file's head have 32 bits.
const MAX_WAV_BYTES: u64 = u32::MAX as u64 - 1024;
/// What the bounce says about itself; written last, so where it is the rest is whole.
const REPORT: &str = "report.json";

/// The files of a bounce under way. Dropping it leaves nothing behind.
pub struct Output {
    folder: PathBuf,
    /// The folders made for it, the outermost last.
    made: Vec<PathBuf>,
    work: Option<TempDir>,
    writers: Vec<WavWriter<BufWriter<File>>>,
    channels: usize,
    frames_written: u64,
}

/// The files that a bounce leaves in `folder`.
pub fn files_in(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let files = FILES.into_iter().chain([REPORT]);
    files.map(|file| folder.join(file))
}

impl Output {
    /// Prepares 32-bit float files of `format` for `folder`.
    pub fn create(folder: &Path, format: Format) -> Result<Self> {
        let explain = || format!("cannot write to {}", folder.display());
        let made = folder
            .ancestors()
            .take_while(|folder| !folder.exists())
            .map(Path::to_path_buf);
        let made = made.collect();
        fs::create_dir_all(folder).with_context(explain)?;
        let work = tempfile::Builder::new()
            .prefix(".bounce-")
            .tempdir_in(folder);
        let mut output = Self {
            folder: folder.into(),
            made,
            work: Some(work.with_context(explain)?),
            writers: Vec::new(),
            channels: format.channels,
            frames_written: 0,
        };
        fs::create_dir(output.work().join("stems")).with_context(explain)?;
        let spec = WavSpec {
            channels: format.channels as u16,
            sample_rate: format.sample_rate,
            bits_per_sample: 32,
            sample_format: SampleFormat::Float,
        };
        for file in FILES {
            let writer = WavWriter::create(output.work().join(file), spec).with_context(explain)?;
            output.writers.push(writer);
        }
        Ok(output)
    }

    /// Number of channels of all files together.
    pub fn total_channels(&self) -> usize {
        FILES.len() * self.channels
    }

    /// Samples per channel written so far.
    pub fn frames_written(&self) -> u64 {
        self.frames_written
    }

    /// Writes the first `frames` samples of `channels`, which holds file after file.
    pub fn write(&mut self, channels: &Planar, frames: usize) -> Result<()> {
        let explain = || format!("cannot write to {}", self.folder.display());
        let bytes = (self.frames_written + frames as u64) * self.channels as u64 * 4;
        if bytes > MAX_WAV_BYTES {
            bail!(
                "a WAV file holds 4 GiB, which is {} samples of {} channels of 32 bits: bounce the song in parts",
                MAX_WAV_BYTES / 4 / self.channels as u64,
                self.channels
            );
        }
        for (writer, channels) in self.writers.iter_mut().zip(channels.chunks(self.channels)) {
            for frame_idx in 0..frames {
                for channel in channels {
                    writer
                        .write_sample(channel[frame_idx])
                        .with_context(explain)?;
                }
            }
        }
        self.frames_written += frames as u64;
        Ok(())
    }

    /// Puts everything in its place.
    pub fn finish(mut self, report: &impl Serialize) -> Result<()> {
        let folder = self.folder.clone();
        let explain = || format!("cannot write to {}", folder.display());
        for writer in std::mem::take(&mut self.writers) {
            writer.finalize().with_context(explain)?;
        }
        fs::create_dir_all(folder.join("stems")).with_context(explain)?;
        let json = serde_json::to_string_pretty(report)? + "\n";
        fs::write(self.work().join(REPORT), json).with_context(explain)?;
        if folder.join(REPORT).exists() {
            fs::remove_file(folder.join(REPORT)).with_context(explain)?;
        }
        for file in FILES.into_iter().chain([REPORT]) {
            fs::rename(self.work().join(file), folder.join(file)).with_context(explain)?;
        }
        self.made.clear();
        Ok(())
    }

    fn work(&self) -> &Path {
        self.work.as_ref().map_or(Path::new(""), TempDir::path)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.writers.clear();
        drop(self.work.take());
        for folder in &self.made {
            let _ = fs::remove_dir(folder); // stays where something else was put into it
        }
    }
}
