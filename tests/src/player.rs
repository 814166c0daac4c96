//! An active instance, on the audio thread.

use std::time::{Duration, Instant};

use clack_extensions::tail::{PluginTail, TailLength};
use clack_host::events::event_types::{ParamValueEvent, TransportEvent};
use clack_host::prelude::*;

use crate::host::Host;
use crate::syscalls::{self, SystemCall};
use crate::{Result, StageError, Transport, alloc};

/// A parameter's new value at a sample of the block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Index of the sample in the block.
    pub at: usize,
    /// Which parameter.
    pub param: ClapId,
    /// As [`crate::Instance::value_of`] gives it.
    pub value: f64,
}

impl Change {
    fn event(&self) -> ParamValueEvent {
        ParamValueEvent::new(self.at as u32, self.param, Pckn::match_all(), self.value)
    }
}

/// A part of a gesture: what an editor told its host.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Touch {
    /// A hand is on the parameter.
    Begin(ClapId),
    /// It moves it there.
    Change(ClapId, f64),
    /// It lets go.
    End(ClapId),
}

/// A note that the plugin told its host of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Note {
    /// Index of the sample in the block.
    pub at: usize,
    /// From 0.
    pub channel: i16,
    /// MIDI note.
    pub key: i16,
    /// 0 to 1; `None` ends the note.
    pub velocity: Option<f64>,
}

/// The buffers of the ports on one side: port, channel, sample.
type Ports = Vec<Vec<Vec<f32>>>;

/// An active instance. It may move to another thread, and must come back to
/// [`crate::Instance::deactivate`].
pub struct Player {
    processor: PluginAudioProcessor<Host>,
    input_ports: AudioPorts,
    output_ports: AudioPorts,
    inputs: Ports,
    outputs: Ports,
    events: EventBuffer,
    output_events: EventBuffer,
    /// The host's song, where it has one.
    transport: Option<Transport>,
    /// Whether the main output is given the main input's buffers.
    is_in_place: bool,
    /// A bit per constant channel: of the main input, as the host says, and of the last block's main
    /// output, as the plugin says.
    constant: [u64; 2],
    /// Samples played since activation.
    steady_time: u64,
    /// Length of the last block.
    frames: usize,
    /// Time the plugin took for the last block.
    last_process: Duration,
    /// What the plugin answered to the last block.
    status: Option<ProcessStatus>,
    /// Allocations and frees in all blocks so far; counted where [`crate::alloc`] is set up.
    allocations: usize,
    /// The first system call of each block that made one; seen where [`crate::syscalls`] is set up.
    system_calls: Vec<SystemCall>,
}

impl Player {
    pub(crate) fn new(
        processor: StoppedPluginAudioProcessor<Host>,
        inputs: Vec<usize>,
        outputs: Vec<usize>,
        max_block: usize,
    ) -> Self {
        let buffers = |channels: &[usize]| -> Ports {
            channels
                .iter()
                .map(|&channels| vec![vec![0.0; max_block]; channels])
                .collect()
        };
        let ports =
            |channels: &[usize]| AudioPorts::with_capacity(channels.iter().sum(), channels.len());
        Self {
            processor: processor.into(),
            input_ports: ports(&inputs),
            output_ports: ports(&outputs),
            inputs: buffers(&inputs),
            outputs: buffers(&outputs),
            events: EventBuffer::with_capacity(256),
            output_events: EventBuffer::with_capacity(256),
            transport: None,
            is_in_place: false,
            constant: [0; 2],
            steady_time: 0,
            frames: 0,
            last_process: Duration::ZERO,
            status: None,
            allocations: 0,
            system_calls: Vec::new(),
        }
    }

    /// Gives the host a song, or takes it away. Blocks that come with a transport of their own do not
    /// move it.
    pub fn set_transport(&mut self, transport: Option<Transport>) {
        self.transport = transport;
    }

    /// Gives the main output the main input's buffers from now on, or buffers of its own.
    pub fn set_in_place(&mut self, is_in_place: bool) {
        self.is_in_place = is_in_place;
    }

    /// Says from now on which channels of the main input are constant, a bit each.
    pub fn set_constant(&mut self, channels: u64) {
        self.constant[0] = channels;
    }

    /// Which channels of the last block's main output the plugin says are constant, a bit each.
    pub fn constant(&self) -> u64 {
        self.constant[1]
    }

    /// The host's song, to change it between blocks.
    pub fn transport(&mut self) -> Option<&mut Transport> {
        self.transport.as_mut()
    }

    /// Plays one block: `input` is the main input, channel by channel, all of the block's length,
    /// which is at most what was promised at activation.
    pub fn play(&mut self, input: &[&[f32]], changes: &[Change]) -> Result<()> {
        self.events.clear();
        changes
            .iter()
            .for_each(|change| self.events.push(&change.event()));
        self.events.sort();
        self.play_song(input)
    }

    /// The same with any events, in their order, and a transport.
    pub fn play_events(
        &mut self,
        input: &[&[f32]],
        events: &EventBuffer,
        transport: Option<&TransportEvent>,
    ) -> Result<()> {
        self.events.clear();
        events.iter().for_each(|event| self.events.push(event));
        self.run(input, transport)
    }

    /// The same with events that look like changes but are not CLAP's own: of the event space with
    /// this number.
    #[allow(unsafe_code)]
    pub fn play_in_namespace(
        &mut self,
        input: &[&[f32]],
        changes: &[Change],
        space_id: u16,
    ) -> Result<()> {
        self.events.clear();
        for change in changes {
            let mut event = change.event();
            // SAFETY: the event is not read again but by the plugin, which looks at the space first.
            unsafe { event.as_raw_mut() }.header.space_id = space_id;
            self.events.push(&event);
        }
        self.run(input, None)
    }

    /// What the plugin answered to the last block.
    pub fn status(&self) -> Option<ProcessStatus> {
        self.status
    }

    /// A bus of the last block: 0 is the main output, 1 to 4 are the stems.
    pub fn bus(&self, bus_idx: usize) -> Vec<&[f32]> {
        self.outputs[bus_idx]
            .iter()
            .map(|channel| &channel[..self.frames])
            .collect()
    }

    /// What a hand did to parameters in the editor, as the last block told it.
    pub fn touches(&self) -> Vec<Touch> {
        use clack_host::events::event_types::{ParamGestureBeginEvent, ParamGestureEndEvent};
        let touch = |event: &UnknownEvent| {
            if let Some(event) = event.as_event::<ParamGestureBeginEvent>() {
                Some(Touch::Begin(event.param_id()?))
            } else if let Some(event) = event.as_event::<ParamValueEvent>() {
                Some(Touch::Change(event.param_id()?, event.value()))
            } else if let Some(event) = event.as_event::<ParamGestureEndEvent>() {
                Some(Touch::End(event.param_id()?))
            } else {
                None
            }
        };
        self.output_events.iter().filter_map(touch).collect()
    }

    /// The notes that the plugin told of with the last block.
    pub fn notes(&self) -> Vec<Note> {
        use clack_host::events::event_types::{NoteOffEvent, NoteOnEvent};
        let note = |event: &UnknownEvent| {
            let (note, velocity) = if let Some(event) = event.as_event::<NoteOnEvent>() {
                (event.as_raw(), Some(event.velocity()))
            } else {
                (event.as_event::<NoteOffEvent>()?.as_raw(), None)
            };
            Some(Note {
                at: note.header.time as usize,
                channel: note.channel,
                key: note.key,
                velocity,
            })
        };
        self.output_events.iter().filter_map(note).collect()
    }

    /// Number of output buses.
    pub fn num_buses(&self) -> usize {
        self.outputs.len()
    }

    /// The time that the plugin took for the last block.
    pub fn last_process(&self) -> Duration {
        self.last_process
    }

    /// Allocations and frees on the audio thread in all blocks so far.
    pub fn allocations(&self) -> usize {
        self.allocations
    }

    /// The first system call of each block that made one.
    pub fn system_calls(&self) -> &[SystemCall] {
        &self.system_calls
    }

    /// What a host does at a seek or a loop point.
    pub fn reset(&mut self) {
        let processor = &mut self.processor;
        let (((), system_call), allocations) =
            alloc::count(|| syscalls::watch(|| processor.reset()));
        self.allocations += allocations;
        self.system_calls.extend(system_call);
    }

    /// How long the plugin says it sounds after its input ended; none for an endless tail.
    pub fn tail(&mut self) -> Option<u32> {
        let handle = self.processor.plugin_handle();
        match handle.get_extension::<PluginTail>()?.get(&handle) {
            TailLength::Finite(samples) => Some(samples),
            TailLength::Infinite => None,
        }
    }

    pub(crate) fn into_stopped(self) -> StoppedPluginAudioProcessor<Host> {
        self.processor.into_stopped()
    }

    /// Plays a block and moves the host's song on.
    fn play_song(&mut self, input: &[&[f32]]) -> Result<()> {
        let told = self.transport.as_ref().map(Transport::event);
        self.run(input, told.as_ref())?;
        if let Some(transport) = &mut self.transport {
            transport.advance(self.frames);
        }
        Ok(())
    }

    #[allow(unsafe_code)]
    fn run(&mut self, input: &[&[f32]], transport: Option<&TransportEvent>) -> Result<()> {
        let frames = input.first().map_or(0, |channel| channel.len());
        for (buffer, channel) in self.inputs.iter_mut().flatten().zip(input) {
            buffer[..frames].copy_from_slice(channel);
        }
        let processor = self
            .processor
            .ensure_processing_started()
            .map_err(|e| StageError::Refused(format!("start playing: {e}")))?;
        let inputs = self
            .input_ports
            .with_input_buffers(self.inputs.iter_mut().map(|port| {
                let channels = port
                    .iter_mut()
                    .map(|c| InputChannel::variable(&mut c[..frames]));
                AudioPortBuffer {
                    latency: 0,
                    channels: AudioPortBufferType::f32_input_only(channels),
                }
            }));
        let mut outputs = self
            .output_ports
            .with_output_buffers(self.outputs.iter_mut().map(|port| {
                let channels = port.iter_mut().map(|c| &mut c[..frames]);
                AudioPortBuffer {
                    latency: 0,
                    channels: AudioPortBufferType::f32_output_only(channels),
                }
            }));
        // `InputChannel::constant` of clack-host 0.2.0 sets the bit of the port, not of the channel.
        let mut raw_inputs = inputs.as_raw_buffers().to_vec();
        if let ([input, ..], [output, ..]) = (&mut raw_inputs[..], outputs.as_raw_buffers()) {
            input.constant_mask = self.constant[0];
            if self.is_in_place {
                output.data32 = input.data32;
            }
        }
        // SAFETY: the buffers are those of `inputs`, which live until the end of this function.
        let inputs = unsafe { InputAudioBuffers::from_raw_buffers(&raw_inputs, frames as u32) };
        self.output_events.clear();
        let (events, mut output_events) = (self.events.as_input(), self.output_events.as_output());
        let steady_time = Some(self.steady_time);
        let start = Instant::now();
        let ((status, system_call), allocations) = alloc::count(|| {
            syscalls::watch(|| {
                processor.process(
                    &inputs,
                    &mut outputs,
                    &events,
                    &mut output_events,
                    steady_time,
                    transport,
                )
            })
        });
        self.last_process = start.elapsed();
        self.constant[1] = (outputs.as_raw_buffers().first()).map_or(0, |main| main.constant_mask);
        if let (true, [input, ..], [output, ..]) =
            (self.is_in_place, &self.inputs[..], &mut self.outputs[..])
        {
            output.clone_from(input);
        }
        self.system_calls.extend(system_call);
        self.allocations += allocations;
        self.steady_time += frames as u64;
        self.frames = frames;
        self.status = status.as_ref().ok().copied();
        status
            .map(drop)
            .map_err(|e| StageError::Refused(format!("play a block: {e}")))
    }
}
