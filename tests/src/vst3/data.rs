//! A block of audio with changes of parameters.

use std::ptr;

use vst3::Steinberg::Vst::{
    AudioBusBuffers, AudioBusBuffers__type0, IParamValueQueue, IParamValueQueueTrait,
    IParameterChanges, IParameterChangesTrait, ProcessData, ProcessModes_, SymbolicSampleSizes_,
};
use vst3::Steinberg::{kInvalidArgument, kResultFalse, kResultOk, tresult};
use vst3::{Class, ComPtr, ComWrapper};

use super::notes::{Notes, Vst3Note};

/// The buffers of the buses on one side: bus, channel, sample.
type Buses = Vec<Vec<Vec<f32>>>;

/// What is played in one call.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// Samples; at most as many as each buffer has.
    pub frames: usize,
    /// By bus, channel and sample.
    pub inputs: Buses,
    /// By bus, channel and sample.
    pub outputs: Buses,
    /// Whether the first output bus is given the first input's buffers.
    pub is_in_place: bool,
    /// Whether the buses' buffers are there but no bus is counted.
    pub hides_buses: bool,
    /// A bit per silent channel of the first input; filled for the first output by the call.
    pub silence: [u64; 2],
    /// Parameter, sample of the block, value from 0 to 1.
    pub changes: Vec<(u32, i32, f64)>,
    /// What the plugin sent in the call.
    pub notes: Vec<Vst3Note>,
}

impl Block {
    /// Buses of so many channels with room for `frames` samples.
    pub fn new(inputs: &[i32], outputs: &[i32], frames: usize) -> Self {
        let buses = |channels: &[i32]| -> Buses {
            channels
                .iter()
                .map(|&channels| vec![vec![0.0; frames]; channels.max(0) as usize])
                .collect()
        };
        Self {
            frames,
            inputs: buses(inputs),
            outputs: buses(outputs),
            ..Self::default()
        }
    }

    /// Calls `deed` with the block as VST3 wants it.
    pub(super) fn with_data<T>(&mut self, deed: impl FnOnce(&mut ProcessData) -> T) -> T {
        let pointers = |buses: &mut Buses| -> Vec<Vec<*mut f32>> {
            buses
                .iter_mut()
                .map(|bus| bus.iter_mut().map(|channel| channel.as_mut_ptr()).collect())
                .collect()
        };
        let mut inputs = pointers(&mut self.inputs);
        let mut outputs = pointers(&mut self.outputs);
        if let (true, Some(input), Some(output)) =
            (self.is_in_place, inputs.first(), outputs.first_mut())
        {
            output.clone_from(input);
        }
        let buffers = |pointers: &mut Vec<Vec<*mut f32>>, silence: u64| -> Vec<AudioBusBuffers> {
            let bus = |(bus_idx, channels): (usize, &mut Vec<*mut f32>)| AudioBusBuffers {
                numChannels: channels.len() as i32,
                silenceFlags: if bus_idx == 0 { silence } else { 0 },
                __field0: AudioBusBuffers__type0 {
                    channelBuffers32: channels.as_mut_ptr(),
                },
            };
            pointers.iter_mut().enumerate().map(bus).collect()
        };
        let mut input_buffers = buffers(&mut inputs, self.silence[0]);
        let mut output_buffers = buffers(&mut outputs, 0);
        let count = |buses: &[AudioBusBuffers]| match self.hides_buses {
            true => 0,
            false => buses.len() as i32,
        };
        let changes = Changes::of(&self.changes);
        let notes = Notes::new();
        let mut data = ProcessData {
            processMode: ProcessModes_::kRealtime as i32,
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            numSamples: self.frames as i32,
            numInputs: count(&input_buffers),
            numOutputs: count(&output_buffers),
            inputs: pointer(&mut input_buffers),
            outputs: pointer(&mut output_buffers),
            inputParameterChanges: changes.as_ptr(),
            outputParameterChanges: ptr::null_mut(),
            inputEvents: ptr::null_mut(),
            outputEvents: notes.pointer(),
            processContext: ptr::null_mut(),
        };
        let result = deed(&mut data);
        self.notes = notes.all();
        self.silence[1] = output_buffers
            .first()
            .map_or(0, |buffers| buffers.silenceFlags);
        if let (true, Some(input), Some(output)) = (
            self.is_in_place,
            self.inputs.first(),
            self.outputs.first_mut(),
        ) {
            output.clone_from(input);
        }
        result
    }
}

fn pointer(buffers: &mut Vec<AudioBusBuffers>) -> *mut AudioBusBuffers {
    if buffers.is_empty() {
        ptr::null_mut()
    } else {
        buffers.as_mut_ptr()
    }
}

/// The changes of a block, a queue per parameter.
struct Changes {
    queues: Vec<ComPtr<IParamValueQueue>>,
}

impl Class for Changes {
    type Interfaces = (IParameterChanges,);
}

impl Changes {
    fn of(changes: &[(u32, i32, f64)]) -> ComPtr<IParameterChanges> {
        let mut queues: Vec<Points> = Vec::new();
        for &(id, at, value) in changes {
            match queues.iter_mut().find(|queue| queue.id == id) {
                Some(queue) => queue.points.push((at, value)),
                None => queues.push(Points {
                    id,
                    points: vec![(at, value)],
                }),
            }
        }
        let queue = |points: Points| {
            ComWrapper::new(points)
                .to_com_ptr()
                .expect("the class has this interface")
        };
        let queues = queues.into_iter().map(queue).collect();
        ComWrapper::new(Self { queues })
            .to_com_ptr()
            .expect("the class has this interface")
    }
}

impl IParameterChangesTrait for Changes {
    unsafe fn getParameterCount(&self) -> i32 {
        self.queues.len() as i32
    }

    unsafe fn getParameterData(&self, queue_idx: i32) -> *mut IParamValueQueue {
        let queue = usize::try_from(queue_idx)
            .ok()
            .and_then(|idx| self.queues.get(idx));
        queue.map_or(ptr::null_mut(), ComPtr::as_ptr)
    }

    unsafe fn addParameterData(
        &self,
        _id: *const u32,
        _queue_idx: *mut i32,
    ) -> *mut IParamValueQueue {
        ptr::null_mut()
    }
}

struct Points {
    id: u32,
    points: Vec<(i32, f64)>,
}

impl Class for Points {
    type Interfaces = (IParamValueQueue,);
}

impl IParamValueQueueTrait for Points {
    unsafe fn getParameterId(&self) -> u32 {
        self.id
    }

    unsafe fn getPointCount(&self) -> i32 {
        self.points.len() as i32
    }

    unsafe fn getPoint(&self, point_idx: i32, at: *mut i32, value: *mut f64) -> tresult {
        let point = usize::try_from(point_idx)
            .ok()
            .and_then(|idx| self.points.get(idx));
        let Some(&(found_at, found)) = point else {
            return kInvalidArgument;
        };
        // SAFETY: the plugin gives places for both.
        unsafe {
            at.write(found_at);
            value.write(found);
        }
        kResultOk
    }

    unsafe fn addPoint(&self, _at: i32, _value: f64, _point_idx: *mut i32) -> tresult {
        kResultFalse
    }
}
