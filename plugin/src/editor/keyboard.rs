//! Gives the keyboard back to the host, under the X Window System.
//!
//! egui-baseview 0.9.0 takes it at every click, and baseview 0.4.2 drops the keys that nobody here wants:
//! after one click on a mute the host's space bar would start nothing.

use std::error::Error;

use egui::Ui;
use raw_window_handle::{HasWindowHandle, RawWindowHandle};
use x11rb::CURRENT_TIME;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt, InputFocus};

/// What a window does with the keyboard.
pub struct Keyboard {
    window_id: u32,
    /// Whether it is to be given back.
    is_due: bool,
    /// Whether something here was for it in the last frame.
    had_focus: bool,
}

impl Keyboard {
    /// Of a window, where it is one of the X Window System.
    pub fn of(window: &impl HasWindowHandle) -> Option<Self> {
        let RawWindowHandle::Xlib(handle) = window.window_handle().ok()?.as_raw() else {
            return None;
        };
        Some(Self {
            window_id: u32::try_from(handle.window).ok()?,
            is_due: false,
            had_focus: false,
        })
    }

    /// Gives the keyboard back in the frame after that in which a person let go of the mouse or was done with
    /// a field, if nothing here is for the keyboard: at the end of the first egui-baseview takes it once more.
    pub fn follow(&mut self, ui: &Ui) {
        if std::mem::take(&mut self.is_due) {
            // Where it fails the keyboard stays here, and goes with a click on the host.
            let _ = give_back(self.window_id);
        }
        let is_free = ui.memory(|memory| memory.focused().is_none());
        let is_left = std::mem::replace(&mut self.had_focus, !is_free) && is_free;
        if is_left || is_free && ui.input(|input| input.pointer.any_released()) {
            self.is_due = true;
            ui.ctx().request_repaint();
        }
    }
}

/// Gives the keyboard to the window of the host in which the editor's lies.
fn give_back(editor: u32) -> Result<(), Box<dyn Error>> {
    let (server, _) = x11rb::connect(None)?;
    // Window managers put it on those that they know.
    let is_managed = server.intern_atom(false, b"WM_STATE")?.reply()?.atom;
    let mut window = editor;
    loop {
        let tree = server.query_tree(window)?.reply()?;
        if tree.parent == tree.root || tree.parent == 0 {
            break;
        }
        window = tree.parent;
        let state = server.get_property(false, window, is_managed, AtomEnum::ANY, 0, 0)?;
        if state.reply()?.type_ != 0 {
            break;
        }
    }
    if window != editor {
        server
            .set_input_focus(InputFocus::PARENT, window, CURRENT_TIME)?
            .check()?;
    }
    Ok(())
}
