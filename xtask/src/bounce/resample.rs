//! Changing the sample rate of a stream, with the resampler's delay taken out.

use anyhow::Result;
use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Resampler, WindowFunction};
use stage::Planar;

/// Samples per channel that go into the resampler at once, at least: the more, the closer to half
/// the lower rate its filter reaches.
const MIN_BLOCK: usize = 1024;

/// A stream from one sample rate to another; sample 0 of the input is sample 0 of the output.
pub struct Resample {
    resampler: Option<Fft<f32>>,
    pending: Planar,
    /// Samples of the resampler's own delay that still have to be dropped.
    skip: usize,
}

impl Resample {
    /// Between equal rates it passes samples on untouched.
    pub fn new(from_rate: u32, to_rate: u32, channels: usize) -> Result<Self> {
        let resampler = (from_rate != to_rate)
            .then(|| resampler(from_rate, to_rate, channels))
            .transpose()?;
        let skip = resampler
            .as_ref()
            .map_or(0, |resampler| resampler.output_delay());
        Ok(Self {
            resampler,
            pending: vec![Vec::new(); channels],
            skip,
        })
    }

    /// Takes samples in and appends what comes out to `output`.
    pub fn push(&mut self, input: &[&[f32]], output: &mut Planar) -> Result<()> {
        let Some(resampler) = &mut self.resampler else {
            extend(output, input);
            return Ok(());
        };
        extend(&mut self.pending, input);
        let needed = resampler.input_frames_next();
        while self.pending[0].len() >= needed {
            let channels = self.pending.len();
            let chunk = SequentialSliceOfVecs::new(&self.pending, channels, needed)?;
            let resampled = resampler.process(&chunk, None)?.take_data();
            for (channel_idx, channel) in output.iter_mut().enumerate() {
                let samples = resampled.iter().skip(channel_idx).step_by(channels);
                channel.extend(samples.skip(self.skip));
            }
            self.skip = self.skip.saturating_sub(resampled.len() / channels);
            for channel in &mut self.pending {
                channel.drain(..needed);
            }
        }
        Ok(())
    }
}

/// A resampler whose delay is a whole number of samples at both rates: half of an even block.
fn resampler(from_rate: u32, to_rate: u32, channels: usize) -> Result<Fft<f32>> {
    let (from, to) = (from_rate as usize, to_rate as usize);
    let smallest_block = from / greatest_common_divisor(from, to);
    let block = smallest_block * MIN_BLOCK.div_ceil(smallest_block).next_multiple_of(2);
    let window = WindowFunction::BlackmanHarris2;
    Ok(Fft::new_custom(
        from,
        to,
        block,
        1,
        channels,
        window,
        FixedSync::Input,
    )?)
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

/// Appends samples channel by channel.
pub fn extend(planar: &mut Planar, more: &[&[f32]]) {
    for (channel, more) in planar.iter_mut().zip(more) {
        channel.extend_from_slice(more);
    }
}

/// The channels of `planar` as slices.
pub fn slices(planar: &Planar) -> Vec<&[f32]> {
    planar.iter().map(Vec::as_slice).collect()
}
