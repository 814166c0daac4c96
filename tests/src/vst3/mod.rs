//! A small VST3 host in this process, for what only a VST3 host can see.
//!
//! Every call is made as the caller asks, in order or not: an [`Effect`] keeps no state of its own.
#![allow(unsafe_code)]
#![allow(clippy::undocumented_unsafe_blocks)] // one SAFETY line per file is for all of its calls

mod data;
mod notes;
mod params;
mod stream;

use std::mem::zeroed;
use std::path::Path;
use std::ptr;

use libloading::os::unix::Library;
use vst3::Steinberg::Vst::{
    BusDirections_, BusInfo, IAudioProcessor, IAudioProcessorTrait, IComponent, IComponentTrait,
    IEditController, IProcessContextRequirements, IProcessContextRequirementsTrait, IUnitInfo,
    MediaTypes_, ProcessModes_, ProcessSetup, SpeakerArrangement, SymbolicSampleSizes_,
};
use vst3::Steinberg::{
    IPluginBaseTrait, IPluginFactory, IPluginFactoryTrait, PClassInfo, TUID, kResultOk, tresult,
};
use vst3::{ComPtr, Interface};

use crate::{Result, StageError};

pub use data::Block;
pub use notes::Vst3Note;

/// The speakers of a mono bus.
pub const MONO: SpeakerArrangement = 1 << 19;
/// The speakers of a stereo bus.
pub const STEREO: SpeakerArrangement = 0b11;

const AUDIO: i32 = MediaTypes_::kAudio as i32;
const EVENT: i32 = MediaTypes_::kEvent as i32;

/// A loaded VST3.
pub struct Module {
    factory: ComPtr<IPluginFactory>,
    /// Stays loaded as long as its objects live; declared after them.
    _library: Library,
}

/// A class of a module.
#[derive(Clone)]
pub struct ClassInfo {
    /// What it is made by.
    pub cid: TUID,
    /// Shown in hosts.
    pub name: String,
    /// `Audio Module Class` where it is an effect.
    pub category: String,
}

/// A bus as a host sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bus {
    /// Shown in hosts.
    pub name: String,
    /// How many.
    pub channels: i32,
    /// The main bus is of type 0, others of type 1.
    pub kind: i32,
}

/// A parameter as a host sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Vst3Param {
    /// What it is automated by.
    pub id: u32,
    /// Shown in hosts.
    pub title: String,
    /// Steps between 0 and 1; 0 where there are none.
    pub steps: i32,
    /// From 0 to 1.
    pub default: f64,
    /// The unit it belongs to.
    pub unit: i32,
    /// Whether a host may automate it.
    pub is_automatable: bool,
    /// Whether it is the host's bypass.
    pub is_bypass: bool,
}

fn is_ok(result: tresult) -> bool {
    result == kResultOk
}

fn text8(text: &[i8]) -> String {
    let bytes: Vec<u8> = text
        .iter()
        .map(|&c| c as u8)
        .take_while(|&c| c != 0)
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn text16(text: &[u16]) -> String {
    let len = text.iter().position(|&c| c == 0).unwrap_or(text.len());
    String::from_utf16_lossy(&text[..len])
}

// SAFETY of all calls below: the pointers are of live objects that the module made, and what is passed
// lives until the call returns.

impl Module {
    /// Loads the bundle at `path`. Linux only.
    pub fn open(path: &Path) -> Result<Self> {
        let refused = |reason: String| StageError::Load {
            path: path.display().to_string(),
            reason,
        };
        let name = path.file_stem().unwrap_or_default();
        let folder = format!("Contents/{}-linux", std::env::consts::ARCH);
        let binary = path.join(folder).join(name).with_extension("so");
        type Entry = unsafe extern "system" fn(*mut std::ffi::c_void) -> bool;
        type GetFactory = unsafe extern "system" fn() -> *mut IPluginFactory;
        // SAFETY: as for a CLAP; the functions have the types that the VST3 standard gives them.
        unsafe {
            let library = Library::new(&binary).map_err(|e| refused(e.to_string()))?;
            let this = library.into_raw();
            let library = Library::from_raw(this);
            let enter = library
                .get::<Entry>(b"ModuleEntry\0")
                .map_err(|e| refused(e.to_string()))?;
            if !enter(this) {
                return Err(refused("ModuleEntry fails".into()));
            }
            let get = library.get::<GetFactory>(b"GetPluginFactory\0");
            let factory = get.map_err(|e| refused(e.to_string()))?();
            let factory =
                ComPtr::from_raw(factory).ok_or_else(|| refused("there is no factory".into()))?;
            Ok(Self {
                factory,
                _library: library,
            })
        }
    }

    /// What is in it.
    pub fn classes(&self) -> Vec<ClassInfo> {
        let count = unsafe { self.factory.countClasses() };
        let class = |class_idx| {
            let mut info: PClassInfo = unsafe { zeroed() };
            let is_there = is_ok(unsafe { self.factory.getClassInfo(class_idx, &mut info) });
            is_there.then(|| ClassInfo {
                cid: info.cid,
                name: text8(&info.name),
                category: text8(&info.category),
            })
        };
        (0..count).filter_map(class).collect()
    }

    /// Makes an object of the class, if there is such a class.
    pub fn create(&self, cid: &TUID) -> Option<Effect> {
        let mut object = ptr::null_mut();
        let iid = IComponent::IID.as_ptr().cast();
        let made = unsafe { self.factory.createInstance(cid.as_ptr(), iid, &mut object) };
        let component =
            unsafe { ComPtr::<IComponent>::from_raw(object.cast()) }.filter(|_| is_ok(made))?;
        Some(Effect {
            processor: component.cast()?,
            controller: component.cast()?,
            units: component.cast(),
            component,
        })
    }
}

/// An effect that is its own controller.
pub struct Effect {
    component: ComPtr<IComponent>,
    processor: ComPtr<IAudioProcessor>,
    controller: ComPtr<IEditController>,
    units: Option<ComPtr<IUnitInfo>>,
}

// SAFETY: VST3 objects may be called from several threads; which calls belong to which is up to the host,
// here a test.
unsafe impl Send for Effect {}
// SAFETY: as above.
unsafe impl Sync for Effect {}

fn direction(is_input: bool) -> i32 {
    let direction = if is_input {
        BusDirections_::kInput
    } else {
        BusDirections_::kOutput
    };
    direction as i32
}

impl Effect {
    /// The first call a host makes.
    pub fn initialize(&self) -> bool {
        is_ok(unsafe { self.component.initialize(ptr::null_mut()) })
    }

    /// The last one.
    pub fn terminate(&self) -> bool {
        is_ok(unsafe { self.component.terminate() })
    }

    /// The class of its controller, where that is an object of its own.
    pub fn controller_class(&self) -> Option<TUID> {
        let mut class = TUID::default();
        let found = unsafe { self.component.getControllerClassId(&mut class) };
        is_ok(found).then_some(class)
    }

    /// What it wants to be told of the host's song: the flags of VST3's
    /// `IProcessContextRequirements`, where it says so.
    pub fn context_requirements(&self) -> Option<u32> {
        let context = self.component.cast::<IProcessContextRequirements>()?;
        Some(unsafe { context.getProcessContextRequirements() })
    }

    // Buses.

    /// How many audio buses there are on a side.
    pub fn bus_count(&self, is_input: bool) -> i32 {
        unsafe { self.component.getBusCount(AUDIO, direction(is_input)) }
    }

    /// How many event buses there are on a side.
    pub fn event_bus_count(&self, is_input: bool) -> i32 {
        unsafe { self.component.getBusCount(EVENT, direction(is_input)) }
    }

    /// An audio bus, if there is one with this index.
    pub fn bus(&self, is_input: bool, bus_idx: i32) -> Option<Bus> {
        let mut info: BusInfo = unsafe { zeroed() };
        let found = unsafe {
            self.component
                .getBusInfo(AUDIO, direction(is_input), bus_idx, &mut info)
        };
        is_ok(found).then(|| Bus {
            name: text16(&info.name),
            channels: info.channelCount,
            kind: info.busType,
        })
    }

    /// Switches an audio bus on or off.
    pub fn activate_bus(&self, is_input: bool, bus_idx: i32, is_on: bool) -> bool {
        is_ok(unsafe {
            self.component
                .activateBus(AUDIO, direction(is_input), bus_idx, is_on.into())
        })
    }

    /// The speakers of an audio bus.
    pub fn arrangement(&self, is_input: bool, bus_idx: i32) -> Option<SpeakerArrangement> {
        let mut speakers = 0;
        let found = unsafe {
            self.processor
                .getBusArrangement(direction(is_input), bus_idx, &mut speakers)
        };
        is_ok(found).then_some(speakers)
    }

    /// Asks for these speakers.
    pub fn set_arrangements(
        &self,
        inputs: &[SpeakerArrangement],
        outputs: &[SpeakerArrangement],
    ) -> bool {
        let (mut ins, mut outs) = (inputs.to_vec(), outputs.to_vec());
        is_ok(unsafe {
            self.processor.setBusArrangements(
                ins.as_mut_ptr(),
                ins.len() as i32,
                outs.as_mut_ptr(),
                outs.len() as i32,
            )
        })
    }

    // Playing.

    /// Says how it is going to be played.
    pub fn setup(&self, sample_rate: f64, max_block: usize, is_offline: bool) -> bool {
        let mode = if is_offline {
            ProcessModes_::kOffline
        } else {
            ProcessModes_::kRealtime
        };
        let mut setup = ProcessSetup {
            processMode: mode as i32,
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            maxSamplesPerBlock: max_block as i32,
            sampleRate: sample_rate,
        };
        is_ok(unsafe { self.processor.setupProcessing(&mut setup) })
    }

    /// Whether it plays 32-bit samples, and 64-bit ones.
    pub fn sample_sizes(&self) -> [bool; 2] {
        [
            SymbolicSampleSizes_::kSample32,
            SymbolicSampleSizes_::kSample64,
        ]
        .map(|size| is_ok(unsafe { self.processor.canProcessSampleSize(size as i32) }))
    }

    /// Activates or deactivates it.
    pub fn set_active(&self, is_active: bool) -> bool {
        is_ok(unsafe { self.component.setActive(is_active.into()) })
    }

    /// Starts or stops playing.
    pub fn set_processing(&self, is_processing: bool) {
        // Plugins may leave this out, so that there is no answer to rely on.
        let _ = unsafe { self.processor.setProcessing(is_processing.into()) };
    }

    /// In samples.
    pub fn latency(&self) -> u32 {
        unsafe { self.processor.getLatencySamples() }
    }

    /// In samples.
    pub fn tail(&self) -> u32 {
        unsafe { self.processor.getTailSamples() }
    }

    /// Plays a block.
    pub fn process(&self, block: &mut Block) -> bool {
        block.with_data(|data| is_ok(unsafe { self.processor.process(data) }))
    }
}
