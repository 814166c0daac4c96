//! A stem's notes in its lane, over the lines of bars and beats.

use egui::{Color32, Pos2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2};

use super::roll::{Note, Roll};
use crate::bridge::NUM_STEMS;
use crate::editor::picture::{Picture, SHOWN_S};
use crate::editor::{strip, theme, words};
use crate::params::{One2FourParams, STRIPS};

/// The lowest and the highest pitch that bass, piano and other can have, which their lanes show.
const PITCHES: [(u8, u8); NUM_STEMS] = [(0, 0), (23, 64), (36, 84), (36, 84)];
/// The drums by voice, from the bottom of their lane, with their General-MIDI notes; all others are
/// the last.
const VOICES: [(&str, &[u8]); 9] = [
    ("Kick", &[35, 36]),
    ("Snare", &[37, 38, 39, 40]),
    ("Low tom", &[41, 43, 45]),
    ("High tom", &[47, 48, 50]),
    ("Closed hat", &[42, 44]),
    ("Open hat", &[46]),
    ("Ride", &[51, 53, 59]),
    ("Crash", &[49, 52, 55, 57]),
    ("Percussion", &[]),
];
/// How long a drum is drawn, in seconds.
const DRUM_S: f64 = 0.08;
/// The least height of a note in points.
const MIN_HEIGHT: f32 = 2.0;

/// Shows the notes of the stem of a strip. Returns where the pointer is, if it is on them, and what
/// lies there.
pub fn show(
    ui: &Ui,
    rect: Rect,
    roll: &Roll,
    picture: &Picture,
    params: &One2FourParams,
    strip_idx: usize,
) -> Option<(Pos2, String)> {
    let stem_idx = strip_idx - 1;
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 0.0, theme::WELL);
    lines(ui, rect, roll, picture);
    let plays = params.band.plays()[stem_idx].value();
    let accent = strip::accent(strip_idx, plays && strip::is_heard(params, strip_idx));
    for note in roll.notes(stem_idx) {
        let bar = bar(rect, picture, stem_idx, note);
        if bar.right() >= rect.left() && bar.left() < rect.right() {
            let sounds = note.end.is_none_or(|end| end as f64 > picture.now());
            painter.rect_filled(bar, 1.0, colour(accent, note.velocity, sounds));
        }
    }
    let id = ui.scope_id().with(("notes", strip_idx));
    let response = ui.interact(rect, id, Sense::hover());
    response.widget_info(|| {
        let name = format!("{} notes", STRIPS[strip_idx]);
        WidgetInfo::labeled(Role::Image, true, name)
    });
    let at = response.hover_pos()?;
    Some((at, name_at(rect, stem_idx, at.y)))
}

/// Shows the lines of beats, and those of bars a little brighter.
pub fn lines(ui: &Ui, rect: Rect, roll: &Roll, picture: &Picture) {
    for (position, beat) in roll.beats() {
        let x = x_of(rect, picture, *position as f64).round() + 0.5;
        if rect.x_range().contains(x) {
            let white = if beat.beat == 0 { 40 } else { 12 };
            let line = Stroke::new(1.0, Color32::from_white_alpha(white));
            ui.painter().vline(x, rect.y_range(), line);
        }
    }
}

/// Where an input position lies in the lanes.
pub fn x_of(rect: Rect, picture: &Picture, position: f64) -> f32 {
    let seconds_ago = (picture.now() - position) / picture.sample_rate();
    rect.right() - (seconds_ago / SHOWN_S) as f32 * rect.width()
}

fn bar(rect: Rect, picture: &Picture, stem_idx: usize, note: &Note) -> Rect {
    let start = note.start as f64;
    let end = match note.end {
        _ if stem_idx == 0 => start + DRUM_S * picture.sample_rate(),
        Some(end) => end as f64,
        None => picture.now().max(start),
    };
    let (row, rows) = row_of(stem_idx, note.pitch);
    let inner = rect.shrink(1.0);
    let height = inner.height() / f32::from(rows);
    let middle = inner.bottom() - (f32::from(row) + 0.5) * height;
    let half = (height * 0.8).max(MIN_HEIGHT) / 2.0;
    let left = x_of(rect, picture, start);
    let right = x_of(rect, picture, end).max(left + MIN_HEIGHT);
    Rect::from_min_max(pos2(left, middle - half), pos2(right, middle + half))
}

/// The row of a pitch from the bottom, and how many there are.
fn row_of(stem_idx: usize, pitch: u8) -> (u8, u8) {
    if stem_idx == 0 {
        let voice = VOICES.iter().position(|(_, notes)| notes.contains(&pitch));
        let last = VOICES.len() - 1;
        return (voice.unwrap_or(last) as u8, VOICES.len() as u8);
    }
    let (lowest, highest) = PITCHES[stem_idx];
    (pitch.clamp(lowest, highest) - lowest, highest - lowest + 1)
}

/// What has its row at this height.
fn name_at(rect: Rect, stem_idx: usize, y: f32) -> String {
    let (_, rows) = row_of(stem_idx, 0);
    let share = (rect.bottom() - y) / rect.height();
    let row = (share * f32::from(rows)).clamp(0.0, f32::from(rows - 1)) as u8;
    if stem_idx == 0 {
        VOICES[usize::from(row)].0.into()
    } else {
        words::pitch(PITCHES[stem_idx].0 + row)
    }
}

fn colour(accent: Color32, velocity: u8, sounds: bool) -> Color32 {
    let loudness = f32::from(velocity.min(127)) / 127.0;
    let colour = theme::WELL.lerp_to_gamma(accent, 0.4 + 0.6 * loudness);
    if sounds {
        colour.lerp_to_gamma(Color32::WHITE, 0.4)
    } else {
        colour
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_drum_has_the_row_of_its_voice() {
        let rows = [36, 38, 42, 46, 51, 49, 43, 50, 56].map(|note| row_of(0, note).0);
        assert_eq!(rows, [0, 1, 4, 5, 6, 7, 2, 3, 8]);
    }

    #[test]
    fn the_pointer_reads_what_is_drawn_under_it() {
        let rect = Rect::from_min_max(pos2(0.0, 0.0), pos2(100.0, 49.0));
        assert_eq!(name_at(rect, 2, 48.5), "C2");
        assert_eq!(name_at(rect, 2, -5.0), "C6");
        assert_eq!(name_at(rect, 0, 49.0), "Kick");
    }
}
