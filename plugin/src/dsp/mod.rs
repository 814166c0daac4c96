//! Pure functions on samples; no thread, no file, no clock.
//!
//! The four verbs of this room and of `audio`: `new` may allocate, `reset` and the rest never do.

mod denormals;
mod ramp;
mod rates;
mod ring;
mod stft;

pub use denormals::flush_denormals;
pub use ramp::Ramp;
pub use rates::{rate_steps, resampled_len};
pub use ring::Ring;
pub use stft::{Spectrum, Stft};

/// What is louder is an error of whoever made it: +120 dBFS.
pub const MAX_SAMPLE: f32 = 1e6;
