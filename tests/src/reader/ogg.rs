//! Whether an Ogg file is whole. It declares no length; its last page says that it is the last.

use std::fs::File;
use std::io::{Read, Result, Seek, SeekFrom};

/// The longest a page can be (RFC 3533: header, 255 segments of 255 bytes).
const MAX_PAGE: u64 = 27 + 255 + 255 * 255;
/// The flag of a stream's last page.
const END_OF_STREAM: u8 = 4;

/// Whether `file` is an Ogg file that ends too early. Leaves the file at its start.
pub fn is_cut_off(file: &mut File) -> Result<bool> {
    let mut magic = [0; 4];
    let is_ogg = file.read_exact(&mut magic).is_ok() && magic == *b"OggS";
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(2 * MAX_PAGE)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    file.rewind()?;
    Ok(is_ogg && !ends_a_stream(&end))
}

/// Whether a page that ends a stream ends where `bytes` end.
fn ends_a_stream(bytes: &[u8]) -> bool {
    let starts = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(b"OggS"));
    starts.map(|at| &bytes[at..]).any(|page| {
        let Some((&flags, &num_segments)) = page.get(5).zip(page.get(26)) else {
            return false;
        };
        let header = 27 + num_segments as usize;
        let Some(segments) = page.get(27..header) else {
            return false;
        };
        let body: usize = segments.iter().map(|&length| length as usize).sum();
        flags & END_OF_STREAM != 0 && page.len() == header + body
    })
}
