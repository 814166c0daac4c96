//! The recent frames, and what they say of the cells of a beat.

use std::collections::VecDeque;

use realfft::num_complex::Complex32;

use super::song::Stretch;
use crate::dsp::Stft;
use crate::geometry::{Geometry, OVERLAP};
use crate::music::grid::{CELLS, EDGES, cell_of};
use crate::music::hear::{Cell, Ear, FLUX_FRAMES, Frame, fill_cells};
use crate::music::pulse::Strokes;
use crate::worker::input::Input;

/// Time for which frames are kept, in seconds: three beats of 20 per minute in half time, and more.
const MAX_PAST_S: f64 = 25.0;

/// Strokes so long ago say nothing of the beat any more, in seconds.
const STROKES_S: f64 = 8.0;

/// Beats whose cells are asked for: one for what cells without a frame are like, the one before the
/// beat, the beat, and the one after it.
const BEATS: usize = 4;

/// Where the beats around one begin, in quarter notes.
#[derive(Debug, Clone, Copy)]
pub struct Around {
    /// The beat before.
    pub before: f64,
    /// The beat.
    pub now: f64,
    /// The one after it.
    pub next: f64,
    /// Where that ends.
    pub end: f64,
}

impl Around {
    /// A place in beats from the start of the beat before.
    fn beats(&self, quarters: f64) -> f64 {
        let part = |from: f64, to: f64| (quarters - from) / (to - from);
        match quarters {
            _ if quarters < self.now => part(self.before, self.now),
            _ if quarters < self.next => 1.0 + part(self.now, self.next),
            _ => 2.0 + part(self.next, self.end),
        }
    }

    /// Where cell 0 to 11 of the beat and the one after it end, in quarter notes.
    fn cell_end(&self, cell: usize) -> f64 {
        let (from, to) = match cell / CELLS {
            0 => (self.now, self.next),
            _ => (self.next, self.end),
        };
        from + EDGES[cell % CELLS] * (to - from)
    }
}

/// Hears the input.
pub struct Listen {
    stft: Stft,
    ear: Ear,
    /// Frames, each with the input position that it is said to be at.
    frames: VecDeque<(i64, Frame)>,
    /// One spectrum.
    bins: Box<[Complex32]>,
    /// The mean power of one frame, then its root.
    magnitude: Box<[f32]>,
    cells: Vec<Cell>,
    hop: usize,
    /// Hz.
    sample_rate: f64,
    chunk_frames: usize,
    max_frames: usize,
    /// Samples of [`Input`] before the chunk.
    past_samples: usize,
}

impl Listen {
    /// Silence so far.
    pub fn new(geometry: &Geometry) -> Self {
        let max_frames = (MAX_PAST_S * geometry.sample_rate / geometry.hop as f64) as usize;
        Self {
            stft: Stft::new(geometry.hop),
            ear: Ear::new(geometry.sample_rate, geometry.fft()),
            frames: VecDeque::with_capacity(max_frames + geometry.chunk_frames),
            bins: vec![Complex32::ZERO; geometry.bins()].into(),
            magnitude: vec![0.0; geometry.bins()].into(),
            cells: vec![[0.0; _]; BEATS * CELLS],
            hop: geometry.hop,
            sample_rate: geometry.sample_rate,
            chunk_frames: geometry.chunk_frames,
            max_frames,
            past_samples: geometry.worker_delay_samples(),
        }
    }

    /// Silence before the next chunk.
    pub fn reset(&mut self) {
        self.frames.clear();
        self.ear.reset();
    }

    /// Hears the chunk that `input` took last, which starts at `start`.
    pub fn hear(&mut self, input: &Input, start: i64) {
        let scale = self.stft.magnitude_scale();
        let channels = input.channels();
        for frame_idx in 0..self.chunk_frames {
            self.magnitude.fill(0.0);
            let first = self.past_samples + (frame_idx + 1) * self.hop - OVERLAP * self.hop;
            for channel in channels {
                self.stft
                    .analyse(&channel[first..][..OVERLAP * self.hop], &mut self.bins);
                for (power, bin) in self.magnitude.iter_mut().zip(&self.bins) {
                    *power += bin.norm_sqr();
                }
            }
            for power in &mut self.magnitude {
                *power = scale * (*power / channels.len() as f32).sqrt();
            }
            let place = start + (frame_idx as i64 - FLUX_FRAMES as i64) * self.hop as i64;
            let frame = self.ear.hear(&self.magnitude);
            self.frames.push_back((place, frame));
        }
        let surplus = self.frames.len().saturating_sub(self.max_frames);
        self.frames.drain(..surplus);
    }

    /// The cells of the beat before, the beat and the one after it, of frames up to `until`.
    pub fn cells(&mut self, stretch: &Stretch, around: &Around, until: i64) -> &[Cell] {
        let within = self
            .frames
            .iter()
            .filter(|(at, _)| (stretch.start..until.min(stretch.end)).contains(at));
        let placed = within.map(|(at, frame)| {
            let beats = around.beats(stretch.quarters_at(*at as f64));
            (cell_of(beats + 1.0), frame)
        });
        fill_cells(placed, &mut self.cells);
        &self.cells[CELLS..]
    }

    /// The strokes in the last seconds of the input from `start` up to `until`, and the position that their
    /// first frame is at.
    pub fn strokes(&self, start: i64, until: i64) -> (Strokes, f64) {
        let frame_s = self.hop as f64 / self.sample_rate;
        // What lies after a frame's place in its window has to be heard as well.
        let last = until - (OVERLAP - 1) as i64 * self.hop as i64;
        let first = start.max(until - (STROKES_S * self.sample_rate) as i64);
        let mut heard = self
            .frames
            .iter()
            .filter(|(at, _)| (first..=last).contains(at))
            .peekable();
        let at = heard.peek().map_or(first, |(at, _)| *at) as f64;
        let strengths: Vec<f64> = heard.map(|(_, frame)| frame.stroke()).collect();
        (Strokes::new(&strengths, frame_s), at)
    }

    /// Input samples from one frame to the next.
    pub fn hop(&self) -> f64 {
        self.hop as f64
    }

    /// How many of the cells of the beat and the one after it are heard whole when the input up to
    /// `until` is.
    pub fn num_heard(&self, stretch: &Stretch, around: &Around, until: i64) -> usize {
        let last_frames = ((OVERLAP - 1) * self.hop) as f64;
        let is_heard = |cell: &usize| {
            let end = stretch.position_at(around.cell_end(*cell));
            end + last_frames <= until as f64 && end <= stretch.end as f64
        };
        (0..2 * CELLS).take_while(is_heard).count()
    }
}
