//! The networks of a `notes` pack.

use ndarray::{Array1, ArrayView1};
use ort::session::SessionOutputs;
use ort::value::TensorRef;

use super::{Part, failed, not_shaped};
use crate::music::decode::{Chordal, Played};
use crate::music::plan::PlanLogits;
use crate::worker::{Hearing, NotesNetwork, Orders, RunError};

/// A graph, and its memory of the beats before.
struct Kept {
    part: Part,
    state: Vec<f32>,
}

/// The networks.
pub struct NotesNetworks {
    plan: Kept,
    band: Kept,
}

impl NotesNetworks {
    /// Runs them: the first runs are slow, and a file can hold weights that give no numbers.
    pub(super) fn warm(parts: Vec<Part>) -> Result<Self, RunError> {
        let missing = || RunError::Runtime("one of its two graphs is missing".into());
        let mut kept = parts.into_iter().map(|part| {
            let len = part.state.iter().product::<i64>() as usize;
            let state = vec![0.0; len];
            Kept { part, state }
        });
        let (first, second) = (
            kept.next().ok_or_else(missing)?,
            kept.next().ok_or_else(missing)?,
        );
        let (plan, band) = match first.part.stems.is_empty() {
            true => (first, second),
            false => (second, first),
        };
        let mut networks = Self { plan, band };
        let (mut logits, mut played) = (PlanLogits::default(), Played::default());
        let mut hearing = Hearing::default();
        hearing.features.fill(0.1);
        for _ in 0..2 {
            networks.plan(&hearing, &mut logits)?;
            networks.band(&hearing, &Orders::default(), &mut played)?;
            let mut states = networks.states().into_iter().flatten();
            if !logits.is_finite() || !states.all(|v| v.is_finite()) {
                return Err(RunError::NotANumber);
            }
        }
        networks.reset();
        Ok(networks)
    }

    /// The memory of the plan and of the band.
    pub fn states(&mut self) -> [&mut Vec<f32>; 2] {
        [&mut self.plan.state, &mut self.band.state]
    }
}

impl NotesNetwork for NotesNetworks {
    fn plan(&mut self, hearing: &Hearing, logits: &mut PlanLogits) -> Result<(), RunError> {
        let Kept { part, state } = &mut self.plan;
        let shape = part.state.clone();
        let heard = Array1::from_elem(1, hearing.heard);
        let inputs = ort::inputs![
            "features" => TensorRef::from_array_view(hearing.features.view()).map_err(failed)?,
            "heard" => TensorRef::from_array_view(heard.view()).map_err(failed)?,
            "phase" => TensorRef::from_array_view(hearing.phase.view()).map_err(failed)?,
            "state" => TensorRef::from_array_view((shape, &**state)).map_err(failed)?,
        ];
        let outputs = part.session.run(inputs).map_err(failed)?;
        fill_one(&outputs, "chords", &mut logits.chords)?;
        fill_one(&outputs, "keys", &mut logits.keys)?;
        fill_one(&outputs, "styles", &mut logits.styles)?;
        keep(&outputs, state)
    }

    fn band(
        &mut self,
        hearing: &Hearing,
        orders: &Orders,
        played: &mut Played,
    ) -> Result<(), RunError> {
        let Kept { part, state } = &mut self.band;
        let shape = part.state.clone();
        let heard = Array1::from_elem(1, hearing.heard);
        let confidence = Array1::from_elem(1, orders.confidence);
        let (chords, key) = (
            ArrayView1::from(&orders.chords),
            Array1::from_elem(1, orders.key),
        );
        let inputs = ort::inputs![
            "features" => TensorRef::from_array_view(hearing.features.view()).map_err(failed)?,
            "heard" => TensorRef::from_array_view(heard.view()).map_err(failed)?,
            "phase" => TensorRef::from_array_view(hearing.phase.view()).map_err(failed)?,
            "controls" => TensorRef::from_array_view(orders.controls.view()).map_err(failed)?,
            "chords" => TensorRef::from_array_view(chords).map_err(failed)?,
            "key" => TensorRef::from_array_view(key.view()).map_err(failed)?,
            "confidence" => TensorRef::from_array_view(confidence.view()).map_err(failed)?,
            "state" => TensorRef::from_array_view((shape, &**state)).map_err(failed)?,
        ];
        let outputs = part.session.run(inputs).map_err(failed)?;
        fill(&outputs, "drums_onset", &mut played.drums_onset)?;
        fill(&outputs, "drums_velocity", &mut played.drums_velocity)?;
        fill(&outputs, "bass_note", &mut played.bass_note)?;
        fill_one(&outputs, "bass_velocity", &mut played.bass_velocity)?;
        for (stem, chordal) in ["piano", "other"].into_iter().zip(&mut played.chordal) {
            let Chordal {
                onset,
                sustain,
                velocity,
            } = chordal;
            fill(&outputs, &format!("{stem}_onset"), onset)?;
            fill(&outputs, &format!("{stem}_sustain"), sustain)?;
            fill_one(&outputs, &format!("{stem}_velocity"), velocity)?;
        }
        keep(&outputs, state)
    }

    fn reset(&mut self) {
        self.plan.state.fill(0.0);
        self.band.state.fill(0.0);
    }
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

fn keep(outputs: &SessionOutputs, state: &mut [f32]) -> Result<(), RunError> {
    fill_one(outputs, "next_state", state)
}
