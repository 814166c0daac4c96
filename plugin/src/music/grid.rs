//! Cells: the six places of a beat where a note may start, and what is known of a cell before any
//! sound.

use ndarray::ArrayViewMut2;

/// Cells of a beat.
pub const CELLS: usize = 6;
/// Where they are in the beat.
pub const PLACES: [f64; CELLS] = [0.0, 1.0 / 4.0, 1.0 / 3.0, 1.0 / 2.0, 2.0 / 3.0, 3.0 / 4.0];
/// Half-way between them.
pub const EDGES: [f64; CELLS] = [
    1.0 / 8.0,
    7.0 / 24.0,
    5.0 / 12.0,
    7.0 / 12.0,
    17.0 / 24.0,
    7.0 / 8.0,
];
/// The cells that divide a beat by four.
pub const STRAIGHT: [usize; 3] = [1, 3, 5];
/// The cells that divide a beat by three.
pub const TRIPLET: [usize; 2] = [2, 4];
/// Bars of a phrase.
pub const PHRASE_BARS: i64 = 4;
/// Numbers of a cell's phase.
pub const PHASE: usize = 34;

/// Beats that are told apart in a bar.
const MAX_BEATS: usize = 8;
/// Columns of the phase.
const BEAT: usize = CELLS;
const LAST: usize = BEAT + MAX_BEATS;
const MIDDLE: usize = LAST + 1;
const METRE: usize = MIDDLE + 1;
const BAR: usize = METRE + 7;
const COMPOUND: usize = BAR + 2 * PHRASE_BARS as usize;
const TEMPO: usize = COMPOUND + 1;
const FIRST: usize = TEMPO + 1;

/// The number of the cell nearest to a place in beats, from the start.
pub fn cell_of(beats: f64) -> i64 {
    let whole = beats.floor();
    let passed = EDGES.iter().filter(|&&edge| edge <= beats - whole).count();
    whole as i64 * CELLS as i64 + passed as i64
}

/// A beat's place in the song.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// The song's bar, from 0.
    pub bar: i64,
    /// The bar's beat, from 0.
    pub beat: usize,
    /// Beats of the bar.
    pub beats_per_bar: usize,
    /// Whether the beat is a dotted note.
    pub is_compound: bool,
    /// These beats per minute.
    pub bpm: f64,
    /// Whether it is the first after a start, a seek or a loop's jump.
    pub is_first: bool,
}

impl Place {
    /// Whether it is the first beat of a phrase.
    pub fn starts_phrase(&self) -> bool {
        self.beat == 0 && self.bar.rem_euclid(PHRASE_BARS) == 0
    }

    /// Whether it is the beat at the bar's middle.
    pub fn is_middle(&self) -> bool {
        2 * self.beat == self.beats_per_bar
    }

    /// Fills the phase of the beat's cells, [`CELLS`] rows of [`PHASE`].
    pub fn fill_phase(&self, mut phase: ArrayViewMut2<f32>) {
        phase.fill(0.0);
        let bar = self.bar.rem_euclid(2 * PHRASE_BARS) as usize;
        for (cell, mut row) in phase.outer_iter_mut().enumerate() {
            row[cell] = 1.0;
            row[BEAT + self.beat.min(MAX_BEATS - 1)] = 1.0;
            row[LAST] = f32::from(self.beat + 1 == self.beats_per_bar);
            row[MIDDLE] = f32::from(self.is_middle());
            row[METRE + self.beats_per_bar.clamp(2, 8) - 2] = 1.0;
            row[BAR + bar] = 1.0;
            row[COMPOUND] = f32::from(self.is_compound);
            row[TEMPO] = (self.bpm / 120.0).log2() as f32;
            row[FIRST] = f32::from(self.is_first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_belongs_to_the_nearest_cell_and_on_a_border_to_the_later() {
        for (beats, cell) in [
            (0.0, 0),
            (0.1249, 0),
            (0.125, 1),
            (0.3, 2),
            (0.5, 3),
            (0.874, 5),
            (0.875, 6),
            (2.0, 12),
            (-0.1, 0),
            (-0.2, -1),
        ] {
            assert_eq!(cell_of(beats), cell, "{beats}");
        }
        for (cell, place) in PLACES.iter().enumerate() {
            assert_eq!(cell_of(3.0 + place), 18 + cell as i64);
        }
    }

    #[test]
    fn a_pickup_lies_in_the_last_bar_of_a_phrase() {
        let pickup = Place {
            bar: -1,
            beat: 2,
            beats_per_bar: 3,
            is_compound: false,
            bpm: 60.0,
            is_first: true,
        };
        let mut phase = ndarray::Array2::zeros((CELLS, PHASE));
        pickup.fill_phase(phase.view_mut());
        let ones: Vec<_> = (0..PHASE).filter(|&i| phase[[1, i]] == 1.0).collect();
        assert_eq!(ones, [1, 8, 14, 17, 30, 33]);
        assert_eq!(phase[[1, 32]], -1.0);
        assert!(!pickup.starts_phrase());
    }
}
