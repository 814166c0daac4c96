//! The menu of packs.

use egui::{AtomExt, Button, ScrollArea, Ui};
use nice_plug::params::persist::PersistentField;
use nice_plug::prelude::Param;

use super::hands::Hands;
use super::{Links, folders, menu, theme};
use crate::pack::{self, Installed, Manifest, Places, readable};
use crate::params::{DEFAULT_PACK, mute_idx};

/// Of the pack's name in the bar, at most, in points: what is longer ends in dots.
const NAME_WIDTH: f32 = 240.0;

/// The packs as they were when the menu was opened last.
pub struct Packs {
    installed: Vec<Installed>,
    is_open: bool,
    /// Why the folder could not be shown, when that was asked for last.
    unopened: Option<String>,
}

impl Packs {
    /// What lies in `places` now.
    pub fn new(places: &Places) -> Self {
        Self {
            installed: list_of(places),
            is_open: false,
            unopened: None,
        }
    }

    /// What the pack calls itself; its id where it is not there, which a project can make of anything.
    fn name_of(&self, id: &str) -> String {
        let manifests = self.installed.iter().flat_map(|pack| &pack.manifest);
        let mut named = manifests.filter(|manifest| manifest.id == id);
        let name = named.next().map(|manifest| manifest.name.clone());
        name.unwrap_or_else(|| readable(id))
    }
}

/// What is installed, the pack of a new instance first.
fn list_of(places: &Places) -> Vec<Installed> {
    let mut installed = pack::installed(places);
    installed.sort_by_key(|pack| pack.id != DEFAULT_PACK);
    installed
}

/// Shows the button and, once it was pressed, the menu.
pub fn menu(ui: &mut Ui, links: &Links, hands: &Hands, packs: &mut Packs) {
    let chosen = links.params.pack.get();
    let name = packs.name_of(&chosen).atom_max_width(NAME_WIDTH);
    let button = menu::button(ui, (menu::faint("Pack"), name), "Pack");
    let menu = menu::below(&button, 360.0);
    let is_open = menu.is_open();
    if is_open && !packs.is_open {
        packs.installed = list_of(&links.places);
    }
    packs.is_open = is_open;
    menu.show(|ui| {
        let most = (ui.ctx().content_rect().height() - 200.0).max(120.0);
        ScrollArea::vertical().max_height(most).show(ui, |ui| {
            list(ui, links, hands, packs, &chosen);
        });
        ui.separator();
        if ui.button("Open packs folder").clicked() {
            packs.unopened = folders::open(links.places.user_packs()).err();
        }
        if let Some(error) = &packs.unopened {
            menu::note(ui, error, theme::ALERT);
        }
        let words = "The folder of a pack that you put there shows up here.";
        menu::note(ui, words, theme::FAINT);
        menu::restart_note(ui);
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
    hands.hint(&links.params.chunk);
}

fn list(ui: &mut Ui, links: &Links, hands: &Hands, packs: &Packs, chosen: &str) {
    let fault = links.status.fault();
    for installed in &packs.installed {
        let fault = fault.as_deref().filter(|_| installed.id == chosen);
        if entry(ui, installed, chosen, fault) {
            choose(links, hands, packs, installed);
        }
    }
    if packs.installed.iter().all(|pack| pack.id != chosen) {
        let reason = "The project names this pack, and this machine lacks it.";
        refused(ui, &readable(chosen), reason);
    }
}

/// Shows a pack, and the fault of the one that is to play; returns whether it was chosen.
fn entry(ui: &mut Ui, installed: &Installed, chosen: &str, fault: Option<&str>) -> bool {
    match &installed.manifest {
        Ok(manifest) => {
            let is_chosen = installed.id == chosen;
            let remark = format!("{} {}", manifest.kind, manifest.version);
            let choice = menu::choice(ui, is_chosen, &manifest.name, &remark);
            if let Some(fault) = fault {
                menu::note(ui, fault, theme::ALERT);
            }
            about(ui, manifest);
            ui.add_space(8.0);
            choice.clicked() && !is_chosen
        }
        Err(error) => {
            refused(ui, &installed.id, &error.to_string());
            false
        }
    }
}

fn refused(ui: &mut Ui, id: &str, reason: &str) {
    ui.add_enabled(false, Button::selectable(false, id));
    menu::note(ui, reason, theme::ALERT);
    ui.add_space(8.0);
}

fn about(ui: &mut Ui, manifest: &Manifest) {
    menu::note(ui, &manifest.description, theme::TEXT);
    let licence = format!("Licence: {}", manifest.license);
    menu::note(ui, &licence, theme::FAINT);
}
