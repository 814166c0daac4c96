//! What the plugin may ask of its host. The stage grants nothing by itself: it notes the requests,
//! and a test decides.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use clack_extensions::audio_ports_config::{HostAudioPortsConfig, HostAudioPortsConfigImpl};
use clack_extensions::gui::{GuiSize, HostGui, HostGuiImpl};
use clack_extensions::latency::{HostLatency, HostLatencyImpl};
use clack_extensions::log::{HostLog, HostLogImpl, LogSeverity};
use clack_extensions::params::{
    HostParams, HostParamsImplMainThread, HostParamsImplShared, ParamClearFlags, ParamRescanFlags,
};
use clack_extensions::state::{HostState, HostStateImpl};
use clack_host::prelude::*;

/// The requests an instance has made so far.
#[derive(Debug, Default)]
pub struct Requests {
    /// Wants to be deactivated and activated again.
    pub restart: AtomicBool,
    /// Wants `on_main_thread`.
    pub callback: AtomicBool,
    /// How often it said that its latency changed.
    pub latency_changes: AtomicUsize,
    /// How often it said that values of parameters changed.
    pub param_rescans: AtomicUsize,
    /// What it logged.
    pub log: Mutex<Vec<String>>,
}

impl Requests {
    /// Whether a restart was asked for since the last call.
    pub fn take_restart(&self) -> bool {
        self.restart.swap(false, Ordering::AcqRel)
    }
}

/// The host as clack sees it.
pub(crate) struct Host;

/// The thread-safe half of the host.
#[derive(Clone)]
pub(crate) struct Shared(pub(crate) Arc<Requests>);

/// The main thread's half of the host.
pub(crate) struct MainThread(pub(crate) Arc<Requests>);

impl HostHandlers for Host {
    type Shared<'a> = Shared;
    type MainThread<'a> = MainThread;
    type AudioProcessor<'a> = ();

    fn declare_extensions(extensions: &mut HostExtensions<Self>, _: &Self::Shared<'_>) {
        extensions
            .register::<HostLog>()
            .register::<HostGui>()
            .register::<HostLatency>()
            .register::<HostParams>()
            .register::<HostState>()
            .register::<HostAudioPortsConfig>();
    }
}

impl SharedHandler<'_> for Shared {
    fn request_restart(&self) {
        self.0.restart.store(true, Ordering::Release);
    }

    fn request_process(&self) {}

    fn request_callback(&self) {
        self.0.callback.store(true, Ordering::Release);
    }
}

impl MainThreadHandler<'_> for MainThread {}

impl HostLogImpl for Shared {
    fn log(&self, _severity: LogSeverity, message: &str) {
        if let Ok(mut log) = self.0.log.lock() {
            log.push(message.into());
        }
    }
}

/// Every wish of a window is granted and nothing done.
impl HostGuiImpl for Shared {
    fn resize_hints_changed(&self) {}

    fn request_resize(&self, _new_size: GuiSize) -> Result<(), HostError> {
        Ok(())
    }

    fn request_show(&self) -> Result<(), HostError> {
        Ok(())
    }

    fn request_hide(&self) -> Result<(), HostError> {
        Ok(())
    }

    fn closed(&self, _was_destroyed: bool) {}
}

impl HostParamsImplShared for Shared {
    fn request_flush(&self) {}
}

impl HostParamsImplMainThread for MainThread {
    fn rescan(&self, _flags: ParamRescanFlags) {
        self.0.param_rescans.fetch_add(1, Ordering::AcqRel);
    }

    fn clear(&self, _param_id: ClapId, _flags: ParamClearFlags) {}
}

impl HostLatencyImpl for MainThread {
    fn changed(&self) {
        self.0.latency_changes.fetch_add(1, Ordering::AcqRel);
    }
}

impl HostStateImpl for MainThread {
    fn mark_dirty(&self) {}
}

impl HostAudioPortsConfigImpl for MainThread {
    fn rescan(&self) {}
}
