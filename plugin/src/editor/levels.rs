//! How the meters move.

use crate::bridge::{METER_CHANNELS, Meters, NUM_METERS};
use crate::params::MIN_GAIN_DB;

/// How fast a peak falls.
const FALL_DB_PER_S: f32 = 24.0;
/// How long the highest peak stays.
const HOLD_S: f32 = 1.5;

/// One channel of a meter, in dB of full scale.
#[derive(Debug, Clone, Copy)]
pub struct Level {
    /// Root mean square.
    pub rms_db: f32,
    /// The peak, falling.
    pub peak_db: f32,
    /// The peak of the last moments.
    pub held_db: f32,
    /// The peak since the last reset.
    pub loudest_db: f32,
    /// For how long `held_db` stays.
    hold_s: f32,
}

impl Level {
    const SILENT: Self = Self {
        rms_db: MIN_GAIN_DB,
        peak_db: MIN_GAIN_DB,
        held_db: MIN_GAIN_DB,
        loudest_db: MIN_GAIN_DB,
        hold_s: 0.0,
    };

    fn update(&mut self, peak: f32, rms: f32, passed_s: f32) {
        let peak_db = decibels(peak);
        let fallen_db = FALL_DB_PER_S * passed_s;
        self.peak_db = peak_db.max(self.peak_db - fallen_db).max(MIN_GAIN_DB);
        // The audio thread's RMS stands still when the host stops.
        self.rms_db = decibels(rms).min(self.peak_db);
        self.loudest_db = self.loudest_db.max(peak_db);
        self.hold_s -= passed_s;
        if peak_db >= self.held_db {
            self.held_db = peak_db;
            self.hold_s = HOLD_S;
        } else if self.hold_s < 0.0 {
            self.held_db = (self.held_db - fallen_db).max(self.peak_db);
        }
    }

    fn is_moving(&self) -> bool {
        self.held_db > MIN_GAIN_DB
    }
}

/// The levels of every meter.
pub struct Levels {
    /// Per meter and channel.
    pub meters: [[Level; METER_CHANNELS]; NUM_METERS],
}

impl Levels {
    /// Silence.
    pub fn new() -> Self {
        Self {
            meters: [[Level::SILENT; METER_CHANNELS]; NUM_METERS],
        }
    }

    /// Takes what the audio thread told since the last call, `passed_s` ago.
    pub fn update(&mut self, told: &Meters, passed_s: f32, is_mono: bool) {
        for (meter_idx, levels) in self.meters.iter_mut().enumerate() {
            for (channel_idx, level) in levels.iter_mut().enumerate() {
                let (peak, rms) = told.take(meter_idx, channel_idx);
                level.update(peak, rms, passed_s);
            }
            if is_mono {
                levels[1] = levels[0];
            }
        }
    }

    /// Forgets the loudest peaks of a meter.
    pub fn reset_loudest(&mut self, meter_idx: usize) {
        for level in &mut self.meters[meter_idx] {
            level.loudest_db = MIN_GAIN_DB;
        }
    }

    /// Whether any meter is not at rest.
    pub fn is_moving(&self) -> bool {
        self.meters.iter().flatten().any(Level::is_moving)
    }
}

fn decibels(linear: f32) -> f32 {
    (20.0 * linear.max(1e-9).log10()).max(MIN_GAIN_DB)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_is_held_then_falls_and_the_loudest_stays() {
        let mut level = Level::SILENT;
        level.update(2.0, 1.0, 0.03);
        assert!((level.held_db - 6.02).abs() < 0.01);
        for _ in 0..40 {
            level.update(0.0, 0.0, 0.03);
        }
        assert!((level.held_db - 6.02).abs() < 0.01, "held for 1.2 s");
        assert!(level.peak_db < -20.0);
        for _ in 0..200 {
            level.update(0.0, 0.0, 0.03);
        }
        assert!(!level.is_moving());
        assert!((level.loudest_db - 6.02).abs() < 0.01);
    }
}
