//! The audio thread of an instance: plays like a sound card or like a bounce, moves every
//! parameter, and checks what comes out.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Result;
use stage::{Change, Param, Player};

use super::dice::Dice;
use super::machine::{self, Thread};
use super::null::Null;

/// The longest block of any instance.
pub const MAX_BLOCK: usize = 4096;
/// Block lengths that hosts use.
const BLOCKS: [usize; 9] = [1, 16, 64, 128, 441, 512, 1024, 2048, MAX_BLOCK];
/// How far a live host may play ahead.
const MAX_LEAD: Duration = Duration::from_millis(30);
/// No chunk is asked for.
const NO_CHUNK: usize = usize::MAX;

/// How an instance is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Like a sound card.
    Live,
    /// As fast as it goes, with rests, so that the machine is left to the others.
    Bounce,
}

/// What there is to play.
pub struct Song {
    /// Left and right.
    pub channels: [Vec<f32>; 2],
}

/// What the thread needs to know of its instance.
pub struct Piece {
    /// The instance's parameters.
    pub params: Vec<Param>,
    /// Hz.
    pub rate: f64,
    /// What the instance told.
    pub latency: usize,
    /// Whether its output is to be its input where no fader is moved.
    pub is_null_due: bool,
    /// See [`Pace`].
    pub pace: Pace,
    /// The longest block.
    pub max_block: usize,
    /// Of everything random.
    pub seed: u64,
}

/// What was found while playing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Samples played, per channel.
    pub samples: u64,
    /// Seconds played.
    pub seconds: f64,
    /// Samples that were compared with the delayed input.
    pub null_samples: u64,
    /// The largest difference.
    pub null_residual: f32,
    /// Samples of any bus that were no numbers, or far too loud.
    pub bad_samples: u64,
}

impl Tally {
    /// Adds what another thread found.
    pub fn add(&mut self, other: &Self) {
        self.samples += other.samples;
        self.seconds += other.seconds;
        self.null_samples += other.null_samples;
        self.null_residual = self.null_residual.max(other.null_residual);
        self.bad_samples += other.bad_samples;
    }
}

/// What the main thread asks of it.
struct Orders {
    stop: AtomicBool,
    /// A seek, for which hosts reset the plugin.
    seek: AtomicBool,
    /// The index of a chunk setting, or [`NO_CHUNK`].
    chunk: AtomicUsize,
    /// How many times a state began to be saved or was restored: odd between the two.
    restores: AtomicUsize,
}

/// The running thread.
pub struct Audio {
    orders: Arc<Orders>,
    thread: JoinHandle<Result<(Player, Tally)>>,
    id: Thread,
}

impl Audio {
    /// Plays `song` until it is stopped.
    pub fn start(player: Player, song: Arc<Song>, piece: Piece) -> Result<Self> {
        let orders = Arc::new(Orders {
            stop: AtomicBool::new(false),
            seek: AtomicBool::new(false),
            chunk: AtomicUsize::new(NO_CHUNK),
            restores: AtomicUsize::new(0),
        });
        let turn = Turn::new(player, song, piece, orders.clone());
        let (tell, told) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("soak-audio".into())
            .spawn(move || {
                let _ = tell.send(machine::own());
                turn.play()
            })?;
        let id = told.recv()?;
        Ok(Self { orders, thread, id })
    }

    /// Asks for a seek.
    pub fn seek(&self) {
        self.orders.seek.store(true, Ordering::Release);
    }

    /// Asks for another chunk setting.
    pub fn set_chunk(&self, setting_idx: usize) {
        self.orders.chunk.store(setting_idx, Ordering::Release);
    }

    /// The thread, as the system counts it.
    pub fn id(&self) -> Thread {
        self.id
    }

    /// Says that a state, which is restored soon, begins to be saved, or is restored.
    pub fn note_restore(&self) {
        self.orders.restores.fetch_add(1, Ordering::AcqRel);
    }

    /// Ends playing.
    pub fn stop(self) -> Result<(Player, Tally)> {
        self.orders.stop.store(true, Ordering::Release);
        self.thread
            .join()
            .unwrap_or_else(|_| anyhow::bail!("the audio thread panicked"))
    }
}

/// The thread's state.
struct Turn {
    player: Player,
    song: Arc<Song>,
    /// Where in the song.
    at: usize,
    piece: Piece,
    orders: Arc<Orders>,
    dice: Dice,
    null: Null,
    /// See [`Orders::restores`]; as seen last.
    seen_restores: usize,
    /// Whether the faders move; otherwise all are where a null is due.
    is_wild: bool,
    /// Samples until that changes.
    until_change: i64,
    tally: Tally,
}

impl Turn {
    fn new(player: Player, song: Arc<Song>, piece: Piece, orders: Arc<Orders>) -> Self {
        Self {
            null: Null::new(piece.latency, piece.rate),
            seen_restores: 0,
            dice: Dice::new(piece.seed),
            at: 0,
            is_wild: true,
            until_change: 0,
            tally: Tally::default(),
            player,
            song,
            piece,
            orders,
        }
    }

    fn play(mut self) -> Result<(Player, Tally)> {
        if self.piece.pace == Pace::Live {
            machine::hurry();
        }
        let (mut started, mut played) = (Instant::now(), 0.0);
        let mut usual_block = 512;
        while !self.orders.stop.load(Ordering::Acquire) {
            if self.orders.seek.swap(false, Ordering::AcqRel) {
                self.player.reset();
                self.null.reset();
                self.at = self.dice.below(self.song.channels[0].len());
                (started, played) = (Instant::now(), 0.0);
            } else if self.dice.once_in(5000) {
                // A loop point of a host that does not reset for it.
                self.at = self.dice.below(self.song.channels[0].len());
            }
            if self.dice.once_in(200) {
                usual_block = *self.dice.one_of(&BLOCKS);
            }
            let frames = if self.dice.once_in(10) {
                1 + self.dice.below(MAX_BLOCK)
            } else {
                usual_block
            };
            let frames = self.block(frames.min(self.piece.max_block))?;
            played += frames as f64 / self.piece.rate;
            let ahead = Duration::from_secs_f64(played).saturating_sub(started.elapsed());
            match self.piece.pace {
                Pace::Live => std::thread::sleep(ahead.saturating_sub(MAX_LEAD)),
                Pace::Bounce if played > 5.0 => {
                    std::thread::sleep(2 * started.elapsed());
                    (started, played) = (Instant::now(), 0.0);
                }
                Pace::Bounce => {}
            }
        }
        self.tally.null_samples = self.null.num_compared;
        self.tally.null_residual = self.null.residual;
        Ok((self.player, self.tally))
    }

    /// Plays up to `frames` samples and says how many.
    fn block(&mut self, frames: usize) -> Result<usize> {
        let song = self.song.clone();
        let song = song.channels.each_ref();
        let frames = frames.min(song[0].len() - self.at);
        let changes = self.changes(frames);
        let input = song.map(|channel| &channel[self.at..self.at + frames]);
        self.player.play(&input, &changes)?;
        self.watch_restores();
        self.null.compare(&input, &self.player.bus(0));
        let buses = (0..self.player.num_buses()).flat_map(|bus_idx| self.player.bus(bus_idx));
        let is_bad = |sample: &&f32| !sample.is_finite() || sample.abs() > 100.0;
        self.tally.bad_samples += buses.flatten().filter(is_bad).count() as u64;
        self.tally.samples += frames as u64;
        self.tally.seconds += frames as f64 / self.piece.rate;
        self.at = (self.at + frames) % song[0].len();
        self.until_change -= frames as i64;
        Ok(frames)
    }

    /// Says whether a state is being restored. With it the faders go back to where they were when it was
    /// saved, so that no null is due until they are set for one again.
    fn watch_restores(&mut self) -> bool {
        let restores = self.orders.restores.load(Ordering::Acquire);
        let is_restoring = restores % 2 == 1;
        if is_restoring || std::mem::replace(&mut self.seen_restores, restores) != restores {
            self.null.hold();
            self.null.pause();
            if !self.is_wild {
                (self.is_wild, self.until_change) = (true, 0);
            }
        }
        is_restoring
    }

    /// The parameters' changes in the next block.
    fn changes(&mut self, frames: usize) -> Vec<Change> {
        let is_restoring = self.watch_restores();
        let mut changes = Vec::new();
        let mut change = |at, param: &Param, value| {
            let param = param.clap_id;
            changes.push(Change { at, param, value });
        };
        let (chunk, others): (Vec<_>, Vec<_>) = self
            .piece
            .params
            .iter()
            .partition(|param| param.id == "chunk");
        let setting_idx = self.orders.chunk.swap(NO_CHUNK, Ordering::AcqRel);
        if setting_idx != NO_CHUNK {
            self.null.hold();
            chunk
                .iter()
                .for_each(|param| change(0, param, setting_idx as f64));
        }
        if self.until_change <= 0 && !(self.is_wild && is_restoring) {
            self.is_wild = !self.is_wild;
            self.until_change = ((2.0 + 6.0 * self.dice.part()) * self.piece.rate) as i64;
            self.null.pause();
            if !self.is_wild {
                others
                    .iter()
                    .for_each(|param| change(0, param, param.default_value));
                if self.piece.is_null_due {
                    self.null.start();
                }
            }
        }
        if self.is_wild && self.dice.once_in(4) {
            for _ in 0..=self.dice.below(4) {
                let param = *self.dice.one_of(&others);
                let value = param.max_value * self.dice.part();
                let value = if param.is_stepped {
                    value.round()
                } else {
                    value
                };
                change(self.dice.below(frames), param, value);
            }
        }
        changes
    }
}
