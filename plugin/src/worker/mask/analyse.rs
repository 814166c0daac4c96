//! From chunks of input to spectra.

use ndarray::{Array3, s};
use realfft::num_complex::Complex32;

use crate::bridge::Chunk;
use crate::dsp::{Spectrum, Stft};
use crate::geometry::{Geometry, MaskStream, OVERLAP};
use crate::worker::input::Input;

/// The recent input and its spectra.
pub struct Analyse {
    hop: usize,
    lookahead_frames: usize,
    chunk_frames: usize,
    /// The chunk, and what the first of its spectra reaches back to.
    input: Input,
    /// [look-ahead + chunk, channels, bins]: the look-ahead of the chunk before, then the frames
    /// that end in this one.
    spectra: Spectrum,
    /// Whether the first `lookahead_frames` of `spectra` belong to `input`.
    is_past_analysed: bool,
}

impl Analyse {
    /// Silence before the first chunk.
    pub fn new(geometry: &Geometry, stream: &MaskStream, channels: usize) -> Self {
        let frames = stream.lookahead_frames + geometry.chunk_frames;
        Self {
            hop: geometry.hop,
            lookahead_frames: stream.lookahead_frames,
            chunk_frames: geometry.chunk_frames,
            input: Input::new(geometry, channels),
            spectra: Array3::from_elem((frames, channels, geometry.bins()), Complex32::ZERO),
            is_past_analysed: false,
        }
    }

    /// Silence before the next chunk.
    pub fn reset(&mut self) {
        self.input.reset();
        self.is_past_analysed = false;
    }

    /// Takes the input of the chunk that follows the one before, without its spectra.
    pub fn skip(&mut self, chunk: &Chunk) {
        self.input.take(chunk);
        self.is_past_analysed = false;
    }

    /// Takes the input of the chunk that follows the one before and returns the spectra: those of
    /// the frames whose stems this chunk gives, then those of the look-ahead.
    pub fn run(&mut self, chunk: &Chunk, stft: &mut Stft) -> &Spectrum {
        let first_new = if self.is_past_analysed {
            for frame_idx in 0..self.lookahead_frames {
                let (mut past, last) = self.spectra.multi_slice_mut((
                    s![frame_idx, .., ..],
                    s![frame_idx + self.chunk_frames, .., ..],
                ));
                past.assign(&last);
            }
            self.lookahead_frames
        } else {
            0
        };
        self.skip(chunk);
        self.is_past_analysed = true;
        for frame_idx in first_new..self.spectra.dim().0 {
            for (channel_idx, input) in self.input.channels().iter().enumerate() {
                let mut bins = self.spectra.slice_mut(s![frame_idx, channel_idx, ..]);
                if let Some(bins) = bins.as_slice_mut() {
                    stft.analyse(&input[frame_idx * self.hop..][..OVERLAP * self.hop], bins);
                }
            }
        }
        &self.spectra
    }

    /// The input that the chunk's stems add up to, of a channel.
    pub fn delayed_input(&self, channel_idx: usize) -> &[f32] {
        self.input.delayed(channel_idx)
    }
}
