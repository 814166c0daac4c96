use one2four::geometry::ChunkSetting;

use crate::deck::*;
use crate::doubles::Double;

#[test]
fn the_same_song_gives_the_same_stems_again_and_after_a_reset() {
    let input = noise_signal(2, 60_000);
    let mix = [(0, unity())];
    let stems = |deck: &mut Deck| {
        deck.play(&input, random_blocks(4), &mix)
            .stems
            .map(|stem| bits(&stem))
    };
    let load = || Double::sound().load();
    let mut deck = Deck::new(44_100.0, ChunkSetting::Tenth, 2, Pace::Offline, load());
    let first = stems(&mut deck);
    // In the middle of a chunk.
    deck.play_only(&noise_signal(2, 12_345), blocks_of(512), &mix);
    deck.engine.room.reset();
    assert!(first == stems(&mut deck), "after a reset");
    let mut other = Deck::new(44_100.0, ChunkSetting::Tenth, 2, Pace::Offline, load());
    assert!(first == stems(&mut other), "in another instance");
}

#[test]
fn silence_before_the_song_moves_nothing() {
    let input = noise_signal(2, 60_000);
    let mix = [(0, unity())];
    let new_deck = || {
        let load = Double::sound().load();
        Deck::new(44_100.0, ChunkSetting::Tenth, 2, Pace::Offline, load)
    };
    let stems_after = |silence: usize, deck: &mut Deck| {
        let delay = |channel: &Vec<f32>| [&vec![0.0; silence][..], channel].concat();
        let delayed = input.iter().map(delay).collect();
        let played = deck.play(&delayed, random_blocks(5), &mix);
        assert_eq!(
            deck.gap_samples() + deck.late_chunks(),
            0,
            "after {silence}"
        );
        let skip = deck.latency() + silence;
        let mut before = played.stems.iter().flatten().flat_map(|c| &c[..skip]);
        assert!(
            before.all(|&sample| sample == 0.0),
            "before the first sound"
        );
        let song = |stem: Signal| bits(&stem.iter().map(|c| c[skip..].to_vec()).collect());
        played.stems.map(song)
    };
    let at_once = stems_after(0, &mut new_deck());
    for silence in [1, 12_345, 200_000] {
        let later = stems_after(silence, &mut new_deck());
        assert!(at_once == later, "after {silence} samples");
    }
    // Where the next chunk of the time before a reset would have started.
    let mut deck = new_deck();
    let chunk_samples = deck.geometry.chunk_samples();
    deck.play_only(&noise_signal(2, chunk_samples), blocks_of(512), &mix);
    deck.engine.room.reset();
    assert!(
        at_once == stems_after(chunk_samples, &mut deck),
        "after a reset"
    );
}
