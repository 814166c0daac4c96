//! A song as a Standard MIDI File.

use midly::num::{u4, u7, u15, u24, u28};
use midly::{
    Format, Header, MetaMessage, MidiMessage, Smf, Timing, Track, TrackEvent, TrackEventKind,
};

use super::chord::chord_name;
use super::song::{Bar, Metre, Song, Tick, length};
use crate::bridge::NUM_STEMS;
use crate::params::STRIPS;

/// Of the file.
pub const TICKS_PER_QUARTER: u16 = 480;
/// The channels of drums, bass, piano and other, from 0: General MIDI's drums are on its tenth.
pub const CHANNELS: [u8; NUM_STEMS] = [9, 0, 1, 2];
/// MIDI clocks in a quarter note.
const CLOCKS_PER_QUARTER: f64 = 24.0;

/// An event, its time in ticks, and a rank among those of the same time.
type Timed<'a> = (u32, u8, TrackEventKind<'a>);

/// Writes the file.
pub fn write(song: &Song, sample_rate: f64) -> Option<Vec<u8>> {
    let names: Vec<_> = song
        .beats()
        .map(|tick| chord_name(tick.beat.chord, song.key))
        .collect();
    let end = ticks(end_of(song));
    let mut tracks = vec![track(conductor(song, &names, sample_rate), end)];
    for stem_idx in 0..NUM_STEMS {
        tracks.push(track(stem(song, stem_idx), end));
    }
    let timing = Timing::Metrical(u15::new(TICKS_PER_QUARTER));
    let file = Smf {
        header: Header::new(Format::Parallel, timing),
        tracks,
    };
    let mut bytes = Vec::new();
    file.write_std(&mut bytes).ok()?;
    Some(bytes)
}

fn ticks(quarters: f64) -> u32 {
    (quarters.max(0.0) * f64::from(TICKS_PER_QUARTER)).round() as u32
}

/// Where a bar starts, with the beats that were not played of the first.
fn start_of(bar: &Bar) -> f64 {
    bar.beats[0].start - f64::from(bar.first_beat) * bar.metre.beat_quarters()
}

fn end_of(song: &Song) -> f64 {
    song.bars.last().map_or(0.0, |bar| {
        start_of(bar) + f64::from(bar.metre.beats) * bar.metre.beat_quarters()
    })
}

/// Tempo, metre, key and chords.
fn conductor<'a>(song: &Song, names: &'a [String], sample_rate: f64) -> Vec<Timed<'a>> {
    let meta = |at: f64, rank: u8, message| (ticks(at), rank, TrackEventKind::Meta(message));
    let signature = song.signature();
    let key = MetaMessage::KeySignature(signature.fifths, signature.is_minor);
    let mut events = vec![meta(0.0, 1, key)];
    let mut metre = None;
    for bar in &song.bars {
        if metre.replace(bar.metre) != Some(bar.metre) {
            events.push(meta(start_of(bar), 0, time_signature(bar.metre)));
        }
    }
    let (mut tempo, mut name) = (None, None);
    for (idx, (tick, chord)) in song.beats().zip(names).enumerate() {
        // What lies before the first beat has its tempo.
        let at = if idx == 0 { 0.0 } else { tick.start };
        let us_per_quarter = microseconds(tick, sample_rate);
        if tempo.replace(us_per_quarter) != Some(us_per_quarter) {
            events.push(meta(at, 2, MetaMessage::Tempo(us_per_quarter)));
        }
        if name.replace(chord) != Some(chord) {
            let marker = MetaMessage::Marker(chord.as_bytes());
            events.push(meta(tick.start, 3, marker));
        }
    }
    events
}

fn time_signature(metre: Metre) -> MetaMessage<'static> {
    let clocks = (metre.beat_quarters() * CLOCKS_PER_QUARTER).round() as u8;
    let exponent = metre.denominator.trailing_zeros() as u8;
    MetaMessage::TimeSignature(metre.numerator(), exponent, clocks, 8)
}

/// The length of a quarter note in a beat in microseconds: as it sounded where that is another than its tempo
/// told, so that the file stays in step with a ramp, and with a player who is followed.
fn microseconds(tick: &Tick, sample_rate: f64) -> u24 {
    let quarters = length(&tick.beat);
    let told = 60e6 / f64::from(tick.beat.tempo);
    let sounded = |samples: i64| 1e6 * samples as f64 / sample_rate / quarters;
    // Positions are whole samples, so a length may be off by one.
    let is_other = |us: &f64| (us - told).abs() * quarters > 1.5e6 / sample_rate;
    let us = tick.samples.map(sounded).filter(is_other).unwrap_or(told);
    // A tempo that is none becomes the slowest there is.
    u24::new(us.round().clamp(1.0, f64::from(u24::max_value().as_int())) as u32)
}

fn stem(song: &Song, stem_idx: usize) -> Vec<Timed<'static>> {
    let name = MetaMessage::TrackName(STRIPS[1 + stem_idx].as_bytes());
    let mut events = vec![(0, 0, TrackEventKind::Meta(name))];
    let midi = |message| TrackEventKind::Midi {
        channel: u4::new(CHANNELS[stem_idx]),
        message,
    };
    // A kit is none of the programs.
    if let Some(program_idx) = stem_idx.checked_sub(1) {
        let mut last = None;
        for (idx, tick) in song.beats().enumerate() {
            let program = u7::new(tick.beat.programs[program_idx].min(127));
            if last.replace(program) != Some(program) {
                let at = if idx == 0 { 0 } else { ticks(tick.start) };
                // After what ends there, before what starts.
                events.push((at, 2, midi(MidiMessage::ProgramChange { program })));
            }
        }
    }
    for note in song.notes.iter().filter(|note| note.stem_idx == stem_idx) {
        let pitch = match stem_idx {
            0 => of_a_drum_set(note.pitch),
            _ => note.pitch,
        };
        let (key, vel) = (u7::new(pitch), u7::new(note.velocity));
        let start = ticks(note.start);
        let end = ticks(note.end).max(start + 1);
        events.push((start, 3, midi(MidiMessage::NoteOn { key, vel })));
        let vel = u7::new(0);
        events.push((end, 1, midi(MidiMessage::NoteOff { key, vel })));
    }
    events
}

/// The drum that is nearest to one of General MIDI's among those that MuseScore 3's drum set has: others have no
/// line on its staff, and no sound in many samplers of a drum kit.
fn of_a_drum_set(drum: u8) -> u8 {
    match drum {
        39 => 40,                          // a clap: electric snare
        75..=77 => 37,                     // claves, wood blocks: side stick
        80 | 81 => 53,                     // triangles: ride bell
        58 | 67 | 68 | 71 | 72 => 56,      // vibraslap, agogos, whistles: cowbell
        60 | 62 | 65 => 63,                // high bongo, muted conga, high timbale: high conga
        61 | 66 | 78 | 79 => 64,           // low ones, cuicas: low conga
        69 | 70 | 73 | 74 | 82..=87 => 54, // cabasa, maracas, guiros, shakers: tambourine
        ..=34 => 37,                       // clicks of the first kits: side stick
        _ => drum,
    }
}

/// Puts events in order: of the same time, ends come before starts.
fn track(mut events: Vec<Timed>, end: u32) -> Track {
    events.sort_by_key(|&(at, rank, _)| (at, rank));
    let end = events.last().map_or(end, |&(last, ..)| last.max(end));
    let end = (end, 0, TrackEventKind::Meta(MetaMessage::EndOfTrack));
    let mut now = 0;
    events
        .into_iter()
        .chain([end])
        .map(|(at, _, kind)| {
            let delta = u28::new(at - now);
            now = at;
            TrackEvent { delta, kind }
        })
        .collect()
}
