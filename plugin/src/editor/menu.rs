//! What the menus of the bar are made of.

use egui::style::StyleModifier;
use egui::{
    Align, Atom, Button, Color32, Frame, IntoAtoms, Label, Layout, Margin, Popup, Response,
    RichText, Shape, Stroke, Style, Ui, vec2,
};

use super::theme;

/// Beside the words of a choice or a note.
const PADDING: i8 = 8;

/// A button that opens a menu, with a triangle behind its words.
pub fn button<'a>(ui: &mut Ui, words: impl IntoAtoms<'a>, name: &str) -> Response {
    let triangle = Atom::paint(vec2(8.0, 5.0), |ui, args| {
        let rect = args.rect;
        let corners = vec![rect.left_top(), rect.right_top(), rect.center_bottom()];
        let shape = Shape::convex_polygon(corners, theme::FAINT, Stroke::NONE);
        ui.painter().add(shape);
    });
    let mut atoms = words.into_atoms();
    atoms.push_right(triangle);
    let button = Button::new(atoms).gap(8.0);
    ui.add(button).accessible_name(name)
}

/// The menu below its button, so wide in points.
pub fn below(button: &Response, width: f32) -> Popup<'_> {
    with_looks(Popup::menu(button).width(width))
}

/// The menu where something is clicked with the right button.
pub fn of_right_click(response: &Response) -> Popup<'_> {
    with_looks(Popup::context_menu(response).width(160.0))
}

/// One of several things to choose from; `remark` stands on the right.
pub fn choice(ui: &mut Ui, is_chosen: bool, text: &str, remark: &str) -> Response {
    let words = (text, Atom::grow(), faint(remark));
    let button = Button::selectable(is_chosen, words);
    ui.add(button.min_size(vec2(ui.available_width(), 28.0)))
        .accessible_name(text)
}

/// A few small words, in line with those of a choice.
pub fn note(ui: &mut Ui, text: &str, colour: Color32) {
    let words = RichText::new(text).small().color(colour);
    let margin = Margin::symmetric(PADDING, 0);
    Frame::new().inner_margin(margin).show(ui, |ui| {
        ui.add(Label::new(words).wrap());
    });
}

/// Says what a change of a setting will do that takes effect on activation.
pub fn restart_note(ui: &mut Ui) {
    let words = "After a change the host restarts the plugin: the sound fades out, and comes back \
                 with the new setting.";
    note(ui, words, theme::FAINT);
}

/// Words that explain others.
pub fn faint(text: &str) -> RichText {
    RichText::new(text).color(theme::FAINT)
}

fn with_looks(popup: Popup) -> Popup {
    popup
        .layout(Layout::top_down(Align::Min))
        .style(StyleModifier::new(|style: &mut Style| {
            style.spacing.button_padding = vec2(PADDING.into(), 5.0);
            style.spacing.item_spacing = vec2(8.0, 4.0);
        }))
}
