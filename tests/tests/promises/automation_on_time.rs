use one2four::geometry::ChunkSetting;
use one2four::params::{BYPASS_IDX, Mix, OUTPUT_IDX, gain_idx};

use crate::deck::*;
use crate::doubles::Double;

const RATE: f64 = 48_000.0;

fn deck() -> Deck {
    Deck::new(
        RATE,
        ChunkSetting::Hop,
        1,
        Pace::Offline,
        Double::sound().load(),
    )
}

/// All stems, as one fader would move them.
fn faded(gain: f32) -> Mix {
    let mut mix = unity();
    (1..5).for_each(|strip| mix[gain_idx(strip)] = gain);
    mix
}

#[test]
fn a_gain_event_acts_on_the_sample_it_arrived_with() {
    let (mut deck, at) = (deck(), 9_137);
    let input = noise_signal(1, 30_000);
    let played = deck.play(&input, random_blocks(11), &[(0, unity()), (at, faded(0.0))]);
    let output = &played.main[0][deck.latency()..];
    let ramp = (0.02 * RATE) as usize;
    for (i, (output, input)) in output.iter().zip(&input[0]).enumerate() {
        let gain = 1.0 - ((i + 1).saturating_sub(at) as f32 / ramp as f32).min(1.0);
        assert!(
            (output - gain * input).abs() < 1e-5,
            "sample {i}, event at {at}"
        );
    }
}

#[test]
fn a_bypass_lets_the_aligned_input_through_on_the_sample_it_arrived_with() {
    let (mut deck, on, off) = (deck(), 9_137, 20_011);
    let input = noise_signal(1, 30_000);
    let mut quiet = faded(0.25);
    quiet[OUTPUT_IDX] = 0.5;
    let mut bypassed = quiet;
    bypassed[BYPASS_IDX] = 1.0;
    let changes = [(0, quiet), (on, bypassed), (off, quiet)];
    let played = deck.play(&input, random_blocks(5), &changes);
    let output = &played.main[0][deck.latency()..];
    let ramp = (0.02 * RATE) as usize;
    for (i, (output, input)) in output.iter().zip(&input[0]).enumerate() {
        let is_whole = (on + ramp..off).contains(&i);
        let is_quiet = i < on || i >= off + ramp;
        let wanted = if is_whole { *input } else { 0.125 * input };
        assert!(
            !(is_whole || is_quiet) || (output - wanted).abs() < 1e-5,
            "sample {i}"
        );
    }
    let steps = |from: usize| {
        output[from..from + ramp]
            .windows(2)
            .zip(input[0][from..].windows(2))
    };
    for ramped in [on, off] {
        for (output, input) in steps(ramped) {
            let step = (output[1] - output[0]).abs();
            assert!(step < (input[1] - input[0]).abs() + 0.01, "a click");
        }
    }
}

#[test]
fn a_fader_dragged_in_the_editor_acts_at_once() {
    let mut deck = deck();
    let latency = deck.latency();
    let at = latency + 5_000;
    let input = noise_signal(1, at);
    let before = deck.play_only(&input, blocks_of(500), &[(0, unity())]);
    assert!(before.main[0][at - 1].abs() > 0.0);
    (1..5).for_each(|strip| deck.engine.editor.touch(gain_idx(strip)));
    let after = deck.play_only(&noise_signal(1, 2_000), blocks_of(64), &[(0, faded(0.0))]);
    let ramp = (0.02 * RATE) as usize;
    assert!(after.main[0][ramp..].iter().all(|&sample| sample == 0.0));
}

#[test]
fn mutes_do_not_click() {
    // A slow sine: what jumps is not the signal.
    let sine = |i: usize| (i as f32 * 0.01).sin();
    let input = vec![(0..30_000).map(sine).collect::<Vec<_>>()];
    let mut muted = unity();
    (1..5).for_each(|strip| muted[one2four::params::mute_idx(strip)] = 1.0);
    let mix = [(0, unity()), (10_000, muted), (15_000, unity())];
    let mut deck = deck();
    let played = deck.play(&input, blocks_of(256), &mix);
    let output = &played.main[0][deck.latency()..];
    let steepest = output
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .fold(0.0, f32::max);
    assert!(output[12_000..14_000].iter().all(|&sample| sample == 0.0));
    assert!(steepest < 0.012, "a step of {steepest}");
}
