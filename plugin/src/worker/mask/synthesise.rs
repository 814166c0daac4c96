//! From masked spectra to stems.

use crate::bridge::{Chunk, NUM_STEMS};
use crate::dsp::Stft;
use crate::geometry::{Geometry, OVERLAP};
use realfft::num_complex::Complex32;

/// The sums of overlapping frames.
pub struct Synthesise {
    hop: usize,
    /// Samples that later frames will still be added to.
    open_samples: usize,
    /// Stem after stem, channel after channel: the chunk's stems, then `open_samples`.
    sums: Box<[Box<[f32]>]>,
    channels: usize,
}

impl Synthesise {
    /// Nothing added yet.
    pub fn new(geometry: &Geometry, channels: usize) -> Self {
        let open_samples = (OVERLAP - 1) * geometry.hop;
        let len = geometry.chunk_samples() + open_samples;
        let sums = (NUM_STEMS - 1) * channels;
        Self {
            hop: geometry.hop,
            open_samples,
            sums: (0..sums).map(|_| vec![0.0; len].into()).collect(),
            channels,
        }
    }

    /// Drops what was added.
    pub fn reset(&mut self) {
        self.sums.iter_mut().for_each(|sum| sum.fill(0.0));
    }

    /// Adds a stem's frame: its channel's spectrum times its share of it.
    pub fn add(
        &mut self,
        stem_idx: usize,
        channel_idx: usize,
        frame_idx: usize,
        bins: &[Complex32],
        share: &[f32],
        stft: &mut Stft,
    ) {
        let sum = &mut self.sums[stem_idx * self.channels + channel_idx];
        stft.add_masked(
            bins,
            share,
            &mut sum[frame_idx * self.hop..][..OVERLAP * self.hop],
        );
    }

    /// Moves the finished samples of a channel into the chunk. The last stem is what the others
    /// leave of `delayed_input`.
    pub fn finish(&mut self, chunk: &mut Chunk, channel_idx: usize, delayed_input: &[f32]) {
        chunk
            .stem_mut(NUM_STEMS - 1, channel_idx)
            .copy_from_slice(delayed_input);
        for stem_idx in 0..NUM_STEMS - 1 {
            let sum = &mut self.sums[stem_idx * self.channels + channel_idx];
            let finished = sum.len() - self.open_samples;
            chunk
                .stem_mut(stem_idx, channel_idx)
                .copy_from_slice(&sum[..finished]);
            let rest = chunk.stem_mut(NUM_STEMS - 1, channel_idx);
            for (rest, sample) in rest.iter_mut().zip(&sum[..finished]) {
                *rest -= sample;
            }
            sum.copy_within(finished.., 0);
            sum[self.open_samples..].fill(0.0);
        }
    }
}
