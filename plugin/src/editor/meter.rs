//! A stereo meter on the fader's scale: RMS bright, peak faint, the held peak as a line, and a clip
//! light with the loudest peak so far.

use egui::{Align2, Color32, Rect, Role, Sense, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use nice_plug::prelude::{FloatParam, Param};

use super::levels::Level;
use super::{fader, theme, words};
use crate::params::MIN_GAIN_DB;

/// Shows the channels' levels in `rect`. The scale is that of `gain`.
pub fn show(ui: &Ui, rect: Rect, gain: &FloatParam, levels: &[Level; 2], accent: Color32) {
    let painter = ui.painter();
    let x_of = |db: f32| fader::x_of(rect, gain.preview_normalized(db.max(MIN_GAIN_DB)));
    let (floor, zero) = (x_of(MIN_GAIN_DB), x_of(0.0));
    let well = Rect::from_x_y_ranges(floor..=x_of(12.0), rect.y_range());
    painter.rect_filled(well, 2.0, theme::WELL);
    let bar_height = (rect.height() - 2.0) / 2.0;
    for (channel_idx, level) in levels.iter().enumerate() {
        let top = rect.top() + channel_idx as f32 * (bar_height + 2.0);
        let bar = |from: f32, to: f32, colour: Color32| {
            if to > from {
                let rect = Rect::from_min_max(pos2(from, top), pos2(to, top + bar_height));
                painter.rect_filled(rect, 0.0, colour);
            }
        };
        let (rms, peak) = (x_of(level.rms_db), x_of(level.peak_db));
        bar(floor, peak.min(zero), accent.gamma_multiply(0.45));
        bar(zero, peak, theme::ALERT);
        bar(floor, rms.min(zero), accent);
        if level.held_db > MIN_GAIN_DB {
            let held = x_of(level.held_db);
            let colour = if level.held_db > 0.0 {
                theme::ALERT
            } else {
                theme::TEXT
            };
            bar(held - 1.0, held + 0.5, colour);
        }
    }
    let unity = Rect::from_center_size(
        pos2(zero.round() + 0.5, rect.center().y),
        vec2(1.0, rect.height()),
    );
    painter.rect_filled(unity, 0.0, theme::LINE);
    let response = ui.interact(
        rect,
        ui.scope_id().with(("meter", gain.name())),
        Sense::hover(),
    );
    response.widget_info(|| {
        let peak_db = levels[0].peak_db.max(levels[1].peak_db);
        let mut info = WidgetInfo::slider(false, peak_db.into(), level_name(gain));
        info.role = Role::Meter;
        info
    });
}

/// Shows the loudest peak since the last click on it; lit once it was over 0 dB. Returns whether it
/// was clicked.
pub fn clip_light(ui: &Ui, rect: Rect, gain: &FloatParam, levels: &[Level; 2]) -> bool {
    let id = ui.scope_id().with(("clip", gain.name()));
    let response = ui.interact(rect, id, Sense::click());
    let loudest_db = levels[0].loudest_db.max(levels[1].loudest_db);
    let is_clipped = loudest_db > 0.0;
    let painter = ui.painter();
    if is_clipped {
        painter.rect_filled(rect, theme::ROUND, theme::ALERT);
    }
    if let Some(edge) = theme::edge(&response) {
        painter.rect_stroke(rect, theme::ROUND, edge, StrokeKind::Inside);
    }
    painter.text(
        rect.right_center() - vec2(6.0, 0.0),
        Align2::RIGHT_CENTER,
        words::decibels(loudest_db),
        theme::font(11.0),
        if is_clipped {
            theme::WINDOW
        } else {
            theme::FAINT
        },
    );
    response.widget_info(|| {
        let name = level_name(gain).replace("level", "loudest peak");
        WidgetInfo::selected(Role::Button, true, is_clipped, name)
    });
    response
        .on_hover_text("The loudest peak in dB since the last click here")
        .clicked()
}

fn level_name(gain: &FloatParam) -> String {
    gain.name().replace("Gain", "level")
}
