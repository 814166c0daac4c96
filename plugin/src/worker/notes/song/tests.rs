use super::*;

const RATE: f64 = 48_000.0;

fn point(position: i64, quarters: f64, tempo: f64) -> Point {
    Point::of_song(position, quarters, tempo)
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

#[test]
fn a_change_within_a_block_is_where_it_was_however_long_the_block() {
    const CHANGE: i64 = 192_000; // the third bar, at 120
    let beats = |since: i64, position: i64, tempo: f64, (numerator, denominator): (u8, u8)| {
        let mut song = Song::new(RATE);
        let quarters = 8.0 + (position - CHANGE) as f64 * tempo / 60.0 / RATE;
        let changed = Point {
            since,
            bar_quarters: 8.0,
            bar_number: 2,
            numerator,
            denominator,
            ..point(position, quarters, tempo)
        };
        song.take(&[point(0, 0.0, 120.0), changed]);
        let stretch = song.after(None).unwrap();
        let mut found = Vec::new();
        let mut from = 6.5;
        for _ in 0..8 {
            let beat = stretch.beat_from(from, Feel::Plain).unwrap();
            let place = beat.metre.place(beat.quarters, beat.tempo);
            let position = stretch.position_at(beat.quarters).round() as i64;
            found.push((
                position,
                place.bar,
                place.beat,
                place.beats_per_bar,
                place.bpm,
            ));
            from = beat.quarters + 2.0 * SAME;
        }
        found
    };
    for tempo in [60.0, 120.0, 170.0] {
        for signature in [(4, 4), (3, 4), (7, 8), (6, 8)] {
            let expected = beats(CHANGE - 1, CHANGE, tempo, signature);
            for block in [500, 512, 1_000, 1_024, 4_096] {
                let position = (CHANGE as u64).next_multiple_of(block) as i64;
                let found = beats(position - block as i64, position, tempo, signature);
                assert_eq!(found, expected, "{tempo}, {signature:?}, blocks of {block}");
            }
        }
    }
}

#[test]
fn what_is_looked_at_ahead_does_not_depend_on_when_a_host_tells_a_change() {
    const CHANGE: i64 = 192_000; // the third bar, at 120
    let changed = Point {
        bar_quarters: 8.0,
        bar_number: 2,
        numerator: 3,
        ..point(CHANGE, 8.0, 60.0)
    };
    let ahead = |until: i64, points: &[Point]| {
        let mut song = Song::new(RATE);
        song.take(points);
        let stretch = song.after(None).unwrap().as_told(until, 4_800).into_owned();
        let beat = stretch.beat_from(8.0, Feel::Plain).unwrap();
        (beat.place(), stretch.position_at(9.0).round() as i64)
    };
    let untold = ahead(CHANGE, &[point(0, 0.0, 120.0)]);
    assert_eq!(
        ahead(CHANGE + 4_799, &[point(0, 0.0, 120.0), changed]),
        untold
    );
    let told = ahead(CHANGE + 4_800, &[point(0, 0.0, 120.0), changed]);
    assert_eq!((told.0.beats_per_bar, told.1), (3, CHANGE + 48_000));
}
