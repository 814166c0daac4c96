//! The worker's priority: above a host's background, below its audio.

pub use system::raise;

#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
mod system {
    use libc::{PRIO_PROCESS, getpriority, setpriority};

    /// The nice value of ordinary threads is 0, that of the audio of many hosts real-time.
    const NICE: i32 = -11;

    /// Raises this thread's priority where the system lets us, and never lowers it: a host that runs
    /// at a better one hands it on.
    pub fn raise() {
        // SAFETY: both take numbers; on Linux process 0 is the calling thread alone.
        unsafe {
            if getpriority(PRIO_PROCESS as _, 0) > NICE {
                setpriority(PRIO_PROCESS as _, 0, NICE);
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        /// What setting this thread to a nice value came to.
        fn set(wished: i32) -> bool {
            // SAFETY: as above.
            unsafe { setpriority(PRIO_PROCESS as _, 0, wished) == 0 }
        }

        fn nice() -> i32 {
            // SAFETY: as above.
            unsafe { getpriority(PRIO_PROCESS as _, 0) }
        }

        #[test]
        fn a_worse_priority_is_raised_and_a_better_one_kept() {
            // A thread each: not every process may raise what it has lowered.
            let may_raise = std::thread::spawn(|| set(19) && set(NICE)).join().unwrap();
            for wished in [19, 0, NICE, -20] {
                let test = move || {
                    // Where the system refuses it, the thread keeps what it has.
                    set(wished);
                    let before = nice();
                    raise();
                    (before, nice())
                };
                let (before, after) = std::thread::spawn(test).join().unwrap();
                let expected = if may_raise { before.min(NICE) } else { before };
                assert_eq!(after, expected, "{before}");
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use thread_priority::{ThreadPriority, ThreadPriorityValue};

    /// Of 100, where 50 is ordinary.
    const PRIORITY: u8 = 75;

    /// Raises this thread's priority where the system lets us.
    pub fn raise() {
        if let Ok(priority) = ThreadPriorityValue::try_from(PRIORITY) {
            let _ = ThreadPriority::Crossplatform(priority).set_for_current();
        }
    }
}
