//! Plays an engine as a host would.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use one2four::audio::{HostTime, Note};
use one2four::bridge::{Direction, Status};
use one2four::engine::{Engine, HostConfig};
use one2four::geometry::{ChunkSetting, Geometry, Stream};
use one2four::params::{Mix, NUM_CONTROLS, OUTPUT_IDX, gain_idx, mute_idx};
use one2four::worker::Loader;
use stage::{alloc, xorshift};

/// A signal: a vector of samples per channel.
pub type Signal = Vec<Vec<f32>>;

/// The longest block that decks send.
pub const MAX_BLOCK: usize = 4096;

/// How a host drives the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As fast as it can, and it says so.
    Offline,
    /// As fast as it can, but it says that it is live.
    Unannounced,
    /// Like a sound card.
    Live,
}

/// What came out.
pub struct Played {
    /// The main output.
    pub main: Signal,
    /// The stem buses.
    pub stems: [Signal; 4],
    /// The longest that one block took.
    pub slowest: Duration,
    /// Allocations and frees on the audio thread.
    pub allocations: usize,
    /// The band's notes, each with the sample of the output that it comes with.
    pub notes: Vec<(usize, Note)>,
}

/// An engine and the host around it.
pub struct Deck {
    pub engine: Engine,
    pub status: Arc<Status>,
    pub geometry: Geometry,
    /// What the host tells of its song with a block that starts at this sample of what is played.
    pub song: Box<dyn Fn(usize) -> HostTime>,
    /// What is asked of a band.
    pub direction: Direction,
    /// Whether changes of the controls act on the audio that arrives with them.
    pub align_automation: bool,
    /// Samples at which a block starts.
    pub starts: Vec<usize>,
    channels: usize,
    pace: Pace,
}

impl Deck {
    /// With networks of a `mask` pack.
    pub fn new(
        rate: f64,
        setting: ChunkSetting,
        channels: usize,
        pace: Pace,
        load: Loader,
    ) -> Self {
        Self::of(&Stream::DEFAULT, rate, setting, channels, pace, load)
    }

    /// With networks that were trained on `stream`.
    pub fn of(
        stream: &Stream,
        rate: f64,
        setting: ChunkSetting,
        channels: usize,
        pace: Pace,
        load: Loader,
    ) -> Self {
        Self::with_blocks(MAX_BLOCK, stream, rate, setting, channels, pace, load)
    }

    /// The same in a host whose blocks are at most so long.
    pub fn with_blocks(
        max_block_samples: usize,
        stream: &Stream,
        rate: f64,
        setting: ChunkSetting,
        channels: usize,
        pace: Pace,
        load: Loader,
    ) -> Self {
        let geometry = Geometry::new(stream, rate, setting);
        let host = HostConfig {
            channels,
            max_block_samples,
            is_offline: pace == Pace::Offline,
        };
        let status = Arc::new(Status::default());
        let mut engine = Engine::start(geometry, host, status.clone(), load).unwrap();
        engine.room.reset();
        // A host has long loaded its project when the first block comes.
        let deadline = Instant::now() + Duration::from_secs(5);
        while !status.is_ready.load(Ordering::Acquire)
            && status.fault().is_none()
            && Instant::now() < deadline
        {
            std::thread::sleep(Duration::from_millis(1));
        }
        Self {
            engine,
            status,
            geometry,
            song: Box::new(|_| HostTime::default()),
            direction: Direction::default(),
            align_automation: true,
            starts: Vec::new(),
            channels,
            pace,
        }
    }

    pub fn latency(&self) -> usize {
        self.geometry.latency_samples()
    }

    pub fn late_chunks(&self) -> u64 {
        self.status.late_chunks.load(Ordering::Relaxed)
    }

    pub fn gap_samples(&self) -> u64 {
        self.status.gap_samples.load(Ordering::Relaxed)
    }

    /// Plays `input` and then silence until its end has come out. Blocks are as long as `blocks`
    /// says, and end where `mix` changes.
    pub fn play(
        &mut self,
        input: &Signal,
        blocks: impl FnMut() -> usize,
        mix: &[(usize, Mix)],
    ) -> Played {
        let mut padded = input.clone();
        padded
            .iter_mut()
            .for_each(|channel| channel.resize(channel.len() + self.latency(), 0.0));
        self.play_only(&padded, blocks, mix)
    }

    /// Plays `input` and nothing after it. `mix` holds the controls and the samples at which they
    /// arrive, the first at 0.
    pub fn play_only(
        &mut self,
        input: &Signal,
        mut blocks: impl FnMut() -> usize,
        mix: &[(usize, Mix)],
    ) -> Played {
        let len = input[0].len();
        let silence = || vec![vec![0.0; len]; self.channels];
        let mut played = Played {
            main: input.clone(),
            stems: std::array::from_fn(|_| silence()),
            slowest: Duration::ZERO,
            allocations: 0,
            notes: Vec::with_capacity(1 << 16),
        };
        let started = Instant::now();
        let mut done = 0;
        while done < len {
            let changes = mix.iter().map(|(at, _)| at).chain(&self.starts);
            let next = changes.copied().filter(|&at| at > done).min();
            let next = next.unwrap_or(len);
            let end = (done + blocks()).min(len).min(next.max(done + 1));
            let (_, controls) = mix.iter().rev().find(|(at, _)| *at <= done).unwrap();
            if self.pace == Pace::Live {
                let due = Duration::from_secs_f64(end as f64 / self.geometry.sample_rate);
                std::thread::sleep(due.saturating_sub(started.elapsed()));
            }
            let mut main: Vec<_> = played.main.iter_mut().map(|c| &mut c[done..end]).collect();
            let mut stems: Vec<Vec<_>> = played
                .stems
                .iter_mut()
                .map(|stem| stem.iter_mut().map(|c| &mut c[done..end]).collect())
                .collect();
            let [drums, bass, piano, other] = &mut stems[..] else {
                unreachable!()
            };
            let buses = Some([
                &mut drums[..],
                &mut bass[..],
                &mut piano[..],
                &mut other[..],
            ]);
            let block_started = Instant::now();
            let room = &mut self.engine.room;
            let time = (self.song)(done);
            let ((), allocations) = alloc::count(|| {
                room.set_time(&time);
                room.direct(self.direction, self.align_automation);
                room.process(&mut main, buses, controls, self.align_automation);
            });
            let notes = room.notes().iter();
            let placed = notes.map(|note| (done + note.offset as usize, *note));
            played.notes.extend(placed);
            played.slowest = played.slowest.max(block_started.elapsed());
            played.allocations += allocations;
            done = end;
        }
        played
    }
}

/// All faders at 0 dB, the input muted.
pub fn unity() -> Mix {
    let mut mix = [0.0; NUM_CONTROLS];
    (0..5).for_each(|strip| mix[gain_idx(strip)] = 1.0);
    mix[mute_idx(0)] = 1.0;
    mix[OUTPUT_IDX] = 1.0;
    mix
}

/// Like [`unity`] with a stem's gain set; stem 0 is the drums.
pub fn with_stem_gain(stem: usize, gain: f32) -> Mix {
    let mut mix = unity();
    mix[gain_idx(1 + stem)] = gain;
    mix
}

/// Blocks of one length.
pub fn blocks_of(len: usize) -> impl FnMut() -> usize {
    move || len
}

/// Blocks of 1 to [`MAX_BLOCK`] samples.
pub fn random_blocks(seed: u32) -> impl FnMut() -> usize {
    let mut noise = noise(seed);
    move || 1 + (noise().abs() * (MAX_BLOCK - 1) as f32) as usize
}

/// Noise from -1 to 1.
pub fn noise(seed: u32) -> impl FnMut() -> f32 {
    xorshift(seed.wrapping_mul(747_796_405).wrapping_add(2_891_336_453))
}

/// Full-scale noise, another in each channel.
pub fn noise_signal(channels: usize, len: usize) -> Signal {
    (0..channels as u32)
        .map(|channel| {
            let mut noise = noise(channel + 1);
            (0..len).map(|_| noise()).collect()
        })
        .collect()
}

/// The largest difference between `output` from `skip` on and `expected`, in dBFS.
pub fn difference_db(output: &Signal, skip: usize, expected: &Signal) -> f32 {
    let differences = output.iter().zip(expected).flat_map(|(output, expected)| {
        assert!(output.len() >= skip + expected.len());
        output[skip..]
            .iter()
            .zip(expected)
            .map(|(a, b)| (a - b).abs())
    });
    // f32::max would pass over what is not a number.
    20.0 * differences
        .map(|d| if d.is_nan() { f32::INFINITY } else { d })
        .fold(0.0, f32::max)
        .log10()
}

/// The bits of a signal, for comparisons that forgive nothing.
pub fn bits(signal: &Signal) -> Vec<u32> {
    signal
        .iter()
        .flatten()
        .map(|sample| sample.to_bits())
        .collect()
}
