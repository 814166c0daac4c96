//! What the row of the band's controls is made of: a label over a value, in a place of its own, so that
//! nothing moves when a value gets longer.

use egui::{
    Align2, Color32, Key, Pos2, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};
use nice_plug::prelude::{BoolParam, IntParam, Param};

use crate::editor::hands::{self, Hands};
use crate::editor::theme;

/// A step of the wheel or an arrow key.
const STEP: f32 = 5.0;
/// The same with Ctrl or Shift.
const FINE_STEP: f32 = 1.0;
/// A step of the page keys.
const PAGE: f32 = 25.0;
/// How far the hand moves from one end of a slider to the other, in widths of the cell.
const TRAVEL: f32 = 1.5;

/// Shows a parameter's value with a bar; drag it, turn the wheel on it, use the arrow keys. The bar
/// starts where the parameter is 0.
pub fn slider(ui: &mut Ui, rect: Rect, hands: &Hands, param: &IntParam, label: &str) {
    let response = cell(ui, rect, param.name(), Sense::click_and_drag());
    let way = response.drag_delta().x / (TRAVEL * rect.width());
    hands.follow(ui, &response, param, None, way);
    let is_held = response.dragged();
    // Within a drag a step would be a gesture in a gesture.
    if let Some(steps) = steps(ui, &response).filter(|_| !is_held) {
        let value = param.preview_plain(hands.normalized(param));
        let normalized = param.preview_normalized(stepped(value, steps));
        hands.put(param, None, normalized);
    }
    let delete = response.has_focus() && ui.input(|input| input.key_pressed(Key::Delete));
    if response.double_clicked() || (delete && !is_held) {
        hands.put(param, None, param.default_normalized_value());
    }
    let value = param.to_string();
    paint(ui, rect, &response, label, &value, theme::TEXT);
    let track = Rect::from_min_max(
        pos2(rect.left() + 4.0, rect.bottom() - 3.0),
        pos2(rect.right() - 4.0, rect.bottom() - 1.0),
    );
    let x_of = |normalized: f32| track.left() + normalized * track.width();
    let zero = x_of(param.preview_normalized(0));
    let now = x_of(param.unmodulated_normalized_value());
    ui.painter().rect_filled(track, 1.0, theme::WELL);
    let filled = track.with_min_x(zero.min(now)).with_max_x(zero.max(now));
    ui.painter().rect_filled(filled, 1.0, theme::ACCENTS[0]);
    response.widget_info(|| {
        let value = f64::from(param.value());
        let mut info = WidgetInfo::slider(ui.is_enabled(), value, param.name());
        info.role = Role::Slider;
        info
    });
    let hint = "Drag or turn the wheel; double-click for the usual value";
    response.on_hover_text(hint);
}

/// Shows a value that a menu below it changes.
pub fn menu(ui: &mut Ui, rect: Rect, name: &str, label: &str, value: &str) -> Response {
    let response = button(ui, rect, name, label, value);
    triangle(ui, pos2(rect.right() - 10.0, rect.top() + 20.0));
    response
}

/// What says that a menu opens, around a place.
pub fn triangle(ui: &Ui, middle: Pos2) {
    let corners = [vec2(-4.0, -2.0), vec2(4.0, -2.0), vec2(0.0, 3.0)];
    let corners = corners.map(|corner| middle + corner).to_vec();
    let triangle = Shape::convex_polygon(corners, theme::FAINT, Stroke::NONE);
    ui.painter().add(triangle);
}

/// Shows a button.
pub fn button(ui: &mut Ui, rect: Rect, name: &str, label: &str, value: &str) -> Response {
    let response = cell(ui, rect, name, Sense::click());
    paint(ui, rect, &response, label, value, theme::TEXT);
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::Button, ui.is_enabled(), name);
        info.current_text_value = Some(value.into());
        info
    });
    response
}

/// Shows a switch with a light, and turns it where a person clicks.
pub fn switch(
    ui: &mut Ui,
    rect: Rect,
    hands: &Hands,
    param: &BoolParam,
    label: &str,
    lit: Color32,
) {
    let response = cell(ui, rect, param.name(), Sense::click());
    let is_on = hands.normalized(param) > 0.5;
    if response.clicked() {
        hands.put(param, None, if is_on { 0.0 } else { 1.0 });
    }
    paint(ui, rect, &response, label, "", theme::TEXT);
    let light = Rect::from_center_size(pos2(rect.center().x, rect.bottom() - 9.0), vec2(16.0, 6.0));
    let colour = if is_on { lit } else { theme::WELL };
    ui.painter().rect_filled(light, 3.0, colour);
    response
        .widget_info(|| WidgetInfo::selected(Role::CheckBox, ui.is_enabled(), is_on, param.name()));
}

fn cell(ui: &Ui, rect: Rect, name: &str, sense: Sense) -> Response {
    ui.interact(rect, ui.scope_id().with(("band", name)), sense)
}

/// What can be pressed, without words; a ring where it has the focus.
pub fn face(ui: &Ui, rect: Rect, response: &Response) {
    let is_active = response.hovered() || response.dragged();
    let fill = if is_active {
        theme::HOVERED
    } else {
        theme::RAISED
    };
    ui.painter().rect_filled(rect, theme::ROUND, fill);
    if response.has_focus() {
        let ring = Stroke::new(1.0, theme::TEXT);
        ui.painter()
            .rect_stroke(rect, theme::ROUND, ring, StrokeKind::Inside);
    }
}

fn paint(ui: &Ui, rect: Rect, response: &Response, label: &str, value: &str, colour: Color32) {
    face(ui, rect, response);
    let painter = ui.painter_at(rect.shrink2(vec2(2.0, 0.0)));
    let line = |y: f32, text: &str, size: f32, colour| {
        let at = pos2(rect.left() + 6.0, rect.top() + y);
        painter.text(at, Align2::LEFT_CENTER, text, theme::font(size), colour);
    };
    line(8.0, label, 10.0, theme::FAINT);
    line(20.0, value, 12.0, colour);
}

/// Whole steps end on multiples of one: some parameters begin at -1, which says that the band chooses.
fn stepped(value: i32, steps: i32) -> i32 {
    const STEP: i32 = self::STEP as i32;
    let new = value + steps;
    match steps % STEP {
        0 if steps > 0 => new.div_euclid(STEP) * STEP,
        0 => -(-new).div_euclid(STEP) * STEP,
        _ => new,
    }
}

/// What the wheel and the keys ask for.
fn steps(ui: &Ui, response: &Response) -> Option<i32> {
    let (by_wheel, by_keys) = hands::steps(ui, response, [STEP, FINE_STEP, PAGE]);
    // What two fingers move is more than nothing.
    let by_wheel = by_wheel.abs().ceil().copysign(by_wheel);
    let steps = by_wheel as i32 + by_keys as i32;
    (steps != 0).then_some(steps)
}

#[cfg(test)]
mod tests {
    use super::stepped;

    #[test]
    fn whole_steps_end_on_multiples_of_one() {
        let up: Vec<_> = [-1, 0, 3, 5].map(|value| stepped(value, 5)).into();
        assert_eq!(up, [0, 5, 5, 10]);
        let down: Vec<_> = [8, 5, 3, 0].map(|value| stepped(value, -5)).into();
        assert_eq!(down, [5, 0, 0, -5]);
        assert_eq!((stepped(8, 25), stepped(8, 1), stepped(8, -1)), (30, 9, 7));
    }
}
