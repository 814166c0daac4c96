//! The menu of chunks: how much audio the worker takes at a time, and what follows from it for the
//! latency and for automation.

use std::time::{Duration, Instant};

use egui::{PopupCloseBehavior, Ui};
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::{BoolParam, Enum, Param};

use super::hands::Hands;
use super::state::State;
use super::{Links, menu, theme, words};
use crate::bridge::EditorEnd;
use crate::geometry::ChunkSetting;

/// The parameter's id.
const PARAM_ID: &str = "chunk";
/// The longest time that a host takes to pass a gesture on.
const HOST_PATIENCE: Duration = Duration::from_millis(300);

/// A chunk that a person chose, until the plugin has it.
pub struct WantedChunk {
    setting: ChunkSetting,
    chosen_at: Instant,
    /// What was heard then.
    heard: Option<(u32, i64)>,
}

impl WantedChunk {
    /// Whether the host may still pass it on.
    pub fn is_fresh(&self) -> bool {
        self.chosen_at.elapsed() <= HOST_PATIENCE
    }
}

/// Shows the button and, once it was pressed, the menu.
pub fn menu(ui: &mut Ui, links: &Links, hands: &Hands, state: &mut State) {
    let chunk = &links.params.chunk;
    let now = (menu::faint("Chunk"), label(chunk.value()));
    let button = menu::button(ui, now, "Chunk");
    let menu = menu::below(&button, 300.0);
    let menu = menu.close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    menu.show(|ui| {
        for setting in ChunkSetting::ALL {
            let is_chosen = chunk.value() == setting;
            let latency = latency_of(state, setting);
            let choice = menu::choice(ui, is_chosen, label(setting), &latency);
            if choice.clicked() && !is_chosen {
                hands.put(chunk, None, chunk.preview_normalized(setting));
                state.wanted_chunk = Some(WantedChunk {
                    setting,
                    chosen_at: Instant::now(),
                    heard: heard(state),
                });
            }
            if choice.clicked() {
                ui.close();
            }
        }
        let words = "A shorter chunk means less latency and more load.";
        menu::note(ui, words, theme::FAINT);
        menu::restart_note(ui);
        ui.separator();
        align(ui, hands, &links.params.align_automation);
    });
}

/// Sees to it that the chunk that was chosen gets to the plugin, once the host had time to pass it on.
/// Ardour 7 does not: the parameter is not automatable.
///
/// Not while the audio stands still: then the wrapper would wait for the host's next block, without end.
pub fn insist(links: &Links, hands: &Hands, state: &mut State) {
    let (now, value) = (heard(state), links.params.chunk.value());
    let is_due = |wanted: &mut WantedChunk| {
        wanted.setting == value || (!wanted.is_fresh() && wanted.heard != now)
    };
    if let Some(WantedChunk { setting, .. }) = state.wanted_chunk.take_if(is_due)
        && value != setting
        && let Some(ids) = ChunkSetting::ids()
    {
        let id = ids[setting.to_index()].to_owned();
        hands.restore(PARAM_ID, ParamValue::String(id));
    }
}

/// What is heard now: another place means that the host plays.
fn heard(state: &State) -> Option<(u32, i64)> {
    state.engine.as_ref().map(EditorEnd::audible)
}

fn align(ui: &mut Ui, hands: &Hands, param: &BoolParam) {
    let mut is_on = param.value();
    let name = param.name();
    if ui
        .checkbox(&mut is_on, "Align automation")
        .accessible_name(name)
        .changed()
    {
        hands.put(param, None, if is_on { 1.0 } else { 0.0 });
    }
    let words = "Delays the host's automation by the latency, so that it acts on the audio it was \
                 drawn on. Turn it off for a controller that is played live.";
    menu::note(ui, words, theme::FAINT);
}

fn label(setting: ChunkSetting) -> &'static str {
    ChunkSetting::variants()[setting.to_index()]
}

fn latency_of(state: &State, setting: ChunkSetting) -> String {
    match &state.engine {
        Some(engine) => {
            let samples = engine.geometry.with_chunk(setting).latency_samples();
            words::milliseconds(samples as u32, state.sample_rate)
        }
        None => String::new(),
    }
}
