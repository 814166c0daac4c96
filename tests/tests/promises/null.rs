use one2four::geometry::ChunkSetting;
use one2four::params::{Mix, mute_idx, solo_idx};

use crate::deck::*;
use crate::doubles::Double;

#[test]
fn stems_at_unity_give_the_delayed_input_at_every_rate_chunk_and_layout() {
    for rate in [44_100.0, 48_000.0, 88_200.0, 96_000.0, 192_000.0] {
        for setting in ChunkSetting::ALL {
            for channels in [1, 2] {
                let mut deck = Deck::new(
                    rate,
                    setting,
                    channels,
                    Pace::Offline,
                    Double::sound().load(),
                );
                let input = noise_signal(channels, (0.3 * rate) as usize);
                let played = deck.play(&input, random_blocks(7), &[(0, unity())]);
                let residual = difference_db(&played.main, deck.latency(), &input);
                assert!(
                    residual <= -120.0,
                    "{residual} dBFS at {rate} Hz, {setting:?}, {channels}"
                );
                assert_eq!(deck.gap_samples(), 0);
            }
        }
    }
}

#[test]
fn a_solo_of_the_muted_input_is_the_input() {
    let sound = Double::sound().load();
    let mut deck = Deck::new(48_000.0, ChunkSetting::Tenth, 2, Pace::Offline, sound);
    let input = noise_signal(2, 20_000);
    let mut mix = with_stem_gain(0, 0.0);
    mix[solo_idx(0)] = 1.0;
    let played = deck.play(&input, blocks_of(512), &[(0, mix)]);
    assert!(difference_db(&played.main, deck.latency(), &input) <= -120.0);
}

#[test]
fn stem_buses_add_up_to_the_main_output() {
    let mut deck = Deck::new(
        44_100.0,
        ChunkSetting::Tenth,
        2,
        Pace::Offline,
        Double::sound().load(),
    );
    let input = noise_signal(2, 40_000);
    let played = deck.play(&input, blocks_of(333), &[(0, with_stem_gain(1, 0.3))]);
    let mut sum = played.stems[0].clone();
    for stem in &played.stems[1..] {
        for (sum, sample) in sum.iter_mut().flatten().zip(stem.iter().flatten()) {
            *sum += sample;
        }
    }
    assert!(difference_db(&sum, 0, &played.main) <= -120.0);
    // The double's stems differ, or the sum would prove nothing.
    assert!(difference_db(&played.stems[0], 0, &played.stems[2]) > -20.0);
}

#[test]
fn every_strip_moves_its_own_stem_and_no_other() {
    let play = |mix: Mix| {
        let sound = Double::sound().load();
        let mut deck = Deck::new(48_000.0, ChunkSetting::Hop, 1, Pace::Offline, sound);
        let input = noise_signal(1, 8_000);
        deck.play(&input, blocks_of(512), &[(0, mix)]).stems
    };
    let at_unity = play(unity());
    for (idx, stem) in at_unity.iter().enumerate() {
        for other in &at_unity[idx + 1..] {
            let difference = difference_db(stem, 0, other);
            assert!(difference > -40.0, "or an exchange would not be seen");
        }
    }
    let scaled = |stem: &Signal, gain: f32| -> Signal {
        let channels = stem.iter();
        channels
            .map(|channel| channel.iter().map(|sample| gain * sample).collect())
            .collect()
    };
    for moved in 0..4 {
        let (mut muted, mut soloed) = (unity(), unity());
        muted[mute_idx(1 + moved)] = 1.0;
        soloed[solo_idx(1 + moved)] = 1.0;
        for (mix, own, others) in [
            (with_stem_gain(moved, 0.3), 0.3, 1.0),
            (muted, 0.0, 1.0),
            (soloed, 1.0, 0.0),
        ] {
            let stems = play(mix);
            for (idx, stem) in stems.iter().enumerate() {
                let gain = if idx == moved { own } else { others };
                let difference = difference_db(stem, 0, &scaled(&at_unity[idx], gain));
                assert!(
                    difference <= -120.0,
                    "{difference} dBFS in stem {idx} where strip {moved} has {own}"
                );
            }
        }
    }
}

#[test]
fn what_is_not_a_number_never_comes_out() {
    let mut deck = Deck::new(
        48_000.0,
        ChunkSetting::Hop,
        2,
        Pace::Offline,
        Double::sound().load(),
    );
    let mut input = noise_signal(2, 48_000);
    input[0][1000] = f32::NAN;
    input[1][2000] = f32::INFINITY;
    input[0][3000..3100].fill(1e-42);
    input[1][4000..4100].fill(f32::MAX);
    let played = deck.play(&input, random_blocks(3), &[(0, unity())]);
    assert!(
        played
            .main
            .iter()
            .flatten()
            .all(|sample| sample.is_finite())
    );
    // Long after the last of them, the null holds again.
    let tail: Vec<_> = input
        .iter()
        .map(|channel| channel[30_000..].to_vec())
        .collect();
    assert!(difference_db(&played.main, deck.latency() + 30_000, &tail) <= -120.0);
}
