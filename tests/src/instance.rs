//! An instance of the plugin, on the main thread.

use std::ffi::CString;
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use clack_extensions::audio_ports::{AudioPortInfoBuffer, PluginAudioPorts};
use clack_extensions::audio_ports_config::{AudioPortsConfigBuffer, PluginAudioPortsConfig};
use clack_extensions::latency::PluginLatency;
use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::state::PluginState;
use clack_host::extensions::prelude::*;
use clack_host::plugin::PluginDescriptor;
use clack_host::prelude::*;

use crate::host::{Host, MainThread, Requests, Shared};
use crate::{Description, Param, Player, Result, SavedState, StageError};

/// What the host says about its hurry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A live host.
    Realtime,
    /// A bounce.
    Offline,
}

/// A call that an orderly host makes only where it belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutOfOrder {
    /// `deactivate`.
    Deactivate,
    /// `start_processing`.
    Start,
    /// `stop_processing`.
    Stop,
    /// `reset`.
    Reset,
    /// `process` with an empty block.
    Process,
}

/// What the host promises at activation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setup {
    /// In Hz.
    pub sample_rate: f64,
    /// The longest block that will come.
    pub max_block: usize,
}

/// An instance of the plugin. Lives on the thread that made it.
pub struct Instance {
    pub(crate) inner: PluginInstance<Host>,
    requests: Arc<Requests>,
    pub(crate) params: Vec<Param>,
}

/// A stream that moves at most `max_bytes` at a time.
struct Parts<S> {
    stream: S,
    max_bytes: usize,
}

impl<S: Read> Read for Parts<S> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = buffer.len().min(self.max_bytes);
        self.stream.read(&mut buffer[..len])
    }
}

impl<S: Write> Write for Parts<S> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.stream.write(&bytes[..bytes.len().min(self.max_bytes)])
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.flush()
    }
}

impl Instance {
    pub(crate) fn new(entry: &PluginEntry, plugin_id: &str) -> Result<Self> {
        let refused = |_| StageError::Refused(format!("make an instance of `{plugin_id}`"));
        let id =
            CString::new(plugin_id).map_err(|_| StageError::Refused("take an empty id".into()))?;
        let info = HostInfo::new("Stage", "One2Four", "", env!("CARGO_PKG_VERSION"))
            .map_err(|_| StageError::Refused("know its host".into()))?;
        let requests = Arc::<Requests>::default();
        let inner = PluginInstance::new(
            |_| Shared(requests.clone()),
            |_| MainThread(requests.clone()),
            entry,
            &id,
            &info,
        )
        .map_err(refused)?;
        let mut instance = Self {
            inner,
            requests,
            params: Vec::new(),
        };
        instance.params = instance.list_params()?;
        Ok(instance)
    }

    /// What the instance says of its class.
    #[allow(unsafe_code)]
    pub fn description(&self) -> Option<Description> {
        // SAFETY: a plugin's descriptor lives as long as the plugin.
        let class = unsafe { self.inner.raw_instance().desc.as_ref() }?;
        // SAFETY: as above; what it points to is text that ends, as CLAP asks.
        Some(Description::of(unsafe {
            PluginDescriptor::from_raw(class)
        }))
    }

    /// What the instance has asked of its host.
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// Calls `on_main_thread` if the instance asked for it.
    pub fn run_main_thread(&mut self) {
        if self.requests.callback.swap(false, Ordering::AcqRel) {
            self.inner.call_on_main_thread_callback();
        }
    }

    // State.

    /// What a project would save.
    pub fn save(&mut self) -> Result<SavedState> {
        SavedState::from_bytes(&self.save_bytes()?)
    }

    /// The same as bytes.
    pub fn save_bytes(&mut self) -> Result<Vec<u8>> {
        self.save_in_parts(usize::MAX)
    }

    /// The same to a host that takes at most `max_bytes` at a time.
    pub fn save_in_parts(&mut self, max_bytes: usize) -> Result<Vec<u8>> {
        let state = self.extension::<PluginState>("save its state")?;
        let mut parts = Parts {
            stream: Vec::new(),
            max_bytes,
        };
        state
            .save(&self.inner.plugin_handle(), &mut parts)
            .map_err(|_| StageError::Refused("save its state".into()))?;
        Ok(parts.stream)
    }

    /// What a project does when it is opened.
    pub fn load(&mut self, saved: &SavedState) -> Result<()> {
        self.load_bytes(&saved.to_bytes())
    }

    /// The same with bytes that may be anything.
    pub fn load_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.load_in_parts(bytes, usize::MAX)
    }

    /// The same from a host that gives at most `max_bytes` at a time.
    pub fn load_in_parts(&mut self, bytes: &[u8], max_bytes: usize) -> Result<()> {
        let state = self.extension::<PluginState>("load a state")?;
        let mut parts = Parts {
            stream: bytes,
            max_bytes,
        };
        state
            .load(&self.inner.plugin_handle(), &mut parts)
            .map_err(|_| StageError::Refused("load the state".into()))
    }

    // Ports, mode, activation.

    /// Selects the layout whose main input has `channels` channels.
    pub fn select_channels(&mut self, channels: u32) -> Result<()> {
        let refused = || StageError::Refused(format!("play {channels} channels"));
        let configs = self.extension::<PluginAudioPortsConfig>("list its layouts")?;
        let handle = self.inner.plugin_handle();
        let mut buffer = AudioPortsConfigBuffer::new();
        let id = (0..configs.count(&handle))
            .find_map(|config_idx| {
                let config = configs.get(&handle, config_idx, &mut buffer)?;
                (config.main_input?.channel_count == channels).then_some(config.id)
            })
            .ok_or_else(refused)?;
        configs.select(&handle, id).map_err(|_| refused())
    }

    /// The names and channel counts of the ports on one side, in the host's order.
    pub fn ports(&mut self, is_input: bool) -> Result<Vec<(String, usize)>> {
        let ports = self.extension::<PluginAudioPorts>("list its ports")?;
        let handle = self.inner.plugin_handle();
        let mut buffer = AudioPortInfoBuffer::new();
        Ok((0..ports.count(&handle, is_input))
            .filter_map(|port_idx| {
                let port = ports.get(&handle, port_idx, is_input, &mut buffer)?;
                let name = String::from_utf8_lossy(port.name).into_owned();
                Some((name, port.channel_count as usize))
            })
            .collect())
    }

    /// Tells the instance how the host is going to play.
    pub fn set_mode(&mut self, mode: Mode) -> Result<()> {
        let render = self.extension::<PluginRender>("be told the mode")?;
        let raw_mode = match mode {
            Mode::Realtime => RenderMode::Realtime,
            Mode::Offline => RenderMode::Offline,
        };
        render
            .set(&self.inner.plugin_handle(), raw_mode)
            .map_err(|_| StageError::Refused("be told the mode".into()))
    }

    /// The latency in samples; valid while active.
    pub fn latency(&mut self) -> Result<usize> {
        let latency = self.extension::<PluginLatency>("tell its latency")?;
        Ok(latency.get(&self.inner.plugin_handle()) as usize)
    }

    /// Makes the instance ready to play.
    pub fn activate(&mut self, setup: Setup) -> Result<Player> {
        let inputs = self
            .ports(true)?
            .into_iter()
            .map(|(_, channels)| channels)
            .collect();
        let outputs = self
            .ports(false)?
            .into_iter()
            .map(|(_, channels)| channels)
            .collect();
        let configuration = PluginAudioConfiguration {
            sample_rate: setup.sample_rate,
            min_frames_count: 1,
            max_frames_count: setup.max_block as u32,
        };
        let processor = self
            .inner
            .activate(|_, _| (), configuration)
            .map_err(|e| StageError::Refused(format!("be activated: {e}")))?;
        self.run_main_thread();
        Ok(Player::new(processor, inputs, outputs, setup.max_block))
    }

    /// Activates an active instance once more, as some hosts do; the player stays valid.
    #[allow(unsafe_code)]
    pub fn activate_again(&mut self, setup: Setup) -> bool {
        let plugin = self.inner.raw_instance();
        let Some(activate) = plugin.activate else {
            return false;
        };
        // SAFETY: the pointer belongs to a live instance, and this is its main thread. The call is
        // out of order by intent.
        unsafe { activate(plugin, setup.sample_rate, 1, setup.max_block as u32) }
    }

    /// Makes a call whether it belongs here or not; says whether the plugin reports a success.
    #[allow(unsafe_code)]
    pub fn call_out_of_order(&mut self, call: OutOfOrder) -> bool {
        const PROCESS_ERROR: i32 = 0;
        let plugin = self.inner.raw_instance();
        // SAFETY: the pointer belongs to a live instance and this is its main thread; no other thread
        // plays meanwhile. An empty block has no buffers and no events. The calls are out of order
        // by intent.
        unsafe {
            match call {
                OutOfOrder::Deactivate => plugin.deactivate.map(|call| call(plugin)).is_some(),
                OutOfOrder::Start => plugin.start_processing.is_some_and(|call| call(plugin)),
                OutOfOrder::Stop => plugin.stop_processing.map(|call| call(plugin)).is_some(),
                OutOfOrder::Reset => plugin.reset.map(|call| call(plugin)).is_some(),
                OutOfOrder::Process => plugin
                    .process
                    .is_some_and(|call| call(plugin, &std::mem::zeroed()) != PROCESS_ERROR),
            }
        }
    }

    /// Ends playing.
    pub fn deactivate(&mut self, player: Player) {
        self.inner.deactivate(player.into_stopped());
        self.run_main_thread();
    }

    pub(crate) fn extension<E>(&mut self, deed: &str) -> Result<E>
    where
        E: Extension<ExtensionSide = PluginExtensionSide>,
    {
        self.inner
            .plugin_handle()
            .get_extension()
            .ok_or_else(|| StageError::Refused(format!("{deed}: it lacks the extension")))
    }
}
