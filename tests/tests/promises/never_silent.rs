use std::time::Duration;

use one2four::bridge::Cause;
use one2four::geometry::ChunkSetting;
use one2four::params::mute_idx;

use crate::deck::*;
use crate::doubles::{Double, Trouble};

const RATE: f64 = 48_000.0;

/// A slow sine, so that a click is a step that the sine does not make.
fn sine(len: usize) -> Signal {
    vec![(0..len).map(|i| (i as f32 * 0.01).sin()).collect()]
}

fn steepest(signal: &[f32]) -> f32 {
    signal
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .fold(0.0, f32::max)
}

/// Plays with the other stems down, so that stems and input differ, once soundly and once with
/// trouble, and checks what a listener hears of it.
fn plays_through(double: Double, pace: Pace, seconds: f64) -> Deck {
    let input = sine((seconds * RATE) as usize);
    let mix = [(0, with_stem_gain(0, 0.0))];
    let mut sound = Deck::new(
        RATE,
        ChunkSetting::Tenth,
        1,
        Pace::Offline,
        Double::sound().load(),
    );
    let expected = sound.play(&input, blocks_of(256), &mix).main;
    let mut deck = Deck::new(RATE, ChunkSetting::Tenth, 1, pace, double.load());
    let played = deck.play(&input, blocks_of(256), &mix).main;

    assert!(deck.late_chunks() > 0, "the miss is counted");
    assert!(deck.gap_samples() > 0);
    let latency = deck.latency();
    let differs = |i: &usize| played[0][*i] != expected[0][*i];
    let first = (latency..played[0].len()).find(differs).expect("a gap");
    let is_input = (first..played[0].len()).filter(|i| played[0][*i] == input[0][i - latency]);
    let num_input = is_input.count();
    assert!(
        num_input > 2_000,
        "the aligned input is heard in the gap ({num_input} samples)"
    );
    let (found, sound) = (
        steepest(&played[0][latency..]),
        steepest(&expected[0][latency..]),
    );
    assert!(found < 1.5 * sound.max(0.01), "a step of {found}");
    let tail = played[0].len() - 4_800..played[0].len();
    let is_input = tail.filter(|i| played[0][*i] == input[0][i - latency]);
    let num_input = is_input.count();
    assert!(
        num_input < 2_400,
        "the stems come back ({num_input} samples are the input's)"
    );
    deck
}

#[test]
fn a_stalled_worker_gives_way_to_the_aligned_input_and_comes_back() {
    let stalled = Double::troubled(Trouble::Slow(Duration::from_millis(900)), 6..7);
    let deck = plays_through(stalled, Pace::Live, 3.0);
    assert!(
        deck.gap_samples() < (2.0 * RATE) as u64,
        "{} samples of gap",
        deck.gap_samples()
    );
    assert_eq!(deck.status.fault(), None);
}

#[test]
fn what_is_late_because_the_host_plays_in_too_long_blocks_is_told_as_that() {
    let sound = Double::sound().load();
    let mut deck = Deck::new(RATE, ChunkSetting::Hop, 1, Pace::Live, sound);
    let budget = deck.geometry.budget_samples();
    let input = noise_signal(1, RATE as usize);
    deck.play(&input, blocks_of(budget + 1000), &[(0, unity())]);
    let misses = deck.status.misses();
    assert!(!misses.is_empty());
    assert!(misses.iter().all(|miss| miss.cause == Cause::LongBlock));
}

#[test]
fn live_differs_from_a_bounce_only_where_a_miss_is_counted() {
    let input = noise_signal(1, RATE as usize);
    let mix = [(0, with_stem_gain(0, 0.0))];
    let deck = |pace| Deck::new(RATE, ChunkSetting::Hop, 1, pace, Double::sound().load());
    let mut bounce = deck(Pace::Offline);
    let expected = bits(&bounce.play(&input, blocks_of(256), &mix).main);
    let mut live = deck(Pace::Live);
    let found = bits(&live.play(&input, blocks_of(2048), &mix).main);
    let len = found.len().min(expected.len());
    let pairs = found[..len].iter().zip(&expected[..len]);
    let differing = pairs.filter(|(found, expected)| found != expected).count();
    assert!(differing > 0, "the input is heard in between");
    assert!(live.late_chunks() > 0);
    // The stems fade out before a gap and in after it.
    let fades = 2 * live.geometry.fade_samples() as u64 * live.late_chunks();
    let counted = live.gap_samples() + fades;
    assert!(
        differing as u64 <= counted,
        "{differing} samples differ, {counted} are counted"
    );
    let misses = live.status.misses();
    assert!(misses.iter().all(|miss| miss.cause == Cause::LongBlock));
}

#[test]
fn a_failing_worker_gives_way_to_the_aligned_input_and_comes_back() {
    for trouble in [Trouble::Fails, Trouble::NotANumber, Trouble::Panics] {
        let deck = plays_through(Double::troubled(trouble, 6..9), Pace::Offline, 3.0);
        assert_eq!(
            deck.status.fault(),
            None,
            "the fault of {trouble:?} is over"
        );
    }
}

#[test]
fn a_worker_that_fails_for_good_passes_the_input_and_says_why() {
    let broken = Double::troubled(Trouble::Fails, 0..usize::MAX);
    let mut deck = Deck::new(RATE, ChunkSetting::Quarter, 2, Pace::Offline, broken.load());
    let input = noise_signal(2, 48_000);
    let played = deck.play(&input, random_blocks(2), &[(0, unity())]);
    assert!(difference_db(&played.main, deck.latency(), &input) <= -120.0);
    let fault = deck.status.fault().unwrap();
    assert!(
        fault.contains("planted") && !fault.contains('\n'),
        "{fault}"
    );
}

#[test]
fn networks_that_cannot_be_loaded_pass_the_input_and_say_why() {
    let load = Box::new(|| Err("The pack is missing".to_string()));
    let mut deck = Deck::new(RATE, ChunkSetting::Quarter, 2, Pace::Offline, load);
    let input = noise_signal(2, 48_000);
    let played = deck.play(&input, blocks_of(512), &[(0, unity())]);
    assert!(difference_db(&played.main, deck.latency(), &input) <= -120.0);
    assert_eq!(deck.status.fault().as_deref(), Some("The pack is missing"));
}

#[test]
fn stems_that_nobody_hears_are_not_missed_where_there_are_no_networks() {
    let load = || Box::new(|| Err("The pack is missing".to_string()));
    let mut all_muted = unity();
    (0..5).for_each(|strip| all_muted[mute_idx(strip)] = 1.0);
    all_muted[mute_idx(0)] = 0.0;
    for (mix, is_missed) in [(all_muted, false), (unity(), true)] {
        let mut deck = Deck::new(RATE, ChunkSetting::Quarter, 2, Pace::Offline, load());
        deck.play(&noise_signal(2, 48_000), blocks_of(512), &[(0, mix)]);
        assert_eq!(deck.late_chunks() > 0, is_missed);
        assert_eq!(deck.gap_samples() > 0, is_missed);
    }
}

#[test]
fn networks_that_come_later_are_loaded_without_a_restart() {
    let mut attempts = 0;
    let load = move || {
        attempts += 1;
        let mut load = Double::sound().load();
        if attempts < 2 {
            Err("not yet".to_string())
        } else {
            load()
        }
    };
    let mut deck = Deck::new(RATE, ChunkSetting::Hop, 1, Pace::Live, Box::new(load));
    assert_eq!(deck.status.fault().as_deref(), Some("not yet"));
    let input = noise_signal(1, (2.5 * RATE) as usize);
    let played = deck
        .play(&input, blocks_of(512), &[(0, with_stem_gain(0, 0.0))])
        .main;
    assert_eq!(deck.status.fault(), None);
    let (latency, half) = (deck.latency(), RATE as usize / 2);
    let is_input = |range: std::ops::Range<usize>| {
        range
            .clone()
            .filter(|i| played[0][i + latency] == input[0][*i])
            .count()
            > range.len() / 2
    };
    assert!(is_input(0..half), "the input passes before");
    assert!(
        !is_input(input[0].len() - half..input[0].len()),
        "the stems are heard after"
    );
}

#[test]
fn dropping_an_instance_ends_its_stalled_worker() {
    let stalled = Double::troubled(Trouble::Slow(Duration::from_millis(300)), 0..usize::MAX);
    let mut deck = Deck::new(
        RATE,
        ChunkSetting::Tenth,
        2,
        Pace::Unannounced,
        stalled.load(),
    );
    deck.play_only(&noise_signal(2, 15_000), blocks_of(512), &[(0, unity())]);
    drop(deck);
    let runs = stalled.runs();
    std::thread::sleep(Duration::from_millis(700));
    assert!(runs > 0, "it was at work");
    assert_eq!(stalled.runs(), runs, "nobody works on");
}
