//! An instance's two threads and the bridge between them, put together.

use std::sync::Arc;

use crate::audio::Room;
use crate::bridge::{self, EditorEnd, Status};
use crate::geometry::{Geometry, Stream};
use crate::pack::{self, Pack, PackError, Places};
use crate::worker::{Loader, Worker};

/// One activation of an instance.
pub struct Engine {
    /// The audio thread's half.
    pub room: Room,
    /// The editor's way in.
    pub editor: EditorEnd,
    /// Ends the worker when the engine is dropped.
    _worker: Worker,
}

/// What the host says on activation.
#[derive(Debug, Clone, Copy)]
pub struct HostConfig {
    /// 1 or 2.
    pub channels: usize,
    /// The largest block the host will send.
    pub max_block_samples: usize,
    /// Whether the host says that it renders offline.
    pub is_offline: bool,
}

impl Engine {
    /// Allocates everything and starts the worker, which calls `load`. Fails where the system gives
    /// no thread or not the memory.
    pub fn start(
        geometry: Geometry,
        host: HostConfig,
        status: Arc<Status>,
        load: Loader,
    ) -> std::io::Result<Self> {
        ask_for_memory(bridge::memory_bytes(
            &geometry,
            host.channels,
            host.max_block_samples,
        ))?;
        let (audio, worker, owner, editor) =
            bridge::open(&geometry, host.channels, host.max_block_samples, status);
        Ok(Self {
            room: Room::new(
                audio,
                &geometry,
                host.channels,
                host.max_block_samples,
                host.is_offline,
            ),
            editor,
            _worker: Worker::start(worker, owner, geometry, host.channels, load)?,
        })
    }
}

/// Fails where the system refuses so many bytes: an allocation that fails later would end the host.
fn ask_for_memory(bytes: usize) -> std::io::Result<()> {
    Vec::<u8>::new()
        .try_reserve_exact(bytes)
        .map_err(|_| std::io::ErrorKind::OutOfMemory.into())
}

/// What the worker calls, again and again where it fails, to get the networks of the pack that had
/// this `stream` on activation.
pub fn loader(
    places: Places,
    pack_id: String,
    stream: Stream,
    geometry: Geometry,
    status: Arc<Status>,
) -> Loader {
    Box::new(move || {
        let load = || {
            let pack = Pack::find(&places, &pack_id)?;
            if pack.manifest.stream != stream {
                let expected = "what it was on activation (restart the plugin)";
                return Err(PackError::refused(&pack_id, "stream", expected, "another"));
            }
            let networks = pack::load(&pack, &places, &geometry)?;
            status.set_pack(Some(pack.identity()));
            status.set_runtime(places.runtime_version());
            Ok(networks.into())
        };
        load().map_err(|error: PackError| format!("{error}; the input passes"))
    })
}
