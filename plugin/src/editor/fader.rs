//! A fader: drag it, turn the wheel on it, use the arrow keys; double-click for 0 dB.

use egui::{Key, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};
use nice_plug::prelude::{FloatParam, Param};

use super::hands::{self, Hands, is_fine};
use super::theme;

/// Marks on the scale of faders and meters, in dB.
pub const MARKS_DB: [f32; 6] = [-40.0, -20.0, -10.0, 0.0, 6.0, 12.0];
/// How much slower a fader follows with Ctrl or Shift.
const FINE: f32 = 0.1;
/// A step of the wheel or an arrow key, in dB.
const STEP_DB: f32 = 1.0;
/// A step of the page keys, in dB.
const PAGE_DB: f32 = 6.0;
const HINT: &str = "Double-click for 0 dB; hold Ctrl or Shift for fine steps";
const KNOB_WIDTH: f32 = 12.0;

/// Where a normalized value lies on a scale that `rect` holds; the knob's centre.
pub fn x_of(rect: Rect, normalized: f32) -> f32 {
    let inner = rect.shrink2(vec2(KNOB_WIDTH / 2.0, 0.0));
    inner.left() + normalized * inner.width()
}

/// Shows the fader of `gain` and does what a person does with it. A strip that is not heard is
/// dimmed.
pub fn show(
    ui: &mut Ui,
    rect: Rect,
    hands: &Hands,
    gain: &FloatParam,
    control_idx: usize,
    accent: egui::Color32,
) -> Response {
    let id = ui.scope_id().with(("fader", control_idx));
    let response = ui.interact(rect, id, Sense::click_and_drag());
    let speed = if is_fine(ui) { FINE } else { 1.0 };
    let way = speed * response.drag_delta().x / (rect.width() - KNOB_WIDTH);
    let held = hands.follow(ui, &response, gain, Some(control_idx), way);
    // Within a drag a step would be a gesture in a gesture.
    if let Some(step_db) = steps(ui, &response).filter(|_| held.is_none()) {
        let gain_db = gain.preview_plain(hands.normalized(gain)) + step_db;
        hands.put(gain, Some(control_idx), gain.preview_normalized(gain_db));
    }
    let delete = response.has_focus() && ui.input(|input| input.key_pressed(Key::Delete));
    if response.double_clicked() || (delete && held.is_none()) {
        hands.put(gain, Some(control_idx), gain.default_normalized_value());
    }
    let normalized = held.unwrap_or_else(|| gain.unmodulated_normalized_value());
    paint(ui, rect, &response, gain, normalized, accent);
    response.widget_info(|| {
        let gain_db = gain.preview_plain(normalized);
        let mut info = WidgetInfo::slider(ui.is_enabled(), gain_db.into(), gain.name());
        info.role = Role::Slider;
        info
    });
    response
        .on_hover_cursor(egui::CursorIcon::ResizeHorizontal)
        .on_hover_text(HINT)
}

/// What the wheel and the keys ask for, in dB.
fn steps(ui: &Ui, response: &Response) -> Option<f32> {
    let (by_wheel, by_keys) = hands::steps(ui, response, [STEP_DB, FINE * STEP_DB, PAGE_DB]);
    let steps_db = by_wheel + by_keys;
    (steps_db != 0.0).then_some(steps_db)
}

fn paint(
    ui: &Ui,
    rect: Rect,
    response: &Response,
    gain: &FloatParam,
    normalized: f32,
    accent: egui::Color32,
) {
    let painter = ui.painter();
    let x = x_of(rect, normalized);
    let middle = rect.center().y;
    for mark_db in MARKS_DB {
        let is_unity = mark_db == 0.0;
        let reach = if is_unity { 11.0 } else { 6.0 };
        let colour = if is_unity { theme::TEXT } else { theme::LINE };
        let mark = x_of(rect, gain.preview_normalized(mark_db)).round() + 0.5;
        let stroke = Stroke::new(1.0, colour);
        painter.vline(mark, middle - reach..=middle + reach, stroke);
    }
    let track = Rect::from_x_y_ranges(
        x_of(rect, 0.0)..=x_of(rect, 1.0),
        middle - 2.0..=middle + 2.0,
    );
    painter.rect_filled(track, 2.0, theme::WELL);
    let filled = track.with_max_x(x);
    painter.rect_filled(filled, 2.0, accent.gamma_multiply(0.8));

    let knob = Rect::from_center_size(egui::pos2(x, middle), vec2(KNOB_WIDTH, 20.0));
    let is_active = response.hovered() || response.dragged();
    let fill = if is_active {
        theme::TEXT
    } else {
        accent.lerp_to_gamma(theme::TEXT, 0.55)
    };
    painter.rect_filled(knob, theme::ROUND, fill);
    painter.vline(
        x,
        middle - 6.0..=middle + 6.0,
        Stroke::new(2.0, theme::WINDOW),
    );
    if response.has_focus() {
        painter.rect_stroke(
            knob.expand(2.0),
            theme::ROUND,
            Stroke::new(1.0, theme::TEXT),
            StrokeKind::Outside,
        );
    }
}
