use std::ops::Range;
use std::sync::atomic::Ordering;

use one2four::geometry::ChunkSetting;
use one2four::params::{Mix, gain_idx, mute_idx};

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

/// Opens the strips after 40 s in which none was heard.
fn is_there_at_once_after_a_pause(prepare: impl Fn(&mut Deck), open: impl Fn(&Deck)) -> bool {
    let mut muted = unity();
    (1..5).for_each(|strip| muted[mute_idx(strip)] = 1.0);
    let load = Double::sound().load();
    let mut deck = Deck::new(44_100.0, ChunkSetting::Tenth, 2, Pace::Offline, load);
    prepare(&mut deck);
    let (back, input) = (40 * 44_100, noise_signal(2, 42 * 44_100));
    let part = |range: Range<usize>| input.iter().map(|c| c[range.clone()].to_vec()).collect();
    deck.play_only(&part(0..back), blocks_of(4096), &[(0, muted)]);
    open(&deck);
    let without_drums = [(0, with_stem_gain(0, 0.0))];
    let played = deck.play_only(&part(back..42 * 44_100), blocks_of(4096), &without_drums);
    let ramp = (0.02 * 44_100.0) as usize;
    let latency = deck.latency();
    // The whole mix, drums among it, would stand in.
    let is_input = |i: &usize| played.main[0][*i] == input[0][back + *i - latency];
    !(ramp..44_100).any(|i| is_input(&i))
}

#[test]
fn stems_are_there_at_once_after_any_pause_where_automation_is_not_aligned() {
    assert!(is_there_at_once_after_a_pause(
        |deck| deck.align_automation = false,
        |_| {}
    ));
}

#[test]
fn stems_are_there_at_once_after_any_pause_where_a_hand_opens_them_in_the_editor() {
    let opens = |is_watched: bool| {
        is_there_at_once_after_a_pause(
            |deck| {
                let watched = &deck.status.is_watched;
                watched.store(is_watched, Ordering::Relaxed);
            },
            |deck| {
                (1..5).for_each(|strip| {
                    deck.engine.editor.touch(mute_idx(strip));
                    deck.engine.editor.touch(gain_idx(strip));
                })
            },
        )
    };
    assert!(opens(true));
    assert!(!opens(false), "the networks rest without an editor");
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
