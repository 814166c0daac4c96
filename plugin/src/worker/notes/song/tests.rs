use super::*;

const RATE: f64 = 48_000.0;

fn point(position: i64, quarters: f64, tempo: f64) -> Point {
    Point {
        position,
        since: position,
        quarters,
        tempo,
        bar_quarters: 0.0,
        bar_number: 0,
        numerator: 4,
        denominator: 4,
        is_playing: true,
        is_jump: false,
    }
}

#[test]
fn a_place_and_its_position_are_inverse_over_changes_of_tempo() {
    let mut song = Song::new(RATE);
    song.take(&[
        point(1_000, -2.0, 120.0),
        Point {
            since: 24_000,
            ..point(25_000, -1.01, 60.0)
        },
        point(73_000, -0.01, 180.0),
    ]);
    let stretch = song.after(None).unwrap();
    for position in [1_000.0, 12_345.0, 24_500.0, 25_000.0, 60_000.0, 200_000.0] {
        let quarters = stretch.quarters_at(position);
        let back = stretch.position_at(quarters);
        assert!((back - position).abs() < 1e-6, "{position}: {back}");
    }
    assert!((stretch.quarters_at(73_000.0) + 0.01).abs() < 1e-9);
    // The line before holds up to the last block that said so.
    let held = -2.0 + 23_000.0 * 120.0 / 60.0 / RATE;
    assert!((stretch.quarters_at(24_000.0) - held).abs() < 1e-9);
}

#[test]
fn a_new_time_signature_counts_from_where_it_stands() {
    let mut song = Song::new(RATE);
    let new_bars = Point {
        bar_quarters: 6.0,
        bar_number: 2,
        numerator: 7,
        denominator: 8,
        ..point(144_000, 6.0, 120.0)
    };
    let old_bars = Point {
        numerator: 3,
        ..point(0, 0.0, 120.0)
    };
    song.take(&[old_bars, new_bars]);
    let stretch = song.after(None).unwrap();
    let place = |quarters: f64| {
        let found = stretch.beat_from(quarters, Feel::Plain).unwrap();
        let place = found.metre.place(found.quarters, found.tempo);
        (found.quarters, place.bar, place.beat)
    };
    assert_eq!(place(4.5), (5.0, 1, 2));
    assert_eq!(place(5.5), (6.0, 2, 0));
    assert_eq!(place(9.1), (9.5, 3, 0));
}
