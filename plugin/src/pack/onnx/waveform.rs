//! The networks of a `waveform` pack.

use ndarray::{Array2, Array3, ArrayView2, ArrayViewMut3, Axis};
use ort::value::TensorRef;

use super::{Part, failed, not_shaped};
use crate::bridge::NUM_STEMS;
use crate::geometry::WaveformStream;
use crate::network::{RunError, WaveformNetwork};

/// Samples of the first runs.
pub(super) const WARM_UP_SAMPLES: usize = 4096;

/// The networks.
pub struct WaveformNetworks {
    parts: Vec<Part>,
}

impl WaveformNetworks {
    /// Runs them: the first runs are slow, and a file can hold weights that give no numbers.
    pub(super) fn warm(parts: Vec<Part>, stream: WaveformStream) -> Result<Self, RunError> {
        let mut networks = Self { parts };
        let channels = stream.channels;
        let quiet = |(sample, _): (usize, usize)| ((sample % 101) as f32 - 50.0) * 1e-3;
        let audio = Array2::from_shape_fn((WARM_UP_SAMPLES, channels), quiet);
        let mut stems = Array3::zeros((WARM_UP_SAMPLES, NUM_STEMS, channels));
        for _ in 0..2 {
            networks.run(audio.view(), stems.view_mut())?;
            if !stems.iter().all(|sample| sample.is_finite()) {
                return Err(RunError::NotANumber);
            }
        }
        Ok(networks)
    }
}

impl WaveformNetwork for WaveformNetworks {
    fn run(
        &mut self,
        audio: ArrayView2<f32>,
        mut stems: ArrayViewMut3<f32>,
    ) -> Result<(), RunError> {
        self.parts
            .iter_mut()
            .try_for_each(|part| run(part, &audio, &mut stems))
    }
}

fn run(
    part: &mut Part,
    audio: &ArrayView2<f32>,
    stems: &mut ArrayViewMut3<f32>,
) -> Result<(), RunError> {
    let audio = TensorRef::from_array_view(audio.view()).map_err(failed)?;
    let inputs = ort::inputs!["audio" => audio];
    let outputs = part.session.run(inputs).map_err(failed)?;
    let found = outputs["stems"]
        .try_extract_array::<f32>()
        .map_err(failed)?;
    let (samples, _, channels) = stems.dim();
    if found.shape() != [samples, part.stems.len(), channels] {
        return Err(not_shaped("stems", found.shape()));
    }
    for (found, &stem_idx) in found.axis_iter(Axis(1)).zip(&part.stems) {
        stems.index_axis_mut(Axis(1), stem_idx).assign(&found);
    }
    Ok(())
}
