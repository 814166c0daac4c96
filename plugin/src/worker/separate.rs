//! The way of a chunk to its stems: what is the same for every kind of pack.

use super::mask::Masks;
use super::notes::Notes;
use super::waveform::Waveforms;
use crate::bridge::{Chunk, Column};
use crate::geometry::{Geometry, Stream};
use crate::network::{Networks, RunError};

/// The way of a kind of pack. Chunks come in their order, each with `skip` or `run`.
pub trait Way: Send {
    /// Silence before the next chunk. `is_hole` says that the song goes on: only its chunks before are lost.
    fn reset(&mut self, is_hole: bool);

    /// Takes note of a chunk that needs no stems.
    fn skip(&mut self, chunk: &Chunk);

    /// Forgets all but the input: the chunk before was not separated.
    fn start(&mut self);

    /// Fills in the chunk's stems, and hands the picture of them to `show` if there is one.
    fn run(&mut self, chunk: &mut Chunk, show: Option<&dyn Fn(Column)>) -> Result<(), RunError>;

    /// How many of the first samples of a chunk's stems lack something after `start`.
    fn incomplete_samples(&self) -> usize;
}

/// Makes stems of chunks.
pub struct Separator {
    way: Box<dyn Way>,
    /// Of the last chunk.
    epoch: u32,
    /// The start of the chunk that would follow the last one.
    next_start: i64,
    /// The first position after a start or a skip whose stems are whole.
    valid_from: i64,
    /// Whether the chunk before was not separated.
    is_cold: bool,
    /// Whether a skipped chunk would have been heard.
    has_hole: bool,
    chunk_samples: i64,
    /// How far the stems trail the chunk's input.
    delay_samples: i64,
}

impl Separator {
    /// For a host with `channels` channels. The error is one sentence for the reader.
    pub fn new(geometry: &Geometry, channels: usize, networks: Networks) -> Result<Self, String> {
        let way: Box<dyn Way> = match (networks, geometry.stream) {
            (Networks::Mask(network), Stream::Mask(stream)) => {
                Box::new(Masks::new(geometry, &stream, channels, network))
            }
            (Networks::Waveform(network), Stream::Waveform(stream)) => {
                Box::new(Waveforms::new(geometry, &stream, channels, network)?)
            }
            (Networks::Notes(band), Stream::Notes(_)) => {
                Box::new(Notes::new(geometry, channels, *band))
            }
            _ => return Err("The pack's kind has changed; restart the plugin".into()),
        };
        Ok(Self {
            way,
            epoch: 0,
            next_start: i64::MIN,
            valid_from: i64::MIN,
            is_cold: true,
            has_hole: false,
            chunk_samples: geometry.chunk_samples() as i64,
            delay_samples: geometry.worker_delay_samples() as i64,
        })
    }

    /// Starts over with the next chunk.
    pub fn reset(&mut self) {
        self.next_start = i64::MIN;
    }

    /// Takes note of a chunk that needs no stems.
    pub fn skip(&mut self, chunk: &Chunk) {
        self.follow(chunk);
        self.way.skip(chunk);
        self.is_cold = true;
        self.has_hole |= chunk.is_needed;
    }

    /// Fills in the chunk's stems, and hands the picture of them to `show` if there is one.
    pub fn run(
        &mut self,
        chunk: &mut Chunk,
        show: Option<&dyn Fn(Column)>,
    ) -> Result<(), RunError> {
        self.follow(chunk);
        if std::mem::take(&mut self.is_cold) {
            self.way.start();
            if std::mem::take(&mut self.has_hole) {
                let incomplete_samples = self.way.incomplete_samples() as i64;
                let whole_from = chunk.start - self.delay_samples + incomplete_samples;
                self.valid_from = self.valid_from.max(whole_from);
            }
        }
        self.way.run(chunk, show)?;
        chunk.valid_from = self.valid_from;
        Ok(())
    }

    /// Starts over unless the chunk follows the one before.
    fn follow(&mut self, chunk: &Chunk) {
        // What was skipped was of another song.
        self.has_hole &= chunk.since_sound > 0;
        // A song whose first chunks were lost may go on at the place at which the one before was left.
        let is_other = chunk.epoch != self.epoch;
        if chunk.since_sound == 0 || chunk.start != self.next_start || is_other {
            self.way.reset(chunk.since_sound > 0);
            self.is_cold = true;
            // Silence has its stems.
            self.valid_from = if chunk.since_sound == 0 {
                i64::MIN
            } else {
                chunk.start
            };
        }
        self.epoch = chunk.epoch;
        self.next_start = chunk.start + self.chunk_samples;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Counts how often it starts over.
    struct Counted(Arc<AtomicU32>);

    impl Way for Counted {
        fn reset(&mut self, _is_hole: bool) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }

        fn skip(&mut self, _chunk: &Chunk) {}

        fn start(&mut self) {}

        fn run(&mut self, _: &mut Chunk, _: Option<&dyn Fn(Column)>) -> Result<(), RunError> {
            Ok(())
        }

        fn incomplete_samples(&self) -> usize {
            0
        }
    }

    #[test]
    fn a_song_that_begins_where_the_one_before_was_left_starts_over() {
        let resets = Arc::new(AtomicU32::new(0));
        let mut separator = Separator {
            way: Box::new(Counted(resets.clone())),
            epoch: 0,
            next_start: i64::MIN,
            valid_from: i64::MIN,
            is_cold: true,
            has_hole: false,
            chunk_samples: 100,
            delay_samples: 0,
        };
        let mut chunk = Chunk::new(1, 100, false);
        let mut starts_over = |epoch, start| {
            (chunk.epoch, chunk.start, chunk.since_sound) = (epoch, start, start);
            separator.run(&mut chunk, None).unwrap();
            resets.swap(0, Ordering::Relaxed) > 0
        };
        assert!(starts_over(1, 0));
        assert!(!starts_over(1, 100));
        assert!(
            starts_over(2, 200),
            "the first chunks of the next song were lost"
        );
        assert!(!starts_over(2, 300));
        assert!(starts_over(2, 500), "one was lost");
    }
}
