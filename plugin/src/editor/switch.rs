//! Mute and solo.

use egui::{Align2, Color32, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo};
use nice_plug::prelude::{BoolParam, Param};

use super::hands::Hands;
use super::theme;

/// How a switch looks.
pub struct Looks<'a> {
    /// The letter on it.
    pub letter: &'a str,
    /// What it does, shown under the pointer.
    pub hint: &'a str,
    /// Its colour while it is on.
    pub lit: Color32,
}

/// Shows a switch with a letter on it and turns it where a person clicks; returns whether the click
/// was one with Ctrl, which asks for more than this switch.
pub fn show(
    ui: &mut Ui,
    rect: Rect,
    hands: &Hands,
    param: &BoolParam,
    control_idx: usize,
    looks: &Looks,
) -> bool {
    let id = ui.scope_id().with(("switch", control_idx));
    let response = ui.interact(rect, id, Sense::click());
    let is_on = hands.normalized(param) > 0.5;
    if response.clicked() {
        hands.put(param, Some(control_idx), if is_on { 0.0 } else { 1.0 });
    }
    let (fill, text) = match (is_on, response.hovered()) {
        (true, _) => (looks.lit, theme::WINDOW),
        (false, true) => (theme::HOVERED, theme::TEXT),
        (false, false) => (theme::RAISED, theme::FAINT),
    };
    let painter = ui.painter();
    painter.rect_filled(rect, theme::ROUND, fill);
    painter.text(
        rect.center(),
        Align2::CENTER_CENTER,
        looks.letter,
        theme::strong(13.0),
        text,
    );
    if response.has_focus() {
        let ring = Stroke::new(1.0, theme::TEXT);
        painter.rect_stroke(rect.expand(2.0), theme::ROUND, ring, StrokeKind::Inside);
    }
    response
        .widget_info(|| WidgetInfo::selected(Role::CheckBox, ui.is_enabled(), is_on, param.name()));
    let is_alone = response.clicked() && ui.input(|input| input.modifiers.command);
    response.on_hover_text(looks.hint);
    is_alone
}
