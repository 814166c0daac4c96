//! Rates and the lengths of what is brought from one to another.

/// Rates are rounded to this, in Hz: a resampler's Fourier transforms are as long as the rates have
/// little in common. The usual rates are multiples of it.
const RATE_STEP_HZ: f64 = 25.0;

/// A rate as a whole number of steps, at least 1.
pub fn rate_steps(hz: f64) -> usize {
    ((hz / RATE_STEP_HZ).round() as usize).max(1)
}

/// Samples in a signal of `samples` at `from_hz` when it is brought to `to_hz`.
pub fn resampled_len(samples: usize, from_hz: f64, to_hz: f64) -> usize {
    (samples * rate_steps(to_hz)).div_ceil(rate_steps(from_hz))
}
