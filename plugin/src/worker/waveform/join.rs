//! Windows of audio that fade into each other.

/// The sum of overlapping windows.
///
/// A window is a chunk and an overlap long and begins a chunk after the one before. With the smooth
/// step `F` from 0 to 1 over the overlap, a window's sample `i` weighs `F(i) - F(i - chunk)`: where
/// chunks are longer than the overlap that is a crossfade, where they are shorter several windows
/// are averaged, and the weights over a sample sum to one either way.
pub struct Join {
    /// Of each sample of a window.
    weights: Box<[f32]>,
    /// The chunk's stem, then samples that later windows will still be added to.
    sum: Box<[f32]>,
    chunk_samples: usize,
}

impl Join {
    /// Nothing added yet.
    pub fn new(chunk_samples: usize, overlap_samples: usize) -> Self {
        let step = |i: i64| {
            let part = (i as f64 + 0.5) / overlap_samples.max(1) as f64;
            (part.clamp(0.0, 1.0) * std::f64::consts::FRAC_PI_2)
                .sin()
                .powi(2)
        };
        let len = (chunk_samples + overlap_samples) as i64;
        let weight = |i: i64| (step(i) - step(i - chunk_samples as i64)) as f32;
        Self {
            weights: (0..len).map(weight).collect(),
            sum: vec![0.0; chunk_samples + overlap_samples].into(),
            chunk_samples,
        }
    }

    /// Drops what was added: the next window fades in from nothing.
    pub fn reset(&mut self) {
        self.sum.fill(0.0);
    }

    /// Adds the next window.
    pub fn add(&mut self, window: &[f32]) {
        for ((sum, sample), weight) in self.sum.iter_mut().zip(window).zip(&self.weights) {
            *sum += sample * weight;
        }
    }

    /// The chunk that the window finished.
    pub fn finished(&self) -> &[f32] {
        &self.sum[..self.chunk_samples]
    }

    /// Moves on by a chunk.
    pub fn advance(&mut self) {
        let open_samples = self.sum.len() - self.chunk_samples;
        self.sum.copy_within(self.chunk_samples.., 0);
        self.sum[open_samples..].fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_of_one_signal_give_the_signal_back() {
        for (chunk_samples, overlap_samples) in [(1000, 100), (128, 500), (77, 77)] {
            let mut join = Join::new(chunk_samples, overlap_samples);
            for window_idx in 0..20 {
                join.add(&vec![1.0; chunk_samples + overlap_samples]);
                // Before that some of the windows that fade out here are missing.
                let is_whole = window_idx * chunk_samples >= overlap_samples;
                if is_whole {
                    let worst = join.finished().iter().map(|sample| (sample - 1.0).abs());
                    let worst = worst.fold(0.0, f32::max);
                    assert!(
                        worst < 1e-6,
                        "{worst} at {chunk_samples}, {overlap_samples}"
                    );
                }
                join.advance();
            }
        }
    }
}
