//! Stand-ins for a pack's networks.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ndarray::{ArrayView2, ArrayView3, ArrayViewMut3, ArrayViewMut4};
use one2four::geometry::{MaskStream, Stream, WaveformStream};
use one2four::worker::{Load, MaskNetwork, Networks, RunError, WaveformNetwork};

/// What the double is trained on where it gives samples.
const WAVEFORM_STREAM: WaveformStream = WaveformStream {
    sample_rate: 22_050,
    channels: 2,
    overlap: 1024,
};
/// The same for decks.
pub const WAVEFORM: Stream = Stream::Waveform(WAVEFORM_STREAM);

/// What goes wrong in a run.
#[derive(Debug, Clone, Copy)]
pub enum Trouble {
    /// Nothing.
    None,
    /// It takes this long.
    Slow(Duration),
    /// The runtime reports an error.
    Fails,
    /// The mask is not a number.
    NotANumber,
    /// It panics.
    Panics,
    /// It panics in a way that nobody catches: the worker's thread ends.
    #[allow(dead_code)] // a fault, not a promise
    Ends,
}

/// Panics once more when it is thrown away.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("planted");
    }
}

/// A network that has `trouble` in some runs. With a memory and masks that follow its input, or with
/// stems that are the input.
#[derive(Clone)]
pub struct Double {
    trouble: Trouble,
    troubled_runs: Range<usize>,
    runs: Arc<AtomicUsize>,
    memory: f32,
}

impl Double {
    /// One that works.
    pub fn sound() -> Self {
        Self::troubled(Trouble::None, 0..0)
    }

    /// One that has `trouble` in the runs with these numbers.
    pub fn troubled(trouble: Trouble, runs: Range<usize>) -> Self {
        Self {
            trouble,
            troubled_runs: runs,
            runs: Arc::default(),
            memory: 0.0,
        }
    }

    /// How often it ran, in whatever engine.
    pub fn runs(&self) -> usize {
        self.runs.load(Ordering::Acquire)
    }

    /// What an engine loads it with, as networks of a `mask` pack.
    pub fn load(&self) -> Load {
        let double = self.clone();
        Box::new(move || Ok(Networks::Mask(Box::new(double.clone()))))
    }

    /// What an engine loads it with, as networks of a `waveform` pack.
    pub fn load_waveform(&self) -> Load {
        let double = self.clone();
        Box::new(move || Ok(Networks::Waveform(Box::new(double.clone()))))
    }

    /// Counts a run and lets the trouble of it happen; returns whether there are no numbers.
    fn run_into_trouble(&self) -> Result<bool, RunError> {
        let run = self.runs.fetch_add(1, Ordering::AcqRel);
        if self.troubled_runs.contains(&run) {
            match self.trouble {
                Trouble::None => {}
                Trouble::Slow(time) => std::thread::sleep(time),
                Trouble::Fails => return Err(RunError::Runtime("planted".into())),
                Trouble::NotANumber => return Ok(true),
                Trouble::Panics => panic!("planted"),
                Trouble::Ends => std::panic::panic_any(Bomb),
            }
        }
        Ok(false)
    }
}

impl MaskNetwork for Double {
    fn channels(&self) -> usize {
        MaskStream::DEFAULT.channels
    }

    fn bins(&self) -> usize {
        MaskStream::DEFAULT.bins()
    }

    fn run(
        &mut self,
        magnitude: ArrayView3<f32>,
        mut mask: ArrayViewMut4<f32>,
    ) -> Result<(), RunError> {
        let (frames, stems, channels, bins) = mask.dim();
        assert_eq!(
            magnitude.dim(),
            (
                frames + MaskStream::DEFAULT.lookahead_frames,
                channels,
                bins
            )
        );
        // A leaky sum over frames, as little like a constant as a network's answer.
        for frame in 0..frames {
            self.memory = 0.9 * self.memory + magnitude[[frame, 0, 40]];
            for ((stem, _, bin), value) in mask
                .index_axis_mut(ndarray::Axis(0), frame)
                .indexed_iter_mut()
            {
                let tilt = bin as f32 / bins as f32 - 0.25 * stem as f32;
                *value = 0.05 + 0.9 * (tilt + self.memory).sin().abs();
            }
        }
        assert_eq!(stems, 4);
        if self.run_into_trouble()? {
            mask.fill(f32::NAN);
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.memory = 0.0;
    }
}

impl WaveformNetwork for Double {
    fn channels(&self) -> usize {
        WAVEFORM_STREAM.channels
    }

    fn run(
        &mut self,
        audio: ArrayView2<f32>,
        mut stems: ArrayViewMut3<f32>,
    ) -> Result<(), RunError> {
        let (samples, num_stems, channels) = stems.dim();
        assert_eq!((audio.dim(), num_stems), ((samples, channels), 4));
        for mut stem in stems.axis_iter_mut(ndarray::Axis(1)) {
            stem.assign(&audio);
        }
        if self.run_into_trouble()? {
            stems.fill(f32::NAN);
        }
        Ok(())
    }
}
