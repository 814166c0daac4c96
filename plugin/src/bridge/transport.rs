//! The host's transport, from the audio thread to the worker.

/// The most points of a chunk: a ramp of the tempo in blocks of 172 samples.
pub const MAX_POINTS: usize = 256;

/// A place of the host's song. Between two points of one stretch the song goes on in a straight line,
/// after the last one at its tempo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The input position.
    pub position: i64,
    /// The input position up to which the point before still told the song right.
    pub since: i64,
    /// The place in the song, in quarter notes; 0 where the transport does not run.
    pub quarters: f64,
    /// Quarter notes per minute.
    pub tempo: f64,
    /// Where a bar starts, in quarter notes.
    pub bar_quarters: f64,
    /// The number of that bar, from 0.
    pub bar_number: i32,
    /// Of the time signature.
    pub numerator: u8,
    /// Of the time signature.
    pub denominator: u8,
    /// Whether the transport runs.
    pub is_playing: bool,
    /// Whether the song does not go on from the point before.
    pub is_jump: bool,
}

impl Point {
    /// Length of a bar in quarter notes.
    pub fn bar_len(&self) -> f64 {
        4.0 * f64::from(self.numerator) / f64::from(self.denominator)
    }
}

#[cfg(test)]
impl Point {
    /// Of a song in 4/4 from 0 on.
    pub fn of_song(position: i64, quarters: f64, tempo: f64) -> Self {
        Self {
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
}

/// Points in the order of their positions, of which there is room for [`MAX_POINTS`].
pub struct Points(Vec<Point>);

impl Points {
    /// None; with room for some where the stream `has_band`.
    pub(super) fn new(has_band: bool) -> Self {
        Self(Vec::with_capacity(if has_band { MAX_POINTS } else { 0 }))
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds one; where there is no room it takes the place of the last. A jump gives its place to another only: what
    /// comes after it is told with the next chunk.
    pub fn add(&mut self, mut point: Point) {
        if self.0.len() < self.0.capacity() {
            self.0.push(point);
        } else if let Some(last) = self.0.last_mut()
            && (point.is_jump || !last.is_jump)
        {
            if !point.is_jump {
                point.since = last.since;
            }
            *last = point;
        }
    }

    /// All of them.
    pub fn all(&self) -> &[Point] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_stays_where_it_was_however_full_the_chunk() {
        let mut points = Points::new(true);
        for position in 0..2 * MAX_POINTS as i64 {
            points.add(Point {
                is_jump: position == 300,
                ..Point::of_song(position, 0.0, 120.0)
            });
        }
        let jumps = points.all().iter().filter(|point| point.is_jump);
        assert_eq!(jumps.map(|point| point.position).collect::<Vec<_>>(), [300]);
    }
}
