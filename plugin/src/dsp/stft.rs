//! The short-time Fourier transform and its inverse: periodic Hann windows on both sides, four
//! frames over every sample.

use std::sync::Arc;

use ndarray::Array3;
use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use crate::geometry::OVERLAP;

/// Spectra as [frames, channels, bins].
pub type Spectrum = Array3<Complex32>;

/// The sum of the squared Hann windows over any sample, at an overlap of [`OVERLAP`] = 4.
const OVERLAPPED_WINDOWS: f32 = 1.5;

/// Transforms windows of a fixed length.
pub struct Stft {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    /// The periodic Hann window.
    window: Box<[f32]>,
    /// One windowed frame.
    frame: Box<[f32]>,
    /// One spectrum for the inverse, which destroys its input.
    bins: Box<[Complex32]>,
    /// Work space of either transform.
    scratch: Box<[Complex32]>,
}

impl Stft {
    /// For windows of `OVERLAP * hop` samples.
    pub fn new(hop: usize) -> Self {
        let fft = OVERLAP * hop;
        let mut planner = RealFftPlanner::new();
        let forward = planner.plan_fft_forward(fft);
        let inverse = planner.plan_fft_inverse(fft);
        let turn = std::f64::consts::TAU / fft as f64;
        let scratch_len = forward.get_scratch_len().max(inverse.get_scratch_len());
        Self {
            window: (0..fft)
                .map(|i| (0.5 - 0.5 * (turn * i as f64).cos()) as f32)
                .collect(),
            frame: vec![0.0; fft].into(),
            bins: forward.make_output_vec().into(),
            scratch: vec![Complex32::ZERO; scratch_len].into(),
            forward,
            inverse,
        }
    }

    /// The factor that makes a full-scale sine's bin read 1.
    pub fn magnitude_scale(&self) -> f32 {
        // Half the window's sum, which is half the window's length.
        4.0 / self.window.len() as f32
    }

    /// The spectrum of the window over `samples` (`OVERLAP * hop` of them) into `bins`
    /// (`OVERLAP * hop / 2 + 1`).
    pub fn analyse(&mut self, samples: &[f32], bins: &mut [Complex32]) {
        for ((windowed, sample), window) in self.frame.iter_mut().zip(samples).zip(&self.window) {
            *windowed = sample * window;
        }
        let done = self
            .forward
            .process_with_scratch(&mut self.frame, bins, &mut self.scratch);
        debug_assert!(done.is_ok(), "the lengths are fixed by new()");
    }

    /// Adds the window's samples of the spectrum times `mask` to `sum` (`OVERLAP * hop` of them).
    /// With a mask of ones, adding every frame of a signal gives the signal.
    pub fn add_masked(&mut self, bins: &[Complex32], mask: &[f32], sum: &mut [f32]) {
        for ((masked, bin), gain) in self.bins.iter_mut().zip(bins).zip(mask) {
            *masked = bin * gain;
        }
        let done =
            self.inverse
                .process_with_scratch(&mut self.bins, &mut self.frame, &mut self.scratch);
        debug_assert!(
            done.is_ok(),
            "real masks keep the first and the last bin real"
        );
        let scale = 1.0 / (OVERLAPPED_WINDOWS * self.window.len() as f32);
        for ((sum, sample), window) in sum.iter_mut().zip(&self.frame).zip(&self.window) {
            *sum += sample * window * scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn analysis_and_synthesis_give_the_signal_back() {
        for hop in [93, 512, 558, 1116] {
            let fft = OVERLAP * hop;
            let mut stft = Stft::new(hop);
            let signal: Vec<f32> = (0..fft * 3)
                .map(|i| (i as f32 * 0.37).sin() * (i as f32 * 0.011).cos())
                .collect();
            let mut bins = vec![Complex32::ZERO; fft / 2 + 1];
            let mask = vec![1.0; fft / 2 + 1];
            let mut sum = vec![0.0; signal.len()];
            for start in (0..=signal.len() - fft).step_by(hop) {
                stft.analyse(&signal[start..start + fft], &mut bins);
                stft.add_masked(&bins, &mask, &mut sum[start..start + fft]);
            }
            for i in fft..signal.len() - fft {
                assert!((sum[i] - signal[i]).abs() < 1e-6, "sample {i} at hop {hop}");
            }
        }
    }
}
