//! Noise that is the same every time.

/// Noise from -1 to 1, by a seed.
pub fn noise(seed: u32) -> impl FnMut() -> f32 {
    xorshift(seed.wrapping_mul(747_796_405) | 1)
}

/// Noise from -1 to 1 that starts from a state, which is not 0.
pub fn xorshift(mut state: u32) -> impl FnMut() -> f32 {
    move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as f32 / u32::MAX as f32 * 2.0 - 1.0
    }
}
