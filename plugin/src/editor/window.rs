//! The editor as hosts see it: a window that opens and closes, and has a size.

use std::error::Error;
use std::sync::atomic::Ordering;
use std::time::Duration;

use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::{LogicalSize, NativeSize};
use nice_plug::editor::{HostMethods, SpawnedEditor};
use nice_plug::prelude::{Editor, ParentWindowHandle, ResizeHint};
use nice_plug_egui::{
    EguiEditorHandle, EguiEditorState, EguiNiceSettings, RepaintNotifier, create_egui_editor,
};

use super::Links;
use super::app::App;
use super::layout::{MAX_SIZE, MIN_SIZE};
use super::memory::{MAX_ZOOM, MIN_ZOOM};

/// Between two looks whether the audio thread wakes the window.
const WAKE_POLL: Duration = Duration::from_millis(50);

/// Makes windows. Each is new, so that nothing of a closed one stays behind.
pub struct Window {
    links: Links,
    /// Wakes the open window.
    notifier: RepaintNotifier,
}

impl Window {
    /// For an instance, whose audio thread wakes the window through `notifier`.
    pub fn new(links: Links, notifier: RepaintNotifier) -> Self {
        Self { links, notifier }
    }

    fn logical_size(&self) -> (LogicalSize<f32>, f32) {
        let (size, zoom) = self.links.window();
        (LogicalSize::new(size.x, size.y), zoom)
    }
}

impl Editor for Window {
    type Handle = EguiEditorHandle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui_context: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<Self::Handle>, Box<dyn Error>> {
        let (size, zoom) = self.logical_size();
        let settings = EguiNiceSettings::new()
            .with_tile("One2Four")
            .with_resize_hint(self.resize_hint())
            .with_repaint_poll_interval(WAKE_POLL);
        self.notifier.request_repaint();
        let editor = create_egui_editor(
            EguiEditorState::from_size(size, zoom),
            self.notifier.clone(),
            settings,
            App::new(self.links.clone()),
        )
        .ok_or("there is no editor")?;
        editor.spawn(
            parent,
            wait_for_parent,
            fallback_scale_factor,
            gui_context,
            host,
        )
    }

    fn size(&self) -> NativeSize<u32> {
        let (size, zoom) = self.logical_size();
        let zoomed = LogicalSize::new(size.width * zoom, size.height * zoom);
        // An open window knows its screen.
        let scale = f32::from_bits(self.links.status.editor_scale_bits.load(Ordering::Relaxed));
        let screen = if scale > 0.0 { scale / zoom } else { 1.0 };
        NativeSize::from_size(zoomed.into(), screen.into())
    }

    fn resize_hint(&self) -> ResizeHint {
        // At any scale: a person may choose another while the window is open.
        let zoomed = |size: egui::Vec2, zoom: f32| LogicalSize::new(size.x * zoom, size.y * zoom);
        let smallest = zoomed(MIN_SIZE, MIN_ZOOM);
        let largest = zoomed(MAX_SIZE, MAX_ZOOM);
        ResizeHint::resizable().with_min_max_logical_size(Some(smallest), Some(largest))
    }
}

#[cfg(all(test, not(target_os = "macos")))]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::pack::Places;

    #[test]
    fn the_size_of_an_open_window_is_in_pixels_of_its_screen() {
        let links = Links {
            params: Arc::default(),
            status: Arc::default(),
            slot: Arc::default(),
            places: Places::of_this_binary(),
        };
        let window = Window::new(links.clone(), RepaintNotifier::new());
        let closed = window.size();
        let scale = &links.status.editor_scale_bits;
        scale.store(1.5_f32.to_bits(), Ordering::Relaxed);
        let open = window.size();
        assert_eq!(
            (open.width, open.height),
            (closed.width * 3 / 2, closed.height * 3 / 2)
        );
    }
}
