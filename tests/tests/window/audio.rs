//! An audio thread that plays a tone like a sound card, and listens.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use stage::{Player, Setup, Touch};

/// 10 ms.
const BLOCK: usize = 441;
/// How the audio thread is set up.
pub const SETUP: Setup = Setup {
    sample_rate: 44_100.0,
    max_block: BLOCK,
};
/// The largest step from a sample of the tone to the next.
pub const STEEPEST: f32 = LOUDNESS * PITCH;
const LOUDNESS: f32 = 0.3;
/// Radians per sample.
const PITCH: f32 = 0.06;

/// What an audio thread heard.
pub struct Heard {
    /// To be played on, or given back.
    pub player: Player,
    /// The first sample of the tone that was played.
    first: usize,
    /// The left channel of the output.
    pub output: Vec<f32>,
    /// What the editor told the host, and at which sample.
    pub touches: Vec<(usize, Touch)>,
    /// The longest time that a block took.
    pub slowest: Duration,
}

/// The thread.
pub struct Audio {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Heard>,
}

impl Audio {
    /// Starts to play.
    pub fn start(player: Player) -> Self {
        Self::go_on(player, 0)
    }

    /// Plays the tone from this sample on.
    pub fn go_on(player: Player, first: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let is_stopped = stop.clone();
        let mut heard = Heard {
            player,
            first,
            output: Vec::new(),
            touches: Vec::new(),
            slowest: Duration::ZERO,
        };
        let thread = std::thread::spawn(move || {
            let started = Instant::now();
            while !is_stopped.load(Ordering::Acquire) {
                heard.play_block();
                let due = heard.output.len() as f64 / SETUP.sample_rate;
                let due = Duration::from_secs_f64(due);
                std::thread::sleep(due.saturating_sub(started.elapsed()));
            }
            heard
        });
        Self { stop, thread }
    }

    /// Stops playing.
    pub fn stop(self) -> Heard {
        self.stop.store(true, Ordering::Release);
        self.thread.join().unwrap()
    }
}

impl Heard {
    fn play_block(&mut self) {
        let start = self.output.len();
        let tone: Vec<f32> = (self.first + start..self.first + start + BLOCK)
            .map(|i| LOUDNESS * (i as f32 * PITCH).sin())
            .collect();
        self.player.play(&[&tone, &tone], &[]).unwrap();
        self.slowest = self.slowest.max(self.player.last_process());
        let touches = self.player.touches();
        self.touches
            .extend(touches.into_iter().map(|touch| (start, touch)));
        self.output.extend_from_slice(self.player.bus(0)[0]);
    }
}
