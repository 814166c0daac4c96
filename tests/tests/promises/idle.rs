use one2four::geometry::ChunkSetting;
use one2four::params::{Mix, mute_idx};

use crate::deck::*;
use crate::doubles::Double;

fn runs(input: &Signal, muted: bool) -> usize {
    let double = Double::sound();
    let mut deck = Deck::new(
        44_100.0,
        ChunkSetting::Tenth,
        2,
        Pace::Offline,
        double.load(),
    );
    let mut mix = unity();
    (1..5).for_each(|strip| mix[mute_idx(strip)] = muted as u8 as f32);
    let played = deck.play(input, blocks_of(512), &[(0, mix)]);
    assert_eq!(deck.gap_samples(), 0, "nothing is missing");
    if !muted {
        assert!(difference_db(&played.main, deck.latency(), input) <= -100.0);
    }
    double.runs()
}

/// How often the networks run in 40 s, of which all stems are muted but the first.
fn runs_until_idle() -> usize {
    let double = Double::sound();
    let load = double.load();
    let mut deck = Deck::new(44_100.0, ChunkSetting::Tenth, 2, Pace::Offline, load);
    let mut muted = unity();
    (1..5).for_each(|strip| muted[mute_idx(strip)] = 1.0);
    let mix = [(0, unity()), (44_100, muted)];
    deck.play(&noise_signal(2, 40 * 44_100), blocks_of(4096), &mix);
    double.runs()
}

#[test]
fn stems_that_come_back_after_a_comparison_are_there_at_once() {
    let input = noise_signal(2, 3 * 44_100);
    let without_drums = with_stem_gain(0, 0.0);
    let mut muted = without_drums;
    (1..5).for_each(|strip| muted[mute_idx(strip)] = 1.0);
    let play = |mix: &[(usize, Mix)]| {
        let load = Double::sound().load();
        let mut deck = Deck::new(44_100.0, ChunkSetting::Tenth, 2, Pace::Offline, load);
        deck.align_automation = false;
        let played = deck.play(&input, blocks_of(512), mix);
        (deck.latency(), played.main)
    };
    let (latency, through) = play(&[(0, without_drums)]);
    let back = 2 * 44_100;
    let (_, compared) = play(&[(0, without_drums), (44_100, muted), (back, without_drums)]);
    let faded_in = back + 4_410;
    assert!(faded_in > latency);
    assert!(compared[0][faded_in..] == through[0][faded_in..]);
}

#[test]
fn stems_are_there_at_once_after_any_pause_where_automation_is_not_aligned() {
    let mut muted = unity();
    (1..5).for_each(|strip| muted[mute_idx(strip)] = 1.0);
    let load = Double::sound().load();
    let mut deck = Deck::new(44_100.0, ChunkSetting::Tenth, 2, Pace::Offline, load);
    deck.align_automation = false;
    let without_drums = with_stem_gain(0, 0.0);
    let (back, input) = (40 * 44_100, noise_signal(2, 42 * 44_100));
    let played = deck.play(
        &input,
        blocks_of(4096),
        &[(0, muted), (back, without_drums)],
    );
    let ramp = (0.02 * 44_100.0) as usize;
    let latency = deck.latency();
    let is_input = |i: &usize| played.main[0][*i] == input[0][*i - latency];
    let stood_in = (back + ramp..back + 44_100).filter(is_input).count();
    assert_eq!(stood_in, 0, "samples of the whole mix, drums among it");
}

#[test]
fn the_networks_rest_while_nothing_can_be_heard() {
    let second = 44_100;
    let noise = noise_signal(2, 5 * second);
    let silence: Signal = noise_signal(2, 5 * second)
        .into_iter()
        .map(|channel| channel.iter().map(|dither| dither / 32768.0).collect())
        .collect();
    let mut island = silence.clone();
    island
        .iter_mut()
        .for_each(|channel| channel[second..2 * second].fill(0.5));
    let (all, some) = (runs(&noise, false), runs(&island, false));
    assert_eq!(runs(&silence, false), 0, "silence");
    assert_eq!(runs(&noise, true), 0, "all stems muted");
    let until_idle = runs_until_idle();
    assert!(
        (330..=345).contains(&until_idle),
        "{until_idle} chunks of 93 ms in 31 s"
    );
    assert!(
        some > 9 && some < all / 2,
        "{some} of {all} chunks around a second of sound"
    );
}
