//! The host's input: the file at the host's rate, then silence without end.

use anyhow::Result;
use stage::{Planar, Reader};

use super::resample::{Resample, slices};

/// Samples of silence that are made at a time.
const SILENCE: usize = 1024;

/// A file as a host plays it.
pub struct Feed {
    reader: Reader,
    resample: Resample,
    /// At the host's rate, waiting for a block.
    ready: Planar,
    /// Samples per channel read from the file so far.
    frames_read: u64,
    has_ended: bool,
}

impl Feed {
    /// Plays `reader` at `host_rate`.
    pub fn new(reader: Reader, host_rate: u32) -> Result<Self> {
        let format = reader.format();
        let resample = Resample::new(format.sample_rate, host_rate, format.channels)?;
        let ready = vec![Vec::new(); format.channels];
        Ok(Self {
            reader,
            resample,
            ready,
            frames_read: 0,
            has_ended: false,
        })
    }

    /// The file's rate.
    pub fn file_rate(&self) -> u32 {
        self.reader.format().sample_rate
    }

    /// Samples per channel in the file; known once it was read to its end.
    pub fn file_frames(&self) -> Option<u64> {
        self.has_ended.then_some(self.frames_read)
    }

    /// Writes the next `frames` samples of each channel to `block`.
    pub fn fill(&mut self, block: &mut Planar, frames: usize) -> Result<()> {
        while self.ready[0].len() < frames {
            let packet = if self.has_ended {
                None
            } else {
                self.reader.read()?
            };
            if let Some(packet) = packet {
                self.frames_read += packet[0].len() as u64;
                self.resample.push(&slices(&packet), &mut self.ready)?;
            } else {
                self.has_ended = true;
                let silence = [0.0; SILENCE];
                self.resample
                    .push(&vec![&silence[..]; self.ready.len()], &mut self.ready)?;
            }
        }
        for (target, source) in block.iter_mut().zip(&mut self.ready) {
            target.clear();
            target.extend(source.drain(..frames));
        }
        Ok(())
    }
}
