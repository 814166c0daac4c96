//! The bar at the top: name, pack, chunk; export and size.

use egui::{
    Align, Button, Label, Layout, Popup, Rect, Response, RichText, Shape, Stroke, Ui, UiBuilder,
    vec2,
};
use nice_plug::prelude::{Enum, Param};

use super::hands::Hands;
use super::packs::Packs;
use super::save::Save;
use super::state::State;
use super::{Links, packs, save, theme};
use crate::geometry::ChunkSetting;

/// Scales of the window, in per cent.
const SCALES: [u32; 6] = [75, 100, 125, 150, 175, 200];

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
            packs::menu(ui, links, hands, state, packs);
            chunk_menu(ui, links, hands, state);
        },
    );
    let right_to_left = Layout::right_to_left(Align::Center);
    ui.scope_builder(
        UiBuilder::new().max_rect(rect).layout(right_to_left),
        |ui| {
            scale_menu(ui);
            save::menu(ui, links, state, save);
        },
    );
}

/// A button that opens a menu.
pub fn menu_button(ui: &mut Ui, label: &str, name: &str) -> Response {
    // The room on the right is the triangle's.
    let response = ui.add(Button::new(format!("{label}      ")));
    let at = response.rect.right_center() - vec2(18.0, 0.0);
    let triangle = vec![
        at + vec2(-4.0, -2.0),
        at + vec2(4.0, -2.0),
        at + vec2(0.0, 3.0),
    ];
    let shape = Shape::convex_polygon(triangle, theme::FAINT, Stroke::NONE);
    ui.painter().add(shape);
    response.accessible_name(name)
}

fn chunk_menu(ui: &mut Ui, links: &Links, hands: &Hands, state: &mut State) {
    let chunk = &links.params.chunk;
    let label = |setting: ChunkSetting| ChunkSetting::variants()[setting.to_index()];
    let button = menu_button(ui, &format!("Chunk {}", label(chunk.value())), "Chunk");
    Popup::menu(&button).show(|ui| {
        ui.set_min_width(280.0);
        for setting in ChunkSetting::ALL {
            let is_chosen = chunk.value() == setting;
            let text = format!("{}   {}", label(setting), latency_of(state, setting));
            if ui.selectable_label(is_chosen, text).clicked() && !is_chosen {
                hands.put(chunk, None, chunk.preview_normalized(setting));
                state.expect_restart();
            }
        }
        ui.separator();
        restart_note(
            ui,
            "A shorter chunk means less latency, and stems that are cut out less well.",
        );
    });
}

/// Says what a change will do.
pub fn restart_note(ui: &mut Ui, first: &str) {
    let note =
        format!("{first} After a change the host restarts the plugin: for a moment nothing plays.");
    let words = RichText::new(note).small().color(theme::FAINT);
    // A menu's layout would stretch the lines.
    ui.with_layout(Layout::top_down(Align::Min), |ui| {
        ui.add(Label::new(words).wrap());
    });
}

fn latency_of(state: &State, setting: ChunkSetting) -> String {
    match &state.engine {
        Some(engine) => {
            let samples = engine.geometry.with_chunk(setting).latency_samples();
            super::words::milliseconds(samples as u32, state.sample_rate)
        }
        None => String::new(),
    }
}

fn scale_menu(ui: &mut Ui) {
    let percent = (ui.ctx().zoom_factor() * 100.0).round() as u32;
    let button = menu_button(ui, &format!("{percent} %"), "Size");
    Popup::menu(&button).show(|ui| {
        for scale in SCALES {
            let text = format!("{scale} %");
            if ui.selectable_label(scale == percent, text).clicked() {
                ui.ctx().set_zoom_factor(scale as f32 / 100.0);
            }
        }
    });
}
