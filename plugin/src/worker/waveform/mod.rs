//! The way of a `waveform` pack: a window of input is brought to the model's rate, the networks
//! give its stems, and these are brought back and faded into those of the window before.
//!
//! A window is a chunk and, before it, the overlap. It is resampled by itself, as a signal with
//! silence around it, so that nothing but the input and the fade goes from chunk to chunk.

mod join;
mod resample;

use ndarray::{Array2, Array3, s};

use super::input::Input;
use super::lanes::Lanes;
use super::separate::Way;
use crate::bridge::{Chunk, Column, NUM_STEMS};
use crate::dsp::MAX_SAMPLE;
use crate::geometry::{Geometry, WaveformStream};
use crate::network::{RunError, WaveformNetwork};

use join::Join;
use resample::Resample;

/// Lets the networks play along with the input.
pub struct Waveforms {
    input: Input,
    network: Box<dyn WaveformNetwork>,
    /// To the model's rate.
    down: Resample,
    /// Back to the host's.
    up: Resample,
    /// A window at the host's rate, as one of the network's channels.
    window: Box<[f32]>,
    /// [samples, channels], as the network wants them.
    audio: Array2<f32>,
    /// [samples, stems, channels], as the network gives them.
    stems: Array3<f32>,
    /// Per stem and network channel, stem after stem.
    joins: Box<[Join]>,
    /// Draws for the editor.
    lanes: Lanes,
    overlap_samples: usize,
    channels: usize,
}

impl Waveforms {
    /// For a host with `channels` channels. Fails where there is no resampler for its rate.
    pub fn new(
        geometry: &Geometry,
        stream: &WaveformStream,
        channels: usize,
        network: Box<dyn WaveformNetwork>,
    ) -> Result<Self, String> {
        let (host_hz, model_hz) = (geometry.sample_rate, f64::from(stream.sample_rate));
        let (chunk_samples, overlap_samples) =
            (geometry.chunk_samples(), geometry.worker_delay_samples());
        let down = Resample::new(host_hz, model_hz, chunk_samples + overlap_samples)?;
        let up = Resample::new(model_hz, host_hz, down.output_samples())?;
        let seen = stream.channels;
        Ok(Self {
            input: Input::new(geometry, channels),
            window: vec![0.0; chunk_samples + overlap_samples].into(),
            audio: Array2::zeros((down.output_samples(), seen)),
            stems: Array3::zeros((down.output_samples(), NUM_STEMS, seen)),
            joins: (0..NUM_STEMS * seen)
                .map(|_| Join::new(chunk_samples, overlap_samples))
                .collect(),
            lanes: Lanes::new(geometry, channels),
            network,
            down,
            up,
            overlap_samples,
            channels,
        })
    }

    /// Fills `audio` from the input.
    fn listen(&mut self) -> Result<(), RunError> {
        let host = self.input.channels();
        let network_channels = self.audio.dim().1;
        for network_channel in 0..network_channels {
            if network_channels == 1 && host.len() == 2 {
                let sides = host[0].iter().zip(&host[1]);
                for (mean, (left, right)) in self.window.iter_mut().zip(sides) {
                    *mean = 0.5 * (left + right);
                }
            } else {
                // A mono host's channel is both of the network's.
                let channel_idx = network_channel.min(host.len() - 1);
                self.window.copy_from_slice(&host[channel_idx]);
            }
            let mut column = self.audio.column_mut(network_channel);
            let resampled = self.down.run(self.window.iter().copied())?;
            column
                .iter_mut()
                .zip(resampled)
                .for_each(|(to, from)| *to = *from);
        }
        Ok(())
    }
}

impl Way for Waveforms {
    fn reset(&mut self, _is_hole: bool) {
        self.input.reset();
        self.lanes.reset();
    }

    fn skip(&mut self, chunk: &Chunk) {
        self.input.take(chunk);
        self.lanes.reset();
    }

    fn start(&mut self) {
        self.joins.iter_mut().for_each(Join::reset);
    }

    fn run(&mut self, chunk: &mut Chunk, show: Option<&dyn Fn(Column)>) -> Result<(), RunError> {
        self.input.take(chunk);
        self.listen()?;
        self.network.run(self.audio.view(), self.stems.view_mut())?;
        if !self.stems.iter().all(|sample| sample.abs() <= MAX_SAMPLE) {
            return Err(RunError::NotANumber);
        }
        let network_channels = self.audio.dim().1;
        for stem_idx in 0..NUM_STEMS {
            for network_channel in 0..network_channels {
                let stem = self.stems.slice(s![.., stem_idx, network_channel]);
                let resampled = self.up.run(stem.iter().copied())?;
                self.joins[stem_idx * network_channels + network_channel].add(resampled);
            }
            for channel_idx in 0..self.channels {
                // One channel of the network is all of the host's.
                let network_channel = channel_idx.min(network_channels - 1);
                let join = &self.joins[stem_idx * network_channels + network_channel];
                chunk
                    .stem_mut(stem_idx, channel_idx)
                    .copy_from_slice(join.finished());
            }
        }
        self.joins.iter_mut().for_each(Join::advance);
        self.lanes.take(chunk, &self.input);
        if let Some(show) = show {
            self.lanes.draw(chunk, show);
        }
        Ok(())
    }

    fn incomplete_samples(&self) -> usize {
        // They fade in from nothing.
        self.overlap_samples
    }
}
