//! Tells when the machine had no processor for the plugin's threads, so that its lack is not taken for
//! the plugin's.
//!
//! Linux counts for each thread how long it was ready to run and waited for a processor. A chunk is late
//! for that reason only where the thread that plays or the worker of its own instance waited for half of
//! the time that the worker has for it, within that time: what was late without such a wait is surely the
//! plugin's own. The report tells for how much of the soak a wait was long enough to be an excuse, so that
//! nobody takes a soak on a busy machine for more than it is.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use thread_priority::ThreadPriority;

/// How often the watcher looks.
const REST: Duration = Duration::from_millis(25);
/// How long looks are kept: longer than it takes until a late chunk is noticed, while another instance
/// loads its pack.
const KEPT: Duration = Duration::from_secs(30);
/// The name of the plugin's thread.
const WORKER: &str = "one2four-worker";
/// A part of the time for a chunk which is long enough to make it late: the rest is for the work.
const EXCUSE: u32 = 2;
/// The shortest time that the worker has for a chunk.
const MIN_BUDGET: Duration = Duration::from_millis(46);

/// A thread as the system counts them.
pub type Thread = i32;

/// A thread that looks at the others.
pub struct Machine {
    shared: Arc<Shared>,
}

/// What the machine did besides.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Waits {
    /// The longest wait within the time for the shortest chunk, in milliseconds.
    pub longest_ms: u64,
    /// How long a wait was an excuse for the shortest chunk, in seconds.
    pub excused_s: f64,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    history: Mutex<History>,
}

#[derive(Default)]
struct History {
    /// In the order of time.
    looks: VecDeque<Look>,
    longest: Duration,
    excused: Duration,
}

struct Look {
    at: Instant,
    /// How long each thread had waited since the look before.
    waited: HashMap<Thread, Duration>,
    /// How long the watcher itself slept too long: a machine that stands still as a whole shows in this.
    overslept: Duration,
}

impl Machine {
    /// Starts the thread.
    pub fn watch() -> Self {
        let shared = Arc::new(Shared::default());
        let watcher = shared.clone();
        std::thread::spawn(move || watcher.watch());
        Self { shared }
    }

    /// Whether a chunk for which the worker has `budget`, and which was found to be late after `since`,
    /// may have been late because one of `threads` had no processor.
    pub fn excuses(&self, threads: &[Thread], since: Instant, budget: Duration) -> bool {
        let history = self.shared.history();
        let since = since.checked_sub(budget + REST);
        threads
            .iter()
            .any(|thread| history.longest_wait(*thread, since, budget) >= budget / EXCUSE)
    }

    /// What was seen so far.
    pub fn waits(&self) -> Waits {
        let history = self.shared.history();
        Waits {
            longest_ms: history.longest.as_millis() as u64,
            excused_s: history.excused.as_secs_f64(),
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self) {
        let mut before = HashMap::new();
        while !self.stop.load(Ordering::Relaxed) {
            let asleep_since = Instant::now();
            std::thread::sleep(REST);
            let overslept = asleep_since.elapsed().saturating_sub(REST);
            let now: HashMap<_, _> = threads().filter_map(waited).collect();
            let new = now.iter().filter_map(|(thread, waited)| {
                let before = before.get(thread)?;
                Some((*thread, waited.saturating_sub(*before)))
            });
            let waited = new.collect();
            before = now;
            let at = Instant::now();
            let look = Look {
                at,
                waited,
                overslept,
            };
            self.history().add(look);
        }
    }
}

impl History {
    fn add(&mut self, look: Look) {
        while self
            .looks
            .pop_front_if(|first| look.at - first.at > KEPT)
            .is_some()
        {}
        let passed = self.looks.back().map_or(REST, |last| look.at - last.at);
        let since = look.at.checked_sub(MIN_BUDGET + REST);
        let threads: Vec<_> = look.waited.keys().copied().collect();
        self.looks.push_back(look);
        let waits = threads
            .iter()
            .map(|thread| self.longest_wait(*thread, since, MIN_BUDGET));
        let wait = waits.max().unwrap_or_default();
        self.longest = self.longest.max(wait);
        if wait >= MIN_BUDGET / EXCUSE {
            self.excused += passed;
        }
    }

    /// The longest time that `thread` waited within any `budget` after `since`.
    fn longest_wait(&self, thread: Thread, since: Option<Instant>, budget: Duration) -> Duration {
        let (mut longest, mut waited) = (Duration::ZERO, Duration::ZERO);
        let mut within = VecDeque::new();
        for look in self.looks.iter().rev() {
            if since.is_some_and(|since| look.at < since) {
                break;
            }
            let own = look.waited.get(&thread).copied().unwrap_or_default();
            let wait = own.max(look.overslept);
            within.push_back((look.at, wait));
            waited += wait;
            // A look tells of the time before it.
            while let Some((_, left)) = within.pop_front_if(|(at, _)| *at - look.at > budget) {
                waited -= left;
            }
            longest = longest.max(waited);
        }
        longest
    }
}

/// The plugin's workers that run now.
pub fn workers() -> HashSet<Thread> {
    threads()
        .filter(|thread| {
            fs::read_to_string(format!("/proc/self/task/{thread}/comm"))
                .is_ok_and(|name| name.trim() == WORKER)
        })
        .collect()
}

/// The calling thread; 0 where the system does not tell.
pub fn own() -> Thread {
    let own = fs::read_link("/proc/thread-self").ok();
    own.and_then(|path| path.file_name()?.to_str()?.parse().ok())
        .unwrap_or_default()
}

/// Lets the calling thread go before all others where that is allowed, as hosts do with the one that
/// plays for the sound card.
pub fn hurry() {
    let _ = ThreadPriority::Max.set_for_current();
}

/// The threads of this process; none where the system does not tell.
fn threads() -> impl Iterator<Item = Thread> {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten();
    threads.filter_map(|thread| thread.ok()?.file_name().to_str()?.parse().ok())
}

/// How long a thread has waited for a processor since it began.
fn waited(thread: Thread) -> Option<(Thread, Duration)> {
    // Nanoseconds on a processor, nanoseconds of waiting for one, turns.
    let times = fs::read_to_string(format!("/proc/self/task/{thread}/schedstat")).ok()?;
    let waited_ns = times.split_whitespace().nth(1)?.parse().ok()?;
    Some((thread, Duration::from_nanos(waited_ns)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_wait_of_its_own_within_its_time_excuses_a_chunk() {
        let start = Instant::now();
        let ms = Duration::from_millis;
        let mut history = History::default();
        for idx in 0..40 {
            let own = if idx == 20 { ms(24) } else { ms(3) };
            history.add(Look {
                at: start + idx * REST,
                waited: HashMap::from([(1, own), (2, ms(3))]),
                overslept: Duration::ZERO,
            });
        }
        let waited = |thread, idx: u32| {
            let since = Some(start + idx * REST);
            history.longest_wait(thread, since, MIN_BUDGET)
        };
        assert_eq!(waited(1, 0), ms(27));
        assert_eq!(waited(1, 21), ms(6), "a wait before its time");
        assert_eq!(waited(2, 0), ms(6), "a wait of another's");
        assert_eq!(history.longest, ms(27));
        assert_eq!(history.excused, 3 * REST);
    }
}
