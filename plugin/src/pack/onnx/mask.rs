//! The networks of a `mask` pack.

use ndarray::{Array3, Array4, ArrayView3, ArrayViewMut4, Axis};
use ort::value::TensorRef;

use super::{Part, failed, fill_one, not_shaped};
use crate::bridge::NUM_STEMS;
use crate::geometry::{Geometry, MaskStream};
use crate::network::{MaskNetwork, RunError};

/// The networks, each with the memory that its forward LSTMs have of the chunks before.
pub struct MaskNetworks {
    parts: Vec<Part>,
}

impl MaskNetworks {
    /// Runs them: the first runs are slow, and a file can hold weights that give no numbers.
    pub(super) fn warm(
        parts: Vec<Part>,
        stream: MaskStream,
        geometry: &Geometry,
    ) -> Result<Self, RunError> {
        let mut networks = Self { parts };
        let (channels, bins) = (stream.channels, stream.bins());
        let frames = geometry.chunk_frames + stream.lookahead_frames;
        let quiet = |(frame, _, bin): (usize, usize, usize)| ((frame + bin) % 7) as f32 * 1e-3;
        let magnitude = Array3::from_shape_fn((frames, channels, bins), quiet);
        let mut mask = Array4::zeros((geometry.chunk_frames, NUM_STEMS, channels, bins));
        for _ in 0..2 {
            networks.run(magnitude.view(), mask.view_mut())?;
            let states = networks.parts.iter().flat_map(|part| &part.state);
            if !mask.iter().chain(states).all(|value| value.is_finite()) {
                return Err(RunError::NotANumber);
            }
        }
        networks.reset();
        Ok(networks)
    }

    /// Each graph's memory of the chunks before, in the order of `pack.toml`.
    pub fn states(&mut self) -> impl Iterator<Item = &mut Vec<f32>> {
        self.parts.iter_mut().map(|part| &mut part.state)
    }
}

impl MaskNetwork for MaskNetworks {
    fn run(
        &mut self,
        magnitude: ArrayView3<f32>,
        mut mask: ArrayViewMut4<f32>,
    ) -> Result<(), RunError> {
        self.parts
            .iter_mut()
            .try_for_each(|part| run(part, &magnitude, &mut mask))
    }

    fn reset(&mut self) {
        self.states().for_each(|state| state.fill(0.0));
    }
}

fn run(
    part: &mut Part,
    magnitude: &ArrayView3<f32>,
    mask: &mut ArrayViewMut4<f32>,
) -> Result<(), RunError> {
    let state = (part.shape.clone(), &*part.state);
    let state = TensorRef::from_array_view(state).map_err(failed)?;
    let magnitude = TensorRef::from_array_view(magnitude.view()).map_err(failed)?;
    let inputs = ort::inputs!["magnitude" => magnitude, "state" => state];
    let outputs = part.session.run(inputs).map_err(failed)?;

    let found = outputs["mask"].try_extract_array::<f32>().map_err(failed)?;
    let (frames, _, channels, bins) = mask.dim();
    if found.shape() != [frames, part.stems.len(), channels, bins] {
        return Err(not_shaped("mask", found.shape()));
    }
    for (found, &stem_idx) in found.axis_iter(Axis(1)).zip(&part.stems) {
        mask.index_axis_mut(Axis(1), stem_idx).assign(&found);
    }
    fill_one(&outputs, "next_state", &mut part.state)
}
