//! Faults of the worker and the networks, in an engine with doubles.

use std::time::Duration;

use one2four::geometry::ChunkSetting;
use one2four::worker::Loader;

use crate::Found;
use crate::deck::{Deck, Pace, blocks_of, with_stem_gain};
use crate::doubles::{Double, Trouble};
use crate::heard::{heard, noise};

const RATE: f64 = 48_000.0;

/// Plays with this trouble and tells what was heard.
fn play(load: Loader, chunk: ChunkSetting, pace: Pace, seconds: f64) -> Found {
    let mut deck = Deck::new(RATE, chunk, 2, pace, load);
    let input = noise(seconds, RATE);
    let played = deck.play(&input, blocks_of(256), &[(0, with_stem_gain(0, 0.0))]);
    let counted = match deck.late_chunks() {
        0 => "no miss is counted",
        _ => "misses are counted",
    };
    Found {
        what: format!("{}; {counted}", heard(&played.main, &input, deck.latency())),
        says: deck.status.fault(),
    }
}

fn troubled(trouble: Trouble, runs: std::ops::Range<usize>, pace: Pace) -> Found {
    let load = Double::troubled(trouble, runs).load();
    play(load, ChunkSetting::Tenth, pace, 3.0)
}

pub fn stalls() -> Found {
    troubled(Trouble::Slow(Duration::from_millis(1000)), 6..7, Pace::Live)
}

pub fn fails() -> Found {
    troubled(Trouble::Fails, 6..9, Pace::Offline)
}

pub fn no_numbers() -> Found {
    troubled(Trouble::NotANumber, 6..9, Pace::Offline)
}

pub fn panics() -> Found {
    troubled(Trouble::Panics, 6..9, Pace::Offline)
}

pub fn fails_for_good() -> Found {
    troubled(Trouble::Fails, 6..usize::MAX, Pace::Offline)
}

/// Twenty hops, which they may take, are 0.5 s.
pub fn far_too_slow() -> Found {
    let slow = Double::troubled(Trouble::Burns(Duration::from_millis(600)), 20..usize::MAX);
    play(slow.load(), ChunkSetting::Hop, Pace::Offline, 2.0)
}

pub fn ends() -> Found {
    troubled(Trouble::Ends, 6..7, Pace::Live)
}

pub fn not_loaded() -> Found {
    let load = || Err("The pack \"remix\" does not run: planted; the input passes".to_string());
    play(Box::new(load), ChunkSetting::Tenth, Pace::Offline, 1.0)
}
