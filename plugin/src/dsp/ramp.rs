//! A value that moves to its target in a straight line.

/// A gain on its way to a target. The samples are the same however the calls split the time.
#[derive(Debug, Clone)]
pub struct Ramp {
    /// The value of the sample last given out.
    current: f32,
    /// The value after `remaining` more samples.
    target: f32,
    /// Added per sample while `remaining` is not 0.
    step: f32,
    /// Samples until the target.
    remaining: usize,
    /// Samples that a whole move takes.
    length_samples: usize,
}

impl Ramp {
    /// At rest at `value`; every move takes `length_samples`, at least one.
    pub fn new(value: f32, length_samples: usize) -> Self {
        let length_samples = length_samples.max(1);
        Self {
            current: value,
            target: value,
            step: 0.0,
            remaining: 0,
            length_samples,
        }
    }

    /// Starts to move to `target`, unless that is where it is going already.
    pub fn go_to(&mut self, target: f32) {
        if target != self.target {
            self.target = target;
            self.remaining = self.length_samples;
            self.step = (target - self.current) / self.length_samples as f32;
        }
    }

    /// Is at `value` at once.
    pub fn snap_to(&mut self, value: f32) {
        (self.current, self.target, self.remaining) = (value, value, 0);
    }

    /// The value it rests at, or `None` while it moves.
    pub fn resting(&self) -> Option<f32> {
        (self.remaining == 0).then_some(self.current)
    }

    /// The value of the next sample.
    #[inline]
    pub fn step(&mut self) -> f32 {
        if self.remaining > 0 {
            self.remaining -= 1;
            self.current = if self.remaining == 0 {
                self.target
            } else {
                self.current + self.step
            };
        }
        self.current
    }

    /// Fills `values` with the values of the next samples.
    pub fn fill(&mut self, values: &mut [f32]) {
        match self.resting() {
            Some(value) => values.fill(value),
            None => values.iter_mut().for_each(|value| *value = self.step()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_is_the_same_however_the_time_is_split_and_ends_on_its_target() {
        let mut whole = Ramp::new(0.0, 882);
        whole.go_to(0.7);
        let mut expected = [0.0; 1000];
        whole.fill(&mut expected);
        assert_eq!(expected[881..], [0.7; 119]);

        let mut split = Ramp::new(0.0, 882);
        split.go_to(0.7);
        let mut found = [0.0; 1000];
        found.chunks_mut(17).for_each(|part| split.fill(part));
        assert_eq!(found, expected);
    }
}
