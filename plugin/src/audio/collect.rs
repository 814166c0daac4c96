//! Hands out the stems that are due, and says where there are none.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::audio::lead::{Lead, MAX_WAIT};
use crate::bridge::{AudioEnd, Cause, Chunk, Counters, Outcome};
use crate::dsp::Ramp;
use crate::geometry::Geometry;

/// Time between two looks for a chunk, in a host that is ahead of real time.
const POLL_INTERVAL: Duration = Duration::from_micros(50);

/// The start of the first chunk while there was no sound: later than any position.
const NO_START: i64 = i64::MAX / 2;

/// Stems of a segment: a chunk and the index of the segment's first sample in it.
pub type Stems<'a> = Option<(&'a Chunk, usize)>;

/// The chunks that came back.
pub struct Collect {
    /// The chunk that covers what comes out now.
    current: Option<Chunk>,
    /// Chunks that came before they are due, the oldest first.
    early: VecDeque<Chunk>,
    /// The start of the first chunk since the reset.
    first_start: i64,
    /// See `Geometry::early_samples`.
    early_samples: i64,
    /// The start of the chunk that is due now.
    due_start: i64,
    /// How much of the stems is heard: 1, or less around a gap, where the aligned input is heard.
    presence: Ramp,
    /// The start of the chunk that was missed last.
    missed_start: i64,
    /// Set when a wait was in vain; until the worker shows up again there is no other.
    gave_up: bool,
    /// Whether the host's block is longer than the time for a chunk.
    is_block_long: bool,
    /// See `Geometry::max_live_block_samples`.
    max_live_block_samples: usize,
    /// Samples in a chunk.
    chunk_samples: i64,
    /// See `Geometry::worker_delay_samples`.
    worker_delay_samples: i64,
    /// See `Geometry::fade_samples`.
    fade_samples: i64,
}

impl Collect {
    /// No chunk there, of `num_chunks` that there are.
    pub fn new(geometry: &Geometry, num_chunks: usize) -> Self {
        Self {
            current: None,
            early: VecDeque::with_capacity(num_chunks),
            first_start: NO_START,
            early_samples: geometry.early_samples() as i64,
            due_start: i64::MIN,
            presence: Ramp::new(0.0, geometry.fade_samples()),
            missed_start: i64::MIN,
            gave_up: false,
            is_block_long: false,
            max_live_block_samples: geometry.max_live_block_samples(),
            chunk_samples: geometry.chunk_samples() as i64,
            worker_delay_samples: geometry.worker_delay_samples() as i64,
            fade_samples: geometry.fade_samples() as i64,
        }
    }

    /// Gives all chunks back.
    pub fn reset(&mut self, bridge: &mut AudioEnd) {
        if let Some(chunk) = self.current.take() {
            bridge.recycle(chunk);
        }
        while let Some(chunk) = self.early.pop_front() {
            bridge.recycle(chunk);
        }
        self.first_start = NO_START;
        self.due_start = i64::MIN;
        self.presence.snap_to(0.0);
        self.missed_start = i64::MIN;
        self.gave_up = false;
    }

    /// Says how long the host's block is.
    pub fn start_block(&mut self, block_samples: usize) {
        self.is_block_long = block_samples > self.max_live_block_samples;
    }

    /// Says where the first chunk starts.
    pub fn start_at(&mut self, position: i64) {
        self.first_start = position;
    }

    /// Samples from the output position until the first sound, or until a chunk is looked for, begins,
    /// or becomes valid.
    pub fn samples_until_event(&self, output_position: i64) -> usize {
        let offset_in_chunk = self.offset_in_chunk(output_position);
        let look = self.chunk_samples - self.fade_samples;
        let until_look = if offset_in_chunk < look {
            look - offset_in_chunk
        } else {
            self.chunk_samples - offset_in_chunk
        };
        let event = match &self.current {
            _ if output_position < self.audible_from() => self.audible_from(),
            Some(chunk) if chunk.valid_from > output_position => chunk.valid_from,
            _ => return until_look as usize,
        };
        until_look.min(event - output_position) as usize
    }

    /// Fetches what is due at the output position, `position` being that of the input; waits for
    /// it where the host is ahead of real time.
    pub fn advance(
        &mut self,
        output_position: i64,
        position: i64,
        bridge: &mut AudioEnd,
        lead: &mut Lead,
    ) {
        let offset_in_chunk = self.offset_in_chunk(output_position);
        let due_start = output_position + self.worker_delay_samples - offset_in_chunk;
        self.receive(bridge);

        if offset_in_chunk == self.chunk_samples - self.fade_samples {
            let next_start = due_start + self.chunk_samples;
            self.wait_for(next_start, position, bridge, lead);
            let boundary = output_position + self.fade_samples;
            let next = self.early.iter().find(|chunk| chunk.start == next_start);
            let is_next_there = next.is_some_and(|chunk| is_playable(chunk, boundary));
            if !is_next_there && !self.is_before_sound(next_start) {
                let is_owed = next.is_none_or(|chunk| chunk.outcome == Outcome::Failed);
                // Should it still come before it is due, the input is heard until then.
                if is_owed
                    && self.presence.resting() == Some(1.0)
                    && boundary >= self.audible_from().max(0)
                {
                    self.miss(next_start, next.is_some(), &bridge.counters);
                }
                self.presence.go_to(0.0);
            }
        }
        let is_new = due_start != self.due_start;
        self.due_start = due_start;
        let is_first_sound = output_position == self.audible_from();
        let is_there = self
            .current
            .as_ref()
            .is_some_and(|chunk| chunk.start == due_start);
        // A host may not have been far enough ahead when it was looked for.
        if !is_there && (is_new || is_first_sound) {
            self.wait_for(due_start, position, bridge, lead);
        }
        self.make_current(bridge);
        let is_heard = is_new && output_position > self.audible_from() || is_first_sound;
        if is_heard && self.is_missed() {
            self.miss(due_start, self.current.is_some(), &bridge.counters);
        }
        let is_leaving = offset_in_chunk >= self.chunk_samples - self.fade_samples;
        match &self.current {
            _ if output_position < self.audible_from() => self.presence.snap_to(1.0),
            Some(chunk) if is_playable(chunk, output_position) => {
                if !is_leaving {
                    self.presence.go_to(1.0);
                }
            }
            _ => self.presence.snap_to(0.0),
        }
    }

    /// Counts a chunk that is missed, once.
    fn miss(&mut self, start: i64, is_there: bool, counters: &Counters) {
        if start == self.missed_start {
            return;
        }
        self.missed_start = start;
        counters.miss(match is_there {
            true => Cause::Failed,
            false if self.is_block_long => Cause::LongBlock,
            false => Cause::Busy,
        });
    }

    /// Fills in how much of the stems is heard in the next samples.
    pub fn fill_presence(&mut self, presence: &mut [f32]) {
        self.presence.fill(presence);
    }

    /// The stems at the output position, `len` samples of which come out; counts the gap where
    /// there should be some.
    pub fn stems(&self, output_position: i64, len: usize, counters: &Counters) -> Stems<'_> {
        match &self.current {
            // The windows of the first sound reach back before it, and masks would ring there.
            _ if output_position < self.audible_from() => None,
            Some(chunk) if is_playable(chunk, output_position) => {
                Some((chunk, self.offset_in_chunk(output_position) as usize))
            }
            _ => {
                if self.is_missed() || self.current.as_ref().is_some_and(|chunk| chunk.is_needed) {
                    counters
                        .gap_samples
                        .fetch_add(len as u64, Ordering::Relaxed);
                }
                None
            }
        }
    }

    /// The first position at which the stems may sound.
    fn audible_from(&self) -> i64 {
        self.first_start - self.early_samples
    }

    /// Samples from the start of the chunk that covers the output position.
    fn offset_in_chunk(&self, output_position: i64) -> i64 {
        let start_position = output_position + self.worker_delay_samples;
        (start_position - self.first_start).rem_euclid(self.chunk_samples)
    }

    /// Whether all stems of the chunk with this start come out before the first sound, or, as those of a
    /// band may, before the first sample that a host keeps. Nobody misses them: a host may be too little
    /// ahead at first to be made to wait for them.
    fn is_before_sound(&self, start: i64) -> bool {
        start - self.worker_delay_samples + self.chunk_samples <= self.audible_from().max(0)
    }

    /// Whether the worker owed the chunk that is due now and did not deliver.
    fn is_missed(&self) -> bool {
        let is_missing = match &self.current {
            Some(chunk) => chunk.outcome == Outcome::Failed,
            None => true,
        };
        is_missing && !self.is_before_sound(self.due_start)
    }

    fn receive(&mut self, bridge: &mut AudioEnd) {
        while let Some(chunk) = bridge.receive() {
            self.gave_up = false;
            // There is room for every chunk there is: this does not allocate.
            self.early.push_back(chunk);
        }
    }

    fn make_current(&mut self, bridge: &mut AudioEnd) {
        if let Some(chunk) = self.current.take_if(|chunk| chunk.start != self.due_start) {
            bridge.recycle(chunk);
        }
        while let Some(chunk) = self
            .early
            .pop_front_if(|chunk| chunk.start <= self.due_start)
        {
            if chunk.start == self.due_start && self.current.is_none() {
                self.current = Some(chunk);
            } else {
                bridge.recycle(chunk);
            }
        }
    }

    fn wait_for(&mut self, start: i64, position: i64, bridge: &mut AudioEnd, lead: &mut Lead) {
        if start < self.first_start || self.gave_up {
            return;
        }
        let waiting_since = Instant::now();
        while !self.early.iter().any(|chunk| chunk.start == start) && bridge.owes(start) {
            if !lead.may_wait(position, waiting_since) {
                // Not where the host's lead was used up: it can be longer the next time.
                self.gave_up = waiting_since.elapsed() >= MAX_WAIT;
                return;
            }
            bridge.wake_worker();
            std::thread::sleep(POLL_INTERVAL);
            self.receive(bridge);
        }
    }
}

fn is_playable(chunk: &Chunk, output_position: i64) -> bool {
    chunk.outcome == Outcome::Done && chunk.valid_from <= output_position
}
