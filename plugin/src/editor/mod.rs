//! The editor: a person sees what the plugin does, and works with it.
//!
//! The host's main thread runs everything here but the writing of exported files; under X11 it is a thread of
//! the window's own, which the main thread waits for when the window closes. A frame is `state` looking at the bridge, then one widget after the other drawing itself into the
//! rectangle that `layout` gives it.
//!
//! | file | what |
//! | --- | --- |
//! | `window`, `app`, `memory` | opens and closes; a frame; what a project remembers |
//! | `listen` | frames in the X Window System |
//! | `layout`, `theme`, `words` | rectangles; colours and fonts; sentences |
//! | `state`, `levels`, `picture` | what is known now; how meters move; the lanes' texture |
//! | `hands` | gestures to the host and the audio thread |
//! | `strip`, `fader`, `value`, `switch`, `meter` | a strip |
//! | `lanes`, `cursor` | the lanes; what lies under the pointer |
//! | `band` | the rows and lanes of a band that plays along |
//! | `header`, `menu`, `packs`, `chunk`, `save`, `size` | the bar and its menus |
//! | `facts`, `history`, `misses`, `footer` | the numbers; the sentence |
//! | `export`, `folders` | stems and a band's notes as files |

mod app;
mod band;
mod chunk;
mod cursor;
mod export;
mod facts;
mod fader;
mod folders;
mod footer;
mod hands;
mod header;
mod history;
#[cfg(target_os = "linux")]
mod keyboard;
mod lanes;
mod layout;
mod levels;
#[cfg(target_os = "linux")]
mod listen;
mod memory;
mod menu;
mod meter;
mod misses;
mod packs;
mod picture;
mod save;
mod size;
mod state;
mod strip;
mod switch;
mod theme;
mod value;
mod window;
mod words;

use std::path::PathBuf;
use std::sync::Arc;

use nice_plug_egui::baseview::dpi::LogicalSize;

use crate::bridge::{EditorSlot, Status};
use crate::pack::Places;
use crate::params::{EditorMemory, One2FourParams};

pub use app::App;
pub use window::Window;

/// What of an instance the editor works with.
#[derive(Clone)]
pub struct Links {
    /// The parameters, and what a project remembers of the editor.
    pub params: Arc<One2FourParams>,
    /// Counters, levels and the fault.
    pub status: Arc<Status>,
    /// The way to the audio thread and the worker.
    pub slot: Arc<EditorSlot>,
    /// Where packs lie.
    pub places: Places,
}

impl Links {
    /// The window's size in points and its scale.
    fn window(&self) -> (egui::Vec2, f32) {
        let memory = self.params.editor.read();
        let memory = memory.map(|memory| memory.clone()).unwrap_or_default();
        (memory::size(&memory), memory::zoom(&memory))
    }

    /// Where exported stems go.
    fn folder(&self) -> PathBuf {
        let memory = self.params.editor.read();
        let folder = memory
            .map(|memory| memory.folder.clone())
            .unwrap_or_default();
        folders::named(&folder)
    }

    fn remember_size(&self, size: LogicalSize<f64>) {
        self.remember(|memory| {
            (memory.width, memory.height) = (size.width as f32, size.height as f32);
        });
    }

    fn remember_zoom(&self, zoom: f32) {
        self.remember(|memory| memory.zoom = zoom);
    }

    fn remember_folder(&self, folder: &str) {
        self.remember(|memory| memory.folder = folder.into());
    }

    fn remember(&self, change: impl FnOnce(&mut EditorMemory)) {
        if let Ok(mut memory) = self.params.editor.write() {
            change(&mut memory);
        }
    }
}
