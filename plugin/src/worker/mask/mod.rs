//! The way of a `mask` pack: `analyse`, the networks, `decode`, `synthesise`.

mod analyse;
mod decode;
mod synthesise;

use ndarray::{Array3, Array4};

use super::picture::Picture;
use super::separate::Way;
use crate::bridge::{Chunk, Column, NUM_STEMS};
use crate::dsp::Stft;
use crate::geometry::{Geometry, MaskStream, OVERLAP};
use crate::network::{MaskNetwork, RunError};

use analyse::Analyse;
use synthesise::Synthesise;

/// Masks the input's spectrogram.
pub struct Masks {
    stft: Stft,
    analyse: Analyse,
    network: Box<dyn MaskNetwork>,
    synthesise: Synthesise,
    /// Draws for the editor.
    picture: Picture,
    /// [chunk + look-ahead, channels, bins], as the network wants them.
    magnitude: Array3<f32>,
    /// [chunk, stems, channels, bins], as the network gives them.
    mask: Array4<f32>,
    /// Per stem but the last, its share of every bin of the host's spectrum.
    shares: [Box<[f32]>; NUM_STEMS - 1],
    hop: usize,
    channels: usize,
}

impl Masks {
    /// For a host with `channels` channels.
    pub fn new(
        geometry: &Geometry,
        stream: &MaskStream,
        channels: usize,
        network: Box<dyn MaskNetwork>,
    ) -> Self {
        let frames = geometry.chunk_frames + stream.lookahead_frames;
        let (seen, bins) = (stream.channels, stream.bins());
        let stft = Stft::new(geometry.hop);
        let first_middle = geometry.fft() as i64 / 2 - geometry.worker_delay_samples() as i64;
        Self {
            picture: Picture::new(geometry, channels, stft.magnitude_scale(), first_middle),
            stft,
            analyse: Analyse::new(geometry, stream, channels),
            synthesise: Synthesise::new(geometry, channels),
            magnitude: Array3::zeros((frames, seen, bins)),
            mask: Array4::zeros((geometry.chunk_frames, NUM_STEMS, seen, bins)),
            shares: std::array::from_fn(|_| vec![0.0; geometry.bins()].into()),
            network,
            hop: geometry.hop,
            channels,
        }
    }
}

impl Way for Masks {
    fn reset(&mut self, _is_hole: bool) {
        self.analyse.reset();
    }

    fn skip(&mut self, chunk: &Chunk) {
        self.analyse.skip(chunk);
    }

    fn start(&mut self) {
        self.network.reset();
        self.synthesise.reset();
    }

    fn run(&mut self, chunk: &mut Chunk, show: Option<&dyn Fn(Column)>) -> Result<(), RunError> {
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
                    self.picture.add_shares(bins, &self.shares);
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
        Ok(())
    }

    fn incomplete_samples(&self) -> usize {
        // The frames before the look-ahead were not separated.
        (OVERLAP - 1) * self.hop
    }
}
