//! Follows the host's transport.
//!
//! A host tells its place in the song with every block. As long as the song goes on as the last point
//! said there is nothing new: so the points do not depend on how long the blocks are.

use crate::bridge::Point;

/// How far a host's places may be from a straight line in quarter notes: 0.1 ms at 120 per minute.
const TOLERANCE: f64 = 2e-4;
/// A place that is further off than the tempi before and after it explain is a jump, in quarter notes.
const MAX_CORRECTION: f64 = 1.0 / 32.0;
/// Quarter notes per minute; what is outside is taken for the nearest of these. Hosts go no further.
const TEMPI: (f64, f64) = (5.0, 1000.0);
/// Where the host tells none.
const USUAL_TEMPO: f64 = 120.0;

/// What the host tells with a block. What it does not tell is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct HostTime {
    /// Whether its transport runs.
    pub is_playing: bool,
    /// The place in the song, in quarter notes.
    pub quarters: Option<f64>,
    /// Quarter notes per minute.
    pub tempo: Option<f64>,
    /// Where the current bar started, in quarter notes.
    pub bar_quarters: Option<f64>,
    /// The number of the current bar.
    pub bar_number: Option<i32>,
    /// The time signature.
    pub signature: Option<(i32, i32)>,
    /// Where a loop that is on starts and ends, in quarter notes.
    pub loop_quarters: Option<(f64, f64)>,
}

/// Knows where the song is.
pub struct Timeline {
    /// Quarter notes in a sample at a tempo of 1.
    quarters_per_sample: f64,
    /// The longest block.
    max_block_samples: i64,
    /// The last point; `None` until the host told something after a reset.
    last: Option<Point>,
}

impl Timeline {
    /// Nothing known.
    pub fn new(sample_rate: f64, max_block_samples: usize) -> Self {
        Self {
            quarters_per_sample: 1.0 / (60.0 * sample_rate),
            max_block_samples: max_block_samples as i64,
            last: None,
        }
    }

    /// Nothing known.
    pub fn reset(&mut self) {
        self.last = None;
    }

    /// The last point.
    pub fn last(&self) -> Option<Point> {
        self.last
    }

    /// Takes what the host tells with the block that starts at the input `position`; returns a point
    /// where that is news.
    pub fn observe(&mut self, position: i64, time: &HostTime) -> Option<Point> {
        let found = point(position, time);
        let Some(last) = self.last else {
            self.last = Some(Point {
                is_jump: true,
                ..found
            });
            return self.last;
        };
        let news = self.news(&last, found, time)?;
        self.last = Some(news);
        Some(news)
    }

    fn news(&self, last: &Point, mut found: Point, time: &HostTime) -> Option<Point> {
        // The wrapper cuts blocks at parameter changes and tells of each part what the whole began with: the
        // part before this block says nothing of what has changed since the block before began.
        let since = (found.position - self.max_block_samples).max(last.position);
        found.since = since;
        let is_other_tempo = (found.tempo / last.tempo - 1.0).abs() > 1e-6;
        if !found.is_playing || !last.is_playing {
            found.is_jump = found.is_playing != last.is_playing;
            let is_news = found.is_jump || is_other_tempo || !has_signature_of(&found, last);
            return is_news.then_some(found);
        }
        let advance = |from: i64, tempo: f64| {
            (found.position - from) as f64 * tempo * self.quarters_per_sample
        };
        let off = found.quarters - (last.quarters + advance(last.position, last.tempo));
        // What a change of tempo at any place since then makes of it.
        let explained = advance(since, found.tempo) - advance(since, last.tempo);
        let (lowest, highest) = (explained.min(0.0), explained.max(0.0));
        found.is_jump = off < lowest - MAX_CORRECTION || off > highest + MAX_CORRECTION;
        if let Some((start, end)) = time.loop_quarters.filter(|_| found.is_jump) {
            // Within the block before, a loop went back to its start.
            let slope = found.tempo * self.quarters_per_sample;
            let since = ((found.quarters - start) / slope).round();
            // A host may tell any number.
            let position = found.position.saturating_sub(since as i64);
            // In the tempo before: the loop's start may have another.
            let until_wrap = position.saturating_sub(last.position) as f64;
            let reached = last.quarters + until_wrap * last.tempo * self.quarters_per_sample;
            let is_wrap = since >= 0.0 && position > last.position;
            if is_wrap && (reached - end).abs() < MAX_CORRECTION {
                found.position = position;
                found.since = position;
                found.quarters -= since * slope;
                return Some(found);
            }
        }
        if time.bar_number.is_none() && !found.is_jump {
            // Bars of another length came before.
            let bars = (found.bar_quarters - last.bar_quarters) / last.bar_len();
            found.bar_number = last.bar_number.saturating_add(bars.round() as i32);
        }
        let is_off = off.abs() > TOLERANCE || is_other_tempo;
        // A host that does not count its bars has them from the wrapper, which makes them up for the later
        // parts of a block that it cuts: in one signature they go on.
        let is_uncounted = time.bar_number.is_none() && has_signature_of(&found, last);
        let is_same_bars = is_uncounted || has_bars_of(&found, last) || is_made_up(&found, last);
        if is_same_bars && !found.is_jump {
            // Whatever the host recomputes of it in a part of a block.
            found.bar_quarters = last.bar_quarters;
            found.bar_number = last.bar_number;
        }
        (is_off || !is_same_bars).then_some(found)
    }
}

/// The point that a host tells, as if nothing was known before.
fn point(position: i64, time: &HostTime) -> Point {
    let usable = |value: Option<f64>| value.filter(|value| value.is_finite());
    let tempo = usable(time.tempo).filter(|&tempo| tempo > 0.0);
    let place = usable(time.quarters).filter(|place| place.abs() < 1e9);
    let (numerator, denominator) = time
        .signature
        .filter(|(over, under)| (1..=64).contains(over) && matches!(under, 1 | 2 | 4 | 8 | 16 | 32))
        .unwrap_or((4, 4));
    let is_playing = time.is_playing && place.is_some();
    let quarters = place.filter(|_| is_playing).unwrap_or_default();
    let mut point = Point {
        position,
        since: position,
        quarters,
        tempo: tempo.unwrap_or(USUAL_TEMPO).clamp(TEMPI.0, TEMPI.1),
        bar_quarters: 0.0,
        bar_number: 0,
        numerator: numerator as u8,
        denominator: denominator as u8,
        is_playing,
        is_jump: false,
    };
    if is_playing {
        let bar_len = point.bar_len();
        // Hosts that know no bars may tell the first one for ever.
        let told =
            usable(time.bar_quarters).filter(|start| (quarters - start).abs() <= 2.0 * bar_len);
        let start = told.unwrap_or_else(|| (quarters / bar_len).floor() * bar_len);
        point.bar_quarters = start;
        // Whatever a host rounds, and after bars of other lengths too.
        let number = (start / bar_len + 0.1).floor() as i32;
        let is_of_it = told.is_some() || time.bar_quarters.is_none();
        point.bar_number = time.bar_number.filter(|_| is_of_it).unwrap_or(number);
    }
    point
}

fn has_signature_of(a: &Point, b: &Point) -> bool {
    (a.numerator, a.denominator) == (b.numerator, b.denominator)
}

/// Whether the bars go on as `last` said.
fn has_bars_of(found: &Point, last: &Point) -> bool {
    let bars = (found.bar_quarters - last.bar_quarters) / found.bar_len();
    let number = f64::from(found.bar_number) - f64::from(last.bar_number);
    has_signature_of(found, last) && (bars - number).abs() < 1e-3
}

/// Whether the bars are those of a song that has one time signature, which the wrapper makes up for
/// the later parts of a block that it cuts at parameter changes, and hosts that know no better.
fn is_made_up(found: &Point, last: &Point) -> bool {
    let bar_len = found.bar_len();
    let number = (found.bar_quarters / bar_len).round();
    let is_plain = (found.bar_quarters - number * bar_len).abs() < 1e-3;
    has_signature_of(found, last) && is_plain && number == f64::from(found.bar_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f64 = 48_000.0;

    fn at(quarters: f64, tempo: f64) -> HostTime {
        HostTime {
            is_playing: true,
            quarters: Some(quarters),
            tempo: Some(tempo),
            signature: Some((4, 4)),
            ..HostTime::default()
        }
    }

    /// The news of blocks of `block` samples, of a song that goes on at `quarters_at`.
    fn news(block: i64, until: i64, time_at: impl Fn(i64) -> HostTime) -> Vec<Point> {
        let mut timeline = Timeline::new(RATE, block as usize);
        let positions = (0..until).step_by(block as usize);
        positions
            .filter_map(|position| timeline.observe(position, &time_at(position)))
            .collect()
    }

    #[test]
    fn a_steady_song_is_one_point_whatever_the_blocks() {
        // As a host does that counts samples, from a pre-roll on.
        let steady = |position: i64| at(position as f64 * 97.3 / 60.0 / RATE - 4.0, 97.3);
        let one = news(64, 1_000_000, steady);
        assert_eq!(one.len(), 1);
        assert_eq!((one[0].bar_number, one[0].bar_quarters), (-1, -4.0));
        assert_eq!(one, news(1_111, 1_000_000, steady));
    }

    #[test]
    fn a_host_that_tells_the_first_bar_for_ever_has_others_all_the_same() {
        let song = |position: i64| HostTime {
            bar_quarters: Some(0.0),
            bar_number: Some(0),
            ..at(position as f64 / 24_000.0, 120.0)
        };
        let found = news(512, 1_000_000, song);
        let last = found.last().unwrap();
        let bars = (last.quarters - last.bar_quarters) / 4.0;
        assert_eq!(
            last.bar_number + bars.floor() as i32,
            last.quarters as i32 / 4
        );
        assert!(found.len() < 3, "{found:?}");
    }

    #[test]
    fn a_fast_song_is_one_point_too() {
        for tempo in [9.0, 360.0, 960.0] {
            let steady = move |position: i64| at(position as f64 * tempo / 60.0 / RATE, tempo);
            assert_eq!(news(4_096, 1_000_000, steady).len(), 1, "{tempo}");
        }
    }

    #[test]
    fn a_seek_is_a_jump_and_a_change_of_tempo_is_none() {
        let change = 48_000;
        let step = |position: i64| match position - change {
            after if after >= 0 => at(2.0 + after as f64 / 60.0 / RATE * 60.0, 60.0),
            before => at(2.0 + before as f64 / 60.0 / RATE * 120.0, 120.0),
        };
        for block in [48, 1_000, 7_777] {
            let found = news(block, 96_000, step);
            assert_eq!(found.len(), 2, "{block}");
            assert!(!found[1].is_jump, "blocks of {block}");
            assert!(found[1].since < change && found[1].position >= change);
        }
        let seek = |position: i64| {
            let jump = if position < change { 0.0 } else { 4.0 };
            at(position as f64 * 2.0 / RATE + jump, 120.0)
        };
        let found = news(480, 96_000, seek);
        assert_eq!((found.len(), found[1].is_jump), (2, true));
    }

    #[test]
    fn bars_that_the_wrapper_makes_up_do_not_count() {
        // Three bars of three quarters, then bars of four. CLAP's numbers come with them, VST3 has none.
        for has_numbers in [true, false] {
            let mut timeline = Timeline::new(RATE, 512);
            let mut tell = |quarters: f64, signature: (i32, i32), bar: (f64, i32)| {
                let time = HostTime {
                    bar_quarters: Some(bar.0),
                    bar_number: has_numbers.then_some(bar.1),
                    signature: Some(signature),
                    ..at(quarters, 120.0)
                };
                let position = (quarters * RATE / 2.0) as i64;
                timeline.observe(position, &time)
            };
            assert!(tell(0.0, (3, 4), (0.0, 0)).is_some());
            let turn = tell(9.0, (4, 4), (9.0, 3)).unwrap();
            assert_eq!((turn.bar_quarters, turn.bar_number), (9.0, 3));
            assert!(tell(9.5, (4, 4), (8.0, 2)).is_none(), "made up");
            assert!(tell(13.0, (4, 4), (12.0, 3)).is_none(), "made up");
            assert!(tell(13.5, (4, 4), (13.0, 4)).is_none(), "as expected");
        }
    }

    #[test]
    fn a_change_is_looked_for_in_the_whole_block_before_although_the_wrapper_cut_it() {
        // At 100 samples into a block the tempo doubles; a parameter changes at 2,000.
        const BLOCK: i64 = 2_048;
        let mut timeline = Timeline::new(RATE, BLOCK as usize);
        let quarters_of = |samples: i64, tempo: f64| samples as f64 * tempo / 60.0 / RATE;
        assert!(timeline.observe(0, &at(0.0, 120.0)).is_some());
        let part = at(quarters_of(2_000, 120.0), 120.0);
        assert!(timeline.observe(2_000, &part).is_none());
        let whole = quarters_of(100, 120.0) + quarters_of(BLOCK - 100, 240.0);
        let found = timeline.observe(BLOCK, &at(whole, 240.0)).unwrap();
        assert!(!found.is_jump && found.since <= 100, "{found:?}");
    }

    #[test]
    fn a_loop_whose_ends_have_other_tempi_wraps_where_it_does() {
        // From quarter 8 at 60 back to quarter 4 at 120, 3,000 samples before a block's end.
        let mut timeline = Timeline::new(RATE, 4_096);
        let time = |quarters: f64, tempo: f64| HostTime {
            loop_quarters: Some((4.0, 8.0)),
            ..at(quarters, tempo)
        };
        let (wrap, end) = (96_000, 99_000);
        assert!(timeline.observe(0, &time(6.0, 60.0)).is_some());
        let after = 4.0 + 3_000.0 * 120.0 / 60.0 / RATE;
        let found = timeline.observe(end, &time(after, 120.0)).unwrap();
        assert_eq!((found.is_jump, found.position), (true, wrap));
        assert!((found.quarters - 4.0).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn bars_that_the_host_does_not_count_are_counted_on_over_other_metres() {
        // A bar of two quarters, then bars of four; blocks of an eighth.
        let mut timeline = Timeline::new(RATE, 12_000);
        let numbers: Vec<_> = (0..40)
            .filter_map(|idx| {
                let quarters = f64::from(idx) / 2.0;
                let is_short = (4.0..6.0).contains(&quarters);
                let bar = match is_short {
                    true => 4.0,
                    false if quarters < 4.0 => 0.0,
                    false => 6.0 + ((quarters - 6.0) / 4.0).floor() * 4.0,
                };
                let time = HostTime {
                    bar_quarters: Some(bar),
                    signature: Some((if is_short { 2 } else { 4 }, 4)),
                    ..at(quarters, 120.0)
                };
                timeline.observe((quarters * RATE / 2.0) as i64, &time)
            })
            .map(|point| (point.quarters, point.bar_number))
            .collect();
        assert_eq!(numbers, [(0.0, 0), (4.0, 1), (6.0, 2)]);
    }

    #[test]
    fn nonsense_is_no_song() {
        for quarters in [None, Some(f64::NAN), Some(f64::INFINITY)] {
            let time = HostTime {
                quarters,
                tempo: Some(-3.0),
                signature: Some((0, 7)),
                ..at(0.0, 120.0)
            };
            let found = Timeline::new(RATE, 512).observe(0, &time);
            let found = found.expect("the first is news");
            assert!(!found.is_playing);
            assert_eq!((found.tempo, found.numerator), (120.0, 4));
        }
    }
}
