use std::ops::Range;

use one2four::geometry::ChunkSetting;
use one2four::params::{Mix, mute_idx};

use crate::deck::*;
use crate::doubles::{Double, Trouble, WAVEFORM};

const RATE: f64 = 48_000.0;

fn deck(rate: f64, setting: ChunkSetting, channels: usize, pace: Pace, double: &Double) -> Deck {
    let load = double.load_waveform();
    Deck::of(&WAVEFORM, rate, setting, channels, pace, load)
}

/// The drums alone: the double's stems are all the same.
fn drums() -> Mix {
    let mut mix = unity();
    (2..5).for_each(|strip| mix[mute_idx(strip)] = 1.0);
    mix
}

/// Two tones, others in each channel, that every rate can carry.
fn tones(rate: f64, channels: usize, seconds: f64) -> Signal {
    let tone = |hz: f64, i: usize| (hz * std::f64::consts::TAU * i as f64 / rate).sin() as f32;
    (0..channels)
        .map(|channel| {
            let hz = 220.0 * (1 + channel) as f64;
            (0..(seconds * rate) as usize)
                .map(|i| 0.4 * tone(hz, i) + 0.2 * tone(7.0 * hz, i))
                .collect()
        })
        .collect()
}

fn part(signal: &Signal, range: Range<usize>) -> Signal {
    let parts = signal.iter().map(|channel| channel[range.clone()].to_vec());
    parts.collect()
}

#[test]
fn stems_lie_where_the_input_does_at_every_rate_chunk_and_layout() {
    for rate in [8_000.0, 22_050.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0] {
        for setting in ChunkSetting::ALL {
            for channels in [1, 2] {
                let mut deck = deck(rate, setting, channels, Pace::Offline, &Double::sound());
                let input = tones(rate, channels, 1.3);
                let played = deck.play(&input, random_blocks(7), &[(0, drums())]);
                // The ends are steps, which ring where they are brought to another rate.
                let inner = (0.05 * rate) as usize..(1.25 * rate) as usize;
                let skip = deck.latency() + inner.start;
                let difference = difference_db(&played.main, skip, &part(&input, inner));
                let limit = if rate == 22_050.0 { -120.0 } else { -66.0 };
                let what = format!("{rate} Hz, {setting:?}, {channels} channels");
                assert!(difference <= limit, "{difference} dBFS at {what}");
                assert_eq!(deck.gap_samples(), 0, "{what}");
            }
        }
    }
}

#[test]
fn a_bounce_and_a_live_run_are_the_same_to_the_bit_whatever_the_blocks() {
    let input = noise_signal(2, 50_000);
    for setting in [ChunkSetting::Quarter, ChunkSetting::Hop] {
        let play = |pace, blocks: Box<dyn FnMut() -> usize>| {
            let mut deck = deck(RATE, setting, 2, pace, &Double::sound());
            let played = deck.play(&input, blocks, &[(0, unity())]);
            (deck.late_chunks() == 0).then(|| bits(&played.main))
        };
        let bounce = play(Pace::Offline, Box::new(blocks_of(512))).unwrap();
        for blocks in [
            Box::new(random_blocks(5)) as Box<dyn FnMut() -> usize>,
            Box::new(blocks_of(17)),
        ] {
            assert!(Some(&bounce) == play(Pace::Offline, blocks).as_ref());
        }
        // A busy machine may miss a deadline of a live run's.
        let live = (0..3).find_map(|_| play(Pace::Live, Box::new(blocks_of(480))));
        assert!(bounce == live.expect("a run without a miss"), "live");
    }
}

#[test]
fn the_same_song_gives_the_same_stems_again_and_after_a_reset() {
    let (input, mix) = (noise_signal(2, 60_000), [(0, unity())]);
    let mut deck = deck(
        44_100.0,
        ChunkSetting::Tenth,
        2,
        Pace::Offline,
        &Double::sound(),
    );
    let stems = |deck: &mut Deck| bits(&deck.play(&input, random_blocks(4), &mix).main);
    let first = stems(&mut deck);
    deck.play_only(&noise_signal(2, 12_345), blocks_of(512), &mix);
    deck.engine.room.reset();
    assert!(first == stems(&mut deck));
}

#[test]
fn the_networks_rest_while_nothing_can_be_heard() {
    let runs = |input: &Signal, mix: Mix| {
        let double = Double::sound();
        let mut deck = deck(44_100.0, ChunkSetting::Tenth, 2, Pace::Offline, &double);
        deck.play(input, blocks_of(512), &[(0, mix)]);
        assert_eq!(deck.gap_samples(), 0, "nothing is missing");
        double.runs()
    };
    let second = 44_100;
    let mut island = vec![vec![0.0; 5 * second]; 2];
    island
        .iter_mut()
        .for_each(|channel| channel[second..2 * second].fill(0.5));
    let mut muted = unity();
    (1..5).for_each(|strip| muted[mute_idx(strip)] = 1.0);
    let around = runs(&island, unity());
    assert!(
        (10..15).contains(&around),
        "{around} tenths around a second"
    );
    assert_eq!(runs(&island, muted), 0, "all stems muted");
}

#[test]
fn trouble_gives_way_to_the_aligned_input_once_and_is_over() {
    for trouble in [Trouble::Fails, Trouble::NotANumber, Trouble::Panics] {
        for is_input_heard in [false, true] {
            let input = tones(RATE, 1, 3.0);
            let double = Double::troubled(trouble, 6..9);
            let mut deck = deck(RATE, ChunkSetting::Tenth, 1, Pace::Offline, &double);
            let mut mix = drums();
            mix[mute_idx(0)] = if is_input_heard { 0.0 } else { 1.0 };
            let played = deck.play(&input, blocks_of(256), &[(0, mix)]);
            assert!(deck.late_chunks() > 0 && deck.gap_samples() > 0, "counted");
            assert_eq!(
                deck.status.fault(),
                None,
                "the fault of {trouble:?} is over"
            );
            let aligned = &played.main[0][deck.latency()..];
            let is_once = |i: &usize| aligned[*i] == input[0][*i];
            let num_once = (0..input[0].len()).filter(is_once).count();
            assert!(num_once > 9_000, "{trouble:?}: {num_once} samples of input");
            let loudest = aligned
                .iter()
                .fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            let expected = if is_input_heard { 1.2 } else { 0.6 };
            assert!(loudest < 1.05 * expected, "{trouble:?}: {loudest}");
        }
    }
}
