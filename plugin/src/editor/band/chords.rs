//! The chords that the band hears: the one now, the next, the key, and how sure it is; and the last
//! ones along the lanes.

use egui::{Align2, Color32, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::roll::Roll;
use super::{chooser, lane};
use crate::bridge::Beat;
use crate::editor::hands::Hands;
use crate::editor::layout::BandLayout;
use crate::editor::picture::Picture;
use crate::editor::theme;
use crate::params::BandParams;
use crate::score::{chord_name, key_name};

/// Below this confidence the band is not sure.
const SURE: f32 = 0.25;
/// Of what sets a chord, in points.
const CHOOSER_WIDTH: f32 = 76.0;
/// Between two words, at least, in points.
const GAP: f32 = 6.0;

/// Shows the chords: the one now beside the strips, where another can be set, and the last ones over the
/// lanes.
pub fn show(
    ui: &mut Ui,
    rects: &BandLayout,
    roll: &Roll,
    picture: &Picture,
    hands: &Hands,
    band: &BandParams,
) {
    let (now, lanes) = (rects.chord, rects.chords);
    let position = picture.now() as i64;
    let beat = roll.beat_at(position);
    let next = roll.next_chord(position);
    ui.painter().rect_filled(now, 0.0, theme::SURFACE);
    ui.painter().rect_filled(lanes, 0.0, theme::WELL);
    let middle = now.left() + CHOOSER_WIDTH;
    chooser::show(ui, now.with_max_x(middle), hands, band);
    current(ui, now.with_min_x(middle), beat, next);
    lane::lines(ui, lanes, roll, picture);
    names(ui, lanes, roll, picture);
}

fn current(ui: &Ui, rect: Rect, beat: Option<&Beat>, next: Option<&Beat>) {
    let painter = ui.painter_at(rect);
    // At `x`, or after what stands there; returns where it ends.
    let text = |x: f32, after: f32, text: &str, font, colour| {
        let at = pos2((rect.left() + x).max(after + GAP), rect.center().y);
        let drawn = painter.text(at, Align2::LEFT_CENTER, text, font, colour);
        drawn.right()
    };
    let Some(beat) = beat else {
        text(
            8.0,
            rect.left(),
            "No chord heard yet",
            theme::font(12.0),
            theme::FAINT,
        );
        return name(ui, rect, "Chord: none heard yet");
    };
    let is_sure = beat.confidence >= SURE;
    let chord = chord_name(beat.chord, beat.key);
    let colour = if is_sure { theme::TEXT } else { theme::FAINT };
    let mut end = text(8.0, rect.left(), &chord, theme::strong(17.0), colour);
    let next = next.map(|next| chord_name(next.chord, next.key));
    if let Some(next) = &next {
        let font = theme::font(12.0);
        end = text(80.0, end, &format!("→ {next}"), font, theme::FAINT);
    }
    let key = key_name(beat.key);
    text(142.0, end, &key, theme::font(11.0), theme::FAINT);
    confidence(ui, rect, beat.confidence);
    let then = next
        .map(|next| format!(", then {next}"))
        .unwrap_or_default();
    let doubt = if is_sure { "" } else { ", not sure" };
    name(ui, rect, &format!("Chord: {chord}{then}, in {key}{doubt}"));
}

/// A bar, and the words for a short one.
fn confidence(ui: &Ui, rect: Rect, confidence: f32) {
    let painter = ui.painter_at(rect);
    let well = Rect::from_min_size(
        pos2(rect.left() + 198.0, rect.center().y - 3.0),
        vec2(30.0, 6.0),
    );
    painter.rect_filled(well, 2.0, theme::WELL);
    let share = confidence.clamp(0.0, 1.0);
    let filled = well.with_max_x(well.left() + share * well.width());
    let is_sure = confidence >= SURE;
    let colour = if is_sure {
        theme::ACCENTS[3]
    } else {
        theme::ALERT
    };
    painter.rect_filled(filled, 2.0, colour);
    if !is_sure {
        let at = pos2(well.right() + 4.0, rect.center().y);
        let (align, font) = (Align2::LEFT_CENTER, theme::font(11.0));
        painter.text(at, align, "not sure", font, theme::ALERT);
    }
    let id = ui.scope_id().with("confidence");
    let response = ui.interact(well.expand(4.0), id, Sense::hover());
    response.widget_info(|| {
        let mut info = WidgetInfo::slider(false, share.into(), "Chord confidence");
        info.role = Role::Meter;
        info
    });
    response
        .on_hover_text("How sure the band is of the chord; when it is not, piano and other rest");
}

fn name(ui: &Ui, rect: Rect, words: &str) {
    let id = ui.scope_id().with("chord");
    let response = ui.interact(rect.with_max_x(rect.left() + 196.0), id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, words));
}

/// The chords along the lanes, each where it starts.
fn names(ui: &Ui, rect: Rect, roll: &Roll, picture: &Picture) {
    let painter = ui.painter_at(rect);
    let mut last = None;
    let mut free_from = f32::NEG_INFINITY;
    for (position, beat) in roll.beats() {
        let x = lane::x_of(rect, picture, *position as f64);
        if last.replace(beat.chord) == Some(beat.chord) || x < free_from {
            continue;
        }
        let colour = if beat.confidence >= SURE {
            theme::TEXT
        } else {
            Color32::from_gray(0x80)
        };
        let at = pos2(x + 4.0, rect.center().y);
        let chord = chord_name(beat.chord, beat.key);
        let drawn = painter.text(at, Align2::LEFT_CENTER, chord, theme::font(12.0), colour);
        free_from = drawn.right() + GAP - 4.0;
    }
}
