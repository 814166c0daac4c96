//! Levels over time and the logarithm of frequency.

use anyhow::Result;
use realfft::RealFftPlanner;

/// Length of the window in seconds: long enough to part bass notes, short enough for drums.
const WINDOW_S: f64 = 0.07;
/// The frequencies at the bottom and at the top, in Hz.
const LOWEST: f64 = 40.0;
const HIGHEST: f64 = 16_000.0;

/// Levels in dB by column (time) and row (frequency, the highest first).
pub struct Spectrogram {
    levels: Vec<f32>,
    height: usize,
    /// Frequency at the top edge in Hz.
    highest: f64,
}

impl Spectrogram {
    /// Of `samples`, in a picture of `width` by `height`.
    pub fn new(samples: &[f32], sample_rate: u32, width: usize, height: usize) -> Result<Self> {
        let rate = f64::from(sample_rate);
        let fft_len = ((rate * WINDOW_S) as usize).next_power_of_two();
        let mut planner = RealFftPlanner::<f32>::new();
        let fft = planner.plan_fft_forward(fft_len);
        let window: Vec<f32> = (0..fft_len)
            .map(|n| {
                (std::f32::consts::PI * (n as f32 + 0.5) / fft_len as f32)
                    .sin()
                    .powi(2)
            })
            .collect();
        let mut this = Self {
            levels: Vec::new(),
            height,
            highest: HIGHEST.min(rate / 2.0),
        };
        let mut frame = fft.make_input_vec();
        let mut spectrum = fft.make_output_vec();
        for column in 0..width {
            let centre = (column as f64 + 0.5) / width as f64 * samples.len() as f64;
            let start = centre as isize - fft_len as isize / 2;
            for (n, (sample, weight)) in frame.iter_mut().zip(&window).enumerate() {
                let position = usize::try_from(start + n as isize).ok();
                *sample = weight * position.and_then(|at| samples.get(at)).unwrap_or(&0.0);
            }
            fft.process(&mut frame, &mut spectrum)?;
            let powers: Vec<f32> = spectrum.iter().map(|bin| bin.norm_sqr()).collect();
            for row in 0..height {
                let bin_of = |edge: f64| this.frequency(edge) / rate * fft_len as f64;
                let power = peak(&powers, bin_of(row as f64 + 1.0), bin_of(row as f64));
                this.levels.push(10.0 * (power + 1e-12).log10());
            }
        }
        Ok(this)
    }

    /// The level of a pixel.
    pub fn db(&self, column: usize, row: usize) -> f32 {
        self.levels[column * self.height + row]
    }

    /// The level that one pixel in a thousand exceeds.
    pub fn loudest_db(&self) -> f32 {
        let mut levels = self.levels.clone();
        levels.sort_by(f32::total_cmp);
        levels[levels.len() - 1 - levels.len() / 1000]
    }

    /// The row of a frequency in Hz, where the picture shows it.
    pub fn row_of(&self, frequency: f64) -> Option<usize> {
        let part = (self.highest / frequency).ln() / (self.highest / LOWEST).ln();
        (0.0..1.0)
            .contains(&part)
            .then_some((part * self.height as f64) as usize)
    }

    /// The frequency in Hz at a height, counted from the top in rows.
    fn frequency(&self, row: f64) -> f64 {
        self.highest * (LOWEST / self.highest).powf(row / self.height as f64)
    }
}

/// The largest power between two places in the spectrum, which may lie between two bins.
fn peak(powers: &[f32], low: f64, high: f64) -> f32 {
    let at = |place: f64| {
        let bin = (place as usize).min(powers.len() - 2);
        let part = (place - bin as f64).clamp(0.0, 1.0) as f32;
        powers[bin] * (1.0 - part) + powers[bin + 1] * part
    };
    let inside = powers
        .iter()
        .take(high as usize + 1)
        .skip(low.ceil() as usize);
    inside.copied().fold(at((low + high) / 2.0), f32::max)
}
