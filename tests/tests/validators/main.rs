//! What the two public validators look at, looked at here by the same names, so that CI needs neither:
//! clap-validator's cases ([`clap`]) and Steinberg's test suite ([`vst3`]), on both classes.
//!
//! | cases left out | because |
//! | --- | --- |
//! | process-note-\*, Note Expression, Keyswitch, MIDI Learn, MIDI Mapping | the plugin hears no notes |
//! | preset-discovery-\*, Scan Programs | it has no presets and no programs |
//! | process-audio-double-\*, the tests with 64-bit samples | it plays 32-bit samples, see Process Format |
//! | layout-audio-ports-activation, layout-configurable-audio-ports | it does not offer them |
//! | SideChain Arrangement | it has no side chain |
//! | Parameter Function Name | the frozen parameters have no functions |
//! | scan-time | `cargo xtask bench` measures it |
#![cfg(target_os = "linux")]

mod clap;
mod vst3;

/// Noise from -1 to 1.
fn noise(len: usize, seed: u32) -> Vec<f32> {
    let mut next = stage::noise(seed);
    (0..len).map(|_| next()).collect()
}

/// A number and no denormal one.
fn is_sound(sample: f32) -> bool {
    sample == 0.0 || sample.is_normal()
}
