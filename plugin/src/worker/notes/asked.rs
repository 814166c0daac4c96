//! What is asked of the band, until the bars come that it holds for.

use std::collections::VecDeque;

use crate::bridge::Direction;

/// A direction holds for a bar that starts up to so long before it, in seconds: many hosts tell automation
/// only once a block, of which the usual ones are no longer.
pub const SLACK_S: f64 = 0.1;

/// The directions of the input that the band has heard and not yet played to.
pub struct Asked {
    /// Each with the input position from which on it holds, in order.
    directions: VecDeque<(i64, Direction)>,
    /// See [`SLACK_S`].
    slack_samples: i64,
}

impl Asked {
    /// Nothing.
    pub fn new(sample_rate: f64) -> Self {
        Self {
            directions: VecDeque::new(),
            slack_samples: (SLACK_S * sample_rate) as i64,
        }
    }

    /// Nothing.
    pub fn reset(&mut self) {
        self.directions.clear();
    }

    /// Takes a chunk's.
    pub fn take(&mut self, directions: &[(i64, Direction)]) {
        for (position, direction) in directions {
            let last = self.directions.back();
            if last.is_none_or(|(_, d)| d != direction) {
                // Where automation is not aligned any more, positions go back once.
                let from = last.map_or(*position, |(from, _)| *position.max(from));
                self.directions.push_back((from, *direction));
            }
        }
    }

    /// What is asked of a bar that starts at an input position.
    pub fn at(&self, position: i64) -> Direction {
        let until = position + self.slack_samples;
        let mut before = self.directions.iter().rev();
        let found = before.find(|(from, _)| *from <= until);
        let found = found.or(self.directions.front());
        found.map(|(_, direction)| *direction).unwrap_or_default()
    }

    /// Forgets what holds for no bar that starts at an input position or later.
    pub fn forget_before(&mut self, position: i64) {
        let is_old = |next: &(i64, Direction)| next.0 <= position;
        while self.directions.get(1).is_some_and(is_old) {
            self.directions.pop_front();
        }
    }
}
