//! A song as a lead sheet in MusicXML 4.0.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::chord::{self, Key};
use super::song::{Bar, Metre, Song, Tick};

/// The parts of a quarter note that lengths are written in.
const DIVISIONS: f64 = 8.0;
/// Share by which the tempo of a player without a transport changes before the sheet says so.
const FREE_TEMPO: f32 = 0.05;
/// Bars on a line.
const BARS_PER_LINE: usize = 4;
/// The doctype, which some programs look for.
const DOCTYPE: &str = "score-partwise PUBLIC \"-//Recordare//DTD MusicXML 4.0 Partwise//EN\" \
                       \"http://www.musicxml.org/dtds/partwise.dtd\"";

/// The sheet as it grows.
type Xml = Writer<Vec<u8>>;

/// What was written last, so that only changes are.
#[derive(Default)]
struct Written {
    metre: Option<Metre>,
    /// In whole beats per minute: nobody reads more.
    tempo: Option<f32>,
    chord: Option<u8>,
}

/// Writes the sheet.
pub fn write(song: &Song, title: &str) -> Option<String> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 1);
    let bytes = document(&mut xml, song, title)
        .ok()
        .map(|()| xml.into_inner())?;
    String::from_utf8(bytes).ok()
}

fn document(xml: &mut Xml, song: &Song, title: &str) -> io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new(
        "1.0",
        Some("UTF-8"),
        Some("no"),
    )))?;
    xml.write_event(Event::DocType(BytesText::from_escaped(DOCTYPE)))?;
    let root = xml.create_element("score-partwise");
    root.with_attribute(("version", "4.0"))
        .write_inner_content(|xml| {
            xml.create_element("work")
                .write_inner_content(|xml| text(xml, "work-title", title))?;
            xml.create_element("identification")
                .write_inner_content(|xml| {
                    xml.create_element("encoding")
                        .write_inner_content(|xml| text(xml, "software", "One2Four"))
                        .map(drop)
                })?;
            xml.create_element("part-list").write_inner_content(|xml| {
                let part = xml
                    .create_element("score-part")
                    .with_attribute(("id", "P1"));
                part.write_inner_content(part_list_entry).map(drop)
            })?;
            let part = xml.create_element("part").with_attribute(("id", "P1"));
            part.write_inner_content(|xml| measures(xml, song))
                .map(drop)
        })
        .map(drop)
}

fn part_list_entry(xml: &mut Xml) -> io::Result<()> {
    let name = xml.create_element("part-name");
    name.with_attribute(("print-object", "no"))
        .write_text_content(BytesText::new("Lead sheet"))?;
    let instrument = xml.create_element("score-instrument");
    instrument
        .with_attribute(("id", "P1-I1"))
        .write_inner_content(|xml| text(xml, "instrument-name", "Piano"))
        .map(drop)
}

fn text(xml: &mut Xml, name: &str, content: &str) -> io::Result<()> {
    // Not every character may stand in XML.
    let content: String = content
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    xml.create_element(name)
        .write_text_content(BytesText::new(&content))
        .map(drop)
}

fn number(xml: &mut Xml, name: &str, content: impl ToString) -> io::Result<()> {
    text(xml, name, &content.to_string())
}

fn measures(xml: &mut Xml, song: &Song) -> io::Result<()> {
    let mut written = Written::default();
    let is_pickup = song.bars[0].first_beat > 0;
    for (bar_idx, bar) in song.bars.iter().enumerate() {
        let is_pickup_bar = is_pickup && bar_idx == 0;
        // A pickup is not counted.
        let bar_number = bar_idx + usize::from(!is_pickup);
        let bar_number_text = bar_number.to_string();
        let mut measure = xml
            .create_element("measure")
            .with_attribute(("number", bar_number_text.as_str()));
        if is_pickup_bar {
            measure = measure.with_attribute(("implicit", "yes"));
        }
        let starts_line = bar_number > 1 && (bar_number - 1) % BARS_PER_LINE == 0;
        let is_last = bar_idx + 1 == song.bars.len();
        measure.write_inner_content(|xml| {
            if starts_line {
                let print = xml.create_element("print");
                print.with_attribute(("new-system", "yes")).write_empty()?;
            }
            attributes(xml, song, bar, bar_idx == 0, &mut written)?;
            tempo(xml, bar, &mut written)?;
            beats(xml, song.signature(), bar, &mut written)?;
            if is_last {
                let line = xml.create_element("barline");
                line.with_attribute(("location", "right"))
                    .write_inner_content(|xml| text(xml, "bar-style", "light-heavy"))?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn attributes(
    xml: &mut Xml,
    song: &Song,
    bar: &Bar,
    is_first: bool,
    written: &mut Written,
) -> io::Result<()> {
    let is_new_metre = written.metre.replace(bar.metre) != Some(bar.metre);
    if !is_first && !is_new_metre {
        return Ok(());
    }
    xml.create_element("attributes")
        .write_inner_content(|xml| {
            if is_first {
                number(xml, "divisions", DIVISIONS)?;
                let key = song.signature();
                xml.create_element("key").write_inner_content(|xml| {
                    number(xml, "fifths", key.fifths)?;
                    text(xml, "mode", if key.is_minor { "minor" } else { "major" })
                })?;
            }
            xml.create_element("time").write_inner_content(|xml| {
                number(xml, "beats", bar.metre.numerator())?;
                number(xml, "beat-type", bar.metre.denominator)
            })?;
            if is_first {
                xml.create_element("clef").write_inner_content(|xml| {
                    text(xml, "sign", "G")?;
                    number(xml, "line", 2)
                })?;
            }
            Ok(())
        })?;
    Ok(())
}

/// A metronome mark where the tempo of a bar's first beat is another; that of a player without a transport
/// is never quite the same.
fn tempo(xml: &mut Xml, bar: &Bar, written: &mut Written) -> io::Result<()> {
    let beat = bar.beats[0].beat;
    let tempo = beat.tempo.round();
    let slack = if beat.is_free {
        FREE_TEMPO * tempo
    } else {
        0.0
    };
    if written
        .tempo
        .is_some_and(|before| (tempo - before).abs() <= slack)
    {
        return Ok(());
    }
    written.tempo = Some(tempo);
    let direction = xml.create_element("direction");
    direction
        .with_attribute(("placement", "above"))
        .write_inner_content(|xml| {
            xml.create_element("direction-type")
                .write_inner_content(|xml| {
                    xml.create_element("metronome").write_inner_content(|xml| {
                        text(xml, "beat-unit", "quarter")?;
                        number(xml, "per-minute", tempo)
                    })?;
                    Ok(())
                })?;
            let sound = xml.create_element("sound");
            sound
                .with_attribute(("tempo", tempo.to_string().as_str()))
                .write_empty()?;
            Ok(())
        })?;
    Ok(())
}

/// Chords and slashes; rests where nothing was played any more.
fn beats(xml: &mut Xml, key: Key, bar: &Bar, written: &mut Written) -> io::Result<()> {
    for Tick { beat, .. } in &bar.beats {
        if written.chord.replace(beat.chord) != Some(beat.chord) {
            harmony(xml, key, beat.chord)?;
        }
        note(xml, bar.metre, Some(key))?;
    }
    let num_beats = usize::from(bar.first_beat) + bar.beats.len();
    for _ in num_beats..usize::from(bar.metre.beats) {
        note(xml, bar.metre, None)?;
    }
    Ok(())
}

fn harmony(xml: &mut Xml, key: Key, chord: u8) -> io::Result<()> {
    let Some((root, quality_idx)) = chord::parts(chord) else {
        return no_chord(xml);
    };
    let (letter, alter) = key.spell(root);
    let harmony = xml.create_element("harmony");
    harmony.write_inner_content(|xml| {
        xml.create_element("root").write_inner_content(|xml| {
            number(xml, "root-step", letter)?;
            if alter != 0 {
                number(xml, "root-alter", alter)?;
            }
            Ok(())
        })?;
        xml.create_element("kind")
            .with_attribute(("text", chord::suffix(quality_idx)))
            .write_text_content(BytesText::new(chord::kind(quality_idx)))
            .map(drop)
    })?;
    Ok(())
}

/// For players a harmony without a sound, and for readers two letters: the schema wants a root also where
/// there is none, and MuseScore 3 would print it.
fn no_chord(xml: &mut Xml) -> io::Result<()> {
    let harmony = xml.create_element("harmony");
    harmony
        .with_attribute(("print-object", "no"))
        .write_inner_content(|xml| {
            xml.create_element("root")
                .write_inner_content(|xml| text(xml, "root-step", "C"))?;
            text(xml, "kind", "none")
        })?;
    let direction = xml.create_element("direction");
    direction
        .with_attribute(("placement", "above"))
        .write_inner_content(|xml| {
            xml.create_element("direction-type")
                .write_inner_content(|xml| text(xml, "words", "N.C."))
                .map(drop)
        })?;
    Ok(())
}

/// As long as a beat, a slash in the middle of the staff, which this key does not alter, or a rest. A slash
/// is no note: players are told to play it as softly as can be said (at 0 MuseScore 3 plays its usual loudness).
fn note(xml: &mut Xml, metre: Metre, slash: Option<Key>) -> io::Result<()> {
    let value = match (metre.denominator, metre.is_compound) {
        (1, false) => "whole",
        (1, true) => "breve",
        (2, false) => "half",
        (2, true) => "whole",
        (4, false) => "quarter",
        (4, true) => "half",
        (8, false) => "eighth",
        (8, true) => "quarter",
        (16, false) => "16th",
        (16, true) => "eighth",
        (_, false) => "32nd",
        (_, true) => "16th",
    };
    let mut note = xml.create_element("note");
    if slash.is_some() {
        note = note.with_attribute(("dynamics", "1"));
    }
    note.write_inner_content(|xml| {
        if let Some(key) = slash {
            xml.create_element("pitch").write_inner_content(|xml| {
                text(xml, "step", "B")?;
                if key.fifths < 0 {
                    number(xml, "alter", -1)?;
                }
                number(xml, "octave", 4)
            })?;
        } else {
            xml.create_element("rest").write_empty()?;
        }
        let duration = (metre.beat_quarters() * DIVISIONS).round();
        number(xml, "duration", duration)?;
        number(xml, "voice", 1)?;
        text(xml, "type", value)?;
        if metre.is_compound {
            xml.create_element("dot").write_empty()?;
        }
        if slash.is_some() {
            text(xml, "stem", "none")?;
            text(xml, "notehead", "slash")?;
        }
        Ok(())
    })?;
    Ok(())
}
