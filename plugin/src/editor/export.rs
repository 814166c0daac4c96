//! Writes recorded stems as WAV files, and a band's notes as a MIDI file, on a thread of its own.
#![expect(
    clippy::disallowed_types,
    reason = "for the editor and the thread that exports"
)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use hound::{SampleFormat, WavSpec, WavWriter};

use crate::bridge::{EditorEnd, NUM_STEMS, Take};
use crate::params::STRIPS;

/// Numbers in the names of the folders and of the files.
const MAX_EXPORTS: u32 = 9999;

/// How much of the past is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// So many seconds up to what is heard now.
    Seconds(u32),
    /// Everything since the host's transport started, as far as it is recorded.
    SincePlay,
}

/// An export under way or done.
pub struct Export {
    shared: Arc<Shared>,
    /// For how long the files are silent because there were no stems, in seconds.
    silent_s: f64,
    /// The thread that writes, where the system gave one.
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    /// Thousandths that are done.
    progress: AtomicU32,
    /// The folder or the MIDI file, or what went wrong.
    result: Mutex<Option<Result<PathBuf, String>>>,
}

/// What shall be written.
pub struct Piece {
    takes: Vec<Arc<Take>>,
    /// The position of the first sample.
    start: i64,
    /// The position after the last one.
    end: i64,
    /// What was heard since, in samples.
    since: i64,
    sample_rate: u32,
}

impl Piece {
    /// What is recorded of `span`, or `None` if that is nothing.
    pub fn of(engine: &EditorEnd, span: Span) -> Option<Self> {
        let (epoch, audible) = engine.audible();
        let mut takes = engine.takes();
        takes.retain(|take| take.epoch != epoch || take.start < audible);
        // Where a host resets the plugin when it stops, what it played was heard to its end.
        let of = takes.last()?.epoch;
        takes.retain(|take| take.epoch == of);
        let (first, last) = (takes.first()?.start, takes.last()?.end());
        let end = if of == epoch { last.min(audible) } else { last };
        let sample_rate = engine.geometry.sample_rate;
        let wished = match span {
            Span::Seconds(seconds) => end - (f64::from(seconds) * sample_rate) as i64,
            Span::SincePlay if of == epoch => engine.playing_since()?,
            Span::SincePlay => first,
        };
        let start = wished.max(first).max(0);
        takes.retain(|take| take.end() > start);
        (start < end).then_some(Self {
            takes,
            start,
            end,
            since: if of == epoch { audible - end } else { 0 },
            sample_rate: sample_rate as u32,
        })
    }

    /// Its length in seconds.
    pub fn seconds(&self) -> f64 {
        self.in_seconds(self.end - self.start)
    }

    /// How long ago it ended, in seconds.
    pub fn ago_s(&self) -> f64 {
        self.in_seconds(self.since)
    }

    /// For how long there are no stems in it, in seconds: they were late, or the networks rested.
    pub fn silent_s(&self) -> f64 {
        let taken = self.takes.iter().map(|take| {
            let (start, end) = (take.start.max(self.start), take.end().min(self.end));
            (end - start).max(0)
        });
        self.in_seconds(self.end - self.start - taken.sum::<i64>())
    }

    fn in_seconds(&self, samples: i64) -> f64 {
        samples as f64 / f64::from(self.sample_rate)
    }
}

impl Export {
    /// Starts to write `piece` into a new folder in `parent`.
    pub fn start(piece: Piece, parent: PathBuf) -> Self {
        let silent_s = piece.silent_s();
        Self::run(silent_s, move |shared| write(&piece, &parent, shared))
    }

    /// Starts to write a MIDI file into `parent`.
    pub fn start_midi(file: Vec<u8>, parent: PathBuf) -> Self {
        Self::run(0.0, move |_| write_midi(&file, &parent))
    }

    fn run(
        silent_s: f64,
        work: impl FnOnce(&Shared) -> Result<PathBuf, String> + Send + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            progress: AtomicU32::new(0),
            result: Mutex::new(None),
        });
        let thread_shared = shared.clone();
        let run = move || {
            let result = work(&thread_shared);
            thread_shared.finish(result);
        };
        let thread = std::thread::Builder::new().name("one2four-export".into());
        let thread = match thread.spawn(run) {
            Ok(thread) => Some(thread),
            Err(error) => {
                shared.finish(Err(format!("The system gave no thread: {error}")));
                None
            }
        };
        Self {
            shared,
            silent_s,
            thread,
        }
    }

    /// For how long the files are silent because there were no stems, in seconds.
    pub fn silent_s(&self) -> f64 {
        self.silent_s
    }

    /// From 0 to 1.
    pub fn progress(&self) -> f32 {
        self.shared.progress.load(Ordering::Relaxed) as f32 / 1000.0
    }

    /// The folder or the MIDI file, or what went wrong, once it is done.
    pub fn result(&self) -> Option<Result<PathBuf, String>> {
        self.shared
            .result
            .lock()
            .ok()
            .and_then(|result| result.clone())
    }
}

impl Drop for Export {
    /// Waits until the files are written: they were asked for, and the host may unload this code.
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn finish(&self, outcome: Result<PathBuf, String>) {
        if let Ok(mut result) = self.result.lock() {
            *result = Some(outcome);
        }
    }
}

fn write(piece: &Piece, parent: &Path, shared: &Shared) -> Result<PathBuf, String> {
    let name = |number| format!("Stems {number}");
    let (folder, ()) = first_free(parent, name, |folder| fs::create_dir(folder))
        .map_err(|error| format!("{} cannot be written to: {error}", parent.display()))?;
    let written = (0..NUM_STEMS).try_for_each(|stem_idx| {
        let name = STRIPS[1 + stem_idx].to_lowercase();
        let path = folder.join(format!("{name}.wav"));
        write_stem(piece, stem_idx, &path, shared)
            .map_err(|error| format!("{} cannot be written: {error}", path.display()))
    });
    if let Err(error) = written {
        // Half an export is worse than none.
        let _ = fs::remove_dir_all(&folder);
        return Err(error);
    }
    Ok(folder)
}

/// Writes the first file "Band 1.mid", "Band 2.mid", ... that is not there yet.
fn write_midi(file: &[u8], parent: &Path) -> Result<PathBuf, String> {
    let refused = |error| format!("{} cannot be written to: {error}", parent.display());
    let name = |number| format!("Band {number}.mid");
    let (path, mut created) =
        first_free(parent, name, |path| fs::File::create_new(path)).map_err(refused)?;
    created.write_all(file).map_err(|error| {
        // Half a file is worse than none.
        let _ = fs::remove_file(&path);
        refused(error)
    })?;
    Ok(path)
}

/// Makes the first of the files or folders "... 1", "... 2", ... in `parent` that is not there yet.
fn first_free<T>(
    parent: &Path,
    name: impl Fn(u32) -> String,
    make: impl Fn(&Path) -> std::io::Result<T>,
) -> std::io::Result<(PathBuf, T)> {
    fs::create_dir_all(parent)?;
    for number in 1..=MAX_EXPORTS {
        let path = parent.join(name(number));
        match make(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            made => return made.map(|made| (path, made)),
        }
    }
    let found = format!("there are {MAX_EXPORTS} exports in it");
    Err(std::io::Error::other(found))
}

/// Where nothing was recorded, silence is written, so that the stems stay aligned.
fn write_stem(
    piece: &Piece,
    stem_idx: usize,
    path: &Path,
    shared: &Shared,
) -> Result<(), hound::Error> {
    let channels = piece.takes.first().map_or(2, |take| take.channels());
    let spec = WavSpec {
        channels: channels as u16,
        sample_rate: piece.sample_rate,
        bits_per_sample: 32,
        sample_format: SampleFormat::Float,
    };
    let mut writer = WavWriter::create(path, spec)?;
    let mut position = piece.start;
    for take in &piece.takes {
        let start = take.start.clamp(position, piece.end);
        silence(&mut writer, start - position, channels)?;
        let end = take.end().clamp(start, piece.end);
        for sample_idx in (start - take.start)..(end - take.start) {
            for channel_idx in 0..channels {
                writer.write_sample(take.stem(stem_idx, channel_idx)[sample_idx as usize])?;
            }
        }
        position = end;
        let share = (position - piece.start) as f32 / (piece.end - piece.start) as f32;
        let done = (stem_idx as f32 + share) / NUM_STEMS as f32;
        shared
            .progress
            .store((done * 1000.0) as u32, Ordering::Relaxed);
    }
    silence(&mut writer, piece.end - position, channels)?;
    writer.finalize()
}

fn silence(
    writer: &mut WavWriter<std::io::BufWriter<fs::File>>,
    samples: i64,
    channels: usize,
) -> Result<(), hound::Error> {
    for _ in 0..samples * channels as i64 {
        writer.write_sample(0.0_f32)?;
    }
    Ok(())
}
