//! The beats of a metre.

use crate::bridge::{Feel, Point};
use crate::music::grid::Place;

/// Places closer than this are one, in quarter notes: what hosts round to.
pub const SAME: f64 = 1e-3;

/// Quarter notes per minute that networks are told; what is outside is told as the nearest of these.
const TEMPI: (f64, f64) = (20.0, 300.0);

/// Bars and beats from a bar on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metre {
    /// Where a bar starts, in quarter notes.
    origin: f64,
    /// The number of that bar.
    bar: i64,
    /// Beats of a bar.
    pub beats_per_bar: usize,
    /// Length of a beat in quarter notes.
    pub beat_quarters: f64,
    /// Whether a beat is a dotted note.
    pub is_compound: bool,
}

impl Metre {
    /// The host's metre at a point.
    pub fn of(point: &Point) -> Self {
        let (numerator, denominator) = (usize::from(point.numerator), point.denominator);
        let note = 4.0 / f64::from(denominator);
        let is_compound = denominator >= 8 && numerator.is_multiple_of(3);
        let notes = if is_compound { 3 } else { 1 };
        Self {
            origin: point.bar_quarters,
            bar: i64::from(point.bar_number),
            beats_per_bar: numerator / notes,
            beat_quarters: notes as f64 * note,
            is_compound,
        }
    }

    /// The same in half or double time: a bar has as many beats, and is as much longer or shorter as
    /// they are.
    pub fn felt(&self, feel: Feel) -> Self {
        let bar_quarters = self.beats_per_bar as f64 * self.beat_quarters;
        match feel {
            Feel::Plain => *self,
            Feel::Half => Self {
                // A pair of bars begins with an even one.
                origin: self.origin - self.bar.rem_euclid(2) as f64 * bar_quarters,
                bar: self.bar.div_euclid(2),
                beat_quarters: 2.0 * self.beat_quarters,
                ..*self
            },
            Feel::Double => Self {
                bar: 2 * self.bar,
                beat_quarters: 0.5 * self.beat_quarters,
                ..*self
            },
        }
    }

    /// Where the first beat at or after a place is, both in quarter notes.
    pub fn beat_from(&self, quarters: f64) -> f64 {
        let beats = (quarters - SAME - self.origin) / self.beat_quarters;
        self.origin + beats.ceil() * self.beat_quarters
    }

    /// The beat at a place.
    pub fn place(&self, quarters: f64, tempo: f64) -> Place {
        let number = ((quarters - self.origin) / self.beat_quarters).round() as i64;
        let beats_per_bar = self.beats_per_bar as i64;
        Place {
            bar: self.bar + number.div_euclid(beats_per_bar),
            beat: number.rem_euclid(beats_per_bar) as usize,
            beats_per_bar: self.beats_per_bar,
            is_compound: self.is_compound,
            bpm: tempo.clamp(TEMPI.0, TEMPI.1) / self.beat_quarters,
            is_first: false,
        }
    }

    /// The number of the bar in which a place lies.
    pub fn bar(&self, quarters: f64) -> i64 {
        let bar_quarters = self.beats_per_bar as f64 * self.beat_quarters;
        self.bar + ((quarters + SAME - self.origin) / bar_quarters).floor() as i64
    }

    /// Whether bars and beats are the same wherever both are asked.
    pub fn agrees(&self, other: &Self) -> bool {
        let bar_quarters = self.beats_per_bar as f64 * self.beat_quarters;
        let bars = (other.origin - self.origin) / bar_quarters;
        let is_like = (self.beats_per_bar, self.is_compound)
            == (other.beats_per_bar, other.is_compound)
            && self.beat_quarters == other.beat_quarters;
        is_like && (bars - (other.bar - self.bar) as f64).abs() < SAME
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metre(numerator: u8, denominator: u8, bar_quarters: f64, bar_number: i32) -> Metre {
        Metre::of(&Point {
            position: 0,
            since: 0,
            quarters: bar_quarters,
            tempo: 120.0,
            bar_quarters,
            bar_number,
            numerator,
            denominator,
            is_playing: true,
            is_jump: true,
        })
    }

    #[test]
    fn a_bar_has_a_whole_number_of_beats() {
        for (signature, beats, quarters, is_compound) in [
            ((4, 4), 4, 1.0, false),
            ((3, 4), 3, 1.0, false),
            ((6, 8), 2, 1.5, true),
            ((12, 8), 4, 1.5, true),
            ((7, 8), 7, 0.5, false),
            ((2, 2), 2, 2.0, false),
            ((9, 16), 3, 0.75, true),
        ] {
            let found = metre(signature.0, signature.1, 0.0, 0);
            let expected = (beats, quarters, is_compound);
            let found = (found.beats_per_bar, found.beat_quarters, found.is_compound);
            assert_eq!(found, expected, "{signature:?}");
        }
    }

    #[test]
    fn beats_are_found_from_a_pickup_on_and_in_half_and_double_time() {
        let at = |metre: &Metre, quarters: f64| {
            let beat = metre.beat_from(quarters);
            let place = metre.place(beat, 120.0);
            (beat, place.bar, place.beat)
        };
        // Bar 3 of 7/8 starts at 9.
        let odd = metre(7, 8, 9.0, 3);
        assert_eq!(at(&odd, 9.0), (9.0, 3, 0));
        assert_eq!(at(&odd, 12.3), (12.5, 4, 0));
        assert_eq!(at(&odd, 8.9), (9.0, 3, 0));
        assert_eq!(at(&odd, -2.6), (-2.5, -1, 5));
        let plain = metre(4, 4, 4.0, 1);
        assert_eq!(at(&plain.felt(Feel::Half), 5.0), (6.0, 0, 3));
        assert_eq!(at(&plain.felt(Feel::Double), 6.1), (6.5, 3, 1));
    }
}
