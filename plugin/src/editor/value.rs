//! A fader's value in dB: click it to type another.

use egui::{Align2, Key, Rect, Role, Sense, StrokeKind, TextEdit, Ui, WidgetInfo};
use nice_plug::prelude::{FloatParam, Param};

use super::hands::Hands;
use super::{theme, words};

/// The text being typed.
#[derive(Clone, Default)]
struct Typing {
    text: String,
    /// What stood there: it is the value rounded, and no other value.
    before: String,
    /// Whether the field was shown before.
    is_begun: bool,
}

impl Typing {
    fn of(text: String) -> Self {
        Self {
            before: text.clone(),
            text,
            is_begun: false,
        }
    }
}

/// Shows the value of `gain`, or the field to type it while a person does.
pub fn show(ui: &mut Ui, rect: Rect, hands: &Hands, gain: &FloatParam, control_idx: usize) {
    let id = ui.scope_id().with(("value", control_idx));
    let typing: Option<Typing> = ui.data(|data| data.get_temp(id));
    match typing {
        Some(typing) => field(ui, rect, id, typing, hands, gain, control_idx),
        None => label(ui, rect, id, gain),
    }
}

/// Starts typing the value of the control with this index.
pub fn start_typing(ui: &Ui, control_idx: usize, gain: &FloatParam) {
    let typing = Typing::of(words::decibels(gain.value()));
    ui.data_mut(|data| data.insert_temp(ui.scope_id().with(("value", control_idx)), typing));
}

fn label(ui: &mut Ui, rect: Rect, id: egui::Id, gain: &FloatParam) {
    let response = ui.interact(rect, id, Sense::click());
    let text = words::decibels(gain.value());
    let painter = ui.painter();
    if let Some(edge) = theme::edge(&response) {
        painter.rect(rect, theme::ROUND, theme::RAISED, edge, StrokeKind::Inside);
    }
    painter.text(
        rect.right_center() - egui::vec2(6.0, 0.0),
        Align2::RIGHT_CENTER,
        &text,
        theme::font(13.0),
        ui.visuals().text_color(),
    );
    if response.clicked() {
        ui.data_mut(|data| data.insert_temp(id, Typing::of(text)));
    }
    response.widget_info(|| {
        let name = format!("{} value", gain.name());
        WidgetInfo::labeled(Role::Button, ui.is_enabled(), name)
    });
    response
        .on_hover_cursor(egui::CursorIcon::Text)
        .on_hover_text("Click to type a value");
}

fn field(
    ui: &mut Ui,
    rect: Rect,
    id: egui::Id,
    mut typing: Typing,
    hands: &Hands,
    gain: &FloatParam,
    control_idx: usize,
) {
    let edit = TextEdit::singleline(&mut typing.text)
        .id(id.with("field"))
        .font(theme::font(13.0))
        .margin(egui::Margin::symmetric(5, 4))
        .align(Align2::RIGHT_CENTER);
    let response = ui
        .put(rect, edit)
        .accessible_name(format!("{} value", gain.name()));
    if !typing.is_begun {
        response.request_focus();
        typing.is_begun = true;
        // All of it is chosen, so that typing replaces it.
        let mut state = TextEdit::load_state(ui.ctx(), response.id).unwrap_or_default();
        let end = egui::text::CCursor::new(typing.text.chars().count());
        let all = egui::text::CCursorRange::two(egui::text::CCursor::new(0), end);
        state.cursor.set_char_range(Some(all));
        TextEdit::store_state(ui.ctx(), response.id, state);
    } else if response.lost_focus() {
        let is_cancelled = ui.input(|input| input.key_pressed(Key::Escape));
        let is_other = typing.text != typing.before;
        if !is_cancelled
            && is_other
            && let Some(normalized) = gain.string_to_normalized_value(&typing.text)
        {
            hands.put(gain, Some(control_idx), normalized);
        }
        ui.data_mut(|data| data.remove_temp::<Typing>(id));
        return;
    }
    ui.data_mut(|data| data.insert_temp(id, typing));
}
