//! The picture of the sound for the editor: what each stem took of the input's spectrum.

use realfft::num_complex::Complex32;

use crate::bridge::{Column, MAX_HZ, MIN_HZ, NUM_BANDS, NUM_LANES, NUM_STEMS, column_frames};
use crate::geometry::Geometry;

/// The level that is drawn as silence, in dB below a full-scale sine.
const FLOOR_DB: f32 = -70.0;
/// The level that is drawn brightest.
const CEILING_DB: f32 = -8.0;
/// Music falls by about this much per octave; without it the picture would show bass only.
const TILT_DB_PER_OCTAVE: f32 = 3.0;
/// The frequency at which the tilt adds nothing.
const TILT_HZ: f64 = 400.0;

/// A band as a place in the spectrum.
struct Band {
    /// Its middle, in bins.
    middle: f32,
    /// The first bin of it, where it is wider than one.
    first: usize,
    /// The last bin of it.
    last: usize,
    /// Added to its level.
    tilt_db: f32,
}

/// Draws columns of one frame or, where frames are very short, of several.
pub struct Picture {
    bands: Vec<Band>,
    /// What a magnitude is multiplied with so that a full-scale sine reads 1.
    scale: f32,
    /// Frames of a column.
    column_frames: usize,
    /// Per lane, the power of every bin in the column being drawn, over channels and frames.
    power: [Box<[f32]>; NUM_LANES],
    /// The middle of frame 0, from the chunk's start.
    first_middle: i64,
    hop: i64,
    channels: usize,
}

impl Picture {
    /// For the spectra of this geometry, whose magnitudes read 1 for a full-scale sine after
    /// multiplication with `scale`. The middle of a chunk's frame 0 lies `first_middle` samples
    /// from the chunk's start.
    pub fn new(geometry: &Geometry, channels: usize, scale: f32, first_middle: i64) -> Self {
        let bin_hz = geometry.sample_rate / geometry.fft() as f64;
        let last_bin = geometry.bins() - 1;
        let octaves = (MAX_HZ / MIN_HZ).log2();
        let step = octaves / (NUM_BANDS - 1) as f64;
        let bands = (0..NUM_BANDS)
            .map(|band| {
                let hz = |offset: f64| MIN_HZ * ((band as f64 + offset) * step).exp2();
                let bin = |hz: f64| ((hz / bin_hz).round() as usize).min(last_bin);
                Band {
                    middle: ((hz(0.0) / bin_hz) as f32).min(last_bin as f32),
                    first: bin(hz(-0.5)),
                    last: bin(hz(0.5)),
                    tilt_db: TILT_DB_PER_OCTAVE * (hz(0.0) / TILT_HZ).log2() as f32,
                }
            })
            .collect();
        let hop = geometry.hop as i64;
        Self {
            bands,
            scale,
            column_frames: column_frames(geometry),
            power: std::array::from_fn(|_| vec![0.0; geometry.bins()].into()),
            first_middle,
            hop,
            channels,
        }
    }

    /// Adds a channel of a frame: the input's spectrum, and the shares of it that the first stems
    /// take.
    pub fn add_shares(&mut self, bins: &[Complex32], shares: &[Box<[f32]>; NUM_STEMS - 1]) {
        let [input, stems @ .., rest] = &mut self.power;
        for (bin_idx, bin) in bins.iter().enumerate() {
            let power = bin.norm_sqr();
            input[bin_idx] += power;
            let mut left = 1.0;
            for (stem, share) in stems.iter_mut().zip(shares) {
                stem[bin_idx] += share[bin_idx] * share[bin_idx] * power;
                left -= share[bin_idx];
            }
            rest[bin_idx] += left * left * power;
        }
    }

    /// Adds a channel of a frame in one lane (the input, then the stems): its spectrum.
    pub fn add_lane(&mut self, lane: usize, bins: &[Complex32]) {
        for (power, bin) in self.power[lane].iter_mut().zip(bins) {
            *power += bin.norm_sqr();
        }
    }

    /// Ends a frame of a chunk that starts at `chunk_start`; returns the column if it was the last
    /// one of it.
    pub fn finish(&mut self, epoch: u32, chunk_start: i64, frame_idx: usize) -> Option<Column> {
        let frame = chunk_start / self.hop + frame_idx as i64;
        if (frame + 1) % self.column_frames as i64 != 0 {
            return None;
        }
        let num_added = self.channels * self.column_frames;
        let to_power = self.scale * self.scale / num_added as f32;
        let bands = self.power.each_ref().map(|power| {
            std::array::from_fn(|band_idx| {
                let band = &self.bands[band_idx];
                level(to_power * power_in(power, band), band.tilt_db)
            })
        });
        self.power.iter_mut().for_each(|power| power.fill(0.0));
        Some(Column {
            epoch,
            position: chunk_start + self.first_middle + frame_idx as i64 * self.hop,
            bands,
        })
    }
}

/// The loudest bin of a wide band, and what lies between two bins for a narrow one.
fn power_in(power: &[f32], band: &Band) -> f32 {
    if band.last > band.first {
        return power[band.first..=band.last]
            .iter()
            .fold(0.0, |loudest, &bin| bin.max(loudest));
    }
    let below = band.middle as usize;
    let above = (below + 1).min(power.len() - 1);
    let part = band.middle.fract();
    power[below] * (1.0 - part) + power[above] * part
}

fn level(power: f32, tilt_db: f32) -> u8 {
    let db = 10.0 * power.max(1e-20).log10() + tilt_db;
    // The conversion saturates.
    (255.0 * (db - FLOOR_DB) / (CEILING_DB - FLOOR_DB)) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::Stft;
    use crate::geometry::{ChunkSetting, Stream};

    #[test]
    fn a_tone_lights_its_band_in_the_lanes_that_take_it() {
        let geometry = Geometry::new(&Stream::DEFAULT, 44_100.0, ChunkSetting::Hop);
        let mut stft = Stft::new(geometry.hop);
        let mut picture = Picture::new(&geometry, 1, stft.magnitude_scale(), 0);
        let tone: Vec<f32> = (0..geometry.fft())
            .map(|i| (i as f32 * 440.0 * std::f32::consts::TAU / 44_100.0).sin())
            .collect();
        let mut bins = vec![Complex32::ZERO; geometry.bins()];
        stft.analyse(&tone, &mut bins);
        // All of it goes to the bass.
        let shares = [0.0, 1.0, 0.0].map(|share| vec![share; geometry.bins()].into());
        picture.add_shares(&bins, &shares);
        let column = picture.finish(3, 0, 0).unwrap();

        let loudest = |lane: usize| column.bands[lane].iter().max().copied();
        let brightest = column.bands[0].iter().position(|&level| level == 255);
        let expected = (NUM_BANDS - 1) as f64 * (440.0 / MIN_HZ).log2() / (MAX_HZ / MIN_HZ).log2();
        assert!((brightest.unwrap() as f64 - expected).abs() <= 2.0);
        assert_eq!(
            [1, 2, 3, 4].map(loudest),
            [Some(0), Some(255), Some(0), Some(0)]
        );
        assert_eq!(column.epoch, 3);
    }
}
