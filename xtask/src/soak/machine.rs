//! Tells when the machine had no processor for the plugin's threads, so that its lack is not taken for
//! the plugin's.
//!
//! Linux counts for each thread how long it was ready to run and waited for a processor. A chunk is late
//! for that reason only where its threads waited for a good part of the time that the worker has for it:
//! what was late without such a wait is surely the plugin's own. The report tells for how much of the
//! soak a wait was long enough to be an excuse, so that nobody takes a soak on a busy machine for more
//! than it is.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

/// How often the watcher looks.
const REST: Duration = Duration::from_millis(50);
/// How long a wait explains what was late: the longest time for a chunk, and until it is noticed.
const WINDOW: Duration = Duration::from_millis(1500);
/// The threads that have to be in time.
const THREADS: [&str; 2] = ["one2four-worker", super::audio::THREAD];
/// A part of the time for a chunk which is long enough to make it late: the rest is for the work.
const EXCUSE: u32 = 2;
/// The shortest time that the worker has for a chunk.
const MIN_BUDGET: Duration = Duration::from_millis(46);

/// A thread that looks at the others.
pub struct Machine {
    shared: Arc<Shared>,
}

/// What the machine did besides.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Waits {
    /// The longest wait within 1.5 seconds, in milliseconds.
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
    /// When the watcher looked, and how long the thread that waited longest had waited since.
    looks: VecDeque<(Instant, Duration)>,
    longest: Duration,
    excused: Duration,
}

impl Machine {
    /// Starts the thread.
    pub fn watch() -> Self {
        let shared = Arc::new(Shared::default());
        let watcher = shared.clone();
        std::thread::spawn(move || watcher.watch());
        Self { shared }
    }

    /// Whether a chunk for which the worker has `budget` may have been late for want of a processor.
    pub fn excuses(&self, budget: Duration) -> bool {
        self.shared.history().waited() >= budget / EXCUSE
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
    fn history(&self) -> std::sync::MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self) {
        let mut before = HashMap::new();
        while !self.stop.load(Ordering::Relaxed) {
            let asleep_since = Instant::now();
            std::thread::sleep(REST);
            // A machine that stands still as a whole shows in this.
            let overslept = asleep_since.elapsed().saturating_sub(REST);
            let now = waits();
            let new = now.iter().filter_map(|(thread, waited)| {
                let before = before.get(thread)?;
                Some(waited.saturating_sub(*before))
            });
            let longest = new.fold(overslept, Duration::max);
            before = now;
            self.history().add(longest, asleep_since.elapsed());
        }
    }
}

impl History {
    fn add(&mut self, waited: Duration, passed: Duration) {
        self.looks.push_back((Instant::now(), waited));
        while self
            .looks
            .pop_front_if(|(at, _)| at.elapsed() > WINDOW)
            .is_some()
        {}
        self.longest = self.longest.max(self.waited());
        if self.waited() >= MIN_BUDGET / EXCUSE {
            self.excused += passed;
        }
    }

    /// In the last window.
    fn waited(&self) -> Duration {
        self.looks.iter().map(|(_, waited)| *waited).sum()
    }
}

/// How long each of the threads has waited for a processor; nothing where the system does not tell.
fn waits() -> HashMap<String, Duration> {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten();
    threads
        .filter_map(|thread| {
            let thread = thread.ok()?.path();
            let name = fs::read_to_string(thread.join("comm")).ok()?;
            if !THREADS.contains(&name.trim()) {
                return None;
            }
            // Nanoseconds on a processor, nanoseconds of waiting for one, turns.
            let times = fs::read_to_string(thread.join("schedstat")).ok()?;
            let waited_ns = times.split_whitespace().nth(1)?.parse().ok()?;
            let id = thread.file_name()?.to_string_lossy().into_owned();
            Some((id, Duration::from_nanos(waited_ns)))
        })
        .collect()
}
