//! What a person's hand does to a parameter, told to the host as a gesture: begin, change, end.

use std::cell::Cell;
use std::time::{Duration, Instant};

use egui::{Event, EventFilter, Key, MouseWheelUnit, PointerButton, Response, Ui};
use nice_plug::context::gui::GuiContext;
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::{BoolParam, Param, ParamPtr, PluginState};

use crate::bridge::EditorEnd;

/// The longest time that a host takes to pass on what it is told: two of the longest blocks.
const HOST_ECHO: Duration = Duration::from_millis(200);
/// How far two fingers move on a touchpad for a step.
const POINTS_PER_STEP: f32 = 16.0;

/// The way to the host and to the audio thread.
pub struct Hands {
    host: GuiContext,
    /// `None` while the plugin is not active.
    engine: Option<EditorEnd>,
    /// The parameter that a hand is on: the window may close under it.
    held: Cell<Option<ParamPtr>>,
    /// What was told last, and when: the host passes it on with its next block.
    told: Cell<Option<(ParamPtr, f32, Instant)>>,
}

impl Hands {
    /// Works through `host`.
    pub fn new(host: GuiContext) -> Self {
        Self {
            host,
            engine: None,
            held: Cell::new(None),
            told: Cell::new(None),
        }
    }

    /// Follows the plugin's activations.
    pub fn set_engine(&mut self, engine: Option<EditorEnd>) {
        self.engine = engine;
    }

    /// Where a control stands: where a hand just put it, before the host passes that on.
    pub fn normalized<P: Param>(&self, param: &P) -> f32 {
        match self.told.get() {
            Some((told, value, at)) if told == param.as_ptr() && at.elapsed() < HOST_ECHO => value,
            _ => param.unmodulated_normalized_value(),
        }
    }

    /// The same of a switch.
    pub fn is_on(&self, param: &BoolParam) -> bool {
        self.normalized(param) > 0.5
    }

    /// A hand is on the control.
    pub fn begin<P: Param>(&self, param: &P) {
        self.release();
        self.held.set(Some(param.as_ptr()));
        self.host.param_setter().begin_set_parameter(param);
    }

    /// The hand moves the control with this index in [`crate::params::Mix`], if it has one, to a
    /// normalized value.
    pub fn set<P: Param>(&self, param: &P, control_idx: Option<usize>, normalized: f32) {
        let snapped = param.preview_normalized(param.preview_plain(normalized.clamp(0.0, 1.0)));
        if snapped == self.normalized(param) {
            return;
        }
        self.told
            .set(Some((param.as_ptr(), snapped, Instant::now())));
        if let (Some(engine), Some(control_idx)) = (&self.engine, control_idx) {
            engine.touch(control_idx);
        }
        self.host
            .param_setter()
            .set_parameter_normalized(param, snapped);
    }

    /// The hand lets go.
    pub fn end<P: Param>(&self, param: &P) {
        // What was let go of already stays so.
        if self.held.get() == Some(param.as_ptr()) {
            self.held.set(None);
            self.host.param_setter().end_set_parameter(param);
        }
    }

    /// Lets go of what is held, whatever it is.
    #[allow(unsafe_code)]
    fn release(&self) {
        if let Some(held) = self.held.take() {
            // SAFETY: the parameters live as long as the instance, and so does its window.
            unsafe { self.host.raw_end_set_parameter(held) };
        }
    }

    /// Gives the parameter with this id a value by way of the plugin's state, for hosts that do not
    /// pass on a gesture on what is not automatable.
    pub fn restore(&self, id: &str, value: ParamValue) {
        self.host.set_state(PluginState {
            version: env!("CARGO_PKG_VERSION").into(),
            params: [(id.to_owned(), value)].into(),
            fields: Default::default(),
        });
    }

    /// Asks the host to restart the plugin.
    pub fn restart(&self) {
        self.host.request_restart();
    }

    /// Tells the host a gesture that changes nothing, so that it knows that there is something to save.
    pub fn hint<P: Param>(&self, param: &P) {
        self.begin(param);
        let value = param.unmodulated_normalized_value();
        self.host
            .param_setter()
            .set_parameter_normalized(param, value);
        self.end(param);
    }

    /// All three at once.
    pub fn put<P: Param>(&self, param: &P, control_idx: Option<usize>, normalized: f32) {
        self.begin(param);
        self.set(param, control_idx, normalized);
        self.end(param);
    }

    /// Turns a switch on or off.
    pub fn switch(&self, param: &BoolParam, control_idx: usize, is_on: bool) {
        self.put(param, Some(control_idx), if is_on { 1.0 } else { 0.0 });
    }

    /// Follows a drag, which moves the control by the normalized `way` now; returns where the hand holds
    /// the control, because the host's echo comes later.
    pub fn follow<P: Param>(
        &self,
        ui: &Ui,
        response: &Response,
        param: &P,
        control_idx: Option<usize>,
        way: f32,
    ) -> Option<f32> {
        if response.drag_started_by(PointerButton::Primary) {
            self.begin(param);
            let start = param.unmodulated_normalized_value();
            ui.data_mut(|data| data.insert_temp(response.id, start));
        }
        let mut held: f32 = ui.data(|data| data.get_temp(response.id))?;
        if response.dragged() {
            // Beyond the ends too: a hand that comes back finds the control under it.
            held += way;
            ui.data_mut(|data| data.insert_temp(response.id, held));
            self.set(param, control_idx, held.clamp(0.0, 1.0));
        } else {
            self.end(param);
            ui.data_mut(|data| data.remove_temp::<f32>(response.id));
        }
        Some(held.clamp(0.0, 1.0))
    }
}

impl Drop for Hands {
    fn drop(&mut self) {
        self.release();
    }
}

/// What the wheel and the keys ask of a control, one by one. The wheel and the arrow keys go a `step`,
/// with Ctrl or Shift a `fine` one, the page keys a `page`.
pub fn steps(ui: &Ui, response: &Response, [step, fine, page]: [f32; 3]) -> (f32, f32) {
    let step = if is_fine(ui) { fine } else { step };
    let has_focus = has_arrows(ui, response);
    let (mut by_wheel, mut by_keys) = (0.0, 0.0);
    ui.input(|input| {
        let events = input.events.iter().filter(|_| response.hovered());
        for event in events {
            // Some systems turn the wheel sideways while Shift is held.
            if let Event::MouseWheel { unit, delta, .. } = event {
                let points_per_step = match unit {
                    MouseWheelUnit::Point => POINTS_PER_STEP,
                    MouseWheelUnit::Line | MouseWheelUnit::Page => 1.0,
                };
                by_wheel += step * (delta.x + delta.y) / points_per_step;
            }
        }
        let keys = [
            (Key::ArrowRight, step),
            (Key::ArrowUp, step),
            (Key::ArrowLeft, -step),
            (Key::ArrowDown, -step),
            (Key::PageUp, page),
            (Key::PageDown, -page),
        ];
        for (key, change) in keys {
            if has_focus && input.key_pressed(key) {
                by_keys += change;
            }
        }
    });
    (by_wheel, by_keys)
}

/// Whether a hand asks for fine steps.
pub fn is_fine(ui: &Ui) -> bool {
    ui.input(|input| input.modifiers.shift || input.modifiers.ctrl)
}

/// Whether the arrow keys are for this control: it has the focus, and keeps it from following them.
fn has_arrows(ui: &Ui, response: &Response) -> bool {
    let has_focus = response.has_focus();
    if has_focus {
        let arrows = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
    }
    has_focus
}
