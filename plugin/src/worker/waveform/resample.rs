//! From one rate to another, without delay.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler, WindowFunction};

use crate::dsp::{rate_steps, resampled_len};
use crate::network::RunError;

/// The shortest Fourier transform: the longer, the closer to half the lower rate the filter reaches.
const MIN_BLOCK: usize = 512;

/// Brings signals of one length from one rate to another. What comes out begins with the sample
/// that the input begins with, and nothing is left over from the signal before.
pub struct Resample {
    /// `None` between equal rates.
    resampler: Option<Fft<f32>>,
    /// Samples that go into the resampler at a time.
    block_in: usize,
    /// Samples that come out of it.
    block_out: usize,
    /// Whole blocks: the signal, then silence.
    input: Box<[f32]>,
    /// The resampler's delay, then the signal.
    output: Box<[f32]>,
    input_samples: usize,
    output_samples: usize,
    /// Samples of `output` before the signal.
    delay_samples: usize,
}

impl Resample {
    /// From `from_hz` to `to_hz`, for signals of `input_samples`.
    pub fn new(from_hz: f64, to_hz: f64, input_samples: usize) -> Result<Self, String> {
        let (from, to) = (rate_steps(from_hz), rate_steps(to_hz));
        let output_samples = resampled_len(input_samples, from_hz, to_hz);
        if from == to {
            return Ok(Self {
                resampler: None,
                block_in: 0,
                block_out: 0,
                input: Box::default(),
                output: vec![0.0; input_samples].into(),
                input_samples,
                output_samples,
                delay_samples: 0,
            });
        }
        // An even number of the smallest blocks, so that the delay is a whole number at both rates.
        let smallest = from / greatest_common_divisor(from, to);
        let block_in = smallest * MIN_BLOCK.div_ceil(smallest).next_multiple_of(2);
        let block_out = block_in * to / from;
        let window = WindowFunction::BlackmanHarris2;
        let resampler = Fft::new_custom(from, to, block_in, 1, 1, window, FixedSync::Both)
            .map_err(|error| format!("No resampler from {from_hz} to {to_hz} Hz: {error}"))?;
        let num_blocks = (input_samples + block_in / 2).div_ceil(block_in);
        Ok(Self {
            delay_samples: resampler.output_delay(),
            resampler: Some(resampler),
            input: vec![0.0; num_blocks * block_in].into(),
            output: vec![0.0; num_blocks * block_out].into(),
            block_in,
            block_out,
            input_samples,
            output_samples,
        })
    }

    /// Samples that come out.
    pub fn output_samples(&self) -> usize {
        self.output_samples
    }

    /// Resamples a signal.
    pub fn run(&mut self, signal: impl Iterator<Item = f32>) -> Result<&[f32], RunError> {
        let Some(resampler) = &mut self.resampler else {
            self.output
                .iter_mut()
                .zip(signal)
                .for_each(|(to, from)| *to = from);
            return Ok(&self.output);
        };
        let input = self.input[..self.input_samples].iter_mut();
        input.zip(signal).for_each(|(to, from)| *to = from);
        resampler.reset();
        let blocks_in = self.input.chunks_exact(self.block_in);
        let blocks_out = self.output.chunks_exact_mut(self.block_out);
        for (block_in, block_out) in blocks_in.zip(blocks_out) {
            let failed = |words: String| RunError::Runtime(format!("the resampler: {words}"));
            let block_in = InterleavedSlice::new(block_in, 1, self.block_in)
                .map_err(|error| failed(error.to_string()))?;
            let mut block_out = InterleavedSlice::new_mut(block_out, 1, self.block_out)
                .map_err(|error| failed(error.to_string()))?;
            resampler
                .process_into_buffer(&block_in, &mut block_out, None)
                .map_err(|error| failed(error.to_string()))?;
        }
        Ok(&self.output[self.delay_samples..][..self.output_samples])
    }
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_a_tone_keeps_its_place_and_its_level() {
        let model_hz = 22_050.0;
        for host_hz in [8_000.0, 32_000.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0] {
            let num_samples = (0.3 * host_hz) as usize;
            let tone =
                |i: usize| (1_000.0 * std::f64::consts::TAU * i as f64 / host_hz).sin() as f32;
            let mut down = Resample::new(host_hz, model_hz, num_samples).unwrap();
            let mut up = Resample::new(model_hz, host_hz, down.output_samples()).unwrap();
            assert!(up.output_samples() >= num_samples, "{host_hz} Hz");
            let at_model = down.run((0..num_samples).map(tone)).unwrap().to_vec();
            let back = up.run(at_model.into_iter()).unwrap();
            // Away from the edges, where the tone begins and ends.
            let edge = (0.05 * host_hz) as usize;
            let middle = edge..num_samples - edge;
            for (i, sample) in middle.clone().zip(&back[middle]) {
                let difference = (sample - tone(i)).abs();
                assert!(difference < 1e-3, "sample {i} at {host_hz} Hz");
            }
        }
    }
}
