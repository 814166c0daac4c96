//! A display with a window of the host's on it, and a hand on the mouse.

use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ConnectionExt, CreateWindowAux, ImageFormat, PropMode, WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

const KEY_PRESS: u8 = 2;
const KEY_RELEASE: u8 = 3;
const MOVE: u8 = 6;
const PRESS: u8 = 4;
const RELEASE: u8 = 5;
/// Longer than a frame of the editor.
const FRAME: Duration = Duration::from_millis(60);

/// A window on the display.
pub struct Screen {
    connection: RustConnection,
    root: u32,
    /// The window that an editor is opened in.
    pub window: u32,
    /// How far down it is.
    top: i16,
}

impl Screen {
    /// With a window so far down.
    pub fn open(top: i16) -> Self {
        let (connection, screen_idx) = x11rb::connect(None).expect("a display; xvfb-run gives one");
        let screen = &connection.setup().roots[screen_idx];
        let (root, visual) = (screen.root, screen.root_visual);
        let window = connection.generate_id().unwrap();
        let looks = CreateWindowAux::new()
            .background_pixel(screen.black_pixel)
            .override_redirect(1);
        let class = WindowClass::INPUT_OUTPUT;
        connection
            .create_window(0, window, root, 0, top, 900, 520, 0, class, visual, &looks)
            .unwrap();
        connection.map_window(window).unwrap();
        let screen = Self {
            connection,
            root,
            window,
            top,
        };
        screen.sync();
        screen
    }

    /// Whether anything but black is shown.
    pub fn shows_something(&self) -> bool {
        let format = ImageFormat::Z_PIXMAP;
        let image = self
            .connection
            .get_image(format, self.root, 0, self.top, 100, 50, !0)
            .unwrap()
            .reply()
            .unwrap();
        image.data.chunks_exact(4).any(|pixel| pixel[0] > 64)
    }

    /// The size in pixels of the editor in the window.
    pub fn editor_size(&self) -> (u16, u16) {
        let tree = self.connection.query_tree(self.window).unwrap();
        let editor = tree.reply().unwrap().children[0];
        let geometry = self.connection.get_geometry(editor).unwrap();
        let geometry = geometry.reply().unwrap();
        (geometry.width, geometry.height)
    }

    /// Waits until the editor has this size in pixels.
    pub fn wait_for_size(&self, size: (u16, u16)) {
        let started = Instant::now();
        while self.editor_size() != size {
            let found = self.editor_size();
            assert!(
                started.elapsed().as_secs() < 5,
                "{found:?} and not {size:?}"
            );
            std::thread::sleep(FRAME);
        }
    }

    /// The window that keys go to.
    pub fn focus(&self) -> u32 {
        let focus = self.connection.get_input_focus().unwrap();
        focus.reply().unwrap().focus
    }

    /// Presses a key by its code.
    pub fn press(&self, key: u8) {
        self.input(KEY_PRESS, key, (0, 0));
        self.input(KEY_RELEASE, key, (0, 0));
        std::thread::sleep(15 * FRAME);
    }

    /// Says how many dots an inch has, to windows that open from now on; `None` says nothing.
    pub fn set_dpi(&self, dpi: Option<u32>) {
        let (property, kind) = (AtomEnum::RESOURCE_MANAGER, AtomEnum::STRING);
        match dpi {
            Some(dpi) => {
                let text = format!("Xft.dpi:\t{dpi}\n");
                self.connection
                    .change_property8(
                        PropMode::REPLACE,
                        self.root,
                        property,
                        kind,
                        text.as_bytes(),
                    )
                    .unwrap();
            }
            None => {
                self.connection
                    .delete_property(self.root, property.into())
                    .unwrap();
            }
        }
        self.sync();
    }

    /// Clicks there in the window.
    pub fn tap(&self, at: (i16, i16)) {
        self.input(MOVE, 0, at);
        std::thread::sleep(2 * FRAME);
        self.input(PRESS, 1, at);
        std::thread::sleep(FRAME);
        self.input(RELEASE, 1, at);
    }

    /// Clicks there, and waits until it shows.
    pub fn click(&self, at: (i16, i16)) {
        self.tap(at);
        std::thread::sleep(15 * FRAME);
    }

    /// Presses, moves in steps, and lets go.
    pub fn drag(&self, from: (i16, i16), to: (i16, i16)) {
        const STEPS: i16 = 10;
        self.input(MOVE, 0, from);
        std::thread::sleep(2 * FRAME);
        self.input(PRESS, 1, from);
        for step in 1..=STEPS {
            let between = |from: i16, to: i16| from + (to - from) * step / STEPS;
            std::thread::sleep(FRAME);
            self.input(MOVE, 0, (between(from.0, to.0), between(from.1, to.1)));
        }
        std::thread::sleep(FRAME);
        self.input(RELEASE, 1, to);
    }

    fn input(&self, kind: u8, detail: u8, at: (i16, i16)) {
        self.connection
            .xtest_fake_input(kind, detail, 0, self.root, at.0, self.top + at.1, 0)
            .unwrap();
        self.sync();
    }

    /// Waits until the server has done what was asked.
    fn sync(&self) {
        self.connection.get_input_focus().unwrap().reply().unwrap();
    }
}
