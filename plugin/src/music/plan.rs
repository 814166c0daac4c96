//! The chord, the key and the style of each beat.

use super::chords::{CHORDS, KEYS, NO_CHORD};
use super::grid::Place;

/// The styles that the band tells apart.
pub const STYLES: usize = 28;

/// The logits of the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanLogits {
    /// Of each chord.
    pub chords: [f32; CHORDS],
    /// Of each key.
    pub keys: [f32; KEYS],
    /// Of each style.
    pub styles: [f32; STYLES],
}

impl Default for PlanLogits {
    fn default() -> Self {
        Self {
            chords: [0.0; CHORDS],
            keys: [0.0; KEYS],
            styles: [0.0; STYLES],
        }
    }
}

impl PlanLogits {
    /// Whether all of them are numbers.
    pub fn is_finite(&self) -> bool {
        let all = self.chords.iter().chain(&self.keys).chain(&self.styles);
        all.copied().all(f32::is_finite)
    }
}

/// How chords, keys and styles are told from the plan's numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlanRules {
    /// What a change of chord costs on the first beat of a bar, on its middle, elsewhere.
    pub change_costs: [f64; 3],
    /// How much of what was heard of the key counts one beat later.
    pub key_memory: f64,
    /// The same of the style.
    pub style_memory: f64,
    /// By how much a style must be likelier than the one before to be taken up, in logits.
    pub style_lead: f64,
    /// How likely each style is before anything is heard, in logits.
    pub style_priors: [f64; STYLES],
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
    /// The style that is heard, by its number in the pack's list.
    pub style: u8,
}

/// Follows the plan from beat to beat: Viterbi forwards, never back.
pub struct Follow {
    rules: PlanRules,
    /// Of each chord; `None` before the first beat.
    scores: Option<[f64; CHORDS]>,
    /// Of each key.
    keys: [f64; KEYS],
    /// Of each style.
    styles: [f64; STYLES],
    /// The style of the beat before; `None` before the first.
    style: Option<usize>,
}

impl Follow {
    /// Nothing heard.
    pub fn new(rules: PlanRules) -> Self {
        Self {
            rules,
            scores: None,
            keys: [0.0; KEYS],
            styles: rules.style_priors,
            style: None,
        }
    }

    /// Nothing heard.
    pub fn reset(&mut self) {
        *self = Self::new(self.rules);
    }

    /// Another place of the same song: its key and style are known, its chord is not.
    pub fn jump(&mut self) {
        self.scores = None;
    }

    /// Takes the plan's logits of the next beat.
    pub fn step(&mut self, logits: &PlanLogits, place: &Place) -> Decided {
        let [first, middle, other] = self.rules.change_costs;
        let cost = match place {
            _ if place.beat == 0 => first,
            _ if place.is_middle() => middle,
            _ => other,
        };
        let shares = log_softmax(&logits.chords);
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
        remember(&mut self.keys, self.rules.key_memory, &logits.keys);
        remember(&mut self.styles, self.rules.style_memory, &logits.styles);
        let style = self.style_at(place);
        self.style = Some(style);
        let is_chord = chord != usize::from(NO_CHORD);
        Decided {
            chord: chord as u8,
            key: first_best(&self.keys) as u8,
            confidence: if is_chord {
                shares[chord].exp() as f32
            } else {
                0.0
            },
            style: style as u8,
        }
    }

    /// The style at a place: another than before only where a bar starts and where it leads.
    fn style_at(&self, place: &Place) -> usize {
        let best = first_best(&self.styles);
        match self.style {
            Some(style)
                if place.beat > 0
                    || self.styles[best] - self.styles[style] <= self.rules.style_lead =>
            {
                style
            }
            _ => best,
        }
    }
}

/// Adds what is heard now to what is left of what was heard before.
fn remember<const N: usize>(sums: &mut [f64; N], memory: f64, logits: &[f32; N]) {
    for (sum, share) in sums.iter_mut().zip(log_softmax(logits)) {
        *sum = memory * *sum + share;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_keeps_style_and_key_and_forgets_the_chord() {
        let rules = PlanRules {
            change_costs: [20.0; 3],
            key_memory: 0.95,
            style_memory: 0.99,
            style_lead: 8.0,
            style_priors: std::array::from_fn(|style| if style == 0 { 30.0 } else { 0.0 }),
        };
        let place = Place {
            bar: 0,
            beat: 0,
            beats_per_bar: 4,
            is_compound: false,
            bpm: 120.0,
            is_first: false,
        };
        let logits = |chord: usize, key: usize, style: usize| {
            let mut logits = PlanLogits::default();
            logits.chords[chord] = 9.0;
            logits.keys[key] = 9.0;
            logits.styles[style] = 9.0;
            logits
        };
        let mut follow = Follow::new(rules);
        for _ in 0..20 {
            follow.step(&logits(3, 5, 7), &place);
        }
        let found = |decided: Decided| (decided.chord, decided.key, decided.style);
        let other = logits(4, 6, 8);
        assert_eq!(found(follow.step(&other, &place)), (3, 5, 7));
        follow.jump();
        assert_eq!(found(follow.step(&other, &place)), (4, 5, 7));
        follow.reset();
        assert_eq!(found(follow.step(&other, &place)), (4, 6, 0));
    }
}
