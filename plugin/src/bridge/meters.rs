//! Levels from the audio thread to the editor.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::params::NUM_STRIPS;

/// Meters that there are: one per strip, then the output.
pub const NUM_METERS: usize = NUM_STRIPS + 1;
/// The index of the output's meter.
pub const OUTPUT_METER: usize = NUM_STRIPS;
/// Channels of a meter. A mono host's meters show their one channel twice.
pub const METER_CHANNELS: usize = 2;

/// Levels after the faders, linear. They are as bits: those of numbers that are not negative are in
/// the order of the numbers, so that the largest can be kept without a lock.
#[derive(Default)]
pub struct Meters {
    /// The largest sample since the editor looked last; raised by the audio thread.
    peaks: [[AtomicU32; METER_CHANNELS]; NUM_METERS],
    /// The root mean square of the last moments; written by the audio thread.
    rms: [[AtomicU32; METER_CHANNELS]; NUM_METERS],
}

impl Meters {
    /// Tells a channel's level, from the audio thread.
    pub fn tell(&self, meter_idx: usize, channel_idx: usize, peak: f32, rms: f32) {
        self.peaks[meter_idx][channel_idx].fetch_max(peak.to_bits(), Ordering::Relaxed);
        self.rms[meter_idx][channel_idx].store(rms.to_bits(), Ordering::Relaxed);
    }

    /// A channel's peak since the last call, and its RMS.
    pub fn take(&self, meter_idx: usize, channel_idx: usize) -> (f32, f32) {
        let peak = self.peaks[meter_idx][channel_idx].swap(0, Ordering::Relaxed);
        let rms = self.rms[meter_idx][channel_idx].load(Ordering::Relaxed);
        (f32::from_bits(peak), f32::from_bits(rms))
    }
}
