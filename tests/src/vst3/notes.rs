//! The notes that a plugin sends.

use std::cell::RefCell;

use vst3::Steinberg::Vst::{Event, Event_::EventTypes_, IEventList, IEventListTrait};
use vst3::Steinberg::{kInvalidArgument, kResultOk, tresult};
use vst3::{Class, ComPtr, ComWrapper};

/// The start or the end of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vst3Note {
    /// Sample of the block.
    pub at: i32,
    /// From 0.
    pub channel: i16,
    /// As MIDI counts them.
    pub key: i16,
    /// Otherwise it ends.
    pub starts: bool,
}

#[derive(Default)]
struct Sent {
    notes: RefCell<Vec<Vst3Note>>,
}

impl Class for Sent {
    type Interfaces = (IEventList,);
}

impl IEventListTrait for Sent {
    unsafe fn getEventCount(&self) -> i32 {
        0
    }

    unsafe fn getEvent(&self, _event_idx: i32, _event: *mut Event) -> tresult {
        kInvalidArgument
    }

    unsafe fn addEvent(&self, event: *mut Event) -> tresult {
        // SAFETY: the plugin gives an event, of whose parts its type names the one that is there.
        let note = unsafe {
            let event = &*event;
            let (channel, key, starts) = match u32::from(event.r#type) {
                EventTypes_::kNoteOnEvent => {
                    let note = event.__field0.noteOn;
                    (note.channel, note.pitch, true)
                }
                EventTypes_::kNoteOffEvent => {
                    let note = event.__field0.noteOff;
                    (note.channel, note.pitch, false)
                }
                _ => return kResultOk,
            };
            Vst3Note {
                at: event.sampleOffset,
                channel,
                key,
                starts,
            }
        };
        self.notes.borrow_mut().push(note);
        kResultOk
    }
}

/// A list that a plugin adds its notes to.
pub struct Notes {
    sent: ComWrapper<Sent>,
    pointer: ComPtr<IEventList>,
}

impl Notes {
    /// Without a note.
    pub fn new() -> Self {
        let sent = ComWrapper::new(Sent::default());
        let pointer = sent.to_com_ptr().expect("the class has this interface");
        Self { sent, pointer }
    }

    /// What a plugin is given.
    pub fn pointer(&self) -> *mut IEventList {
        self.pointer.as_ptr()
    }

    /// What it sent.
    pub fn all(&self) -> Vec<Vst3Note> {
        self.sent.notes.borrow().clone()
    }
}
