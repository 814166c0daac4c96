//! The lanes: what the input was made of in the last seconds, and which stem took what.

use egui::{Align2, Color32, Mesh, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, vec2};

use super::picture::{Picture, SHOWN_S};
use super::{cursor, strip, theme};
use crate::params::{One2FourParams, STRIPS};

/// Seconds between two lines.
const LINE_S: usize = 1;
/// Seconds between two labelled lines.
const LABEL_S: usize = 2;

/// Shows a strip's lane. Returns where the pointer is, if it is on it, and how high that is.
pub fn show(
    ui: &Ui,
    rect: Rect,
    picture: &Picture,
    params: &One2FourParams,
    strip_idx: usize,
) -> Option<(Pos2, String)> {
    let painter = ui.painter();
    let (texture, part) = picture.lane(strip_idx);
    // The input is drawn in full even while it is muted: it is what the stems were taken from.
    let is_heard = strip_idx == 0 || strip::is_heard(params, strip_idx);
    let tint = if is_heard {
        Color32::WHITE
    } else {
        Color32::WHITE.gamma_multiply(theme::DIMMED)
    };
    painter.rect_filled(rect, 0.0, theme::WELL);
    let mut mesh = Mesh::with_texture(texture);
    mesh.add_rect_with_uv(rect, part, tint);
    painter.add(Shape::mesh(mesh));
    let grid = Stroke::new(1.0, Color32::from_white_alpha(10));
    for seconds in (LINE_S..SHOWN_S as usize).step_by(LINE_S) {
        painter.vline(x_of(rect, seconds), rect.y_range(), grid);
    }
    let response = ui.interact(
        rect,
        ui.scope_id().with(("lane", strip_idx)),
        Sense::hover(),
    );
    response.widget_info(|| {
        let name = format!("{} picture", STRIPS[strip_idx]);
        WidgetInfo::labeled(Role::Image, true, name)
    });
    let at = response.hover_pos()?;
    Some((at, cursor::hertz(rect, at.y)))
}

/// Says what will be in the lanes, while nothing is.
pub fn invitation(ui: &Ui, lanes: Rect, has_band: bool) {
    let words = if has_band {
        "What is heard shows up here, and what the band plays."
    } else {
        "What is heard shows up here, and which stem took it."
    };
    ui.painter().text(
        lanes.center(),
        Align2::CENTER_CENTER,
        words,
        theme::font(13.0),
        theme::FAINT,
    );
}

/// Shows the seconds below the lanes.
pub fn time_axis(ui: &Ui, rect: Rect) {
    let text = |x: f32, align: Align2, text: String| {
        let at = egui::pos2(x, rect.center().y);
        ui.painter()
            .text(at, align, text, theme::font(11.0), theme::FAINT);
    };
    for seconds in (LABEL_S..SHOWN_S as usize).step_by(LABEL_S) {
        text(
            x_of(rect, seconds),
            Align2::CENTER_CENTER,
            format!("−{seconds} s"),
        );
    }
    text(rect.right(), Align2::RIGHT_CENTER, "now".into());
}

/// How long ago that was heard in seconds which lies at `x`.
pub fn seconds_ago(lanes: Rect, x: f32) -> f32 {
    (lanes.right() - x) / lanes.width() * SHOWN_S as f32
}

/// Where the moment lies that was heard so many seconds ago.
fn x_of(rect: Rect, seconds_ago: usize) -> f32 {
    let way = seconds_ago as f32 / SHOWN_S as f32;
    (rect.right() - way * rect.width()).round() + 0.5
}

/// The scale of faders and meters below the strips, whose fader lies at `fader`.
pub fn gain_scale(ui: &Ui, rect: Rect, fader: Rect, gain: &nice_plug::prelude::FloatParam) {
    use nice_plug::prelude::Param;
    for mark_db in [-40.0, -20.0, 0.0, 12.0] {
        let x = super::fader::x_of(fader, gain.preview_normalized(mark_db));
        let text = match mark_db {
            0.0 => "0".into(),
            _ if mark_db < 0.0 => format!("−{}", -mark_db),
            _ => format!("+{mark_db}"),
        };
        let colour = if mark_db == 0.0 {
            theme::TEXT
        } else {
            theme::FAINT
        };
        let at = egui::pos2(x, rect.center().y);
        ui.painter()
            .text(at, Align2::CENTER_CENTER, text, theme::font(11.0), colour);
    }
    let at = rect.right_center() - vec2(14.0, 0.0);
    ui.painter().text(
        at,
        Align2::RIGHT_CENTER,
        "dB",
        theme::font(11.0),
        theme::FAINT,
    );
}
