//! The networks of a `notes` pack.

use ndarray::{Array1, ArrayView1};
use ort::value::TensorRef;

use super::{Part, failed, fill, fill_one};
use crate::music::decode::{Chordal, Played};
use crate::music::plan::PlanLogits;
use crate::network::{Hearing, NotesNetwork, Orders, RunError};

/// The networks, each with its memory of the beats before.
pub struct NotesNetworks {
    plan: Part,
    band: Part,
}

impl NotesNetworks {
    /// Runs them: the first runs are slow, and a file can hold weights that give no numbers.
    pub(super) fn warm(parts: Vec<Part>) -> Result<Self, RunError> {
        let missing = || RunError::Runtime("one of its two graphs is missing".into());
        let mut parts = parts.into_iter();
        let (first, second) = (
            parts.next().ok_or_else(missing)?,
            parts.next().ok_or_else(missing)?,
        );
        let (plan, band) = match first.stems.is_empty() {
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
        let part = &mut self.plan;
        let state = (part.shape.clone(), &*part.state);
        let heard = Array1::from_elem(1, hearing.heard);
        let inputs = ort::inputs![
            "features" => TensorRef::from_array_view(hearing.features.view()).map_err(failed)?,
            "heard" => TensorRef::from_array_view(heard.view()).map_err(failed)?,
            "phase" => TensorRef::from_array_view(hearing.phase.view()).map_err(failed)?,
            "state" => TensorRef::from_array_view(state).map_err(failed)?,
        ];
        let outputs = part.session.run(inputs).map_err(failed)?;
        fill_one(&outputs, "chords", &mut logits.chords)?;
        fill_one(&outputs, "keys", &mut logits.keys)?;
        fill_one(&outputs, "styles", &mut logits.styles)?;
        fill_one(&outputs, "next_state", &mut part.state)
    }

    fn band(
        &mut self,
        hearing: &Hearing,
        orders: &Orders,
        played: &mut Played,
    ) -> Result<(), RunError> {
        let part = &mut self.band;
        let state = (part.shape.clone(), &*part.state);
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
            "state" => TensorRef::from_array_view(state).map_err(failed)?,
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
        fill_one(&outputs, "next_state", &mut part.state)
    }

    fn reset(&mut self) {
        self.plan.state.fill(0.0);
        self.band.state.fill(0.0);
    }
}
