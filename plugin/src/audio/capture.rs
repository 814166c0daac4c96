//! Collects the input into chunks for the worker.

use std::sync::atomic::Ordering;

use crate::bridge::{AudioEnd, Chunk, Counters, Direction, Point};
use crate::dsp::MAX_SAMPLE;
use crate::geometry::Geometry;

/// Input up to this is silence: two steps of a 16-bit file, -84 dBFS, so that dither is silence too.
const SILENCE: f32 = 2.0 / 32768.0;

/// How long stems are made after the last of them was muted, in seconds: whoever compares with the input
/// unmutes them soon, and then they are there.
const LINGER_S: f64 = 30.0;

/// The chunk being collected.
pub struct Capture {
    /// `None` while all chunks are with the worker: then the input of one chunk's length never
    /// reaches it.
    chunk: Option<Chunk>,
    /// Samples collected.
    filled: usize,
    /// Samples between the first sound since the reset and the start of the chunk.
    since_sound: i64,
    /// Samples in a chunk.
    chunk_samples: usize,
    /// See `Geometry::worker_delay_samples`.
    worker_delay_samples: i64,
    /// How long the stems are heard after the last sound, and a strip after its mute.
    heard_samples: i64,
    /// See [`LINGER_S`].
    linger_samples: i64,
    /// The position up to which stems are made of sound.
    wanted_until: i64,
    /// The position up to which the input is not silent and stems are wanted.
    needed_until: i64,
    /// What is asked of the band.
    direction: Direction,
    /// The input position from which on it is.
    directed_at: i64,
}

impl Capture {
    /// Nothing collected.
    pub fn new(geometry: &Geometry, ramp_samples: usize) -> Self {
        Self {
            chunk: None,
            filled: 0,
            since_sound: 0,
            chunk_samples: geometry.chunk_samples(),
            worker_delay_samples: geometry.worker_delay_samples() as i64,
            heard_samples: (ramp_samples.max(geometry.fade_samples()) + geometry.hold_samples())
                as i64,
            linger_samples: (LINGER_S * geometry.sample_rate) as i64,
            wanted_until: i64::MIN,
            needed_until: i64::MIN,
            direction: Direction::default(),
            directed_at: 0,
        }
    }

    /// Drops what was collected.
    pub fn reset(&mut self, bridge: &mut AudioEnd) {
        if let Some(chunk) = self.chunk.take() {
            bridge.recycle(chunk);
        }
        self.filled = 0;
        self.since_sound = 0;
        self.directed_at = 0;
        self.wanted_until = i64::MIN;
        self.needed_until = i64::MIN;
    }

    /// Samples until the chunk is full.
    pub fn samples_until_full(&self) -> usize {
        self.chunk_samples - self.filled
    }

    /// Takes what is asked of the band from the input `position` on.
    pub fn direct(&mut self, position: i64, direction: Direction) {
        if direction == self.direction {
            return;
        }
        self.direction = direction;
        self.directed_at = position;
        if let Some(chunk) = &mut self.chunk {
            chunk.directions.add(position, direction);
        }
    }

    /// Takes news of the host's song.
    pub fn mark(&mut self, point: Point) {
        if let Some(chunk) = &mut self.chunk {
            chunk.points.add(point);
        }
    }

    /// Takes a segment of `len` samples, at most [`samples_until_full`](Self::samples_until_full),
    /// a slice per channel, and sends the chunk when it is full. `song` is where the host's song is.
    pub fn write<'a>(
        &mut self,
        segment: impl Iterator<Item = &'a [f32]>,
        len: usize,
        position: i64,
        is_audible: bool,
        song: Option<Point>,
        bridge: &mut AudioEnd,
    ) {
        if self.filled == 0 {
            self.chunk = bridge.take_free();
            if let Some(chunk) = &mut self.chunk {
                chunk.start = position;
                chunk.since_sound = self.since_sound;
                chunk.directions.clear();
                let directed_at = self.directed_at.min(position);
                chunk.directions.add(directed_at, self.direction);
                chunk.cues.clear();
                chunk.points.clear();
                song.into_iter().for_each(|point| chunk.points.add(point));
            }
        }
        // To the sample, so that a host's blocks make no difference.
        let mut sound_len = 0;
        for (channel_idx, input) in segment.enumerate() {
            let last = input.iter().rposition(|sample| sample.abs() > SILENCE);
            sound_len = sound_len.max(last.map_or(0, |idx| idx + 1));
            if let Some(chunk) = &mut self.chunk {
                chunk.input_mut(channel_idx)[self.filled..self.filled + len].copy_from_slice(input);
            }
        }
        if is_audible {
            self.wanted_until = position + len as i64 + self.linger_samples;
        }
        let sound_until = (position + sound_len as i64).min(self.wanted_until);
        if sound_len > 0 && sound_until > position {
            self.needed_until = sound_until + self.heard_samples;
        }
        self.filled += len;
        if self.filled == self.chunk_samples {
            self.filled = 0;
            self.since_sound += self.chunk_samples as i64;
            if let Some(mut chunk) = self.chunk.take() {
                // The stems of this chunk start that much before its input, and the spectra they
                // are made of reach no further back.
                chunk.is_needed = self.needed_until > chunk.start - self.worker_delay_samples;
                bridge.send(chunk);
            }
        }
    }
}

/// Replaces what is not a number by silence and what is absurdly loud by the loudest sample taken.
pub fn replace_bad_samples(samples: &mut [f32], counters: &Counters) {
    let is_bad = |sample: f32| sample.is_nan() || sample.abs() > MAX_SAMPLE;
    if !samples.iter().any(|&sample| is_bad(sample)) {
        return;
    }
    let mut num_bad = 0;
    for sample in samples.iter_mut().filter(|sample| is_bad(**sample)) {
        num_bad += 1;
        let is_loud = sample.is_finite();
        *sample = if is_loud {
            sample.clamp(-MAX_SAMPLE, MAX_SAMPLE)
        } else {
            0.0
        };
    }
    counters.bad_samples.fetch_add(num_bad, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::bridge::{self, Status};
    use crate::geometry::{ChunkSetting, NotesStream, Stream};

    /// What `of` says of each chunk, where sound ends at the sample `sound` and comes in pieces.
    fn chunks<T>(sound: usize, piece: usize, of: impl Fn(&Chunk) -> T) -> Vec<T> {
        let geometry = Geometry::new(&Stream::DEFAULT, 44_100.0, ChunkSetting::Hop);
        let (mut audio, worker, _owner, _editor) =
            bridge::open(&geometry, 1, 512, Arc::new(Status::default()));
        let mut capture = Capture::new(&geometry, 882);
        let (mut found, mut position) = (Vec::new(), 0);
        while position < 40_000 {
            let len = piece.min(capture.samples_until_full());
            let sample = |at| if at < sound { 0.1 } else { 0.0 };
            let input: Vec<f32> = (position..position + len).map(sample).collect();
            let segment = std::iter::once(&input[..]);
            capture.write(segment, len, position as i64, true, None, &mut audio);
            position += len;
            while let Some(chunk) = worker.receive() {
                found.push(of(&chunk));
                worker.send(chunk);
            }
            while let Some(chunk) = audio.receive() {
                audio.recycle(chunk);
            }
        }
        found
    }

    #[test]
    fn a_hosts_blocks_make_no_difference_to_which_chunks_have_stems() {
        for sound in 20_490..20_700 {
            let needed = |piece| chunks(sound, piece, |chunk| chunk.is_needed);
            assert_eq!(needed(17), needed(256), "sound to {sound}");
        }
    }

    #[test]
    fn what_is_asked_between_two_chunks_counts_from_where_it_was_asked() {
        let (sample_rate, hop) = (44_100, 1024);
        let stream = Stream::Notes(NotesStream { sample_rate, hop });
        let geometry = Geometry::new(&stream, 44_100.0, ChunkSetting::Hop);
        let (mut audio, _worker, _owner, _editor) =
            bridge::open(&geometry, 1, 512, Arc::new(Status::default()));
        let mut capture = Capture::new(&geometry, 882);
        let asked = Direction {
            seed: 7,
            ..Direction::default()
        };
        capture.direct(100, asked);
        let segment = std::iter::once(&[0.0; 16][..]);
        capture.write(segment, 16, 600, true, None, &mut audio);
        let chunk = capture.chunk.as_ref().unwrap();
        assert_eq!(chunk.directions.all(), [(100, asked)]);
    }
}
