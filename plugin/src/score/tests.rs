//! Songs as files, read back.

use midly::{MetaMessage, MidiMessage, Smf, TrackEventKind};
use quick_xml::Reader;
use quick_xml::events::Event;

use super::*;
use crate::bridge::{Act, Beat};
use crate::music::chords::NO_CHORD;

const RATE: f64 = 44_100.0;
/// The key of C, and chords in it.
const C_MAJOR: u8 = 0;
const C: u8 = 0;
const G7: u8 = 24 + 7;

/// A band that is told what to play.
struct Band {
    cues: Vec<Cue>,
    quarters: f64,
    beat: Beat,
}

impl Band {
    /// In C and in a metre of so many beats, each so many quarter notes long.
    fn new(beats_per_bar: u8, beat_quarters: f32) -> Self {
        Self {
            cues: Vec::new(),
            quarters: 0.0,
            beat: Beat {
                chord: C,
                key: C_MAJOR,
                confidence: 1.0,
                bar: 0,
                beat: 0,
                beats_per_bar,
                beat_quarters,
                tempo: 120.0,
                style: 0,
                programs: [33, 0, 25],
                is_free: false,
                is_heard: false,
            },
        }
    }

    fn act(&mut self, quarters: f64, act: Act) {
        self.cues.push(Cue {
            position: (quarters * 22_050.0) as i64,
            quarters,
            act,
        });
    }

    /// Plays a beat with this chord.
    fn beat(&mut self, chord: u8) -> &mut Self {
        self.beat.chord = chord;
        self.act(self.quarters, Act::Beat(self.beat));
        self.quarters += f64::from(self.beat.beat_quarters);
        self.beat.beat += 1;
        if self.beat.beat >= self.beat.beats_per_bar {
            (self.beat.beat, self.beat.bar) = (0, self.beat.bar + 1);
        }
        self
    }

    fn beats(&mut self, chords: &[u8]) -> &mut Self {
        chords.iter().for_each(|&chord| _ = self.beat(chord));
        self
    }
}

/// The events of a track with their ticks.
fn events<'a>(file: &Smf<'a>, track_idx: usize) -> Vec<(u32, TrackEventKind<'a>)> {
    let mut now = 0;
    let timed = file.tracks[track_idx].iter().map(|event| {
        now += event.delta.as_int();
        (now, event.kind)
    });
    timed.collect()
}

fn metres(bytes: &[u8]) -> Vec<(u32, u8, u8)> {
    let file = Smf::parse(bytes).unwrap();
    let metre = |(at, kind)| match kind {
        TrackEventKind::Meta(MetaMessage::TimeSignature(n, d, ..)) => Some((at, n, 1 << d)),
        _ => None,
    };
    events(&file, 0).into_iter().filter_map(metre).collect()
}

/// The texts of a sheet's elements with this name, which must all be closed.
fn texts(sheet: &str, name: &str) -> Vec<String> {
    let mut reader = Reader::from_str(sheet);
    let (mut found, mut open) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => open.push(start.name().as_ref().to_string()),
            Event::End(_) => drop(open.pop()),
            Event::Text(text) if open.last().is_some_and(|open| open == name) => {
                found.push(text.to_string());
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?} is not closed");
    found
}

#[test]
fn notes_chords_and_tempo_lie_on_their_ticks() {
    let mut band = Band::new(4, 1.0);
    band.beat(C);
    let (stem_idx, pitch) = (1, 36);
    let velocity = 99;
    band.act(
        0.5,
        Act::Start {
            stem_idx,
            pitch,
            velocity,
        },
    );
    band.beat.tempo = 60.0;
    band.beat(G7);
    band.act(1.25, Act::End { stem_idx, pitch });
    band.act(
        1.25,
        Act::Start {
            stem_idx,
            pitch,
            velocity,
        },
    );
    let bytes = midi_file(&band.cues, RATE).unwrap();

    let file = Smf::parse(&bytes).unwrap();
    assert_eq!(file.tracks.len(), 5);
    let found: Vec<_> = events(&file, 0)
        .into_iter()
        .filter_map(|(at, kind)| match kind {
            TrackEventKind::Meta(MetaMessage::Tempo(us)) => Some((at, us.as_int().to_string())),
            TrackEventKind::Meta(MetaMessage::Marker(name)) => {
                Some((at, String::from_utf8_lossy(name).into_owned()))
            }
            _ => None,
        })
        .collect();
    let expected = [(0, "500000"), (0, "C"), (480, "1000000"), (480, "G7")];
    assert_eq!(found, expected.map(|(at, text)| (at, text.to_string())));

    let bass: Vec<_> = events(&file, 2)
        .into_iter()
        .filter_map(|(at, kind)| match kind {
            TrackEventKind::Midi { channel, message } => Some((at, channel.as_int(), message)),
            _ => None,
        })
        .collect();
    assert!(matches!(bass[0].2, MidiMessage::ProgramChange { program } if program == 33));
    let notes: Vec<_> = bass[1..]
        .iter()
        .map(|(at, channel, message)| {
            assert_eq!(*channel, 0);
            (*at, matches!(message, MidiMessage::NoteOn { .. }))
        })
        .collect();
    // The last note rings to the end of the last beat.
    assert_eq!(
        notes,
        [(240, true), (600, false), (600, true), (960, false)]
    );
    let Some((end, _)) = events(&file, 1).last().copied() else {
        panic!("no drums");
    };
    assert_eq!(end, 4 * 480, "the last bar is filled up");
}

#[test]
fn drums_are_written_as_those_that_drum_sets_have() {
    let mut band = Band::new(4, 1.0);
    band.beat(C);
    for pitch in [38, 70] {
        let (stem_idx, velocity) = (0, 99);
        band.act(
            0.5,
            Act::Start {
                stem_idx,
                pitch,
                velocity,
            },
        );
        band.act(0.75, Act::End { stem_idx, pitch });
    }
    let bytes = midi_file(&band.cues, RATE).unwrap();
    let file = Smf::parse(&bytes).unwrap();
    let keys: Vec<_> = events(&file, 1)
        .into_iter()
        .filter_map(|(_, kind)| match kind {
            TrackEventKind::Midi {
                message: MidiMessage::NoteOn { key, .. },
                ..
            } => Some(key.as_int()),
            _ => None,
        })
        .collect();
    // Maracas become a tambourine.
    assert_eq!(keys, [38, 54]);
}

#[test]
fn each_style_plays_on_its_own_programs() {
    let mut band = Band::new(4, 1.0);
    band.beats(&[C; 4]);
    (band.beat.style, band.beat.programs) = (3, [38, 0, 48]);
    band.beats(&[C; 4]);
    let bytes = midi_file(&band.cues, RATE).unwrap();
    let file = Smf::parse(&bytes).unwrap();
    let programs = |track_idx: usize| -> Vec<(u32, u8)> {
        let events = events(&file, track_idx).into_iter();
        let changes = events.filter_map(|(at, kind)| match kind {
            TrackEventKind::Midi {
                message: MidiMessage::ProgramChange { program },
                ..
            } => Some((at, program.as_int())),
            _ => None,
        });
        changes.collect()
    };
    assert_eq!(programs(1), []);
    assert_eq!(programs(2), [(0, 33), (4 * 480, 38)]);
    assert_eq!(programs(3), [(0, 0)]);
    assert_eq!(programs(4), [(0, 25), (4 * 480, 48)]);
}

#[test]
fn a_file_stays_in_step_with_what_sounded() {
    let mut band = Band::new(4, 1.0);
    band.beats(&[C; 8]);
    // A player is followed: told is the tempo, and the beats come later and later. Two are left out.
    let late = |idx: usize| (idx * idx * 100) as i64;
    for (idx, cue) in band.cues.iter_mut().enumerate() {
        cue.position += late(idx);
    }
    band.cues.drain(4..6);
    let bytes = midi_file(&rests::from_the_start(&band.cues), RATE).unwrap();
    let file = Smf::parse(&bytes).unwrap();
    let (mut at, mut since, mut us, mut seconds) = (Vec::new(), 0, 0.0, 0.0);
    for (tick, kind) in events(&file, 0) {
        seconds += f64::from(tick - since) / 480.0 * us / 1e6;
        since = tick;
        if let TrackEventKind::Meta(MetaMessage::Tempo(length)) = kind {
            us = f64::from(length.as_int());
            at.push((tick / 480, seconds));
        }
    }
    assert_eq!(
        at.iter().map(|(beat, _)| *beat).collect::<Vec<_>>(),
        [0, 1, 2, 3, 6, 7]
    );
    for (beat, seconds) in at {
        let sounded = (f64::from(beat) * 22_050.0 + late(beat as usize) as f64) / RATE;
        assert!(
            (seconds - sounded).abs() < 1e-4,
            "beat {beat}: {seconds}, heard at {sounded}"
        );
    }
}

#[test]
fn odd_and_compound_metres_and_changes_have_their_signatures() {
    let mut band = Band::new(7, 0.5);
    band.beats(&[C; 7]);
    (band.beat.beats_per_bar, band.beat.beat_quarters) = (2, 1.5);
    band.beats(&[C; 4]);
    (band.beat.beats_per_bar, band.beat.beat_quarters) = (3, 2.0);
    band.beats(&[C; 3]);
    let bytes = midi_file(&band.cues, RATE).unwrap();
    assert_eq!(metres(&bytes), [(0, 7, 8), (1680, 6, 8), (4560, 3, 2)]);
    let sheet = lead_sheet(&band.cues, "").unwrap();
    assert_eq!(texts(&sheet, "beats"), ["7", "6", "3"]);
    assert_eq!(texts(&sheet, "beat-type"), ["8", "8", "2"]);
    assert_eq!(texts(&sheet, "duration")[6..8], ["4", "12"]);
}

#[test]
fn a_pickup_keeps_the_bar_lines_where_they_are() {
    let mut band = Band::new(4, 1.0);
    (band.quarters, band.beat.beat, band.beat.bar) = (15.0, 3, 3);
    band.beats(&[G7, C, C, C, C]);
    let bytes = midi_file(&band.cues, RATE).unwrap();
    assert_eq!(metres(&bytes), [(0, 4, 4)]);
    let file = Smf::parse(&bytes).unwrap();
    let markers: Vec<_> = events(&file, 0)
        .into_iter()
        .filter(|(_, kind)| matches!(kind, TrackEventKind::Meta(MetaMessage::Marker(_))))
        .map(|(at, _)| at)
        .collect();
    assert_eq!(markers, [3 * 480, 4 * 480]);
    let sheet = lead_sheet(&band.cues, "").unwrap();
    assert!(sheet.contains(r#"<measure number="0" implicit="yes">"#));
    assert_eq!(texts(&sheet, "duration").len(), 5);
}

#[test]
fn a_jump_goes_on_where_the_song_was() {
    let mut band = Band::new(4, 1.0);
    let (stem_idx, pitch) = (2, 60);
    let velocity = 64;
    band.beats(&[C, C]);
    band.act(
        1.5,
        Act::Start {
            stem_idx,
            pitch,
            velocity,
        },
    );
    // The loop starts again in the middle of the bar.
    (band.quarters, band.beat.beat, band.beat.bar) = (0.0, 0, 0);
    band.act(2.5, Act::End { stem_idx, pitch });
    band.beats(&[G7; 4]);
    let song = song::Song::of(&band.cues).unwrap();
    assert_eq!(
        song.beats().map(|tick| tick.start).collect::<Vec<_>>(),
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    );
    assert_eq!((song.notes[0].start, song.notes[0].end), (1.5, 2.0));
    let bytes = midi_file(&band.cues, RATE).unwrap();
    assert_eq!(metres(&bytes), [(0, 2, 4), (960, 4, 4)]);
}

#[test]
fn the_last_bars_are_whole() {
    let mut band = Band::new(2, 1.0);
    band.beat.beat = 1;
    band.beats(&[C; 8]);
    let bars = |position, num_bars| {
        let cues = last_bars(&band.cues, position, num_bars);
        cues.iter().map(|cue| cue.quarters).collect::<Vec<_>>()
    };
    let at = |quarters: f64| (quarters * 22_050.0) as i64;
    assert_eq!(bars(at(6.5), 2), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(bars(at(6.5), 1), [3.0, 4.0]);
    assert_eq!(bars(at(7.0), 1), [5.0, 6.0]);
    assert_eq!(bars(at(4.0), 9), [1.0, 2.0]);
    assert!(bars(at(0.5), 9).is_empty());
}

#[test]
fn a_sheet_has_a_chord_where_it_changes_and_any_title() {
    let mut band = Band::new(3, 1.0);
    band.beat.key = 5;
    band.beats(&[C, C, G7, G7, NO_CHORD, 3 * 12 + 10]);
    let sheet = lead_sheet(&band.cues, "<Rock> & \"Roll\"\u{1}").unwrap();
    assert!(sheet.contains("<work-title>&lt;Rock&gt; &amp; &quot;Roll&quot; </work-title>"));
    assert_eq!(
        texts(&sheet, "kind"),
        ["major", "dominant", "none", "major-seventh"]
    );
    assert_eq!(texts(&sheet, "root-step"), ["C", "G", "C", "B"]);
    assert_eq!(texts(&sheet, "root-alter"), ["-1"]);
    assert_eq!(texts(&sheet, "fifths"), ["-1"]);
    assert_eq!(lead_sheet(&[], "x"), None);
    assert_eq!(midi_file(&[], RATE), None);
}

#[test]
fn senseless_cues_do_no_harm() {
    let mut band = Band::new(0, f32::NAN);
    band.beat.tempo = f32::NAN;
    (band.beat.beat, band.beat.chord, band.beat.key) = (255, 255, 255);
    band.act(f64::NAN, Act::Beat(band.beat));
    band.act(
        -9.0,
        Act::Start {
            stem_idx: 9,
            pitch: 200,
            velocity: 0,
        },
    );
    band.act(
        1e300,
        Act::Start {
            stem_idx: 0,
            pitch: 1,
            velocity: 255,
        },
    );
    let bytes = midi_file(&band.cues, RATE).unwrap();
    assert!(Smf::parse(&bytes).is_ok());
    assert!(lead_sheet(&band.cues, "").is_some());
}

#[test]
fn a_song_is_written_from_its_start_with_the_rests_in_it() {
    let mut band = Band::new(4, 1.0);
    (band.quarters, band.beat.bar) = (8.0, 2);
    band.beats(&[C; 4]);
    // It rests for five beats.
    (band.quarters, band.beat.bar, band.beat.beat) = (17.0, 4, 1);
    band.beats(&[G7; 3]);
    let whole = rests::from_the_start(&band.cues);
    let song = song::Song::of(&whole).unwrap();
    let ticks: Vec<_> = song.beats().map(|tick| (tick.start, tick.beat)).collect();
    assert_eq!(ticks.len(), 20);
    for (idx, (start, beat)) in ticks.iter().enumerate() {
        assert_eq!(*start, idx as f64);
        assert_eq!((beat.bar, beat.beat), (idx as i32 / 4, idx as u8 % 4));
        let chord = match idx {
            8..12 => C,
            17.. => G7,
            _ => NO_CHORD,
        };
        assert_eq!(beat.chord, chord, "beat {idx}");
    }
    // A jump forwards is none.
    let mut band = Band::new(4, 1.0);
    band.beats(&[C; 4]);
    let position = band.cues[3].position + 22_050;
    (band.quarters, band.beat.bar) = (40.0, 10);
    band.beat(G7);
    band.cues[4].position = position;
    assert_eq!(rests::from_the_start(&band.cues).len(), 5);
}

#[test]
fn what_is_decided_of_after_the_end_is_not_written() {
    let mut band = Band::new(4, 1.0);
    band.beats(&[C; 6]);
    let played = crate::report::Performance {
        cues: band.cues,
        sample_rate: RATE,
    };
    assert_eq!(played.within(2.0).cues.len(), 4);
}

#[test]
fn a_beat_of_its_own_that_takes_longer_brings_no_rest() {
    // From 120 to the 70 per minute that are heard: the beats go on, only the audio takes longer.
    let mut band = Band::new(4, 1.0);
    band.beat.is_free = true;
    band.beats(&[C; 8]);
    for cue in &mut band.cues {
        cue.position += (cue.quarters - 4.0).max(0.0) as i64 * 15_750;
    }
    assert_eq!(without_gaps(&band.cues).len(), band.cues.len());
}

#[test]
fn a_pause_without_a_transport_takes_its_time() {
    let mut band = Band::new(4, 1.0);
    band.beat.is_free = true;
    band.beats(&[C; 8]);
    // Twenty seconds on, beats count anew.
    let second = (20.0 * RATE) as i64;
    let mut again = Band::new(4, 1.0);
    again.beat.is_free = true;
    again.beats(&[G7; 4]);
    let moved = again.cues.iter().map(|cue| Cue {
        position: cue.position + second,
        ..*cue
    });
    band.cues.extend(moved);
    let bytes = midi_file(&without_gaps(&band.cues), RATE).unwrap();
    let file = Smf::parse(&bytes).unwrap();
    let chord = |(at, kind)| match kind {
        TrackEventKind::Meta(MetaMessage::Marker(text)) if text == b"G7" => Some(at),
        _ => None,
    };
    let at = events(&file, 0).into_iter().find_map(chord).unwrap();
    assert_eq!(at, 40 * u32::from(TICKS_PER_QUARTER));
}

#[test]
fn beats_without_a_chord_say_nothing_of_the_key() {
    let mut band = Band::new(4, 1.0);
    band.beat.key = 5;
    band.beats(&[NO_CHORD; 9]);
    band.beat.key = C_MAJOR;
    band.beats(&[C; 4]);
    assert_eq!(song::Song::of(&band.cues).unwrap().key, C_MAJOR);
}

#[test]
fn slashes_make_no_sound() {
    let mut band = Band::new(4, 1.0);
    band.beats(&[C; 4]);
    let sheet = lead_sheet(&band.cues, "").unwrap();
    let slashes = texts(&sheet, "notehead").len();
    assert_eq!(
        (slashes, sheet.matches("<note dynamics=\"1\">").count()),
        (4, 4)
    );
}

#[test]
fn leading_tones_in_minor_are_sharp() {
    for (key, pitch_class, name) in [
        (12 + 9, 8, "G#"),
        (12 + 2, 1, "C#"),
        (12 + 4, 3, "D#"),
        (12 + 9, 10, "Bb"),
    ] {
        let half_diminished = 5 * 12 + pitch_class;
        assert_eq!(chord_name(half_diminished, key), format!("{name}m7b5"));
    }
}
