//! Where the cells of a beat lie when it swings.

use crate::music::grid::PLACES;

/// Swung, the half of a beat lies here: at a triplet's last third.
const SWUNG_HALF: f64 = 2.0 / 3.0;
/// The shortest note in beats: half of the way between the closest places.
const SHORTEST: f64 = 1.0 / 24.0;

/// A place of a beat, 0 to 1, where its half is late.
pub fn swung(place: f64, swing: f64) -> f64 {
    let half = 0.5 + swing * (SWUNG_HALF - 0.5);
    match place {
        // A triplet is as late as it can be.
        _ if TRIPLET_PLACES.contains(&place) => place,
        _ if place <= 0.5 => place * half / 0.5,
        _ => half + (place - 0.5) * (1.0 - half) / 0.5,
    }
}

/// Where a note ends that is to end with `cell`, and starts with the cell `started` if it starts in this
/// beat: swung, places come so close that it would end before it starts.
pub fn end_place(cell: usize, started: Option<usize>, swing: f64) -> f64 {
    let least = started.map_or(0.0, |cell| swung(PLACES[cell], swing) + SHORTEST);
    let mut places = PLACES[cell..].iter().map(|place| swung(*place, swing));
    places.find(|place| *place >= least).unwrap_or(1.0)
}

/// The places of cells that divide a beat by three.
const TRIPLET_PLACES: [f64; 2] = [PLACES[2], PLACES[4]];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::grid::CELLS;

    #[test]
    fn every_note_ends_after_it_starts_however_it_swings() {
        for swing in (0..=1_000).map(|step| f64::from(step) / 1_000.0) {
            for (cell, place) in PLACES.into_iter().enumerate() {
                let start = swung(place, swing);
                for end in cell + 1..=CELLS {
                    let place = end_place(end, Some(cell), swing);
                    assert!(place >= start + SHORTEST && place <= 1.0, "{cell}, {swing}");
                }
            }
        }
        // Straight notes are as long as they are written, and so is what started before.
        let plain = (0..CELLS).map(|cell| end_place(cell, None, 0.0));
        assert!(plain.eq(PLACES));
        assert_eq!(end_place(2, Some(1), 0.0), PLACES[2]);
    }

    #[test]
    fn swing_leaves_beats_and_triplets_where_they_are() {
        let at = |swing: f64| PLACES.map(|place| swung(place, swing));
        assert_eq!(at(0.0), PLACES);
        let full = at(1.0);
        assert_eq!((full[0], full[2], full[4]), (0.0, PLACES[2], PLACES[4]));
        assert!((full[3] - 2.0 / 3.0).abs() < 1e-9);
        assert!((full[1] - 1.0 / 3.0).abs() < 1e-9 && (full[5] - 5.0 / 6.0).abs() < 1e-9);
    }
}
