//! Stands in for the host behind an editor that has no window: keeps the parameters, and notes the
//! gestures.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use nice_plug::context::gui::{GuiContext, GuiContextInner};
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::{ParamPtr, PluginApi, PluginState};

/// What an editor told its host.
#[derive(Debug, Clone, PartialEq)]
pub enum Gesture {
    /// A hand is on the parameter with this name.
    Begin(String),
    /// It moves it to this normalized value.
    Change(String, f32),
    /// It lets go.
    End(String),
}

/// The host's side of an editor.
#[derive(Default)]
pub struct Desk {
    gestures: Mutex<Vec<Gesture>>,
    /// Whether changes by gestures do not get to the parameters.
    pub is_deaf: AtomicBool,
    /// How often the editor asked for a restart.
    pub restarts: AtomicUsize,
    /// The values that came as states.
    restored: Mutex<Vec<(String, ParamValue)>>,
}

impl Desk {
    /// A desk, and what an editor gets of it.
    pub fn new() -> (Arc<Self>, GuiContext) {
        let desk = Arc::new(Self::default());
        let context = GuiContext::new(desk.clone());
        (desk, context)
    }

    /// The gestures since the last call.
    pub fn take_gestures(&self) -> Vec<Gesture> {
        self.gestures
            .lock()
            .map(|mut gestures| std::mem::take(&mut *gestures))
            .unwrap_or_default()
    }

    /// The values that came as states since the last call, by the parameters' ids.
    pub fn take_restored(&self) -> Vec<(String, ParamValue)> {
        self.restored
            .lock()
            .map(|mut restored| std::mem::take(&mut *restored))
            .unwrap_or_default()
    }

    fn note(&self, gesture: Gesture) {
        if let Ok(mut gestures) = self.gestures.lock() {
            gestures.push(gesture);
        }
    }
}

#[allow(unsafe_code)]
fn name(param: ParamPtr) -> String {
    // SAFETY: the pointers come from an editor that keeps the parameters alive.
    unsafe { param.name().to_owned() }
}

#[allow(unsafe_code)]
impl GuiContextInner for Desk {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Clap
    }

    unsafe fn raw_begin_set_parameter(&self, param: ParamPtr) {
        self.note(Gesture::Begin(name(param)));
    }

    unsafe fn raw_set_parameter_normalized(&self, param: ParamPtr, normalized: f32) {
        self.note(Gesture::Change(name(param), normalized));
        if !self.is_deaf.load(Ordering::Relaxed) {
            // SAFETY: as above; a value is set with an atomic store.
            unsafe { param._internal_set_normalized_value(normalized) };
        }
    }

    unsafe fn raw_end_set_parameter(&self, param: ParamPtr) {
        self.note(Gesture::End(name(param)));
    }

    fn get_state(&self) -> PluginState {
        PluginState {
            version: String::new(),
            params: Default::default(),
            fields: Default::default(),
        }
    }

    fn set_state(&self, state: PluginState) {
        if let Ok(mut restored) = self.restored.lock() {
            restored.extend(state.params);
        }
    }

    fn request_restart(&self) {
        self.restarts.fetch_add(1, Ordering::Relaxed);
    }
}
