//! The files of the band of the instance made last, for hosts of ours: exported C functions, so that
//! whoever loads the plugin's file gets them as the plugin makes them.

use super::rests::from_the_start;
use super::{lead_sheet, midi_file};
use crate::report;

/// Writes the MIDI file of the first `seconds` of input into `buffer` if its `capacity` in bytes suffices, and returns the bytes needed;
/// 0 where the band played nothing. Not for the audio thread.
///
/// # Safety
///
/// `buffer` must be valid for writes of `capacity` bytes, or `capacity` be 0.
#[unsafe(no_mangle)]
#[allow(unsafe_code)]
pub unsafe extern "C" fn one2four_midi(seconds: f64, buffer: *mut u8, capacity: usize) -> usize {
    let played = report::played().within(seconds);
    let cues = from_the_start(&played.cues);
    let file = midi_file(&cues, played.sample_rate).unwrap_or_default();
    // SAFETY: the caller grants `capacity` bytes at `buffer`.
    unsafe { report::write(&file, buffer, capacity) }
}

/// The same for the lead sheet, with a title in UTF-8.
///
/// # Safety
///
/// As above, and `title` must be valid for reads of `title_len` bytes, or `title_len` be 0.
#[unsafe(no_mangle)]
#[allow(unsafe_code)]
pub unsafe extern "C" fn one2four_sheet(
    seconds: f64,
    title: *const u8,
    title_len: usize,
    buffer: *mut u8,
    capacity: usize,
) -> usize {
    let title = if title.is_null() || title_len == 0 {
        &[]
    } else {
        // SAFETY: the caller grants `title_len` bytes at `title`.
        unsafe { std::slice::from_raw_parts(title, title_len) }
    };
    let cues = from_the_start(&report::played().within(seconds).cues);
    let sheet = lead_sheet(&cues, &String::from_utf8_lossy(title)).unwrap_or_default();
    // SAFETY: the caller grants `capacity` bytes at `buffer`.
    unsafe { report::write(sheet.as_bytes(), buffer, capacity) }
}
