//! The bar at the top: name, pack, chunk; export and size.

use egui::{Align, Layout, Rect, RichText, Ui, UiBuilder};

use super::hands::Hands;
use super::packs::Packs;
use super::save::Save;
use super::state::State;
use super::{Links, chunk, packs, save, size, theme};

/// Shows the bar.
pub fn show(
    ui: &mut Ui,
    rect: Rect,
    links: &Links,
    hands: &Hands,
    state: &mut State,
    packs: &mut Packs,
    save: &mut Save,
) {
    let left_to_right = Layout::left_to_right(Align::Center);
    ui.scope_builder(
        UiBuilder::new().max_rect(rect).layout(left_to_right),
        |ui| {
            ui.add_space(8.0);
            ui.label(RichText::new("One2Four").font(theme::strong(17.0)));
            ui.add_space(16.0);
            packs::menu(ui, links, hands, packs);
            chunk::menu(ui, links, hands, state);
        },
    );
    let right_to_left = Layout::right_to_left(Align::Center);
    ui.scope_builder(
        UiBuilder::new().max_rect(rect).layout(right_to_left),
        |ui| {
            size::menu(ui, links);
            save::menu(ui, links, state, save);
        },
    );
}
