//! What the editor shows of the input and the stems.

use realfft::num_complex::Complex32;

use crate::bridge::{Chunk, Column, NUM_LANES};
use crate::dsp::Stft;
use crate::geometry::{Geometry, OVERLAP};
use crate::worker::input::Input;
use crate::worker::picture::Picture;

/// The recent past of the input and the stems, and their picture.
pub struct Lanes {
    stft: Stft,
    picture: Picture,
    /// One spectrum.
    bins: Box<[Complex32]>,
    /// Lane after lane, channel after channel: the hops that a frame reaches back, then the chunk.
    recent: Box<[Box<[f32]>]>,
    hop: usize,
    chunk_frames: usize,
    channels: usize,
}

impl Lanes {
    /// Silence so far.
    pub fn new(geometry: &Geometry, channels: usize) -> Self {
        let stft = Stft::new(geometry.hop);
        let past_samples = (OVERLAP - 1) * geometry.hop;
        let first_middle = geometry.fft() as i64 / 2
            - past_samples as i64
            - geometry.worker_delay_samples() as i64;
        let recent = vec![0.0; past_samples + geometry.chunk_samples()];
        Self {
            picture: Picture::new(geometry, channels, stft.magnitude_scale(), first_middle),
            stft,
            bins: vec![Complex32::ZERO; geometry.bins()].into(),
            recent: vec![recent.into(); NUM_LANES * channels].into(),
            hop: geometry.hop,
            chunk_frames: geometry.chunk_frames,
            channels,
        }
    }

    /// Silence before the next chunk.
    pub fn reset(&mut self) {
        self.recent.iter_mut().for_each(|lane| lane.fill(0.0));
    }

    /// Takes a chunk's stems, and the input that lies where they do.
    pub fn take(&mut self, chunk: &Chunk, input: &Input) {
        for (idx, recent) in self.recent.iter_mut().enumerate() {
            let (lane, channel_idx) = (idx / self.channels, idx % self.channels);
            let samples = match lane {
                0 => input.delayed(channel_idx),
                _ => chunk.stem(lane - 1, channel_idx),
            };
            let past_samples = recent.len() - samples.len();
            recent.copy_within(samples.len().., 0);
            recent[past_samples..].copy_from_slice(samples);
        }
    }

    /// Draws the chunk that was taken last.
    pub fn draw(&mut self, chunk: &Chunk, show: &dyn Fn(Column)) {
        for frame_idx in 0..self.chunk_frames {
            for (idx, recent) in self.recent.iter().enumerate() {
                let frame = &recent[frame_idx * self.hop..][..OVERLAP * self.hop];
                self.stft.analyse(frame, &mut self.bins);
                self.picture.add_lane(idx / self.channels, &self.bins);
            }
            if let Some(column) = self.picture.finish(chunk.epoch, chunk.start, frame_idx) {
                show(column);
            }
        }
    }
}
