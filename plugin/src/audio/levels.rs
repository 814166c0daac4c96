//! Measures what the strips and the output sound like, for the editor's meters.

use crate::bridge::{METER_CHANNELS, Meters, NUM_METERS, OUTPUT_METER};

/// Time over which the mean square forgets, in seconds: as slow as the ear, as VU meters are.
const RMS_S: f64 = 0.3;

/// A mean square below this is silence: -80 dBFS.
const SILENCE: f32 = 1e-8;

/// The mean squares so far.
pub struct Levels {
    /// Per meter and channel.
    mean_squares: [[f32; METER_CHANNELS]; NUM_METERS],
    /// The share of a sample in the mean square.
    sample_weight: f32,
}

impl Levels {
    /// Silence so far.
    pub fn new(sample_rate: f64) -> Self {
        Self {
            mean_squares: Default::default(),
            sample_weight: (1.0 / (RMS_S * sample_rate)) as f32,
        }
    }

    /// Silence so far.
    pub fn reset(&mut self) {
        self.mean_squares = Default::default();
    }

    /// Whether the output was not silent in the last moments.
    pub fn is_sounding(&self) -> bool {
        self.mean_squares[OUTPUT_METER]
            .iter()
            .any(|&mean_square| mean_square > SILENCE)
    }

    /// Measures `samples` of a channel and tells the meters.
    pub fn measure(
        &mut self,
        meters: &Meters,
        meter_idx: usize,
        channel_idx: usize,
        samples: impl ExactSizeIterator<Item = f32>,
    ) {
        let len = samples.len().max(1) as f32;
        let (peak, energy) = samples.fold((0.0_f32, 0.0), |(peak, energy), sample| {
            (peak.max(sample.abs()), energy + sample * sample)
        });
        let mean_square = &mut self.mean_squares[meter_idx][channel_idx];
        let weight = (self.sample_weight * len).min(1.0);
        *mean_square += weight * (energy / len - *mean_square);
        meters.tell(meter_idx, channel_idx, peak, mean_square.max(0.0).sqrt());
    }
}
