//! One note at a time.

use super::{Decoder, Played, Told, Wishes};
use crate::music::chords::root_of;
use crate::music::grid::CELLS;

const HOLD: usize = 0;
const REST: usize = 1;
const FIRST_PITCH: usize = 2;
/// The lowest root, E1.
const LOWEST: i32 = 28;
/// Semitones from the lowest pitch up to the root.
const BELOW: i32 = 5;

impl Decoder {
    pub(super) fn bass(&mut self, told: &Told, played: &Played, wishes: &Wishes) {
        let notes = played.bass_note.map(|logits| logits.map(f64::from));
        let threshold = self.thresholds.bass_onset;
        let over = self.over::<1>(told, wishes, 1, |cell, _| {
            let note = &notes[cell];
            log_sum_exp(&note[FIRST_PITCH..]) - log_sum_exp(&note[..FIRST_PITCH]) - threshold
        });
        let root = i32::from(root_of(told.chord));
        let base = LOWEST + (root - LOWEST).rem_euclid(12) - BELOW;
        let is_unsure = self.is_unsure();
        let is_new_chord = told.chord != told.before;
        for cell in 0..CELLS {
            let note = &notes[cell];
            if over[cell][0] > 0.0 {
                let likeliest = likeliest(&note[FIRST_PITCH..]);
                let is_root = is_unsure || (cell == 0 && is_new_chord);
                let pitch = base + if is_root { BELOW } else { likeliest };
                self.end_all(cell, 1);
                let velocity = f64::from(played.bass_velocity[cell]);
                self.start(cell, 1, told.snapped(pitch, cell), velocity);
            } else if note[REST] - note[HOLD] > self.thresholds.bass_rest {
                self.end_all(cell, 1);
            }
        }
    }
}

fn log_sum_exp(values: &[f64]) -> f64 {
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = values.iter().map(|value| (value - highest).exp()).sum();
    highest + sum.ln()
}

/// The index of the largest, of equals the first.
fn likeliest(values: &[f64]) -> i32 {
    let mut best = 0;
    for (idx, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = idx;
        }
    }
    best as i32
}
