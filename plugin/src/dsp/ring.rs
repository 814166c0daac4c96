//! The recent past of a signal, addressed by position.

/// The last samples of one channel. Positions count from the start of the stream; before it lies
/// silence.
#[derive(Debug)]
pub struct Ring {
    /// A sample at position p lies at `p % samples.len()`.
    samples: Box<[f32]>,
}

impl Ring {
    /// Remembers the last `capacity` samples.
    pub fn new(capacity: usize) -> Self {
        Self {
            samples: vec![0.0; capacity.max(1)].into(),
        }
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.samples.fill(0.0);
    }

    /// Writes `input`, whose first sample has the position `position`.
    pub fn write(&mut self, position: i64, input: &[f32]) {
        let (head, tail) = input.split_at(self.until_wrap(position).min(input.len()));
        let start = self.index(position);
        self.samples[start..start + head.len()].copy_from_slice(head);
        self.samples[..tail.len()].copy_from_slice(tail);
    }

    /// Reads into `output` from `position` on.
    pub fn read(&self, position: i64, output: &mut [f32]) {
        let split = self.until_wrap(position).min(output.len());
        let (head, tail) = output.split_at_mut(split);
        let start = self.index(position);
        head.copy_from_slice(&self.samples[start..start + head.len()]);
        tail.copy_from_slice(&self.samples[..tail.len()]);
    }

    fn index(&self, position: i64) -> usize {
        position.rem_euclid(self.samples.len() as i64) as usize
    }

    fn until_wrap(&self, position: i64) -> usize {
        self.samples.len() - self.index(position)
    }
}
