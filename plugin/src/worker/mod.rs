//! The worker: one thread per instance, which makes stems of chunks.
//!
//! A chunk runs through `separate`, and there through the way of the pack's kind: `mask`, `waveform`
//! or `notes`.
//! Whatever goes wrong here becomes a chunk with `Outcome::Failed` and a sentence in the status;
//! the next chunk is tried again.

mod input;
mod lanes;
mod mask;
mod notes;
mod patience;
mod picture;
mod priority;
mod separate;
mod waveform;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::bridge::{Chunk, Column, Outcome, OwnerEnd, WorkerEnd};
use crate::dsp::flush_denormals;
use crate::geometry::Geometry;
use crate::network::{Networks, RunError};

use patience::Patience;
pub use patience::thread_time;
use separate::Separator;

/// Makes the networks. Called on the worker's thread, and again after it failed; the error is one
/// sentence for the reader.
pub type Loader = Box<dyn FnMut() -> Result<Networks, String> + Send>;

/// How often the worker looks for chunks, as a part of the time it has for one.
const LOOKS_PER_BUDGET: u32 = 8;
/// The time after which loading is tried again.
const MIN_RETRY: Duration = Duration::from_secs(1);
/// The longest such time, reached by doubling.
const MAX_RETRY: Duration = Duration::from_secs(30);

/// The running worker. Dropping it ends and joins the thread.
pub struct Worker {
    owner: OwnerEnd,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread. Fails where the system gives no thread.
    pub fn start(
        end: WorkerEnd,
        owner: OwnerEnd,
        geometry: Geometry,
        channels: usize,
        load: Loader,
    ) -> std::io::Result<Self> {
        let status = end.status.clone();
        let run = move || {
            let run = || Loop::new(end, geometry, channels, load).run();
            if catch_unwind(AssertUnwindSafe(run)).is_err() {
                let fault = "The worker has ended, the input passes; restart the plugin";
                status.is_ready.store(false, Ordering::Relaxed);
                status.set_fault(Some(fault.into()));
            }
        };
        let thread = std::thread::Builder::new()
            .name("one2four-worker".into())
            .spawn(run)?;
        Ok(Self {
            owner,
            thread: Some(thread),
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.owner.stop();
        if let Some(thread) = self.thread.take() {
            // A panic outside the caught parts ended the thread; there is nothing left to do.
            let _ = thread.join();
        }
    }
}

/// The state of the worker's thread.
struct Loop {
    end: WorkerEnd,
    geometry: Geometry,
    channels: usize,
    load: Loader,
    /// `None` until the networks could be loaded.
    separator: Option<Separator>,
    /// When loading may be tried (again).
    retry_at: Instant,
    /// The time to wait after the next failure to load.
    retry_after: Duration,
    /// Whether the status shows a fault of a run.
    is_faulty: bool,
    /// With networks that are too slow; `None` once they are given up.
    patience: Option<Patience>,
}

impl Loop {
    fn new(end: WorkerEnd, geometry: Geometry, channels: usize, load: Loader) -> Self {
        let chunk_s = geometry.chunk_samples() as f64 / geometry.sample_rate;
        let chunk = Duration::from_secs_f64(chunk_s);
        Self {
            end,
            geometry,
            channels,
            load,
            separator: None,
            retry_at: Instant::now(),
            retry_after: MIN_RETRY,
            is_faulty: false,
            patience: Some(Patience::new(chunk)),
        }
    }

    fn run(mut self) {
        self.end.enter();
        priority::raise();
        let budget_s = self.geometry.budget_samples() as f64 / self.geometry.sample_rate;
        let nap = Duration::from_secs_f64(budget_s) / LOOKS_PER_BUDGET;
        flush_denormals(|| {
            while !self.end.is_stopped() {
                self.load_networks();
                match self.end.receive() {
                    Some(chunk) => self.handle(chunk),
                    None => self.end.sleep(nap),
                }
            }
        });
    }

    fn load_networks(&mut self) {
        let is_given_up = self.patience.is_none();
        if self.separator.is_some() || is_given_up || Instant::now() < self.retry_at {
            return;
        }
        let load = || {
            let networks = (self.load)()?;
            Separator::new(&self.geometry, self.channels, networks)
        };
        let loaded = catch_unwind(AssertUnwindSafe(load))
            .unwrap_or_else(|panic| Err(format!("Loading the pack panicked: {}", words(&*panic))));
        match loaded {
            Ok(separator) => {
                self.separator = Some(separator);
                self.end.status.set_fault(None);
                self.end.status.is_ready.store(true, Ordering::Release);
            }
            Err(fault) => {
                self.end.status.set_fault(Some(fault));
                self.retry_at = Instant::now() + self.retry_after;
                self.retry_after = MAX_RETRY.min(2 * self.retry_after);
            }
        }
    }

    fn handle(&mut self, mut chunk: Chunk) {
        let is_too_late = self.is_too_late(&chunk);
        chunk.outcome = if self.end.is_stale(&chunk) {
            Outcome::Skipped
        } else if let Some(separator) = &mut self.separator {
            if chunk.is_needed && !is_too_late {
                let started = thread_time();
                let outcome = self.separate(&mut chunk);
                self.wear_patience(thread_time().saturating_sub(started));
                outcome
            } else {
                separator.skip(&chunk);
                Outcome::Skipped
            }
        } else if chunk.is_needed {
            Outcome::Failed
        } else {
            Outcome::Skipped
        };
        self.end.send(chunk);
    }

    /// Gives the networks up where they are far too slow; a restart tries them again.
    fn wear_patience(&mut self, spent: Duration) {
        let patience = self.patience.as_mut();
        let Some(fault) = patience.and_then(|patience| patience.wear(spent)) else {
            return;
        };
        self.patience = None;
        self.separator = None;
        self.end.status.is_ready.store(false, Ordering::Relaxed);
        self.end.status.set_fault(Some(fault));
    }

    /// Whether the last of the chunk's stems has come out. Those before the first sound are silence
    /// and never late: the chunk is for the networks' memory, which has to be that of a bounce also
    /// where the host was too little ahead to be made to wait.
    fn is_too_late(&self, chunk: &Chunk) -> bool {
        let chunk_samples = self.geometry.chunk_samples() as i64;
        let worker_delay_samples = self.geometry.worker_delay_samples() as i64;
        let is_before_sound = chunk.since_sound + chunk_samples <= worker_delay_samples;
        let last_use = chunk.start + 2 * chunk_samples + self.geometry.budget_samples() as i64;
        !is_before_sound && self.end.position() >= last_use
    }

    fn separate(&mut self, chunk: &mut Chunk) -> Outcome {
        let Some(separator) = &mut self.separator else {
            return Outcome::Failed;
        };
        let started = Instant::now();
        let status = &self.end.status;
        let show = |column| self.end.show(column);
        let is_watched = status.is_watched.load(Ordering::Relaxed);
        let show = is_watched.then_some(&show as &dyn Fn(Column));
        let result = catch_unwind(AssertUnwindSafe(|| separator.run(chunk, show)))
            .unwrap_or_else(|panic| Err(RunError::Panic(words(&*panic))));
        let busy = started.elapsed();
        status.load.add(busy);
        status
            .busy_ns
            .fetch_add(busy.as_nanos() as u64, Ordering::Relaxed);
        let audio_s = self.geometry.chunk_samples() as f64 / self.geometry.sample_rate;
        status
            .audio_us
            .fetch_add((audio_s * 1e6) as u64, Ordering::Relaxed);
        status.chunks_done.fetch_add(1, Ordering::Relaxed);
        match result {
            Ok(()) => {
                if std::mem::take(&mut self.is_faulty) {
                    status.set_fault(None);
                }
                self.end.tell_cues(chunk);
                if status.is_recording.load(Ordering::Relaxed) {
                    let delay_samples = self.geometry.worker_delay_samples() as i64;
                    self.end.record(chunk, delay_samples);
                }
                Outcome::Done
            }
            Err(error) => {
                separator.reset();
                self.is_faulty = true;
                status.set_fault(Some(format!(
                    "The networks failed, the input passes: {error}"
                )));
                Outcome::Failed
            }
        }
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied())
        .unwrap_or("no reason given")
        .into()
}
