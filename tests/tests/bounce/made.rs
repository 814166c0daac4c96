//! Made audio files, and reading the results.

use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use tempfile::TempDir;

/// Two slightly noisy tones a channel, loud enough to clip nowhere.
pub fn song(frames: usize, channels: u16) -> Vec<f32> {
    let sample = |n: usize, channel: u16| {
        let t = n as f32;
        let noise = ((n as u32).wrapping_mul(2_654_435_761) >> 16) as f32 / 65536.0 - 0.5;
        0.4 * (t * 0.031).sin() + 0.3 * (t * 0.0071 * f32::from(channel + 1)).sin() + 0.1 * noise
    };
    (0..frames)
        .flat_map(|n| (0..channels).map(move |channel| sample(n, channel)))
        .collect()
}

/// 32 bits are floating point, fewer are integers.
pub fn spec(sample_rate: u32, channels: u16, bits_per_sample: u16) -> WavSpec {
    let sample_format = if bits_per_sample == 32 {
        SampleFormat::Float
    } else {
        SampleFormat::Int
    };
    WavSpec {
        channels,
        sample_rate,
        bits_per_sample,
        sample_format,
    }
}

/// Writes `samples` and returns the file and what a reader will hear in it.
pub fn write(folder: &TempDir, name: &str, spec: WavSpec, samples: &[f32]) -> (PathBuf, Vec<f32>) {
    let path = folder.path().join(name);
    let mut writer = WavWriter::create(&path, spec).unwrap();
    let full_scale = (1u32 << (spec.bits_per_sample - 1)) as f32;
    let mut heard = Vec::new();
    for &sample in samples {
        if spec.sample_format == SampleFormat::Float {
            writer.write_sample(sample).unwrap();
            heard.push(sample);
        } else {
            let integer = (sample * full_scale).round();
            writer.write_sample(integer as i32).unwrap();
            heard.push(integer / full_scale);
        }
    }
    writer.finalize().unwrap();
    (path, heard)
}

/// The format and the interleaved samples of a file.
pub fn read(path: &Path) -> (WavSpec, Vec<f32>) {
    let reader = WavReader::open(path).unwrap();
    (
        reader.spec(),
        reader.into_samples().map(Result::unwrap).collect(),
    )
}

/// Between two sounds of the same length.
pub fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .map(|d| if d.is_nan() { f32::INFINITY } else { d }) // which f32::max would pass over
        .fold(0.0, f32::max)
}
