//! Counting allocations, to show that the audio thread makes none.
//!
//! [`count`] counts what an allocator notes with [`note`]: a test's own `#[global_allocator]`
//! where plugin and test are one program, or the system's `malloc` for a plugin file, which has an
//! allocator of its own (see [`count_system_allocations!`](crate::count_system_allocations)). A
//! test shows that counting works before it relies on it: without such an allocator nothing is
//! counted.

use std::cell::Cell;

thread_local! {
    static IS_COUNTING: Cell<bool> = const { Cell::new(false) };
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static ABORTS: Cell<bool> = const { Cell::new(false) };
    /// Larger allocations are refused.
    static MAX_BYTES: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Runs `deed` on a system that gives this thread no more than `max_bytes` at a time.
pub fn refuse_over<T>(max_bytes: usize, deed: impl FnOnce() -> T) -> T {
    let outer = MAX_BYTES.replace(max_bytes);
    let result = deed();
    MAX_BYTES.set(outer);
    result
}

/// Asked by the allocator before each allocation.
pub fn is_refused(bytes: usize) -> bool {
    MAX_BYTES
        .try_with(|max_bytes| bytes > max_bytes.get())
        .unwrap_or(false)
}

/// Runs `deed` and says how often it allocated or freed memory on this thread.
pub fn count<T>(deed: impl FnOnce() -> T) -> (T, usize) {
    let before = COUNT.get();
    let outer = IS_COUNTING.replace(true);
    let result = deed();
    IS_COUNTING.set(outer);
    (result, COUNT.get() - before)
}

/// From now on ends the program where this thread allocates or frees while it is counted: a debugger
/// then shows where.
pub fn abort_on_this_thread() {
    ABORTS.set(true);
}

/// Called by the counting allocator for each allocation and free.
pub fn note() {
    // The thread's storage may be gone when its last memory is freed.
    let is_counting = IS_COUNTING.try_with(Cell::get).unwrap_or(false);
    if is_counting {
        COUNT.set(COUNT.get() + 1);
        if ABORTS.get() {
            std::process::abort();
        }
    }
}

/// Puts counting functions in the place of the system's `malloc` and its kin, for this program and
/// everything it loads. Call it once, outside of functions. Linux with glibc only, which is the
/// system that lets a program do this by just having functions with these names.
#[macro_export]
macro_rules! count_system_allocations {
    () => {
        #[cfg(all(target_os = "linux", target_env = "gnu"))]
        #[allow(unsafe_code)]
        mod system_allocations {
            use std::ffi::{c_int, c_void};

            // SAFETY: glibc exports its allocator under these names as well.
            unsafe extern "C" {
                fn __libc_malloc(size: usize) -> *mut c_void;
                fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
                fn __libc_realloc(memory: *mut c_void, size: usize) -> *mut c_void;
                fn __libc_memalign(alignment: usize, size: usize) -> *mut c_void;
                fn __libc_free(memory: *mut c_void);
            }

            // SAFETY of all: each call is passed on to glibc as it came.

            #[unsafe(no_mangle)]
            unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
                $crate::alloc::note();
                if $crate::alloc::is_refused(size) {
                    return std::ptr::null_mut();
                }
                // SAFETY: as above.
                unsafe { __libc_malloc(size) }
            }

            #[unsafe(no_mangle)]
            unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
                $crate::alloc::note();
                if $crate::alloc::is_refused(count.saturating_mul(size)) {
                    return std::ptr::null_mut();
                }
                // SAFETY: as above.
                unsafe { __libc_calloc(count, size) }
            }

            #[unsafe(no_mangle)]
            unsafe extern "C" fn realloc(memory: *mut c_void, size: usize) -> *mut c_void {
                $crate::alloc::note();
                if $crate::alloc::is_refused(size) {
                    return std::ptr::null_mut();
                }
                // SAFETY: as above.
                unsafe { __libc_realloc(memory, size) }
            }

            #[unsafe(no_mangle)]
            unsafe extern "C" fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void {
                $crate::alloc::note();
                // SAFETY: as above.
                unsafe { __libc_memalign(alignment, size) }
            }

            #[unsafe(no_mangle)]
            unsafe extern "C" fn posix_memalign(
                memory: *mut *mut c_void,
                alignment: usize,
                size: usize,
            ) -> c_int {
                const OUT_OF_MEMORY: c_int = 12;
                $crate::alloc::note();
                // SAFETY: as above; the caller gave a place for the result.
                unsafe {
                    *memory = __libc_memalign(alignment, size);
                    if (*memory).is_null() {
                        OUT_OF_MEMORY
                    } else {
                        0
                    }
                }
            }

            #[unsafe(no_mangle)]
            unsafe extern "C" fn free(memory: *mut c_void) {
                $crate::alloc::note();
                // SAFETY: as above.
                unsafe { __libc_free(memory) }
            }
        }
    };
}
