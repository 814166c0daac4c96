//! Two hands and two feet.

use super::{Decoder, NEVER, Played, Told, VOICES, Wishes};

const SNARE: usize = 1;
const CLOSED_HAT: usize = 2;
const OPEN_HAT: usize = 3;
const RIDE: usize = 4;
const CRASH: usize = 5;
const LOW_TOM: usize = 6;
const HIGH_TOM: usize = 7;
/// Voices that are played by hand.
const BY_HAND: [usize; 7] = [SNARE, CLOSED_HAT, OPEN_HAT, RIDE, CRASH, LOW_TOM, HIGH_TOM];
/// Hands.
const MAX_HANDS: usize = 2;

impl Decoder {
    pub(super) fn drums(&mut self, told: &Told, played: &Played, wishes: &Wishes) {
        let thresholds = self.thresholds.drums;
        let mut over = self.over::<VOICES>(told, wishes, 0, |cell, voice| {
            f64::from(played.drums_onset[cell][voice]) - thresholds[voice]
        });
        if self.is_unsure() {
            // What is heard may be no music: a plain pulse.
            over[1..].as_flattened_mut().fill(-NEVER);
        }
        for (cell, over) in over.iter_mut().enumerate() {
            let is_phrase = told.place.is_first || told.place.starts_phrase();
            if !(cell == 0 && is_phrase) {
                over[CRASH] = -NEVER;
            }
            if over[OPEN_HAT].min(over[CLOSED_HAT]) > 0.0 {
                let further_down = if over[OPEN_HAT] < over[CLOSED_HAT] {
                    OPEN_HAT
                } else {
                    CLOSED_HAT
                };
                over[further_down] = -NEVER;
            }
            let mut hands = BY_HAND;
            // Equal ones stay in order.
            hands.sort_by(|&a, &b| over[b].total_cmp(&over[a]));
            hands[MAX_HANDS..]
                .iter()
                .for_each(|&voice| over[voice] = -NEVER);
        }
        for (cell, over) in over.iter().enumerate() {
            for voice in (0..VOICES).filter(|&voice| over[voice] > 0.0) {
                let velocity = f64::from(played.drums_velocity[cell][voice]);
                self.start(cell, 0, i32::from(wishes.kit[voice]), velocity);
            }
        }
    }
}
