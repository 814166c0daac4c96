//! Seeing system calls, to show that the audio thread makes none.
//!
//! Linux hands the system calls of a thread back to it as a signal when the thread asks for it
//! (syscall user dispatch, since 5.11); a byte turns this on and off. [`watch`] turns it on while a
//! deed runs on a thread that has a [`Watch`]. The first call is noted and then made, so that the
//! program goes on, unwatched until the deed ends.
//!
//! A lock that nobody else holds makes no system call. So a test lets other threads hold the locks
//! meanwhile: then taking one is a `futex`. To see where a call comes from, run the test in a
//! debugger that stops at SIGSYS.

use std::fmt;

/// The number of a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SystemCall(pub i64);

/// Those that an audio thread is likely to make by mistake; of x86-64.
const NAMES: [(i64, &str); 14] = [
    (0, "read"),
    (1, "write"),
    (7, "poll"),
    (9, "mmap"),
    (11, "munmap"),
    (12, "brk"),
    (20, "writev"),
    (24, "sched_yield"),
    (28, "madvise"),
    (35, "nanosleep"),
    (202, "futex"),
    (228, "clock_gettime"),
    (230, "clock_nanosleep"),
    (257, "openat"),
];

impl SystemCall {
    /// Its name, of those in the table.
    pub fn name(self) -> Option<&'static str> {
        NAMES
            .iter()
            .find_map(|(number, name)| (*number == self.0).then_some(*name))
    }
}

impl fmt::Display for SystemCall {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} ({})", self.name().unwrap_or("another"), self.0)
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub use linux::{Watch, watch};

/// Runs `deed`; only Linux shows system calls.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
pub fn watch<T>(deed: impl FnOnce() -> T) -> (T, Option<SystemCall>) {
    (deed(), None)
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[allow(unsafe_code)]
mod linux {
    use std::cell::Cell;
    use std::ffi::{c_int, c_ulong, c_void};
    use std::marker::PhantomData;
    use std::sync::Once;
    use std::{io, mem, ptr};

    use super::SystemCall;

    // Of the kernel's `linux/prctl.h`.
    const SET_DISPATCH: c_int = 59;
    const DISPATCH_OFF: c_ulong = 0;
    const DISPATCH_ON: c_ulong = 1;
    const ALLOW: u8 = 0;
    const BLOCK: u8 = 1;
    /// The length of the instruction that makes a system call.
    const SYSCALL_BYTES: i64 = 2;

    thread_local! {
        /// Read by the kernel at every system call of a thread that has a watch.
        static SELECTOR: Cell<u8> = const { Cell::new(ALLOW) };
        static HAS_WATCH: Cell<bool> = const { Cell::new(false) };
        static FOUND: Cell<Option<i64>> = const { Cell::new(None) };
    }

    /// Lets [`watch`] see the system calls of the thread that made it, until it is dropped.
    pub struct Watch(PhantomData<*const ()>);

    impl Watch {
        /// Fails where the system is older than Linux 5.11.
        pub fn start() -> io::Result<Self> {
            static HANDLER: Once = Once::new();
            HANDLER.call_once(handle_signal);
            dispatch(DISPATCH_ON)?;
            HAS_WATCH.set(true);
            Ok(Self(PhantomData))
        }
    }

    impl Drop for Watch {
        fn drop(&mut self) {
            HAS_WATCH.set(false);
            let _ = dispatch(DISPATCH_OFF);
        }
    }

    /// Runs `deed` and tells the first system call it made; none where the thread has no [`Watch`].
    pub fn watch<T>(deed: impl FnOnce() -> T) -> (T, Option<SystemCall>) {
        if !HAS_WATCH.get() {
            return (deed(), None);
        }
        FOUND.set(None);
        SELECTOR.set(BLOCK);
        let result = deed();
        SELECTOR.set(ALLOW);
        (result, FOUND.take().map(SystemCall))
    }

    fn dispatch(how: c_ulong) -> io::Result<()> {
        let selector = if how == DISPATCH_ON {
            SELECTOR.with(Cell::as_ptr)
        } else {
            ptr::null_mut()
        };
        const NONE: c_ulong = 0;
        // SAFETY: the selector is the thread's own and lives as long as the thread, which turns
        // this off when its watch is dropped.
        match unsafe { libc::prctl(SET_DISPATCH, how, NONE, NONE, selector) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    fn handle_signal() {
        // SAFETY: all zeros are a valid `sigaction`, and the handler has the type that SA_SIGINFO
        // asks for.
        unsafe {
            let mut action: libc::sigaction = mem::zeroed();
            action.sa_sigaction = on_call as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO;
            libc::sigaction(libc::SIGSYS, &action, ptr::null_mut());
        }
    }

    /// Notes the call, lets calls through, and goes back to make it.
    unsafe extern "C" fn on_call(_: c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
        // SAFETY: the kernel gives a handler with SA_SIGINFO the interrupted thread's registers.
        // They are as they were before the call but for the instruction pointer.
        let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
        FOUND.set(Some(registers[libc::REG_RAX as usize]));
        registers[libc::REG_RIP as usize] -= SYSCALL_BYTES;
        SELECTOR.set(ALLOW);
    }
}
