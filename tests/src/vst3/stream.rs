//! A stream of bytes in memory.

use std::cell::RefCell;
use std::ffi::c_void;
use std::slice;

use vst3::Steinberg::{IBStream, IBStream_, IBStreamTrait, kInvalidArgument, kResultOk, tresult};
use vst3::{Class, ComPtr, ComWrapper};

struct Memory {
    /// The bytes, and the place of the next one.
    content: RefCell<(Vec<u8>, usize)>,
}

impl Class for Memory {
    type Interfaces = (IBStream,);
}

// SAFETY of all: the caller's buffer has as many bytes as it says, and its places for answers are null or
// valid, as the VST3 standard asks.
impl IBStreamTrait for Memory {
    unsafe fn read(&self, buffer: *mut c_void, len: i32, read: *mut i32) -> tresult {
        let (bytes, at) = &mut *self.content.borrow_mut();
        let len = (len.max(0) as usize).min(bytes.len() - *at);
        // SAFETY: as above.
        unsafe {
            slice::from_raw_parts_mut(buffer.cast::<u8>(), len)
                .copy_from_slice(&bytes[*at..*at + len]);
            tell(read, len as i32);
        }
        *at += len;
        kResultOk
    }

    unsafe fn write(&self, buffer: *mut c_void, len: i32, written: *mut i32) -> tresult {
        let (bytes, at) = &mut *self.content.borrow_mut();
        // SAFETY: as above.
        let new = unsafe { slice::from_raw_parts(buffer.cast::<u8>(), len.max(0) as usize) };
        bytes.truncate(*at);
        bytes.extend_from_slice(new);
        *at = bytes.len();
        // SAFETY: as above.
        unsafe { tell(written, len) };
        kResultOk
    }

    unsafe fn seek(&self, to: i64, mode: i32, result: *mut i64) -> tresult {
        let (bytes, at) = &mut *self.content.borrow_mut();
        let from = match mode as u32 {
            IBStream_::IStreamSeekMode_::kIBSeekSet => 0,
            IBStream_::IStreamSeekMode_::kIBSeekCur => *at as i64,
            _ => bytes.len() as i64,
        };
        match usize::try_from(from + to) {
            Ok(place) if place <= bytes.len() => *at = place,
            _ => return kInvalidArgument,
        }
        // SAFETY: as above.
        unsafe { tell(result, *at as i64) };
        kResultOk
    }

    unsafe fn tell(&self, place: *mut i64) -> tresult {
        // SAFETY: as above.
        unsafe { tell(place, self.content.borrow().1 as i64) };
        kResultOk
    }
}

/// # Safety
/// `place` is null or valid.
unsafe fn tell<T>(place: *mut T, value: T) {
    if !place.is_null() {
        // SAFETY: as above.
        unsafe { place.write(value) };
    }
}

/// A stream that a plugin reads or writes.
pub struct Stream {
    memory: ComWrapper<Memory>,
    pointer: ComPtr<IBStream>,
}

impl Stream {
    /// One that holds these bytes, to be read from the first.
    pub fn new(bytes: Vec<u8>) -> Self {
        let memory = ComWrapper::new(Memory {
            content: RefCell::new((bytes, 0)),
        });
        let pointer = memory.to_com_ptr().expect("the class has this interface");
        Self { memory, pointer }
    }

    /// What a plugin is given.
    pub fn pointer(&self) -> *mut IBStream {
        self.pointer.as_ptr()
    }

    /// What it holds.
    pub fn bytes(&self) -> Vec<u8> {
        self.memory.content.borrow().0.clone()
    }
}
