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
