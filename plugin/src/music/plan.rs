//! The chord and the key of each beat.

use super::chords::{CHORDS, KEYS, NO_CHORD};
use super::grid::Place;

/// How chords are told from the plan's numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlanRules {
    /// What a change of chord costs on the first beat of a bar, on its middle, elsewhere.
    pub change_costs: [f64; 3],
    /// How much of what was heard of the key counts one beat later.
    pub key_memory: f64,
}

/// What is decided of a beat.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decided {
    /// The chord.
    pub chord: u8,
    /// The key.
    pub key: u8,
    /// Of the chord, 0 to 1.
    pub confidence: f32,
}

/// Follows the plan from beat to beat: Viterbi forwards, never back.
pub struct Follow {
    rules: PlanRules,
    /// Of each chord; `None` before the first beat.
    scores: Option<[f64; CHORDS]>,
    /// Of each key.
    keys: [f64; KEYS],
}

impl Follow {
    /// Nothing heard.
    pub fn new(rules: PlanRules) -> Self {
        Self {
            rules,
            scores: None,
            keys: [0.0; KEYS],
        }
    }

    /// Nothing heard.
    pub fn reset(&mut self) {
        self.scores = None;
        self.keys = [0.0; KEYS];
    }

    /// Takes the plan's logits of the next beat.
    pub fn step(&mut self, chords: &[f32; CHORDS], keys: &[f32; KEYS], place: &Place) -> Decided {
        let [first, middle, other] = self.rules.change_costs;
        let cost = match place {
            _ if place.beat == 0 => first,
            _ if place.is_middle() => middle,
            _ => other,
        };
        let shares = log_softmax(chords);
        let mut scores = shares;
        if let Some(before) = &self.scores {
            let highest = max(before);
            for (score, before) in scores.iter_mut().zip(before) {
                *score += before.max(highest - cost);
            }
        }
        let highest = max(&scores);
        scores.iter_mut().for_each(|score| *score -= highest);
        let chord = first_best(&scores);
        self.scores = Some(scores);
        for (sum, share) in self.keys.iter_mut().zip(log_softmax(keys)) {
            *sum = self.rules.key_memory * *sum + share;
        }
        let is_chord = chord != usize::from(NO_CHORD);
        Decided {
            chord: chord as u8,
            key: first_best(&self.keys) as u8,
            confidence: if is_chord {
                shares[chord].exp() as f32
            } else {
                0.0
            },
        }
    }
}

fn log_softmax<const N: usize>(logits: &[f32; N]) -> [f64; N] {
    let logits = logits.map(f64::from);
    let highest = max(&logits);
    let sum: f64 = logits.iter().map(|logit| (logit - highest).exp()).sum();
    logits.map(|logit| logit - highest - sum.ln())
}

fn max(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

fn first_best(values: &[f64]) -> usize {
    let highest = max(values);
    values
        .iter()
        .position(|&value| value == highest)
        .unwrap_or_default()
}
