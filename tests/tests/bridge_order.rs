//! No chunk is lost, used twice or used after a seek, in whatever order the threads meet.
//!
//! The bridge's calls are each one step: a push, a pop, or an atomic's change. So the orders in which
//! two threads can make them are sequences of calls, and all sequences of a length are played here on
//! the bridge itself, beside a model that is simple enough to be believed. A second test lets two
//! threads meet as the machine has it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use one2four::bridge::{self, AudioEnd, Chunk, Outcome, OwnerEnd, Status, WorkerEnd};
use one2four::geometry::{ChunkSetting, Geometry, Stream};

/// Calls in a sequence: enough to fill every chunk there is and to use one again.
const DEPTH: u32 = 9;

/// One thread's next call. The worker has but one, because its calls have one order.
const CALLS: [Call; 5] = [
    Call::Collect,
    Call::Receive,
    Call::Recycle,
    Call::Seek,
    Call::Work,
];

#[derive(Clone, Copy)]
enum Call {
    /// Audio thread: takes a free chunk, fills it and sends it.
    Collect,
    /// Audio thread: receives a chunk and plays it.
    Receive,
    /// Audio thread: gives back the chunk that it has played longest.
    Recycle,
    /// Audio thread: a new epoch begins.
    Seek,
    /// Worker: takes a chunk, or looks whether the one it has is stale, or sends it.
    Work,
}

/// What a chunk holds in its first sample of input, and what its stems are then.
fn stem_of(mark: f32) -> f32 {
    -2.0 * mark
}

/// A chunk with the worker.
enum Hand {
    Empty,
    Taken(Chunk),
    Done(Chunk),
}

/// The bridge, and beside it what must be true of it.
struct Table {
    audio: AudioEnd,
    worker: WorkerEnd,
    _owner: OwnerEnd,
    hand: Hand,
    /// Chunks that are played.
    played: VecDeque<Chunk>,
    /// Marks of chunks on their way, with their epochs, in the order in which they come back.
    under_way: VecDeque<(f32, u32)>,
    /// How many of them the worker has sent back.
    num_back: usize,
    num_free: usize,
    epoch: u32,
    /// The start of the next chunk.
    next_start: i64,
    next_mark: f32,
}

impl Table {
    fn new() -> Self {
        let geometry = Geometry::new(&Stream::DEFAULT, 8_000.0, ChunkSetting::OneSecond);
        let (audio, worker, owner, _editor) =
            bridge::open(&geometry, 1, 1, Arc::new(Status::default()));
        Self {
            num_free: audio.num_chunks(),
            audio,
            worker,
            _owner: owner,
            hand: Hand::Empty,
            played: VecDeque::new(),
            under_way: VecDeque::new(),
            num_back: 0,
            epoch: 0,
            next_start: 0,
            next_mark: 1.0,
        }
    }

    fn make(&mut self, call: Call) {
        match call {
            Call::Collect => self.collect(),
            Call::Receive => self.receive(),
            Call::Recycle => {
                if let Some(chunk) = self.played.pop_front() {
                    self.audio.recycle(chunk);
                    self.num_free += 1;
                }
            }
            Call::Seek => {
                self.audio.start_epoch();
                self.epoch += 1;
                self.next_start = 0;
            }
            Call::Work => self.work(),
        }
        assert_eq!(self.audio.num_sent(), self.under_way.len());
        let is_owed = self.next_start > 0 && !self.under_way.is_empty();
        assert_eq!(self.audio.owes(self.next_start - 1), is_owed);
        assert!(!self.audio.owes(self.next_start));
    }

    fn collect(&mut self) {
        let Some(mut chunk) = self.audio.take_free() else {
            assert_eq!(self.num_free, 0);
            return;
        };
        self.num_free -= 1;
        chunk.start = self.next_start;
        chunk.input_mut(0)[0] = self.next_mark;
        self.audio.send(chunk);
        self.under_way.push_back((self.next_mark, self.epoch));
        self.next_start += 1;
        self.next_mark += 1.0;
    }

    fn receive(&mut self) {
        let received = self.audio.receive();
        // Stale ones are recycled on the way.
        let mut expected = None;
        while expected.is_none() && self.num_back > 0 {
            let (mark, epoch) = self.under_way.pop_front().unwrap();
            self.num_back -= 1;
            if epoch == self.epoch {
                expected = Some(mark);
            } else {
                self.num_free += 1;
            }
        }
        assert_eq!(received.as_ref().map(|chunk| chunk.input(0)[0]), expected);
        if let Some(chunk) = received {
            assert_eq!(chunk.outcome, Outcome::Done, "it was never stale");
            assert_eq!(chunk.stem(0, 0)[0], stem_of(chunk.input(0)[0]));
            self.played.push_back(chunk);
        }
    }

    fn work(&mut self) {
        self.hand = match std::mem::replace(&mut self.hand, Hand::Empty) {
            Hand::Empty => self.worker.receive().map_or(Hand::Empty, Hand::Taken),
            Hand::Taken(mut chunk) => {
                chunk.outcome = if self.worker.is_stale(&chunk) {
                    Outcome::Skipped
                } else {
                    chunk.stem_mut(0, 0)[0] = stem_of(chunk.input(0)[0]);
                    Outcome::Done
                };
                Hand::Done(chunk)
            }
            Hand::Done(chunk) => {
                self.worker.send(chunk);
                self.num_back += 1;
                Hand::Empty
            }
        };
    }

    /// Brings every chunk home: there must be as many as at first, each of them once.
    fn clear(&mut self) {
        while self.num_back < self.under_way.len() {
            self.make(Call::Work);
        }
        self.make(Call::Seek);
        self.make(Call::Receive);
        while !self.played.is_empty() {
            self.make(Call::Recycle);
        }
        let free: Vec<_> = std::iter::from_fn(|| self.audio.take_free()).collect();
        let mut places: Vec<_> = free.iter().map(|chunk| chunk.input(0).as_ptr()).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), self.audio.num_chunks());
        free.into_iter().for_each(|chunk| self.audio.recycle(chunk));
        self.next_mark = 1.0;
    }
}

#[test]
fn no_chunk_is_lost_or_used_twice_in_any_order_of_calls() {
    let mut table = Table::new();
    assert!(table.audio.num_chunks() < DEPTH as usize);
    for sequence in 0..CALLS.len().pow(DEPTH) {
        let mut rest = sequence;
        for _ in 0..DEPTH {
            table.make(CALLS[rest % CALLS.len()]);
            rest /= CALLS.len();
        }
        table.clear();
    }
}

/// Says that it is over, also where a check fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[test]
fn two_threads_lose_no_chunk_and_keep_their_order() {
    let geometry = Geometry::new(&Stream::DEFAULT, 8_000.0, ChunkSetting::Hop);
    let (mut audio, worker, _owner, _editor) =
        bridge::open(&geometry, 1, 1, Arc::new(Status::default()));
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Acquire) {
                let Some(mut chunk) = worker.receive() else {
                    std::thread::yield_now();
                    continue;
                };
                chunk.outcome = Outcome::Skipped;
                if !worker.is_stale(&chunk) {
                    let (last, mark) = (chunk.stem(0, 0).len() - 1, chunk.input(0)[0]);
                    chunk.stem_mut(0, 0)[last] = stem_of(mark);
                    chunk.outcome = Outcome::Done;
                }
                worker.send(chunk);
            }
        });
        let _over = Over(&is_over);
        let (mut sent, mut received) = (0, 0);
        for turn in 0..200_000 {
            if turn % 97 == 0 {
                audio.start_epoch();
                (sent, received) = (0, 0);
            }
            if let Some(mut chunk) = audio.take_free() {
                chunk.start = sent;
                chunk.input_mut(0)[0] = sent as f32;
                audio.send(chunk);
                sent += 1;
            }
            while let Some(chunk) = audio.receive() {
                let last = chunk.stem(0, 0).len() - 1;
                assert_eq!((chunk.start, chunk.outcome), (received, Outcome::Done));
                assert_eq!(chunk.stem(0, 0)[last], stem_of(received as f32));
                received += 1;
                audio.recycle(chunk);
            }
        }
        while audio.num_sent() > 0 {
            if let Some(chunk) = audio.receive() {
                audio.recycle(chunk);
            }
        }
    });
    let free = std::iter::from_fn(|| audio.take_free()).count();
    assert_eq!(free, audio.num_chunks());
}
