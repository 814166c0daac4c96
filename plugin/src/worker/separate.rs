//! The way of a chunk through a `mask` pack.

use ndarray::{Array3, Array4};

use super::analyse::Analyse;
use super::decode;
use super::network::{Network, RunError};
use super::picture::Picture;
use super::synthesise::Synthesise;
use crate::bridge::{Chunk, Column, NUM_STEMS};
use crate::dsp::Stft;
use crate::geometry::Geometry;

/// Makes stems of chunks.
pub struct Separator {
    stft: Stft,
    analyse: Analyse,
    network: Box<dyn Network>,
    synthesise: Synthesise,
    /// Draws for the editor.
    picture: Picture,
    /// [look-ahead + chunk, channels, bins], as the network wants them.
    magnitude: Array3<f32>,
    /// [chunk, stems, channels, bins], as the network gives them.
    mask: Array4<f32>,
    /// Per stem but the last, its share of every bin of the host's spectrum.
    shares: [Box<[f32]>; NUM_STEMS - 1],
    /// The start of the chunk that would follow the last one.
    next_start: i64,
    /// The first position after a start or a skip whose stems are whole.
    valid_from: i64,
    /// Whether the chunk before was not separated.
    is_cold: bool,
    /// Whether a skipped chunk would have been heard.
    has_hole: bool,
    lookahead_samples: i64,
    chunk_samples: i64,
    channels: usize,
}

impl Separator {
    /// For a host with `channels` channels.
    pub fn new(geometry: &Geometry, channels: usize, network: Box<dyn Network>) -> Self {
        let frames = geometry.lookahead_frames + geometry.chunk_frames;
        let tensor = (network.channels(), network.bins());
        let stft = Stft::new(geometry.hop);
        Self {
            picture: Picture::new(geometry, channels, stft.magnitude_scale()),
            stft,
            analyse: Analyse::new(geometry, channels),
            synthesise: Synthesise::new(geometry, channels),
            magnitude: Array3::zeros((frames, tensor.0, tensor.1)),
            mask: Array4::zeros((geometry.chunk_frames, NUM_STEMS, tensor.0, tensor.1)),
            shares: std::array::from_fn(|_| vec![0.0; geometry.bins()].into()),
            network,
            next_start: i64::MIN,
            valid_from: i64::MIN,
            is_cold: true,
            has_hole: false,
            lookahead_samples: (geometry.lookahead_frames * geometry.hop) as i64,
            chunk_samples: geometry.chunk_samples() as i64,
            channels,
        }
    }

    /// Starts over with the next chunk.
    pub fn reset(&mut self) {
        self.next_start = i64::MIN;
    }

    /// Takes note of a chunk that needs no stems.
    pub fn skip(&mut self, chunk: &Chunk) {
        self.follow(chunk);
        self.analyse.skip(chunk);
        self.is_cold = true;
        self.has_hole |= chunk.is_needed;
    }

    /// Fills in the chunk's stems, and hands the picture of them to `show` if there is one.
    pub fn run(
        &mut self,
        chunk: &mut Chunk,
        show: Option<&dyn Fn(Column)>,
    ) -> Result<(), RunError> {
        self.follow(chunk);
        if std::mem::take(&mut self.is_cold) {
            self.network.reset();
            self.synthesise.reset();
            if std::mem::take(&mut self.has_hole) {
                // The frames before the look-ahead were not separated.
                self.valid_from = self.valid_from.max(chunk.start - self.lookahead_samples);
            }
        }
        let spectra = self.analyse.run(chunk, &mut self.stft);
        let scale = self.stft.magnitude_scale();
        decode::magnitudes(spectra.view(), scale, self.magnitude.view_mut());
        self.network
            .run(self.magnitude.view(), self.mask.view_mut())?;

        let mask = self.mask.view();
        let (mask_frames, _, mask_channels, _) = mask.dim();
        for frame_idx in 0..mask_frames {
            for channel_idx in 0..self.channels {
                if channel_idx < mask_channels {
                    decode::shares(mask, frame_idx, channel_idx, &mut self.shares)?;
                }
                let spectrum = spectra.slice(ndarray::s![frame_idx, channel_idx, ..]);
                let Some(bins) = spectrum.as_slice() else {
                    continue;
                };
                for (stem_idx, share) in self.shares.iter().enumerate() {
                    let stft = &mut self.stft;
                    self.synthesise
                        .add(stem_idx, channel_idx, frame_idx, bins, share, stft);
                }
                if show.is_some() {
                    self.picture.add(bins, &self.shares);
                }
            }
            if let Some(show) = show
                && let Some(column) = self.picture.finish(chunk.epoch, chunk.start, frame_idx)
            {
                show(column);
            }
        }
        for channel_idx in 0..self.channels {
            let delayed_input = self.analyse.delayed_input(channel_idx);
            self.synthesise.finish(chunk, channel_idx, delayed_input);
        }
        chunk.valid_from = self.valid_from;
        Ok(())
    }

    /// Starts over unless the chunk follows the one before.
    fn follow(&mut self, chunk: &Chunk) {
        if chunk.is_first || chunk.start != self.next_start {
            self.analyse.reset();
            self.is_cold = true;
            // Silence has its stems.
            self.valid_from = if chunk.is_first {
                i64::MIN
            } else {
                chunk.start
            };
        }
        self.next_start = chunk.start + self.chunk_samples;
    }
}
