//! What a person asks of the band.

use std::ops::Range;

use one2four::audio::HostTime;
use one2four::bridge::{Act, Feel};
use one2four::geometry::ChunkSetting;
use one2four::music::chords::NO_CHORD;

use crate::deck::*;
use crate::doubles::Double;
use crate::notes::{QUARTER, RATE, at, beats, deck, solo, sounding, starts, steady};

#[test]
fn a_chord_that_is_set_is_played_for_whole_bars_however_little_is_heard() {
    let mut deck = deck(ChunkSetting::Tenth, Pace::Offline, &Double::deaf());
    let b_minor = 12 + 11;
    let mut left = solo(9.0);
    // It is set in the second bar and given back with the fourth.
    for (idx, chord) in [None, Some(b_minor), None].into_iter().enumerate() {
        deck.song = steady((6 * idx) as f64);
        deck.direction.chord = chord;
        let after = left
            .iter_mut()
            .map(|channel| channel.split_off(6 * QUARTER));
        let after = after.collect();
        deck.play_only(&left, blocks_of(512), &[(0, unity())]);
        left = after;
    }
    let cues = deck.status.cues.all();
    let found = beats(&cues);
    for (idx, (_, _, beat)) in found.iter().enumerate() {
        let is_set = (8..12).contains(&idx);
        assert_eq!(
            beat.chord,
            if is_set { b_minor } else { NO_CHORD },
            "beat {idx}"
        );
        assert_eq!(
            beat.confidence,
            if is_set { 1.0 } else { 0.0 },
            "beat {idx}"
        );
    }
    assert!(found.len() > 12);
    let classes = |stem: u8, beats: Range<usize>| -> Vec<u8> {
        let span = (beats.start * QUARTER) as i64..(beats.end * QUARTER) as i64;
        let inside = cues.iter().filter(|cue| span.contains(&cue.position));
        let classes = inside.filter_map(|cue| match cue.act {
            Act::Start {
                stem_idx, pitch, ..
            } if stem_idx == stem => Some(pitch % 12),
            _ => None,
        });
        classes.collect()
    };
    assert_eq!(classes(1, 8..12), [11; 4]);
    for (stem, class) in [(2, 11), (3, 2)] {
        assert!(classes(stem, 0..8).is_empty(), "without a chord it rests");
        assert_eq!(classes(stem, 8..12), [class; 4]);
    }
}

#[test]
fn a_change_acts_on_the_bar_that_it_comes_with_however_short_bars_are() {
    // Bars of two at 200 per minute last 0.6 s, less than a chunk and less than the band hears ahead.
    let bar = (1.2 * RATE * 0.5) as usize;
    for setting in ChunkSetting::ALL {
        let mut deck = deck(setting, Pace::Offline, &Double::deaf());
        let mut left = solo(9.0);
        for idx in 0..12 {
            deck.song = Box::new(move |sample| HostTime {
                signature: Some((2, 4)),
                ..at((idx * bar + sample) as f64 / bar as f64 * 2.0, 200.0)
            });
            deck.direction.chord = Some(idx as u8);
            let after = left.iter_mut().map(|channel| channel.split_off(bar));
            let after = after.collect();
            deck.play_only(&left, blocks_of(512), &[(0, unity())]);
            left = after;
        }
        let found = beats(&deck.status.cues.all());
        assert!(found.len() > 16, "{setting:?}");
        for (position, _, beat) in found {
            assert_eq!(i64::from(beat.chord), position / bar as i64, "{setting:?}");
        }
    }
}

#[test]
fn in_half_time_every_bar_of_three_takes_what_it_is_asked() {
    let mut deck = deck(ChunkSetting::Quarter, Pace::Offline, &Double::deaf());
    deck.direction.feel = Feel::Half;
    let mut left = solo(15.0);
    for bar in 0..10 {
        deck.song = Box::new(move |sample| HostTime {
            signature: Some((3, 4)),
            ..at(f64::from(3 * bar) + sample as f64 / QUARTER as f64, 120.0)
        });
        deck.direction.chord = Some(bar as u8);
        let after = left.iter_mut().map(|c| c.split_off(3 * QUARTER));
        let after = after.collect();
        deck.play_only(&left, blocks_of(512), &[(0, unity())]);
        left = after;
    }
    let found = beats(&deck.status.cues.all());
    assert!(found.len() > 20);
    for (idx, (_, _, beat)) in found.iter().enumerate() {
        // Two of the host's beats are one of the band's.
        let of_band = idx / 2 * 2;
        assert_eq!(usize::from(beat.chord), of_band / 3, "beat {idx}");
    }
}

#[test]
fn automation_that_the_host_delayed_is_not_delayed_again() {
    let bar = 2 * QUARTER;
    for (aligns, expected) in [(true, 4), (false, 3)] {
        let mut deck = deck(ChunkSetting::Tenth, Pace::Offline, &Double::deaf());
        deck.align_automation = aligns;
        // What belongs to the third bar comes the latency later.
        let mut input = solo(9.0);
        let come = 2 * bar + deck.latency();
        assert!((bar..2 * bar).contains(&deck.latency()));
        let after: Signal = input.iter_mut().map(|c| c.split_off(come)).collect();
        for (part, from, chord) in [(&input, 0, 0), (&after, come, 7)] {
            deck.song = Box::new(move |sample| HostTime {
                signature: Some((2, 4)),
                ..at((from + sample) as f64 / QUARTER as f64, 120.0)
            });
            deck.direction.chord = Some(chord);
            deck.play_only(part, blocks_of(512), &[(0, unity())]);
        }
        let found = beats(&deck.status.cues.all());
        let first = found.iter().position(|(.., beat)| beat.chord == 7);
        assert_eq!(first, Some(2 * expected), "aligned: {aligns}");
    }
}

#[test]
fn swung_all_the_way_no_note_is_left_sounding() {
    let mut deck = deck(ChunkSetting::Tenth, Pace::Offline, &Double::short());
    deck.song = steady(0.0);
    deck.direction.swing = 1.0;
    let mut input = solo(4.0);
    input
        .iter_mut()
        .for_each(|c| c.resize(c.len() + 6 * 48_000, 0.0));
    deck.play(&input, blocks_of(512), &[(0, unity())]);
    let cues = deck.status.cues.all();
    assert!(starts(&cues).count() > 20);
    assert_eq!(sounding(&cues, i64::MAX), 0);
}

#[test]
fn a_restart_lets_no_note_hang_at_the_host() {
    let mut deck = deck(ChunkSetting::Tenth, Pace::Live, &Double::sound());
    deck.song = steady(0.0);
    let mut played = deck
        .play_only(&solo(2.5), blocks_of(480), &[(0, unity())])
        .notes;
    deck.engine.room.leave();
    deck.song = steady(5.0);
    played.extend(
        deck.play_only(&solo(0.4), blocks_of(480), &[(0, unity())])
            .notes,
    );
    let balance = |notes: &[(usize, one2four::audio::Note)]| {
        let starts = notes.iter().filter(|(_, note)| note.velocity > 0).count();
        (starts, notes.len() - starts)
    };
    let (starts, ends) = balance(&played);
    assert!(starts > 0);
    assert_eq!((ends, deck.engine.room.owed_ends()), (starts, [0; 4]));
}
