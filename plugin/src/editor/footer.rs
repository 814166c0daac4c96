//! The state of things in one sentence.

use egui::{Align, Label, Layout, Rect, RichText, Role, Ui, UiBuilder, WidgetInfo, vec2};

use super::theme;
use super::words::{self, Mood};

/// Shows the sentence.
pub fn show(ui: &mut Ui, rect: Rect, state: &words::State) {
    let (mood, sentence) = words::sentence(state);
    let (light, text) = match mood {
        Mood::Well => (theme::ACCENTS[3], theme::FAINT),
        Mood::Waiting => (theme::SOLO, theme::TEXT),
        Mood::Fault => (theme::ALERT, theme::TEXT),
    };
    let at = rect.left_center() + vec2(10.0, 0.0);
    ui.painter().circle_filled(at, 4.0, light);
    let inner = rect.with_min_x(rect.left() + 24.0);
    let layout = Layout::left_to_right(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(inner).layout(layout), |ui| {
        let words = RichText::new(&sentence).size(12.0).color(text);
        let label = Label::new(words).truncate().show_tooltip_when_elided(true);
        let response = ui.add(label);
        response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &sentence));
    });
}
