//! A window for an editor, where there is a display.

#[cfg(target_os = "linux")]
pub use x11::Screen;

/// Windows of this system are not opened.
#[cfg(not(target_os = "linux"))]
pub enum Screen {}

#[cfg(not(target_os = "linux"))]
impl Screen {
    /// None.
    pub fn open() -> Option<Self> {
        None
    }

    /// The window's number.
    pub fn window(&self) -> u32 {
        match *self {}
    }
}

#[cfg(target_os = "linux")]
mod x11 {
    use x11rb::connection::Connection;
    use x11rb::protocol::xproto::{ConnectionExt, CreateWindowAux, WindowClass};
    use x11rb::rust_connection::RustConnection;

    /// A display with a window on it.
    pub struct Screen {
        /// Keeps the window.
        _connection: RustConnection,
        window: u32,
    }

    impl Screen {
        /// None where there is no display.
        pub fn open() -> Option<Self> {
            let (connection, screen_idx) = x11rb::connect(None).ok()?;
            let screen = connection.setup().roots.get(screen_idx)?;
            let (root, visual) = (screen.root, screen.root_visual);
            let window = connection.generate_id().ok()?;
            connection
                .create_window(
                    0,
                    window,
                    root,
                    0,
                    0,
                    900,
                    520,
                    0,
                    WindowClass::INPUT_OUTPUT,
                    visual,
                    &CreateWindowAux::new(),
                )
                .ok()?;
            connection.map_window(window).ok()?;
            connection.get_input_focus().ok()?.reply().ok()?;
            Some(Self {
                _connection: connection,
                window,
            })
        }

        /// The window's number.
        pub fn window(&self) -> u32 {
            self.window
        }
    }
}
