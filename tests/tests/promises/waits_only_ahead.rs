use std::time::Duration;

use one2four::geometry::{ChunkSetting, Stream};

use crate::deck::*;
use crate::doubles::{Double, Trouble};

const RATE: f64 = 48_000.0;

/// Slower than real time would allow if the host did not wait: 30 ms for a tenth of a second.
fn slow() -> Double {
    Double::troubled(Trouble::Slow(Duration::from_millis(30)), 0..usize::MAX)
}

#[test]
fn a_host_that_renders_ahead_without_saying_so_is_waited_for() {
    let input = noise_signal(1, (4.0 * RATE) as usize);
    let play = |pace| {
        let mut deck = Deck::new(RATE, ChunkSetting::Tenth, 1, pace, slow().load());
        let played = deck.play(&input, blocks_of(1024), &[(0, with_stem_gain(0, 0.0))]);
        assert_eq!((deck.late_chunks(), deck.gap_samples()), (0, 0), "{pace:?}");
        bits(&played.main)
    };
    assert!(play(Pace::Unannounced) == play(Pace::Offline));
}

#[test]
fn a_bounce_in_long_blocks_begins_with_its_stems() {
    const MAX_BLOCK: usize = 16_384;
    let input = noise_signal(1, 90_000);
    let (stream, setting) = (Stream::DEFAULT, ChunkSetting::Tenth);
    let play = |pace, block| {
        let load = Double::troubled(Trouble::Slow(Duration::from_millis(5)), 0..usize::MAX).load();
        let mut deck = Deck::with_blocks(MAX_BLOCK, &stream, 44_100.0, setting, 1, pace, load);
        let mix = [(0, with_stem_gain(0, 0.0))];
        let played = deck.play(&input, blocks_of(block), &mix).main;
        assert_eq!(deck.late_chunks(), 0, "{pace:?}, {block}");
        bits(&played)[..input[0].len()].to_vec()
    };
    let expected = play(Pace::Offline, 1024);
    for block in [4096, 8192, 9600, MAX_BLOCK] {
        assert!(play(Pace::Unannounced, block) == expected, "{block}");
    }
}

#[test]
fn a_live_host_is_never_made_to_wait() {
    let stalled = Double::troubled(Trouble::Slow(Duration::from_secs(2)), 3..4);
    let mut deck = Deck::new(RATE, ChunkSetting::Tenth, 2, Pace::Live, stalled.load());
    let input = noise_signal(2, (2.0 * RATE) as usize);
    let played = deck.play(&input, blocks_of(256), &[(0, unity())]);
    assert!(deck.late_chunks() > 0, "the worker was stalled");
    // Loose for a busy machine; a wait for the worker would be a second and more.
    assert!(
        played.slowest < Duration::from_millis(100),
        "{:?} in one block",
        played.slowest
    );
}
