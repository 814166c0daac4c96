//! ONNX Runtime. The only file that names `ort`.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use ndarray::{Array3, Array4, ArrayView3, ArrayView4, ArrayViewMut4, Axis, Ix4};
use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::PrepackedWeights;
use ort::value::{DynValue, Tensor, TensorRef};
use prost::bytes::Bytes;

use super::container::{self, Contents};
use super::{Graph, Kind, Pack, PackError, Places, hex_sha256, read_limited};
use crate::bridge::NUM_STEMS;
use crate::geometry::{Geometry, Stream};
use crate::worker::{Network, RunError};

/// The largest ONNX file that is read, in bytes.
const MAX_GRAPH_BYTES: u64 = 64 << 20;

/// ONNX Runtime allows one environment per process, ever: it is never dropped.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// Loads a pack's networks, checks that they run, and leaves them warm for chunks of this geometry.
pub fn load(pack: &Pack, places: &Places, geometry: &Geometry) -> Result<Networks, PackError> {
    let (id, stream) = (pack.manifest.id.as_str(), pack.manifest.stream);
    if pack.manifest.kind != Kind::Mask {
        let found = pack.manifest.kind.to_string();
        return Err(PackError::refused(
            id,
            "kind",
            "mask, for this version of One2Four",
            found,
        ));
    }
    let mut parts = Vec::new();
    for graph in &pack.manifest.graphs {
        let bytes = read_limited(id, &pack.dir.join(&graph.file), MAX_GRAPH_BYTES)?;
        let (expected, found) = (graph.sha256.to_lowercase(), hex_sha256(&bytes));
        if expected != found {
            let field = format!("the sha256 of {}", graph.file);
            return Err(PackError::refused(id, field, expected, found));
        }
        let bytes = Bytes::from(bytes);
        let contents = container::check(id, &graph.file, &bytes, &stream, graph.stems.len())?;
        let part = Part::new(&environment(&places.runtime)?, graph, &bytes, contents);
        parts.push(part.map_err(|error| PackError::DoesNotRun {
            id: id.into(),
            reason: words(&error),
        })?);
    }
    let mut networks = Networks { parts, stream };
    networks
        .warm_up(geometry)
        .map_err(|error| PackError::DoesNotRun {
            id: id.into(),
            reason: error.to_string(),
        })?;
    Ok(networks)
}

/// The networks of a `mask` pack.
pub struct Networks {
    parts: Vec<Part>,
    stream: Stream,
}

/// The weights of one ONNX file. They are most of a network's memory, and all instances that play it
/// share them.
struct Weights {
    /// By name.
    values: Vec<(String, Arc<DynValue>)>,
    /// In the order in which the runtime wants to read them.
    prepacked: PrepackedWeights,
}

impl Weights {
    /// Those of the file with this sum, which has these contents.
    fn shared(sha256: &str, contents: &Contents) -> ort::Result<Arc<Self>> {
        static LIVE: Mutex<Vec<(String, Weak<Weights>)>> = Mutex::new(Vec::new());
        let mut live = LIVE.lock().unwrap_or_else(PoisonError::into_inner);
        live.retain(|(_, weights)| weights.strong_count() > 0);
        let found = live
            .iter()
            .find(|(sum, _)| sum == sha256)
            .and_then(|(_, found)| found.upgrade());
        if let Some(weights) = found {
            return Ok(weights);
        }
        let value = |(name, shape, bytes): &(String, Vec<i64>, Bytes)| {
            let words = bytes.as_chunks().0.iter();
            let values: Vec<_> = words.map(|word| f32::from_le_bytes(*word)).collect();
            let tensor = Tensor::from_array((shape.clone(), values))?;
            Ok((name.clone(), Arc::new(tensor.into_dyn())))
        };
        let weights = Arc::new(Self {
            values: contents
                .weights
                .iter()
                .map(value)
                .collect::<ort::Result<_>>()?,
            prepacked: PrepackedWeights::new(),
        });
        live.push((sha256.into(), Arc::downgrade(&weights)));
        Ok(weights)
    }
}

/// One ONNX file with its memory of the chunks before.
struct Part {
    session: Session,
    /// Kept for the next instance.
    _weights: Arc<Weights>,
    /// The indices of its stems.
    stems: Vec<usize>,
    /// The shape of `state`.
    shape: Vec<i64>,
    /// The forward LSTMs' memory.
    state: Vec<f32>,
}

impl Part {
    fn new(
        environment: &Environment,
        graph: &Graph,
        bytes: &[u8],
        contents: Contents,
    ) -> ort::Result<Self> {
        let weights = Weights::shared(&graph.sha256, &contents)?;
        // One thread that never spins: the host's threads need the cores.
        let mut builder = Session::builder(environment)?
            .with_intra_threads(1)?
            .with_inter_threads(1)?
            .with_intra_op_spinning(false)?
            .with_inter_op_spinning(false)?
            .with_memory_pattern(true)?
            .with_flush_to_zero()?
            .with_prepacked_weights(&weights.prepacked)?;
        for (name, values) in &weights.values {
            builder = builder.with_initializer(name, values.clone())?;
        }
        let session = builder.commit_from_memory(bytes)?;
        let shape = contents.state;
        let len = shape.iter().product::<i64>() as usize;
        Ok(Self {
            session,
            _weights: weights,
            stems: graph.stem_indices(),
            shape,
            state: vec![0.0; len],
        })
    }

    fn run(
        &mut self,
        magnitude: &ArrayView3<f32>,
        mask: &mut ArrayViewMut4<f32>,
    ) -> Result<(), RunError> {
        let runtime = |error: ort::Error| RunError::Runtime(words(&error));
        let state = TensorRef::from_array_view((self.shape.clone(), self.state.as_slice()))
            .map_err(runtime)?;
        let magnitude = TensorRef::from_array_view(magnitude.view()).map_err(runtime)?;
        let inputs = ort::inputs!["magnitude" => magnitude, "state" => state];
        let outputs = self.session.run(inputs).map_err(runtime)?;

        let found = outputs["mask"]
            .try_extract_array::<f32>()
            .map_err(runtime)?;
        let found: ArrayView4<f32> = found
            .into_dimensionality::<Ix4>()
            .map_err(|error| RunError::Runtime(format!("the mask's shape: {error}")))?;
        let (frames, _, channels, bins) = mask.dim();
        if found.dim() != (frames, self.stems.len(), channels, bins) {
            return Err(RunError::Runtime(format!(
                "the mask has the shape {:?}",
                found.dim()
            )));
        }
        for (found, &stem_idx) in found.axis_iter(Axis(1)).zip(&self.stems) {
            mask.index_axis_mut(Axis(1), stem_idx).assign(&found);
        }
        let (_, next) = outputs["next_state"]
            .try_extract_tensor::<f32>()
            .map_err(runtime)?;
        if next.len() != self.state.len() {
            return Err(RunError::Runtime(format!(
                "next_state has {} numbers",
                next.len()
            )));
        }
        self.state.copy_from_slice(next);
        Ok(())
    }
}

impl Networks {
    /// The first runs are slow, and a file can hold weights that are not numbers.
    fn warm_up(&mut self, geometry: &Geometry) -> Result<(), RunError> {
        let (channels, bins) = (self.channels(), self.bins());
        let frames = geometry.chunk_frames + geometry.lookahead_frames;
        let quiet = |(frame, _, bin): (usize, usize, usize)| ((frame + bin) % 7) as f32 * 1e-3;
        let magnitude = Array3::from_shape_fn((frames, channels, bins), quiet);
        let mut mask = Array4::zeros((geometry.chunk_frames, NUM_STEMS, channels, bins));
        for _ in 0..2 {
            self.run(magnitude.view(), mask.view_mut())?;
            let states = self.parts.iter().flat_map(|part| &part.state);
            if !mask.iter().chain(states).all(|value| value.is_finite()) {
                return Err(RunError::NotANumber);
            }
        }
        self.reset();
        Ok(())
    }
}

impl Network for Networks {
    fn channels(&self) -> usize {
        self.stream.channels
    }

    fn bins(&self) -> usize {
        self.stream.bins()
    }

    fn run(
        &mut self,
        magnitude: ArrayView3<f32>,
        mut mask: ArrayViewMut4<f32>,
    ) -> Result<(), RunError> {
        self.parts
            .iter_mut()
            .try_for_each(|part| part.run(&magnitude, &mut mask))
    }

    fn reset(&mut self) {
        self.parts.iter_mut().for_each(|part| part.state.fill(0.0));
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
        .map_err(|_| failed("an earlier attempt panicked".into()))?;
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

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
