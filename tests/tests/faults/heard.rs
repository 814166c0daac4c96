//! Tells by the samples what a listener hears.

use crate::deck::Signal;

/// Samples that are judged together; shorter than any gap.
const WINDOW: usize = 512;

/// What comes out one after the other, where `output` from `latency` on belongs to `input`. One stem is
/// down, so that stems and input differ.
pub fn heard(output: &Signal, input: &Signal, latency: usize) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let len = input[0].len().min(output[0].len() - latency);
    for start in (0..len - WINDOW).step_by(WINDOW) {
        let pairs = output.iter().zip(input).flat_map(|(output, input)| {
            let output = &output[latency + start..latency + start + WINDOW];
            output.iter().zip(&input[start..start + WINDOW])
        });
        let pairs: Vec<_> = pairs.collect();
        let part = if pairs.iter().any(|(output, _)| !output.is_finite()) {
            "no numbers"
        } else if pairs
            .iter()
            .all(|(output, input)| (**output - **input).abs() < 1e-6)
        {
            "input"
        } else if pairs.iter().all(|(output, _)| **output == 0.0) {
            "silence"
        } else {
            "stems"
        };
        if parts.last() != Some(&part) {
            parts.push(part);
        }
    }
    parts.join(", ")
}

/// Noise for two channels.
pub fn noise(seconds: f64, rate: f64) -> Signal {
    crate::deck::noise_signal(2, (seconds * rate) as usize)
}
