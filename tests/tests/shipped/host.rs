//! A host with one instance of the built plugin.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use stage::{Binary, Change, Instance, InstanceReport, Mode, Note, Player, Setup, Transport};

/// A signal: a vector of samples per channel.
pub type Signal = Vec<Vec<f32>>;

/// The longest block.
pub const MAX_BLOCK: usize = 4096;

/// How the host plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As fast as it can, and it says so.
    Offline,
    /// As fast as it can, but it says that it is live.
    Unannounced,
    /// Like a sound card.
    Live,
}

/// What came out, the latency removed: every bus.
pub struct Played {
    buses: Vec<Signal>,
    /// The notes that went out, each with its sample.
    pub notes: Vec<(usize, Note)>,
}

impl Played {
    /// The main output.
    pub fn main(&self) -> Signal {
        self.buses[0].clone()
    }

    /// A stem bus.
    pub fn stem(&self, stem_idx: usize) -> Signal {
        self.buses[1 + stem_idx].clone()
    }

    /// All buses, for comparisons that forgive nothing.
    pub fn bits(&self) -> Vec<u32> {
        self.buses
            .iter()
            .flatten()
            .flatten()
            .map(|sample| sample.to_bits())
            .collect()
    }
}

/// One instance, and a player while it is active.
pub struct Hosted {
    pub instance: Instance,
    binary: Binary,
    player: Option<Player>,
    rate: f64,
    pace: Pace,
    /// One at a time: reports are of the process, and live runs want the machine.
    _turn: MutexGuard<'static, ()>,
}

impl Hosted {
    /// An instance of the class `id` with `params` set.
    pub fn new(id: &str, channels: usize, pace: Pace, params: &[(&str, &str)]) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let binary = Binary::open(&stage::paths::clap()).unwrap();
        let mut instance = binary.instantiate(id).unwrap();
        instance.select_channels(channels as u32).unwrap();
        let mode = if pace == Pace::Offline {
            Mode::Offline
        } else {
            Mode::Realtime
        };
        instance.set_mode(mode).unwrap();
        for (id, text) in params {
            instance.set_text(id, text).unwrap();
        }
        Self {
            instance,
            binary,
            player: None,
            rate: 0.0,
            pace,
            _turn: turn,
        }
    }

    /// Activates the instance, after a deactivation if it was active, and waits for its pack: a
    /// live host has loaded its project before it plays.
    pub fn activate(&mut self, rate: f64) -> &mut Self {
        if let Some(player) = self.player.take() {
            self.instance.deactivate(player);
        }
        self.rate = rate;
        self.player = Some(self.instance.activate(setup(rate)).unwrap());
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.pace == Pace::Live && !self.report().ready && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
        self
    }

    /// Gives the host a song.
    pub fn set_transport(&mut self, transport: Transport) {
        let player = self.player.as_mut().unwrap();
        player.set_transport(Some(transport));
    }

    /// Activates the active instance.
    pub fn activate_again(&mut self, rate: f64) -> bool {
        self.instance.activate_again(setup(rate))
    }

    /// What a host does at a seek.
    pub fn reset(&mut self) {
        self.player.as_mut().unwrap().reset();
    }

    /// The latency told to the host.
    pub fn latency(&mut self) -> usize {
        self.instance.latency().unwrap()
    }

    /// Whether the instance has asked to be restarted since the last call.
    pub fn take_restart_request(&self) -> bool {
        self.instance.requests().take_restart()
    }

    /// Asserts that stems came out wherever there should be some: at unity the input nulls as well.
    pub fn assert_whole(&self) {
        let report = self.report();
        assert_eq!((report.fault, report.gap_samples), (None, 0));
    }

    /// The instance's report.
    pub fn report(&self) -> InstanceReport {
        self.binary.report().unwrap().instances.pop().unwrap()
    }

    /// Plays blocks of `block` samples and does not wait for them to come out.
    pub fn feed(&mut self, input: &Signal, block: usize) {
        let player = self.player.as_mut().unwrap();
        for start in (0..input[0].len()).step_by(block) {
            let end = (start + block).min(input[0].len());
            let channels: Vec<_> = input.iter().map(|channel| &channel[start..end]).collect();
            player.play(&channels, &[]).unwrap();
        }
    }

    /// Plays `input` and the latency's worth of silence; `events` are (sample, id, text).
    pub fn play(
        &mut self,
        input: &Signal,
        mut blocks: impl FnMut() -> usize,
        events: &[(usize, &str, &str)],
    ) -> Played {
        let latency = self.latency();
        let events: Vec<_> = events
            .iter()
            .map(|&(at, id, text)| {
                let value = self.instance.value_of(id, text).unwrap();
                (at, self.instance.param(id).unwrap().clap_id, value)
            })
            .collect();
        let mut padded = input.clone();
        padded
            .iter_mut()
            .for_each(|channel| channel.resize(channel.len() + latency, 0.0));

        let player = self.player.as_mut().unwrap();
        let mut buses = vec![vec![Vec::new(); input.len()]; player.num_buses()];
        let mut notes = Vec::new();
        let started = Instant::now();
        let (len, mut done) = (padded[0].len(), 0);
        while done < len {
            let end = (done + blocks()).min(len);
            if self.pace == Pace::Live {
                let due = Duration::from_secs_f64(end as f64 / self.rate);
                std::thread::sleep(due.saturating_sub(started.elapsed()));
            }
            let channels: Vec<_> = padded.iter().map(|channel| &channel[done..end]).collect();
            let changes: Vec<_> = events
                .iter()
                .filter(|(at, ..)| (done..end).contains(at))
                .map(|&(at, param, value)| Change {
                    at: at - done,
                    param,
                    value,
                })
                .collect();
            player.play(&channels, &changes).unwrap();
            let told = player.notes().into_iter();
            notes.extend(told.map(|note| ((done + note.at).saturating_sub(latency), note)));
            for (bus_idx, bus) in buses.iter_mut().enumerate() {
                for (channel, played) in bus.iter_mut().zip(player.bus(bus_idx)) {
                    channel.extend_from_slice(played);
                }
            }
            done = end;
        }
        buses
            .iter_mut()
            .flatten()
            .for_each(|channel| drop(channel.drain(..latency)));
        Played { buses, notes }
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        if let Some(player) = self.player.take() {
            self.instance.deactivate(player);
        }
    }
}

fn setup(sample_rate: f64) -> Setup {
    Setup {
        sample_rate,
        max_block: MAX_BLOCK,
    }
}

/// Full-scale noise, another in each channel.
pub fn noise(channels: usize, len: usize, seed: u32) -> Signal {
    (0..channels as u32)
        .map(|channel| {
            let mut next = stage::noise(seed + 100 * channel);
            (0..len).map(|_| next()).collect()
        })
        .collect()
}

/// The largest difference, in dBFS.
pub fn largest_difference_db(output: &Signal, expected: &Signal) -> f32 {
    let pairs = output.iter().flatten().zip(expected.iter().flatten());
    20.0 * pairs
        .map(|(a, b)| (a - b).abs())
        .map(|d| if d.is_nan() { f32::INFINITY } else { d }) // which f32::max would pass over
        .fold(0.0, f32::max)
        .log10()
}
