//! The menu of packs.

use egui::{Align, Label, Popup, RichText, ScrollArea, Ui};
use nice_plug::params::persist::PersistentField;
use nice_plug::prelude::Param;

use super::hands::Hands;
use super::header::{menu_button, restart_note};
use super::state::State;
use super::{Links, theme};
use crate::pack::{self, Installed, Manifest};
use crate::params::mute_idx;

/// The packs as they were when the menu was opened.
#[derive(Default)]
pub struct Packs {
    installed: Vec<Installed>,
    is_open: bool,
}

/// Shows the button and, once it was pressed, the menu.
pub fn menu(ui: &mut Ui, links: &Links, hands: &Hands, state: &mut State, packs: &mut Packs) {
    let chosen = links.params.pack.get();
    let button = menu_button(ui, &format!("Pack {chosen}"), "Pack");
    let menu = Popup::menu(&button);
    let is_open = menu.is_open();
    if is_open && !packs.is_open {
        packs.installed = pack::installed(&links.places);
    }
    packs.is_open = is_open;
    menu.show(|ui| {
        ui.set_width(360.0);
        ui.spacing_mut().item_spacing.y = 4.0;
        ScrollArea::vertical().max_height(280.0).show(ui, |ui| {
            for installed in &packs.installed {
                if entry(ui, installed, &chosen) {
                    choose(links, hands, packs, installed);
                    state.expect_restart();
                }
            }
            if packs.installed.is_empty() {
                ui.label("No pack is installed.");
            }
        });
        ui.separator();
        if ui.button("Open packs folder").clicked()
            && let Some(folder) = links.places.user_packs()
        {
            super::folders::open(folder);
        }
        restart_note(ui, "Put the folder of a pack there and it shows up here.");
    });
}

/// Takes the pack, and where its stems are used otherwise than those of the pack before, puts the
/// input's mute where the new kind wants it.
fn choose(links: &Links, hands: &Hands, packs: &Packs, new: &Installed) {
    let joins_input = |id: &str| {
        let pack = packs.installed.iter().find(|pack| pack.id == id)?;
        let manifest = pack.manifest.as_ref().ok()?;
        Some(manifest.kind.joins_input())
    };
    let (before, now) = (joins_input(&links.params.pack.get()), joins_input(&new.id));
    let mute = &links.params.input.mute;
    if let Some(is_heard) = now
        && before != now
        && mute.value() == is_heard
    {
        let normalized = mute.preview_normalized(!is_heard);
        hands.put(mute, Some(mute_idx(0)), normalized);
    }
    links.params.pack.set(new.id.clone());
}

/// Shows a pack; returns whether it was chosen.
fn entry(ui: &mut Ui, installed: &Installed, chosen: &str) -> bool {
    match &installed.manifest {
        Ok(manifest) => {
            let is_chosen = installed.id == chosen;
            let title = format!("{} {}", manifest.name, manifest.version);
            let is_clicked = ui.selectable_label(is_chosen, title).clicked();
            about(ui, manifest);
            is_clicked && !is_chosen
        }
        Err(error) => {
            ui.add_enabled(false, egui::Button::selectable(false, &installed.id));
            small(ui, &error.to_string(), theme::ALERT);
            false
        }
    }
}

fn about(ui: &mut Ui, manifest: &Manifest) {
    small(ui, &manifest.description, theme::TEXT);
    let licence = format!("{} pack, licence: {}", manifest.kind, manifest.license);
    small(ui, &licence, theme::FAINT);
    ui.add_space(8.0);
}

fn small(ui: &mut Ui, text: &str, colour: egui::Color32) {
    let words = RichText::new(text).small().color(colour);
    ui.add(Label::new(words).wrap().halign(Align::Min));
}
