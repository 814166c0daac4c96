//! Counting allocations, to show that the audio thread makes none.
//!
//! A plugin file has an allocator of its own, but every allocator ends in the system's `malloc`.
//! A test calls [`count_system_allocations!`](crate::count_system_allocations) once, which puts
//! counting functions in its place (Linux); and it shows that counting works before it relies on
//! it. In a program without the macro, [`count`] counts nothing.

use std::cell::Cell;

thread_local! {
    static IS_COUNTING: Cell<bool> = const { Cell::new(false) };
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

/// Runs `deed` and says how often it allocated or freed memory on this thread.
pub fn count<T>(deed: impl FnOnce() -> T) -> (T, usize) {
    let before = COUNT.get();
    let outer = IS_COUNTING.replace(true);
    let result = deed();
    IS_COUNTING.set(outer);
    (result, COUNT.get() - before)
}

/// Called by the counting allocator for each allocation and free.
pub fn note() {
    // The thread's storage may be gone when its last memory is freed.
    let is_counting = IS_COUNTING.try_with(Cell::get).unwrap_or(false);
    if is_counting {
        COUNT.set(COUNT.get() + 1);
    }
}
