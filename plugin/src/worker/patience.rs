//! How long a pack's networks may take, however long the host would wait.
//!
//! The multiplications of a chunk are counted before a pack is loaded, but not what each of them takes.
//! Networks that are far slower than that would keep a core busy and a render waiting for hours, so they
//! are given up.

use std::time::Duration;

/// The processor time that a chunk may take, in lengths of the chunk. An offline render may well be slower
/// than real time; one that takes this long is no use to anybody.
const MAX_SLOWNESS: u32 = 20;
/// Chunks in a row that may take longer before the networks are given up.
const MAX_SLOW_CHUNKS: u32 = 3;

/// What is left of the worker's patience.
pub struct Patience {
    /// Length of the audio in a chunk.
    chunk: Duration,
    /// Slow chunks in a row.
    num_slow: u32,
}

impl Patience {
    /// For chunks of this length.
    pub fn new(chunk: Duration) -> Self {
        Self { chunk, num_slow: 0 }
    }

    /// Takes note of the processor time of a chunk. Where the networks are to be given up, why.
    pub fn wear(&mut self, spent: Duration) -> Option<String> {
        let limit = MAX_SLOWNESS * self.chunk;
        self.num_slow = if spent > limit { self.num_slow + 1 } else { 0 };
        (self.num_slow >= MAX_SLOW_CHUNKS).then(|| {
            format!(
                "The pack was given up: its networks may take {:.1} s of processor time for {:.2} s of \
                 audio and took {:.1} s, {MAX_SLOW_CHUNKS} times in a row; choose another pack; the \
                 input passes",
                limit.as_secs_f64(),
                self.chunk.as_secs_f64(),
                spent.as_secs_f64(),
            )
        })
    }
}

/// The processor time of this thread, which a busy machine does not lengthen; under Windows the time that
/// passed.
#[cfg(unix)]
#[allow(unsafe_code)]
pub fn thread_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the call fills in the time that it is given.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The processor time of this thread, which a busy machine does not lengthen; under Windows the time that
/// passed.
#[cfg(not(unix))]
pub fn thread_time() -> Duration {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slow_chunks_in_a_row_wear_it_out() {
        let (sound, slow) = (Duration::from_secs(20), Duration::from_millis(20_500));
        let mut patience = Patience::new(Duration::from_secs(1));
        for spent in [slow, slow, sound, slow, slow] {
            assert_eq!(patience.wear(spent), None);
        }
        let fault = patience.wear(slow).unwrap();
        assert!(
            fault.contains("may take 20.0 s") && fault.contains("took 20.5 s"),
            "{fault}"
        );
    }
}
