//! Mute and solo.

use egui::{Align2, Color32, Modifiers, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo};
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

/// Shows a switch with a letter on it; returns what was held on the keyboard where a person clicked it.
pub fn show(
    ui: &mut Ui,
    rect: Rect,
    hands: &Hands,
    param: &BoolParam,
    control_idx: usize,
    looks: &Looks,
) -> Option<Modifiers> {
    let id = ui.scope_id().with(("switch", control_idx));
    let response = ui.interact(rect, id, Sense::click());
    let is_on = hands.is_on(param);
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
    let is_clicked = response.clicked();
    response.on_hover_text(looks.hint);
    is_clicked.then(|| ui.input(|input| input.modifiers))
}
