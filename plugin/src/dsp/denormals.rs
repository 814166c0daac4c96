//! Numbers close to zero.

/// Runs `compute` with denormal numbers flushed to zero: decaying silence is full of them, and they
/// make filters and networks a hundred times slower.
#[allow(unsafe_code)]
pub fn flush_denormals<R>(compute: impl FnOnce() -> R) -> R {
    // SAFETY: sets this thread's floating-point flags and restores them. Rust leaves the values of
    // computations under other flags open, not memory safety; results near zero are all we change.
    unsafe { no_denormals::no_denormals(compute) }
}
