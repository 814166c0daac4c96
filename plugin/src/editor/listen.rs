//! Sees to it that a window of the X Window System is drawn.
//!
//! baseview 0.4.2 draws when the server says that a frame is due. It listens to that from the moment the
//! window is mapped, but may ask for it before: when the host resizes or scales the window first, or takes
//! longer to show it than the window takes to look whether it is woken. Then nobody hears the answer, and
//! no frame is asked for again: the window stays blank for good. Told before all else that its window is
//! mapped, it listens from the start.

use std::error::Error;

use raw_window_handle::{HasWindowHandle, RawWindowHandle};
use x11rb::connection::RequestConnection;
use x11rb::protocol::present;
use x11rb::protocol::xproto::{ConnectionExt, EventMask, MAP_NOTIFY_EVENT, MapNotifyEvent};
use x11rb::wrapper::ConnectionExt as _;

/// Lets the thread of `window` listen from now on.
pub fn from_the_start(window: &impl HasWindowHandle) -> Result<(), Box<dyn Error>> {
    let Ok(RawWindowHandle::Xlib(handle)) = window.window_handle().map(|handle| handle.as_raw())
    else {
        return Ok(());
    };
    let id = u32::try_from(handle.window)?;
    let (server, _) = x11rb::connect(None)?;
    // Without this extension frames come by the clock.
    if server
        .extension_information(present::X11_EXTENSION_NAME)?
        .is_none()
    {
        return Ok(());
    }
    let mapped = MapNotifyEvent {
        response_type: MAP_NOTIFY_EVENT,
        sequence: 0,
        event: id,
        window: id,
        override_redirect: false,
    };
    server.send_event(false, id, EventMask::STRUCTURE_NOTIFY, mapped)?;
    Ok(server.sync()?)
}
