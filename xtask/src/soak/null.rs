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
    /// Samples until it is.
    until_due: i64,
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
            until_due: 0,
            num_compared: 0,
            residual: 0.0,
        }
    }

    /// The plugin was reset.
    pub fn reset(&mut self) {
        self.delayed
            .iter_mut()
            .for_each(|channel| channel.fill(0.0));
        self.until_due = self.settling_samples;
    }

    /// The faders move.
    pub fn pause(&mut self) {
        self.is_due = false;
    }

    /// With the next block the faders are set for a null.
    pub fn start(&mut self) {
        self.is_due = true;
        self.until_due = self.latency as i64 + self.settling_samples;
    }

    /// The plugin fades out for a restart that it may not get, and in again.
    pub fn hold(&mut self) {
        self.until_due = self.until_due.max(self.fade_samples);
    }

    /// Takes a block's input and the output that came for it.
    pub fn compare(&mut self, input: &[&[f32]; 2], output: &[&[f32]]) {
        let frames = input[0].len();
        for frame in 0..frames {
            let is_compared = self.is_due && self.until_due <= frame as i64;
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
        self.until_due -= frames as i64;
    }
}
