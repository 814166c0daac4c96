use std::time::Duration;

use one2four::audio::HostTime;
use one2four::bridge::{Act, Beat, Cue, Feel};
use one2four::geometry::ChunkSetting;
use one2four::params::{Mix, gain_idx, mute_idx};

use crate::deck::*;
use crate::doubles::{Double, NOTES, Trouble};

pub const RATE: f64 = 48_000.0;
/// Samples of a quarter note at 120 per minute.
pub const QUARTER: usize = 24_000;

pub fn deck(setting: ChunkSetting, pace: Pace, double: &Double) -> Deck {
    Deck::of(&NOTES, RATE, setting, 2, pace, double.load_notes())
}

/// A playing transport.
pub fn at(quarters: f64, tempo: f64) -> HostTime {
    HostTime {
        is_playing: true,
        quarters: Some(quarters),
        tempo: Some(tempo),
        signature: Some((4, 4)),
        ..HostTime::default()
    }
}

/// A song at 120 quarter notes per minute from `first` on.
pub fn steady(first: f64) -> Box<dyn Fn(usize) -> HostTime> {
    Box::new(move |sample| at(first + sample as f64 / QUARTER as f64, 120.0))
}

/// Notes of a solo, a little late.
pub fn solo(seconds: f64) -> Signal {
    let note = |i: usize| {
        let since = (i + QUARTER - 500) % QUARTER;
        let decay = (-8.0 * since as f64 / RATE).exp();
        (decay * (i as f64 * 0.0343).sin() * 0.5) as f32
    };
    let channel: Vec<f32> = (0..(seconds * RATE) as usize).map(note).collect();
    vec![channel; 2]
}

/// The input beside the stems.
fn joined() -> Mix {
    let mut mix = unity();
    mix[mute_idx(0)] = 0.0;
    mix
}

/// What the band did until the end of `input`: the worker may be ahead of what came out.
fn done(deck: &Deck, input: &Signal) -> Vec<Cue> {
    let mut cues = deck.status.cues.all();
    cues.retain(|cue| cue.position < input[0].len() as i64);
    cues
}

pub fn beats(cues: &[Cue]) -> Vec<(i64, f64, Beat)> {
    let beats = cues.iter().filter_map(|cue| match cue.act {
        Act::Beat(beat) => Some((cue.position, cue.quarters, beat)),
        _ => None,
    });
    beats.collect()
}

pub fn starts(cues: &[Cue]) -> impl Iterator<Item = &Cue> {
    cues.iter()
        .filter(|cue| matches!(cue.act, Act::Start { .. }))
}

/// How many notes sound at a position.
pub fn sounding(cues: &[Cue], position: i64) -> i64 {
    let until = cues.iter().filter(|cue| cue.position <= position);
    until.fold(0, |count, cue| match cue.act {
        Act::Start { .. } => count + 1,
        Act::End { .. } => count - 1,
        Act::Beat(_) => count,
    })
}

#[test]
fn a_bounce_and_a_live_run_are_the_same_to_the_bit_whatever_the_blocks() {
    let input = solo(4.0);
    let play = |setting, pace, blocks: Box<dyn FnMut() -> usize>| {
        let mut deck = deck(setting, pace, &Double::sound());
        deck.song = steady(-0.7);
        let played = deck.play(&input, blocks, &[(0, joined())]);
        let cues = done(&deck, &input);
        (deck.late_chunks() == 0).then(|| (bits(&played.main), cues))
    };
    for setting in [ChunkSetting::Quarter, ChunkSetting::Hop] {
        let bounce = play(setting, Pace::Offline, Box::new(blocks_of(512))).unwrap();
        assert!(starts(&bounce.1).count() > 20);
        for blocks in [
            Box::new(random_blocks(5)) as Box<dyn FnMut() -> usize>,
            Box::new(blocks_of(17)),
        ] {
            assert!(Some(&bounce) == play(setting, Pace::Offline, blocks).as_ref());
        }
        // A busy machine may miss a deadline of a live run's.
        let live = (0..3).find_map(|_| play(setting, Pace::Live, Box::new(blocks_of(480))));
        assert!(bounce == live.expect("a run without a miss"), "live");
    }
}

#[test]
fn the_band_sounds_on_the_beat_and_so_do_its_notes() {
    for setting in ChunkSetting::ALL {
        let mut deck = deck(setting, Pace::Offline, &Double::sound());
        deck.song = steady(0.0);
        let played = deck.play(&solo(4.0), random_blocks(3), &[(0, unity())]);
        let cues = deck.status.cues.all();
        let found = beats(&cues);
        for (idx, (position, quarters, beat)) in found.iter().enumerate() {
            assert_eq!(*position, (idx * QUARTER) as i64, "{setting:?}");
            assert!((quarters - idx as f64).abs() < 1e-6);
            assert_eq!((beat.bar, beat.beat), (idx as i32 / 4, idx as u8 % 4));
            assert!(!beat.is_free && beat.tempo == 120.0 && beat.chord == 0);
        }
        assert!(found.len() >= 8);
        let skip = deck.latency();
        let bass = &played.stems[1][0];
        let first = bass.iter().position(|sample| *sample != 0.0);
        assert_eq!(first, Some(skip), "the bass, {setting:?}");
        let mut expected: Vec<_> = cues
            .iter()
            .filter_map(|cue| match cue.act {
                Act::Start { velocity, .. } => Some((cue.position, velocity)),
                Act::End { .. } => Some((cue.position, 0)),
                Act::Beat(_) => None,
            })
            .collect();
        let notes = played.notes.iter();
        let sent: Vec<_> = notes
            .map(|(at, note)| (*at as i64 - skip as i64, note.velocity))
            .collect();
        expected.truncate(sent.len());
        assert!(sent.len() > 50);
        assert_eq!(sent, expected, "{setting:?}");
    }
}

#[test]
fn a_seek_and_a_loop_end_what_sounds_and_start_at_the_next_beat() {
    // After four and a half quarter notes: on to another song place, or back to the start.
    let cut = 9 * QUARTER / 2;
    for to in [33.25, 0.0] {
        let mut deck = deck(ChunkSetting::Tenth, Pace::Offline, &Double::sound());
        deck.song = Box::new(move |sample| match sample.checked_sub(cut) {
            None => at(sample as f64 / QUARTER as f64, 120.0),
            Some(after) => at(to + after as f64 / QUARTER as f64, 120.0),
        });
        deck.starts = vec![cut];
        deck.play(&solo(5.0), random_blocks(3), &[(0, unity())]);
        let cues = deck.status.cues.all();
        assert_eq!(sounding(&cues, cut as i64), if to == 0.0 { 2 } else { 0 });
        let before = cues.iter().filter(|cue| cue.position < cut as i64);
        assert!(before.map(|cue| cue.quarters).fold(0.0, f64::max) < 4.5);
        let after: Vec<_> = beats(&cues)
            .into_iter()
            .filter(|(position, ..)| *position >= cut as i64)
            .collect();
        let (position, quarters, _) = after[0];
        let next = f64::ceil(to);
        assert!((quarters - next).abs() < 1e-6, "{quarters} after {to}");
        let expected = cut as f64 + (next - to) * QUARTER as f64;
        assert_eq!(position, expected as i64);
    }
}

#[test]
fn a_beat_that_a_seek_hits_by_a_hair_is_played_once_and_whole() {
    // Within what hosts round to, before the beat at which the song is cut or after the one where it goes on.
    const HAIR: f64 = 5e-4;
    let cut = 4 * QUARTER;
    for (hair_before, hair_after) in [(0.0, HAIR), (HAIR, 0.0), (HAIR, HAIR)] {
        let mut deck = deck(ChunkSetting::Tenth, Pace::Offline, &Double::sound());
        deck.song = Box::new(move |sample| match sample.checked_sub(cut) {
            None => at(hair_before + sample as f64 / QUARTER as f64, 120.0),
            Some(after) => at(32.0 + hair_after + after as f64 / QUARTER as f64, 120.0),
        });
        deck.starts = vec![cut];
        deck.play(&solo(4.0), random_blocks(3), &[(0, unity())]);
        let cues = deck.status.cues.all();
        let found = beats(&cues);
        let before = found.iter().filter(|(at, ..)| *at < cut as i64);
        assert_eq!(before.count(), 4, "{hair_before}, {hair_after}");
        let (position, quarters, _) = found[4];
        assert_eq!((position, quarters.round()), (cut as i64, 32.0));
        assert!(sounding(&cues, cut as i64) > 0, "the beat's notes go on");
    }
}

#[test]
fn half_time_has_the_hosts_bars_also_where_the_metre_changes_within_its_own() {
    let mut deck = deck(ChunkSetting::Tenth, Pace::Offline, &Double::sound());
    deck.direction.feel = Feel::Half;
    // Three bars of four, then bars of three.
    deck.song = Box::new(|sample| {
        let quarters = sample as f64 / QUARTER as f64;
        let (signature, bar, start) = if quarters < 12.0 {
            let bar = (quarters / 4.0).floor();
            ((4, 4), bar, 4.0 * bar)
        } else {
            let bar = ((quarters - 12.0) / 3.0).floor();
            ((3, 4), 3.0 + bar, 12.0 + 3.0 * bar)
        };
        HostTime {
            signature: Some(signature),
            bar_quarters: Some(start),
            bar_number: Some(bar as i32),
            ..at(quarters, 120.0)
        }
    });
    let input = solo(9.0);
    deck.play(&input, blocks_of(500), &[(0, unity())]);
    let found = beats(&done(&deck, &input));
    for (idx, (_, quarters, beat)) in found.iter().enumerate() {
        let expected = match idx {
            0..12 => (idx as i32 / 4, idx as u8 % 4, 4),
            _ => (3 + (idx as i32 - 12) / 3, (idx as u8 - 12) % 3, 3),
        };
        assert_eq!((beat.bar, beat.beat, beat.beats_per_bar), expected, "{idx}");
        assert!((quarters - idx as f64).abs() < 1e-6, "{quarters}");
    }
    assert_eq!(found.len(), 18);
}

#[test]
fn a_loop_that_wraps_within_a_block_goes_on_with_its_first_beat() {
    let mut deck = deck(ChunkSetting::Tenth, Pace::Offline, &Double::sound());
    deck.song = Box::new(|sample| HostTime {
        loop_quarters: Some((0.0, 4.0)),
        ..at(sample as f64 / QUARTER as f64 % 4.0, 120.0)
    });
    let input = solo(7.0);
    deck.play(&input, blocks_of(1_024), &[(0, unity())]);
    let found = beats(&done(&deck, &input));
    assert_eq!(found.len(), 14);
    for (idx, (position, quarters, _)) in found.into_iter().enumerate() {
        assert_eq!(position, (idx * QUARTER) as i64);
        assert!((quarters - (idx % 4) as f64).abs() < 1e-4, "{quarters}");
    }
}

#[test]
fn odd_metres_mid_bar_starts_and_changes_of_tempo_are_followed() {
    // Bars of 7/8 from 2 on; the song starts within one, and slows down at the third second.
    let change = 3 * 48_000;
    let mut deck = deck(ChunkSetting::Quarter, Pace::Offline, &Double::sound());
    deck.song = Box::new(move |sample| {
        let fast = sample.min(change) as f64 / QUARTER as f64;
        let slow = sample.saturating_sub(change) as f64 / (2 * QUARTER) as f64;
        let quarters = 2.8 + fast + slow;
        let bar = ((quarters - 2.0) / 3.5).floor();
        HostTime {
            signature: Some((7, 8)),
            bar_quarters: Some(2.0 + 3.5 * bar),
            bar_number: Some(4 + bar as i32),
            ..at(quarters, if sample < change { 120.0 } else { 60.0 })
        }
    });
    deck.play(&solo(7.0), blocks_of(512), &[(0, unity())]);
    let found = beats(&deck.status.cues.all());
    let (position, quarters, beat) = found[0];
    assert_eq!((position, beat.bar, beat.beat), (4_800, 4, 2));
    assert!((quarters - 3.0).abs() < 1e-6);
    assert_eq!((beat.beats_per_bar, beat.beat_quarters), (7, 0.5));
    assert_eq!((found[5].2.bar, found[5].2.beat), (5, 0));
    let step = |idx: usize| found[idx + 1].0 - found[idx].0;
    assert_eq!(step(2), 12_000);
    let slow = found.iter().position(|(at, ..)| *at > change as i64 + 1);
    assert_eq!(step(slow.unwrap()), 24_000);
}

#[test]
fn the_band_rests_after_eight_silent_beats_and_comes_back() {
    let double = Double::sound();
    let mut deck = deck(ChunkSetting::Tenth, Pace::Offline, &double);
    deck.song = steady(0.0);
    let mut input = solo(2.0);
    let silence = vec![0.0; 8 * 48_000];
    input.iter_mut().for_each(|c| c.extend(&silence));
    let last = input[0].len();
    for (channel, tune) in input.iter_mut().zip(solo(2.0)) {
        channel.extend(tune);
    }
    let played = deck.play(&input, blocks_of(700), &[(0, unity())]);
    let cues = deck.status.cues.all();
    // The solo's last note rings into a fifth or sixth beat.
    let rest = 14 * QUARTER as i64;
    let resting = rest..last as i64 - QUARTER as i64;
    assert!(starts(&cues).all(|cue| !resting.contains(&cue.position)));
    assert!(starts(&cues).any(|cue| cue.position > 8 * QUARTER as i64));
    assert_eq!(sounding(&cues, rest), 0);
    assert!(starts(&cues).any(|cue| cue.position >= last as i64));
    let quiet = deck.latency() + rest as usize..deck.latency() + last - QUARTER;
    assert!(
        played
            .stems
            .iter()
            .all(|s| s[0][quiet.clone()].iter().all(|x| *x == 0.0))
    );
    assert_eq!(deck.gap_samples(), 0);
}

#[test]
fn what_rings_on_after_a_stop_starts_nothing() {
    let mut deck = deck(ChunkSetting::Tenth, Pace::Offline, &Double::sound());
    let stop = 4 * 48_000;
    deck.song = Box::new(move |sample| match sample < stop {
        true => at(sample as f64 / QUARTER as f64, 120.0),
        false => HostTime::default(),
    });
    let mut input = solo(4.2);
    let silence = vec![0.0; 12 * 48_000];
    input.iter_mut().for_each(|c| c.extend(&silence));
    deck.play(&input, blocks_of(512), &[(0, unity())]);
    let cues = deck.status.cues.all();
    assert!(starts(&cues).count() > 20);
    assert!(starts(&cues).all(|cue| cue.position < stop as i64));
}

#[test]
fn trouble_gives_way_to_the_aligned_input_and_is_over() {
    for trouble in [
        Trouble::Fails,
        Trouble::NotANumber,
        Trouble::Panics,
        Trouble::Slow(Duration::from_millis(900)),
    ] {
        let pace = match trouble {
            Trouble::Slow(_) => Pace::Live,
            _ => Pace::Offline,
        };
        let double = Double::troubled(trouble, 4..5);
        let mut deck = deck(ChunkSetting::Tenth, pace, &double);
        deck.song = steady(0.0);
        let input = solo(7.0);
        let played = deck.play(&input, blocks_of(256), &[(0, joined())]);
        assert!(deck.late_chunks() > 0, "{trouble:?} is counted");
        assert_eq!(deck.status.fault(), None, "{trouble:?} is over");
        let aligned = &played.main[0][deck.latency()..];
        let alone = (0..input[0].len()).filter(|&i| aligned[i] == input[0][i]);
        assert!(alone.count() > 2_000, "{trouble:?}");
        let late = deck.latency() + input[0].len() - 48_000;
        let back = |stem: &Signal| stem[0][late..].iter().any(|sample| *sample != 0.0);
        assert!(
            played.stems.iter().all(back),
            "{trouble:?}: the band is back"
        );
        let mut sounds = 0_i64;
        for (_, note) in &played.notes {
            sounds += if note.velocity > 0 { 1 } else { -1 };
            assert!((0..=4).contains(&sounds), "{trouble:?}: a note is stuck");
        }
        let logged = sounding(&deck.status.cues.all(), i64::MAX);
        assert!(
            logged <= 4,
            "{trouble:?}: {logged} notes in the log have no end"
        );
    }
}

#[test]
fn a_muted_solo_stays_muted_and_a_loud_strip_makes_it_no_louder_when_the_band_skips() {
    for (is_input_heard, drums) in [(false, 1.0), (true, 2.0)] {
        let double = Double::troubled(Trouble::Fails, 4..5);
        let mut deck = deck(ChunkSetting::Tenth, Pace::Offline, &double);
        deck.song = steady(0.0);
        let mut mix = if is_input_heard { joined() } else { unity() };
        mix[gain_idx(1)] = drums;
        let input = solo(7.0);
        let played = deck.play(&input, blocks_of(256), &[(0, mix)]);
        assert!(deck.gap_samples() > 0);
        let other = played.stems[3][0].iter();
        let stands_in = other.skip(deck.latency()).zip(&input[0]);
        let stands_in =
            stands_in.filter(|(other, input)| **input != 0.0 && **other == drums * **input);
        assert_eq!(stands_in.count(), 0, "of the solo among the stems");
    }
}

#[test]
fn the_same_song_gives_the_same_band_again_and_after_a_reset() {
    let input = solo(4.0);
    let mut deck = deck(ChunkSetting::Tenth, Pace::Offline, &Double::sound());
    deck.song = steady(6.0);
    let play = |deck: &mut Deck| {
        let played = deck.play(&input, random_blocks(4), &[(0, unity())]);
        (bits(&played.main), done(deck, &input))
    };
    let first = play(&mut deck);
    deck.play_only(&noise_signal(2, 123_456), blocks_of(512), &[(0, unity())]);
    deck.engine.room.reset();
    let again = play(&mut deck);
    assert!(first == again);
}

#[test]
fn noise_is_played_to_without_allocations_or_numbers_that_are_none() {
    let mut deck = deck(ChunkSetting::Hop, Pace::Offline, &Double::sound());
    // A ramp of the tempo, with seeks.
    deck.song = Box::new(|sample| {
        let seconds = sample as f64 / RATE;
        let place = (sample / 30_000 * 7 % 20) as f64;
        at(place + seconds * (1.0 + seconds), 60.0 + 120.0 * seconds)
    });
    let mut muted = unity();
    (1..5).for_each(|strip| muted[mute_idx(strip)] = 1.0);
    let mix = [(0, muted), (100_000, unity())];
    let played = deck.play(&noise_signal(2, 150_000), random_blocks(8), &mix);
    assert_eq!(played.allocations, 0);
    assert!(
        played
            .main
            .iter()
            .flatten()
            .all(|sample| sample.is_finite())
    );
    // Muted strips still send their notes.
    let until = deck.latency() + 90_000;
    let mut notes = played.notes.iter();
    assert!(notes.any(|(at, note)| *at < until && note.velocity > 0));
}
