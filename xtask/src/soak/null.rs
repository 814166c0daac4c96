//! Compares what comes out with what went in, the latency later.

/// Time after which a change of the faders has surely arrived, besides the latency, in seconds.
const SETTLING_S: f64 = 0.25;

/// Time after which the sound is surely back in a host that does not restart the plugin for another pack or
/// chunk, in seconds.
const FADE_S: f64 = 1.0;

/// The comparison of a stereo main bus.
pub struct Null {
    latency: usize,
    settling_samples: i64,
    fade_samples: i64,
    /// The input of the last `latency` samples; silence after a reset.
    delayed: [Vec<f32>; 2],
    /// The oldest sample in `delayed`.
    oldest: usize,
    /// Whether the faders are where a null is due.
    is_due: bool,
    /// Samples until they have arrived there.
    until_settled: i64,
    /// Samples until the sound is back.
    until_back: i64,
    /// Samples compared, per channel.
    pub num_compared: u64,
    /// The largest difference.
    pub residual: f32,
}

impl Null {
    /// Nothing played yet.
    pub fn new(latency: usize, rate: f64) -> Self {
        Self {
            latency,
            settling_samples: (SETTLING_S * rate) as i64,
            fade_samples: (FADE_S * rate) as i64,
            delayed: [vec![0.0; latency], vec![0.0; latency]],
            oldest: 0,
            is_due: false,
            until_settled: 0,
            until_back: 0,
            num_compared: 0,
            residual: 0.0,
        }
    }

    /// The plugin was reset. Faders meet their targets at once then; a fade goes on.
    pub fn reset(&mut self) {
        self.delayed
            .iter_mut()
            .for_each(|channel| channel.fill(0.0));
        self.until_settled = self.settling_samples;
    }

    /// The faders move.
    pub fn pause(&mut self) {
        self.is_due = false;
    }

    /// With the next block the faders are set for a null.
    pub fn start(&mut self) {
        self.is_due = true;
        self.until_settled = self.latency as i64 + self.settling_samples;
    }

    /// The plugin fades out for a restart that it may not get, and in again.
    pub fn hold(&mut self) {
        self.until_back = self.fade_samples;
    }

    /// Takes a block's input and the output that came for it.
    pub fn compare(&mut self, input: &[&[f32]; 2], output: &[&[f32]]) {
        let frames = input[0].len();
        let until_due = self.until_settled.max(self.until_back);
        for frame in 0..frames {
            let is_compared = self.is_due && until_due <= frame as i64;
            for (channel, delayed) in self.delayed.iter_mut().enumerate() {
                let expected = std::mem::replace(&mut delayed[self.oldest], input[channel][frame]);
                if is_compared {
                    let residual = (output[channel][frame] - expected).abs();
                    // A NaN counts as one elsewhere.
                    self.residual = self.residual.max(residual);
                }
            }
            self.num_compared += u64::from(is_compared);
            self.oldest = (self.oldest + 1) % self.latency;
        }
        self.until_settled -= frames as i64;
        self.until_back -= frames as i64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f64 = 1000.0;
    const LATENCY: usize = 100;

    fn compare(null: &mut Null, frames: usize, output: f32) {
        let (input, output) = (vec![0.5; frames], vec![output; frames]);
        null.compare(&[&input, &input], &[&output, &output]);
    }

    #[test]
    fn a_fade_is_waited_for_whatever_the_host_does_meanwhile() {
        let mut null = Null::new(LATENCY, RATE);
        null.start();
        null.hold();
        compare(&mut null, 100, 0.0);
        null.reset();
        compare(&mut null, 100, 0.0);
        null.pause();
        null.start();
        compare(&mut null, 800, 0.0);
        assert_eq!(null.num_compared, 0);
        compare(&mut null, 100, 0.5);
        assert_eq!((null.num_compared, null.residual), (100, 0.0));
        compare(&mut null, 1, 0.0);
        assert_eq!(null.residual, 0.5);
    }
}
