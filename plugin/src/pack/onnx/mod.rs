//! ONNX Runtime. The only room that names `ort`.
#![expect(
    clippy::disallowed_types,
    reason = "for the worker, while it loads, and the host's main thread"
)]

mod mask;
mod notes;
mod waveform;
mod weights;

use std::path::Path;
use std::sync::{Arc, Mutex};

use ort::environment::Environment;
use ort::ep::CPU;
use ort::session::{Session, SessionOutputs};
use prost::bytes::Bytes;

use super::container::{self, Contents};
use super::error::readable;
use super::{
    BandManifest, Graph, Pack, PackError, Places, SoundFile, Style, hex_sha256, read_limited,
};
use crate::dsp::resampled_len;
use crate::geometry::{Geometry, Stream};
use crate::instrument::{MAX_SOUND_BYTES, Sampler, Sound};
use crate::network::{Band, Networks, RunError};

use weights::Weights;

pub use mask::MaskNetworks;
pub use notes::NotesNetworks;
pub use waveform::WaveformNetworks;

/// The networks of a pack, by its kind.
pub enum Loaded {
    /// Of a `mask` pack.
    Mask(MaskNetworks),
    /// Of a `waveform` pack.
    Waveform(WaveformNetworks),
    /// Of a `notes` pack, with all that plays with them.
    Notes {
        /// Its networks.
        networks: Box<NotesNetworks>,
        /// What its notes are played on.
        sampler: Box<Sampler>,
        /// What its `pack.toml` says.
        band: Box<BandManifest>,
    },
}

impl From<Loaded> for Networks {
    fn from(loaded: Loaded) -> Self {
        match loaded {
            Loaded::Mask(networks) => Self::Mask(Box::new(networks)),
            Loaded::Waveform(networks) => Self::Waveform(Box::new(networks)),
            Loaded::Notes {
                networks,
                sampler,
                band,
            } => Self::Notes(Box::new(Band {
                network: networks,
                instrument: sampler,
                plan: band.plan,
                thresholds: band.thresholds,
                styles: band.styles.iter().map(Style::sounds).collect(),
            })),
        }
    }
}

/// The largest ONNX file that is read, in bytes.
const MAX_GRAPH_BYTES: u64 = 64 << 20;

/// ONNX Runtime allows one environment per process, ever: it is never dropped.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// Loads a pack's networks, checks that they run, and leaves them warm for chunks of this geometry.
pub fn load(pack: &Pack, places: &Places, geometry: &Geometry) -> Result<Loaded, PackError> {
    let loaded = load_all(pack, places, geometry);
    give_back_memory();
    loaded
}

fn load_all(pack: &Pack, places: &Places, geometry: &Geometry) -> Result<Loaded, PackError> {
    let (id, stream) = (pack.manifest.id.as_str(), pack.manifest.stream);
    if matches!(stream, Stream::Notes(_)) {
        // First: it is asked again and again, and the rest is a second's work.
        Sampler::check_rate(geometry.sample_rate).map_err(|reason| does_not_run(id, reason))?;
    }
    let mut parts = Vec::new();
    for graph in &pack.manifest.graphs {
        let bytes = read_whole(pack, &graph.file, &graph.sha256, MAX_GRAPH_BYTES)?;
        let bytes = Bytes::from(bytes);
        let (num_stems, lengths) = (graph.stems.len(), lengths(geometry));
        let contents = container::check(id, &graph.file, &bytes, &stream, num_stems, &lengths)?;
        let part = Part::new(&environment(&places.runtime)?, graph, contents);
        parts.push(part.map_err(|error| does_not_run(id, words(&error)))?);
    }
    let networks = match stream {
        Stream::Mask(stream) => MaskNetworks::warm(parts, stream, geometry).map(Loaded::Mask),
        Stream::Waveform(stream) => WaveformNetworks::warm(parts, stream).map(Loaded::Waveform),
        Stream::Notes(_) => match &pack.manifest.band {
            Some(band) => {
                let sampler = sampler(pack, &band.sound, geometry)?;
                NotesNetworks::warm(parts).map(|networks| Loaded::Notes {
                    networks: Box::new(networks),
                    sampler: Box::new(sampler),
                    band: Box::new(band.clone()),
                })
            }
            None => return Err(PackError::refused(id, "kind", "notes", "another")),
        },
    };
    networks.map_err(|error| does_not_run(id, error.to_string()))
}

/// The bytes of a file of the pack that has the sum which `pack.toml` says.
fn read_whole(pack: &Pack, file: &str, sha256: &str, max_bytes: u64) -> Result<Vec<u8>, PackError> {
    let id = &pack.manifest.id;
    let bytes = read_limited(id, &pack.dir.join(file), max_bytes)?;
    let (expected, found) = (sha256.to_lowercase(), hex_sha256(&bytes));
    if expected == found {
        return Ok(bytes);
    }
    let field = format!("the sha256 of {file}");
    Err(PackError::refused(id, field, expected, found))
}

/// What the notes of a pack are played on.
fn sampler(pack: &Pack, sound: &SoundFile, geometry: &Geometry) -> Result<Sampler, PackError> {
    let id = &pack.manifest.id;
    let bytes = read_whole(pack, &sound.file, &sound.sha256, MAX_SOUND_BYTES)?;
    let sound = Sound::shared(&hex_sha256(&bytes), &bytes)
        .map_err(|found| PackError::refused(id, &sound.file, "a SoundFont 2", found))?;
    Sampler::new(&sound, geometry.sample_rate).map_err(|reason| does_not_run(id, reason))
}

/// The lengths of all inputs that the networks are run with.
fn lengths(geometry: &Geometry) -> Vec<usize> {
    match geometry.stream {
        Stream::Mask(stream) => vec![geometry.chunk_frames + stream.lookahead_frames],
        Stream::Waveform(stream) => {
            let window_samples = geometry.chunk_samples() + geometry.worker_delay_samples();
            let model_hz = f64::from(stream.sample_rate);
            let model_samples = resampled_len(window_samples, geometry.sample_rate, model_hz);
            vec![waveform::WARM_UP_SAMPLES, model_samples]
        }
        // All of their axes are fixed.
        Stream::Notes(_) => vec![1],
    }
}

/// Gives the system back what loading took for a while. The C library keeps it for the thread, which
/// loads once: 40 MB in every instance.
fn give_back_memory() {
    // SAFETY: the function may be called at any time, from any thread.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[allow(unsafe_code)]
    unsafe {
        libc::malloc_trim(0);
    }
}

fn does_not_run(id: &str, reason: String) -> PackError {
    let id = id.into();
    PackError::DoesNotRun { id, reason }
}

/// One ONNX file, ready to run.
struct Part {
    session: Session,
    /// Kept for the next instance.
    _weights: Arc<Weights>,
    /// The indices of its stems.
    stems: Vec<usize>,
    /// The shape of its state; empty where it has none.
    shape: Vec<i64>,
    /// What it remembers of the runs before.
    state: Vec<f32>,
}

impl Part {
    fn new(environment: &Environment, graph: &Graph, contents: Contents) -> ort::Result<Self> {
        let weights = Weights::shared(&graph.sha256, &contents)?;
        // One thread that never spins: the host's threads need the cores. No arena: it would hold the
        // memory of a run from run to run, some 10 MB in every instance.
        let mut builder = Session::builder(environment)?
            .with_intra_threads(1)?
            .with_inter_threads(1)?
            .with_intra_op_spinning(false)?
            .with_inter_op_spinning(false)?
            .with_memory_pattern(true)?
            .with_execution_providers([CPU::default().with_arena_allocator(false).build()])?
            .with_flush_to_zero()?
            // It would read other formats too, which were not checked.
            .with_config_entry("session.load_model_format", "ONNX")?
            .with_prepacked_weights(&weights.prepacked)?;
        for (name, values) in &weights.values {
            builder = builder.with_initializer(name, values.clone())?;
        }
        let len = contents.state.iter().product::<i64>() as usize;
        Ok(Self {
            session: builder.commit_from_memory(&contents.bytes)?,
            _weights: weights,
            stems: graph.stem_indices(),
            shape: contents.state,
            state: vec![0.0; len],
        })
    }
}

/// The process's environment, made from the library at `path` by the first that asks.
fn environment(path: &Path) -> Result<Environment, PackError> {
    let failed = |reason: String| PackError::Runtime {
        path: path.into(),
        reason,
    };
    let mut environment = ENVIRONMENT
        .lock()
        .map_err(|_| failed("an earlier attempt panicked, restart the host".into()))?;
    if let Some(environment) = &*environment {
        return Ok(environment.clone());
    }
    // The system's loader crashes the host on a library that was cut short.
    let sum = std::fs::read_to_string(path.with_file_name("sha256")).unwrap_or_default();
    match std::fs::read(path) {
        Ok(library) if path.is_absolute() && hex_sha256(&library) == sum.trim() => {}
        Ok(_) => return Err(failed("the library is damaged".into())),
        Err(error) => return Err(failed(format!("the library cannot be read, {error}"))),
    }
    let made = ort::init_from(path)
        .map_err(|error| failed(one_line(&error.to_string())))?
        .with_name("one2four")
        .with_telemetry(false)
        .build()
        .map_err(|error| failed(words(&error)))?;
    *environment = Some(made.clone());
    Ok(made)
}

fn words(error: &ort::Error) -> String {
    one_line(&error.to_string())
}

/// The runtime's words, in which names of the pack's can stand.
fn one_line(text: &str) -> String {
    readable(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// An error of a run.
fn failed(error: ort::Error) -> RunError {
    RunError::Runtime(words(&error))
}

fn not_shaped(name: &str, found: &[usize]) -> RunError {
    RunError::Runtime(format!("{name} has the shape {found:?}"))
}

/// Copies the output `name` into `rows`.
fn fill<const N: usize>(
    outputs: &SessionOutputs,
    name: &str,
    rows: &mut [[f32; N]],
) -> Result<(), RunError> {
    let (_, found) = outputs[name].try_extract_tensor::<f32>().map_err(failed)?;
    if found.len() != N * rows.len() {
        return Err(not_shaped(name, &[found.len()]));
    }
    rows.as_flattened_mut().copy_from_slice(found);
    Ok(())
}

/// Copies the output `name`, which has one number a row.
fn fill_one(outputs: &SessionOutputs, name: &str, rows: &mut [f32]) -> Result<(), RunError> {
    fill(outputs, name, rows.as_chunks_mut::<1>().0)
}
