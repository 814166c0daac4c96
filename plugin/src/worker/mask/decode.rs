//! From the networks' masks to masks that add up to the mix.

use ndarray::{ArrayView3, ArrayView4, ArrayViewMut3, Axis, s};
use realfft::num_complex::Complex32;

use crate::bridge::NUM_STEMS;
use crate::network::RunError;

/// Below this sum of masks no network claims the bin.
const NO_CLAIM: f32 = 1e-9;

/// Fills `magnitude` [frames, network channels, network bins] with the magnitudes of `spectra`
/// [frames, host channels, host bins] times `scale`. Bins that the host's rate lacks are silent.
pub fn magnitudes(spectra: ArrayView3<Complex32>, scale: f32, mut magnitude: ArrayViewMut3<f32>) {
    let (_, host_channels, host_bins) = spectra.dim();
    let (_, network_channels, network_bins) = magnitude.dim();
    let bins = host_bins.min(network_bins);
    magnitude.slice_mut(s![.., .., bins..]).fill(0.0);
    for (spectrum, mut magnitude) in spectra.outer_iter().zip(magnitude.outer_iter_mut()) {
        for network_channel in 0..network_channels {
            let mut row = magnitude.index_axis_mut(Axis(0), network_channel);
            for (bin, value) in row.iter_mut().enumerate().take(bins) {
                *value = if network_channels == 1 {
                    let power: f32 = (0..host_channels)
                        .map(|c| spectrum[[c, bin]].norm_sqr())
                        .sum();
                    scale * (power / host_channels as f32).sqrt()
                } else {
                    // A mono host's channel is both of the network's.
                    scale * spectrum[[network_channel.min(host_channels - 1), bin]].norm()
                };
            }
        }
    }
}

/// Divides the masks of a frame and channel by their sum, so that the stems add up to the mix, and
/// writes those of the first three stems to `shares`, a row of the host's bins each. Bins above the
/// network's take the share of its highest.
pub fn shares(
    mask: ArrayView4<f32>,
    frame_idx: usize,
    network_channel: usize,
    shares: &mut [Box<[f32]>; NUM_STEMS - 1],
) -> Result<(), RunError> {
    let network_bins = mask.dim().3;
    let row = |stem_idx| mask.slice_move(s![frame_idx, stem_idx, network_channel, ..]);
    let rows: [_; NUM_STEMS] = std::array::from_fn(row);
    let mut total = 0.0;
    for bin in 0..network_bins.min(shares[0].len()) {
        let claims = rows.map(|row| row[bin].clamp(0.0, 1.0));
        let sum: f32 = claims.iter().sum();
        total += sum;
        for (share, claim) in shares.iter_mut().zip(claims) {
            let equal = 1.0 / NUM_STEMS as f32;
            share[bin] = if sum > NO_CLAIM { claim / sum } else { equal };
        }
    }
    for share in shares {
        if share.len() > network_bins {
            let highest = share[network_bins - 1];
            share[network_bins..].fill(highest);
        }
    }
    // One bin that is not a number makes the total none.
    if total.is_nan() {
        Err(RunError::NotANumber)
    } else {
        Ok(())
    }
}
