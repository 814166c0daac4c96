use one2four::geometry::ChunkSetting;

use crate::deck::*;
use crate::doubles::Double;

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
