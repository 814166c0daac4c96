//! What the two public validators look at, looked at here by the same names, so that CI needs neither:
//! clap-validator's cases ([`clap`]) and Steinberg's test suite ([`vst3`]), on both classes.
//!
//! Left out is what does not apply: notes and note expressions, MIDI, presets and programs, 64-bit
//! samples, side chains, switching ports on their own, bypass (the frozen list of parameters has none);
//! and what other tests hold: scan-time is measured by `cargo xtask bench`, and clap-validator's cases in
//! place and on constant channels are the VST3's.
#![cfg(target_os = "linux")]

mod clap;
mod vst3;

/// Noise from -1 to 1.
fn noise(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(747_796_405) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as f32 / u32::MAX as f32 * 2.0 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

/// A number and no denormal one.
fn is_sound(sample: f32) -> bool {
    sample == 0.0 || sample.is_normal()
}
