//! One window: what it shows at every frame, and when there is a next one.

use std::sync::atomic::Ordering;
use std::time::Duration;

use egui::Ui;
use nice_plug::context::gui::GuiContext;
use nice_plug_egui::{Frame, NiceEguiApp, baseview};

use super::hands::Hands;
#[cfg(target_os = "linux")]
use super::keyboard::Keyboard;
use super::layout::{Layout, StripLayout};
use super::packs::Packs;
use super::save::Save;
use super::state::State;
use super::{Links, band, chunk, cursor, facts, footer, header, lanes, size, strip, theme};
use crate::params::NUM_STRIPS;

/// Between two frames while something moves.
const FRAME: Duration = Duration::from_millis(33);
/// Between two looks at the instance while nothing moves. The audio thread wakes the editor when
/// something does, so this is for what else may change.
const LOOK: Duration = Duration::from_millis(2000);

/// A window.
pub struct App {
    links: Links,
    /// What there is once the window is there.
    view: Option<View>,
    #[cfg(target_os = "linux")]
    keyboard: Option<Keyboard>,
}

/// The state of a window.
struct View {
    hands: Hands,
    state: State,
    packs: Packs,
    save: Save,
    /// The time of the last frame in seconds.
    last_frame_s: f64,
}

impl App {
    /// A window on an instance; from here on it is told what only an open editor needs.
    pub fn new(links: Links) -> Self {
        links.status.is_recording.store(true, Ordering::Relaxed);
        links.status.is_watched.store(true, Ordering::Relaxed);
        Self {
            links,
            view: None,
            #[cfg(target_os = "linux")]
            keyboard: None,
        }
    }

    /// Gets ready to draw on `ctx`.
    pub fn prepare(&mut self, ctx: &egui::Context, host: GuiContext) {
        theme::apply(ctx);
        self.view = Some(View {
            hands: Hands::new(host),
            state: State::new(ctx, self.links.folder()),
            packs: Packs::new(&self.links.places),
            save: Save::default(),
            last_frame_s: 0.0,
        });
    }

    /// Says how many pixels a point has while the window is open, 0 when it closes.
    fn tell_scale(&self, scale: f32) {
        let told = &self.links.status.editor_scale_bits;
        told.store(scale.to_bits(), Ordering::Relaxed);
    }

    /// Draws a frame.
    pub fn show(&mut self, ui: &mut Ui) {
        if let Some(view) = &mut self.view {
            view.show(ui, &self.links);
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.links.status.is_watched.store(false, Ordering::Relaxed);
        self.links.status.is_asleep.store(false, Ordering::Relaxed);
        self.tell_scale(0.0);
    }
}

impl View {
    fn show(&mut self, ui: &mut Ui, links: &Links) {
        let now_s = ui.input(|input| input.time);
        let passed_s = (now_s - self.last_frame_s).clamp(0.0, 1.0);
        self.last_frame_s = now_s;
        self.state.update(links, passed_s as f32);
        self.hands.set_engine(self.state.engine.clone());
        chunk::insist(links, &self.hands, &mut self.state);
        if self.state.asks_for_restart() {
            self.hands.restart();
        }

        let window = ui.ctx().content_rect();
        let layout = Layout::of(window, self.state.has_band());
        ui.painter().rect_filled(window, 0.0, theme::WINDOW);
        self.mixer(ui, links, &layout);
        if let Some(rects) = &layout.band {
            let (roll, picture) = (&self.state.roll, &self.state.picture);
            let beat = roll.beat_at(picture.now() as i64);
            let played = beat.map(|beat| beat.style);
            band::controls::show(ui, rects.controls, &self.hands, &links.params.band, played);
            band::chords::show(ui, rects, roll, picture, &self.hands, &links.params.band);
        }
        facts::show(ui, layout.facts, &self.state);
        footer::show(ui, layout.footer, &self.state.words);
        header::show(
            ui,
            layout.header,
            links,
            &self.hands,
            &mut self.state,
            &mut self.packs,
            &mut self.save,
        );
        size::corner(ui, layout.corner, window);
        size::fit(ui, links.window().1, window);

        let is_busy = self.state.is_moving || self.save.is_running() || self.state.is_expecting();
        links.status.is_asleep.store(!is_busy, Ordering::Release);
        ui.ctx()
            .request_repaint_after(if is_busy { FRAME } else { LOOK });
    }

    fn mixer(&mut self, ui: &mut Ui, links: &Links, layout: &Layout) {
        let params = &links.params;
        let levels = self.state.levels.meters;
        let mut pointer = None;
        for strip_idx in 0..NUM_STRIPS {
            let rect = layout.strips[strip_idx];
            let levels = &levels[strip_idx];
            if strip::show(ui, rect, &self.hands, params, strip_idx, levels) {
                self.state.levels.reset_loudest(strip_idx);
            }
            let lane = layout.lanes[strip_idx];
            let (picture, roll) = (&self.state.picture, &self.state.roll);
            let pointed = if self.state.has_band() && strip_idx > 0 {
                band::lane::show(ui, lane, roll, picture, params, strip_idx)
            } else {
                lanes::show(ui, lane, picture, params, strip_idx)
            };
            if let Some((at, what)) = pointed {
                pointer = Some((at, what, lane));
            }
        }
        let output = &levels[NUM_STRIPS];
        if strip::show_output(ui, layout.output, &self.hands, params, output) {
            self.state.levels.reset_loudest(NUM_STRIPS);
        }
        lanes::time_axis(ui, layout.time_axis);
        let lanes = layout.lanes[0].union(layout.lanes[NUM_STRIPS - 1]);
        match pointer {
            _ if self.state.picture.is_empty() && self.state.roll.is_empty() => {
                lanes::invitation(ui, lanes, self.state.has_band());
            }
            Some((at, what, lane)) => cursor::show(ui, at, &what, lane, lanes, layout.time_axis),
            None => {}
        }
        let fader = StripLayout::of(layout.output).fader;
        lanes::gain_scale(ui, layout.scale, fader, &params.output_gain);
    }
}

impl NiceEguiApp for App {
    fn build(
        &mut self,
        ctx: egui::Context,
        host: GuiContext,
        frame: &mut Frame,
    ) -> Result<(), baseview::HandlerError> {
        frame.set_clear_color(theme::WINDOW.into());
        // Under X11 no event tells it, while the window keeps its size.
        let screen = frame.baseview_window().size().scale_factor as f32;
        self.tell_scale(screen * self.links.window().1);
        #[cfg(target_os = "linux")]
        {
            // Untold, it shows as soon as most hosts let it: there is nothing else to try.
            let _ = super::listen::from_the_start(frame.baseview_window());
            self.keyboard = Keyboard::of(frame.baseview_window());
        }
        self.prepare(&ctx, host);
        Ok(())
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut Frame) {
        self.show(ui);
        #[cfg(target_os = "linux")]
        if let Some(keyboard) = &mut self.keyboard {
            keyboard.follow(ui);
        }
    }

    fn resized(&mut self, size: baseview::WindowSize) {
        self.tell_scale(size.scale_factor as f32);
        self.links.remember_size(size.logical);
    }
}
