//! The only room where threads meet.
//!
//! Full chunks go to the worker through one queue and come back through another, each a
//! crossbeam `ArrayQueue` that holds every chunk there is, so that a push never fails. The chunks
//! are allocated in [`open()`] and never after. Numbers stand in [`Counters`] and beside the queues, what
//! is locked in [`Status`] and in the recording. The audio thread's end holds no lock, nor can this file
//! name one (`clippy.toml`).

mod band;
mod chunk;
mod counters;
mod cues;
mod editor;
mod load;
mod meters;
mod picture;
mod recording;
mod signals;
mod status;
mod transport;

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{self, AtomicU32, Ordering};
use std::thread::Thread;
use std::time::Duration;

use crossbeam::queue::ArrayQueue;

pub use band::{Act, Beat, Cue, Direction, Feel};
pub use chunk::{Chunk, NUM_STEMS, Outcome};
pub use counters::{Cause, Counters, Miss};
pub use cues::{CueLog, Cues, MAX_CUES, MAX_LOG_S};
pub use editor::{EditorEnd, EditorSlot};
pub use load::{HISTORY_S, Load};
pub use meters::{METER_CHANNELS, Meters, NUM_METERS, OUTPUT_METER};
pub use picture::{Column, MAX_HZ, MIN_HZ, NUM_BANDS, NUM_LANES, column_frames};
pub use recording::{MAX_RECORDING_S, Recording, Take};
pub use status::{PackIdentity, Status};
pub use transport::{MAX_POINTS, Point, Points};

use crate::geometry::Geometry;

use signals::Signals;

/// Columns of the picture that wait for the editor; the oldest go first. At the usual hop they are
/// twelve seconds.
const MAX_COLUMNS: usize = 1024;
/// Cues that wait for the editor; the oldest go first. They are those of some bars.
const MAX_SHOWN_CUES: usize = 4096;

/// What the ends share.
struct Shared {
    /// Collected chunks on their way to the worker.
    to_worker: ArrayQueue<Chunk>,
    /// Chunks on their way back.
    to_audio: ArrayQueue<Chunk>,
    /// How many were put into `to_audio`, which wraps around. Whoever takes one out while another is half
    /// put in has to wait for it.
    num_delivered: AtomicU32,
    signals: Signals,
    /// The worker's thread, to wake it from an offline render.
    worker: OnceLock<Thread>,
    /// The picture, from the worker to the editor; filled only while the editor is open.
    columns: ArrayQueue<Column>,
    /// What the band does, with its epoch, from the worker to the editor.
    cues: ArrayQueue<(u32, Cue)>,
}

/// The audio thread's end.
pub struct AudioEnd {
    shared: Arc<Shared>,
    /// See [`Counters`].
    pub counters: Arc<Counters>,
    /// Chunks that are nowhere else.
    free: Vec<Chunk>,
    /// Chunks that there are.
    num_chunks: usize,
    /// Chunks that are with the worker or on the way.
    num_sent: usize,
    /// Chunks that came back; see [`Shared::num_delivered`].
    num_received: u32,
    /// The start of the chunk sent last in this epoch.
    last_sent: i64,
}

/// The worker's end.
pub struct WorkerEnd {
    shared: Arc<Shared>,
    /// See [`Status`].
    pub status: Arc<Status>,
    /// The last stems, for whoever exports them.
    recording: Arc<Recording>,
    /// How long the log of cues is.
    max_log_samples: i64,
}

/// The end of whoever owns the worker.
pub struct OwnerEnd {
    shared: Arc<Shared>,
}

/// The chunks that an instance needs.
fn num_chunks(geometry: &Geometry, max_block_samples: usize) -> usize {
    // One being collected, one being played, one that a reset left with the worker, those a block
    // can fill, and those that may be with the worker before the first of them is due, or before a host
    // that hurries from the start is made to wait for it.
    let margin_samples = (geometry.margin_s() * geometry.sample_rate) as usize;
    let in_flight = geometry.budget_samples().max(margin_samples) + max_block_samples;
    4 + in_flight.div_ceil(geometry.chunk_samples())
}

/// Bytes of the chunks that [`open()`] allocates, which are most of an engine's memory.
pub fn memory_bytes(geometry: &Geometry, channels: usize, max_block_samples: usize) -> usize {
    let chunk_bytes = (1 + NUM_STEMS) * channels * geometry.chunk_samples() * size_of::<f32>();
    num_chunks(geometry, max_block_samples) * chunk_bytes
}

/// Allocates the chunks and the queues for an instance with `channels` channels and host blocks of
/// at most `max_block_samples`.
pub fn open(
    geometry: &Geometry,
    channels: usize,
    max_block_samples: usize,
    status: Arc<Status>,
) -> (AudioEnd, WorkerEnd, OwnerEnd, EditorEnd) {
    let chunk_samples = geometry.chunk_samples();
    let num_chunks = num_chunks(geometry, max_block_samples);
    let has_band = geometry.stream.has_band();
    status.cues.clear();
    let shared = Arc::new(Shared {
        to_worker: ArrayQueue::new(num_chunks),
        to_audio: ArrayQueue::new(num_chunks),
        num_delivered: AtomicU32::new(0),
        signals: Signals::new(),
        worker: OnceLock::new(),
        columns: ArrayQueue::new(MAX_COLUMNS),
        cues: ArrayQueue::new(if has_band { MAX_SHOWN_CUES } else { 1 }),
    });
    let recording = Recording::new(geometry.sample_rate, chunk_samples, channels);
    let recording = Arc::new(recording);
    let free = (0..num_chunks)
        .map(|_| Chunk::new(channels, chunk_samples, has_band))
        .collect();
    (
        AudioEnd {
            shared: shared.clone(),
            counters: status.counters.clone(),
            free,
            num_chunks,
            num_sent: 0,
            num_received: 0,
            last_sent: i64::MIN,
        },
        WorkerEnd {
            shared: shared.clone(),
            status: status.clone(),
            recording: recording.clone(),
            max_log_samples: (MAX_LOG_S * geometry.sample_rate) as i64,
        },
        OwnerEnd {
            shared: shared.clone(),
        },
        EditorEnd {
            shared,
            status,
            recording,
            geometry: *geometry,
            channels,
        },
    )
}

impl AudioEnd {
    /// How many chunks there are.
    pub fn num_chunks(&self) -> usize {
        self.num_chunks
    }

    /// How many chunks are with the worker or on the way.
    pub fn num_sent(&self) -> usize {
        self.num_sent
    }

    /// A chunk to collect into, or `None` while all are with the worker.
    pub fn take_free(&mut self) -> Option<Chunk> {
        self.free.pop()
    }

    /// Gives a chunk back that is not needed any more.
    pub fn recycle(&mut self, chunk: Chunk) {
        // There is room for every chunk there is: this does not allocate.
        self.free.push(chunk);
    }

    /// Sends a collected chunk to the worker.
    pub fn send(&mut self, mut chunk: Chunk) {
        chunk.epoch = self.shared.signals.epoch();
        self.last_sent = chunk.start;
        self.num_sent += 1;
        // There is room for every chunk there is.
        if let Err(chunk) = self.shared.to_worker.push(chunk) {
            self.num_sent -= 1;
            self.recycle(chunk);
        }
    }

    /// Whether the chunk with this start can still come back.
    pub fn owes(&self, start: i64) -> bool {
        self.num_sent > 0 && start <= self.last_sent
    }

    /// The next chunk that came back; stale ones are recycled on the way.
    pub fn receive(&mut self) -> Option<Chunk> {
        let epoch = self.shared.signals.epoch();
        while self.num_received != self.shared.num_delivered.load(Ordering::Acquire)
            && let Some(chunk) = self.shared.to_audio.pop()
        {
            self.num_received = self.num_received.wrapping_add(1);
            self.num_sent -= 1;
            if chunk.epoch == epoch {
                return Some(chunk);
            }
            self.recycle(chunk);
        }
        None
    }

    /// Starts a new epoch: whatever is under way is stale.
    pub fn start_epoch(&mut self) {
        self.shared.signals.start_epoch();
        self.last_sent = i64::MIN;
    }

    /// Tells the editor that the host's transport started at `position`.
    pub fn set_playing_since(&self, position: i64) {
        self.shared.signals.set_playing_since(position);
    }

    /// Tells the worker the input position reached, by which it knows what is too late.
    pub fn set_position(&self, position: i64) {
        self.shared.signals.set_position(position);
    }

    /// Wakes the worker at once. A system call: only where the host is not live.
    pub fn wake_worker(&self) {
        if let Some(worker) = self.shared.worker.get() {
            worker.unpark();
        }
    }

    /// The controls moved in the editor since the last call, a bit each.
    pub fn take_touched(&self) -> u64 {
        self.shared.signals.take_touched()
    }
}

impl WorkerEnd {
    /// Announces this thread as the worker.
    pub fn enter(&self) {
        let _ = self.shared.worker.set(std::thread::current());
    }

    /// The next chunk to work on.
    pub fn receive(&self) -> Option<Chunk> {
        self.shared.to_worker.pop()
    }

    /// Sends a chunk back.
    pub fn send(&self, chunk: Chunk) {
        // There is room for every chunk there is.
        let _ = self.shared.to_audio.push(chunk);
        self.shared.num_delivered.fetch_add(1, Ordering::Release);
    }

    /// Sleeps for at most `timeout`; an offline render or a stop ends it at once. The audio thread
    /// of a live host makes no system call, so that the worker looks for chunks by itself.
    pub fn sleep(&self, timeout: Duration) {
        std::thread::park_timeout(timeout);
    }

    /// Whether `chunk` is of an older epoch.
    pub fn is_stale(&self, chunk: &Chunk) -> bool {
        chunk.epoch != self.shared.signals.epoch()
    }

    /// The input position that the audio thread has reached.
    pub fn position(&self) -> i64 {
        self.shared.signals.position()
    }

    /// Adds a column to the picture; where the editor does not keep up, the oldest goes.
    pub fn show(&self, column: Column) {
        self.shared.columns.force_push(column);
    }

    /// Adds a chunk's stems to the recording.
    pub fn record(&self, chunk: &Chunk, delay_samples: i64) {
        self.recording.add(chunk, delay_samples);
    }

    /// Shows what the band does in a chunk, and logs it.
    pub fn tell_cues(&self, chunk: &Chunk) {
        let num_dropped = chunk.cues.num_dropped();
        self.status
            .dropped_cues
            .fetch_add(num_dropped, Ordering::Relaxed);
        for cue in chunk.cues.all() {
            self.shared.cues.force_push((chunk.epoch, *cue));
        }
        let cues = chunk.cues.all();
        self.status
            .cues
            .add(chunk.epoch, cues, self.max_log_samples);
    }

    /// Whether the worker shall end.
    pub fn is_stopped(&self) -> bool {
        self.shared.signals.is_stopped()
    }
}

impl OwnerEnd {
    /// Tells the worker to end.
    pub fn stop(&self) {
        self.shared.signals.stop();
        if let Some(worker) = self.shared.worker.get() {
            worker.unpark();
        }
    }
}
