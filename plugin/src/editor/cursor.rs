//! The line under the pointer, through all lanes: how long ago, and what lies there.

use egui::{Align2, Color32, Painter, Pos2, Rect, Stroke, Ui, Vec2, pos2, vec2};

use super::{lanes, theme, words};
use crate::bridge::{MAX_HZ, MIN_HZ};

/// Around the words on their ground.
const PADDING: Vec2 = vec2(6.0, 1.0);

/// Shows the line for a pointer at `at` in `lane`, through `lanes`, its time on the axis, and `what`
/// lies there.
pub fn show(ui: &Ui, at: Pos2, what: &str, lane: Rect, lanes: Rect, time_axis: Rect) {
    let painter = ui.painter();
    let x = at.x.floor() + 0.5;
    let line = Stroke::new(1.0, Color32::from_white_alpha(96));
    painter.vline(x, lanes.y_range(), line);

    let time = format!("−{:.1} s", lanes::seconds_ago(lanes, at.x));
    let middle = pos2(x, time_axis.center().y);
    sign(painter, time_axis, middle, Align2::CENTER_CENTER, &time);
    let (beside, align) = if at.x < lanes.right() - 80.0 {
        (vec2(8.0, 0.0), Align2::LEFT_CENTER)
    } else {
        (vec2(-8.0, 0.0), Align2::RIGHT_CENTER)
    };
    sign(painter, lane, at + beside, align, what);
}

/// The middle of the band of frequencies at this height in a lane.
pub fn hertz(lane: Rect, y: f32) -> String {
    let height = f64::from((lane.bottom() - y) / lane.height());
    words::hertz(MIN_HZ * (MAX_HZ / MIN_HZ).powf(height.clamp(0.0, 1.0)))
}

/// A few words on a ground of their own, kept inside `bounds`.
fn sign(painter: &Painter, bounds: Rect, at: Pos2, align: Align2, text: &str) {
    let galley = painter.layout_no_wrap(text.into(), theme::font(11.0), theme::TEXT);
    let ground = align.anchor_size(at, galley.size()).expand2(PADDING);
    let low = (bounds.min - ground.min).max(Vec2::ZERO);
    let high = (bounds.max - ground.max).min(Vec2::ZERO);
    let ground = ground.translate(low + high);
    painter.rect_filled(ground, theme::ROUND, theme::RAISED);
    painter.galley(ground.min + PADDING, galley, theme::TEXT);
}
