//! Comparing a host's audio with that of `bounce`, sample by sample.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

/// Audio as channels of samples.
pub type Planar = Vec<Vec<f32>>;

/// The channels of Multi-Out in their order, two for each bus.
const BUSES: [&str; 5] = ["main", "drums", "bass", "piano", "other"];

/// How two recordings differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The largest difference of two samples.
    pub max: f64,
    /// Samples that differ, over all channels.
    count: usize,
    /// The first and the last frame that differ, and the bus of the first.
    range: Option<(usize, usize, &'static str)>,
    /// Channels and frames of the host's audio and of the expected one.
    shapes: [(usize, usize); 2],
}

impl Difference {
    /// Between a host's audio and the expected one. Samples must be identical, and so must the
    /// shapes: `bounce` and the hosts run the same code on the same numbers.
    pub fn between(audio: &Planar, expected: &Planar) -> Self {
        let shape = |planar: &Planar| (planar.len(), planar.first().map_or(0, Vec::len));
        let (mut max, mut count, mut range) = (0.0_f64, 0, None);
        for (channel_idx, (a, b)) in audio.iter().zip(expected).enumerate() {
            for (frame, (a, b)) in a.iter().zip(b).enumerate() {
                let difference = f64::from(a - b).abs();
                if difference == 0.0 {
                    continue;
                }
                // What is not a number differs by more than any number.
                max = max.max(if difference.is_nan() {
                    f64::INFINITY
                } else {
                    difference
                });
                count += 1;
                let bus = BUSES.get(channel_idx / 2).copied().unwrap_or("beyond");
                let (first, last, first_bus) = range.get_or_insert((frame, frame, bus));
                if frame < *first {
                    (*first, *first_bus) = (frame, bus);
                }
                *last = frame.max(*last);
            }
        }
        Self {
            max,
            count,
            range,
            shapes: [shape(audio), shape(expected)],
        }
    }

    /// What is wrong, in a sentence; none where nothing is.
    pub fn explain(&self) -> Option<String> {
        let [found, expected] = self.shapes;
        if found != expected {
            return Some(format!(
                "{} channels of {} samples came out, and {} of {} were expected",
                found.0, found.1, expected.0, expected.1
            ));
        }
        let (first, last, bus) = self.range?;
        Some(format!(
            "{} samples differ from bounce, by {:.1e} at most, from sample {first} (bus {bus}) to \
             {last}",
            self.count, self.max
        ))
    }
}

/// A WAV of 32-bit floats without its first `skip` frames, and at most `frames` of what is left.
pub fn read(path: &Path, skip: usize, frames: usize) -> Result<Planar> {
    let explain = || format!("cannot read {}", path.display());
    let mut reader = hound::WavReader::open(path).with_context(explain)?;
    let num_channels = usize::from(reader.spec().channels);
    let mut planar = vec![Vec::new(); num_channels];
    let wanted = reader
        .samples::<f32>()
        .skip(skip * num_channels)
        .take(frames * num_channels);
    for (sample_idx, sample) in wanted.enumerate() {
        planar[sample_idx % num_channels].push(sample.with_context(explain)?);
    }
    Ok(planar)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise() -> Planar {
        let channel = |seed: usize| {
            (0..5000)
                .map(|i| ((i * i + seed * 31) % 997) as f32 / 997.0 - 0.5)
                .collect()
        };
        (0..10).map(channel).collect()
    }

    #[test]
    fn the_same_audio_passes() {
        assert_eq!(Difference::between(&noise(), &noise()).explain(), None);
    }

    #[test]
    fn planted_faults_are_seen() {
        let expected = noise();
        let mut late = expected.clone();
        late.iter_mut().for_each(|channel| {
            channel.rotate_right(1);
        });
        let mut one_bit = expected.clone();
        one_bit[5][1234] = f32::from_bits(one_bit[5][1234].to_bits() ^ 1);
        let mut broken = expected.clone();
        broken[2][7] = f32::NAN;
        let mut short = expected.clone();
        short.iter_mut().for_each(|channel| channel.truncate(4999));
        let mut swapped = expected.clone();
        swapped.swap(2, 4);
        let explain = |audio: &Planar| Difference::between(audio, &expected).explain();
        for fault in [&late, &broken, &short, &swapped] {
            assert!(explain(fault).is_some());
        }
        let sentence = explain(&one_bit).unwrap_or_default();
        assert!(
            sentence.starts_with("1 samples differ"),
            "found `{sentence}`"
        );
        assert!(
            sentence.ends_with("from sample 1234 (bus bass) to 1234"),
            "found `{sentence}`"
        );
    }
}
