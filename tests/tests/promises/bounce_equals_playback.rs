use std::time::Duration;

use one2four::geometry::{ChunkSetting, Stream};

use crate::deck::*;
use crate::doubles::{Double, Trouble};

#[test]
fn a_bounce_and_a_live_run_are_the_same_to_the_bit_whatever_the_blocks() {
    let input = noise_signal(2, 50_000);
    let mix = [
        (0, unity()),
        (7_001, with_stem_gain(0, 0.25)),
        (20_011, with_stem_gain(3, 2.0)),
    ];
    // The promise holds where no deadline was missed. A busy machine may miss one of a live run's,
    // so that one gets further tries.
    let play = |pace, blocks: fn() -> Box<dyn FnMut() -> usize>| {
        let tries = if pace == Pace::Live { 3 } else { 1 };
        let bits = (0..tries).find_map(|_| {
            let load = Double::sound().load();
            let mut deck = Deck::new(48_000.0, ChunkSetting::Quarter, 2, pace, load);
            let played = deck.play(&input, blocks(), &mix);
            (deck.late_chunks() == 0).then(|| bits(&played.main))
        });
        bits.unwrap_or_else(|| panic!("a deadline was missed in every run, {pace:?}"))
    };
    let bounce = play(Pace::Offline, || Box::new(blocks_of(512)));
    assert!(
        bounce == play(Pace::Offline, || Box::new(random_blocks(5))),
        "random blocks"
    );
    assert!(
        bounce == play(Pace::Offline, || Box::new(blocks_of(17))),
        "odd blocks"
    );
    assert!(
        bounce == play(Pace::Live, || Box::new(blocks_of(480))),
        "live"
    );
}

#[test]
fn a_bounce_that_nobody_announces_has_its_stems_from_the_first_sample() {
    let input = noise_signal(2, 50_000);
    let stream = Stream::DEFAULT;
    for setting in ChunkSetting::ALL {
        let play = |pace| {
            // While the first chunk takes its time, the host goes on.
            let double = Double::troubled(Trouble::Slow(Duration::from_millis(20)), 0..1);
            let mut deck =
                Deck::with_blocks(512, &stream, 44_100.0, setting, 2, pace, double.load());
            let played = deck.play(&input, blocks_of(512), &[(0, with_stem_gain(1, 0.0))]);
            let missed = (deck.late_chunks(), deck.gap_samples());
            assert_eq!(missed, (0, 0), "{setting:?}, {pace:?}");
            bits(&played.main)
        };
        assert!(
            play(Pace::Offline) == play(Pace::Unannounced),
            "{setting:?}"
        );
    }
}
