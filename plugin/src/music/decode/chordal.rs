//! Piano and other: up to five notes at a time.

use super::lead::led;
use super::{Chordal, Decoder, PITCHES, Told, Wishes, pitches};
use crate::music::chords::{has, root_of};

/// The lowest root, C3.
const LOWEST: i32 = 48;
/// Semitones from the lowest pitch up to the root.
const BELOW: i32 = 12;
/// Notes that start together.
const MAX_NOTES: usize = 5;

impl Decoder {
    pub(super) fn chordal(&mut self, told: &Told, played: &Chordal, wishes: &Wishes, stem: usize) {
        let threshold = self.thresholds.onset[stem - 2];
        let sustain_threshold = self.thresholds.sustain[stem - 2] as f32;
        let over = self.over::<PITCHES>(told, wishes, stem, |cell, pitch| {
            f64::from(played.onset[cell][pitch]) - threshold + wishes.rhythm[cell]
        });
        let base = LOWEST + i32::from(root_of(told.chord));
        let is_new_chord = told.chord != told.before;
        for (cell, over) in over.iter().enumerate() {
            let starting = starting(over, |place| told.snapped(base - BELOW + place, cell));
            let range = base - BELOW..base - BELOW + PITCHES as i32;
            let starting = led(starting, &mut self.tops[stem - 2], &range);
            for pitch in pitches(self.sounding[stem] & !starting) {
                let sustain = sustain_of(&played.sustain[cell], i32::from(pitch) - base);
                let is_foreign = !has(told.allowed(), i32::from(pitch));
                let clashes = cell == 0 && is_new_chord && is_foreign;
                // Also where it is no number.
                let holds = sustain - sustain_threshold > 0.0;
                if !holds || clashes {
                    self.end(cell, stem, pitch);
                }
            }
            for pitch in pitches(starting) {
                let velocity = f64::from(played.velocity[cell]);
                self.start(cell, stem, i32::from(pitch), velocity);
            }
        }
    }
}

/// The pitches furthest over, where they are over, of equals the lower.
fn starting(over: &[f64; PITCHES], pitch_at: impl Fn(i32) -> i32) -> u128 {
    let mut places: [usize; PITCHES] = std::array::from_fn(|place| place);
    places.sort_by(|&a, &b| over[b].total_cmp(&over[a]));
    let best = places[..MAX_NOTES].iter();
    best.filter(|&&place| over[place] > 0.0)
        .fold(0, |starting, &place| starting | 1 << pitch_at(place as i32))
}

/// The highest number of a pitch class: in which octave it sounds is not the network's choice.
fn sustain_of(sustain: &[f32; PITCHES], relative: i32) -> f32 {
    let places = (relative.rem_euclid(12) as usize..PITCHES).step_by(12);
    places
        .map(|place| sustain[place])
        .fold(f32::NEG_INFINITY, f32::max)
}
