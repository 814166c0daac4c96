//! Stand-ins for a pack's networks.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ndarray::{ArrayView3, ArrayViewMut4};
use one2four::geometry::Stream;
use one2four::worker::{Load, Network, RunError};

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
}

/// A network with a memory whose masks follow its input, and that has `trouble` in some runs.
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

    /// What an engine loads it with.
    pub fn load(&self) -> Load {
        let double = self.clone();
        Box::new(move || Ok(Box::new(double.clone())))
    }
}

impl Network for Double {
    fn channels(&self) -> usize {
        Stream::DEFAULT.channels
    }

    fn bins(&self) -> usize {
        Stream::DEFAULT.bins()
    }

    fn run(
        &mut self,
        magnitude: ArrayView3<f32>,
        mut mask: ArrayViewMut4<f32>,
    ) -> Result<(), RunError> {
        let run = self.runs.fetch_add(1, Ordering::AcqRel);
        let (frames, stems, channels, bins) = mask.dim();
        assert_eq!(
            magnitude.dim(),
            (frames + Stream::DEFAULT.lookahead_frames, channels, bins)
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
        if self.troubled_runs.contains(&run) {
            match self.trouble {
                Trouble::None => {}
                Trouble::Slow(time) => std::thread::sleep(time),
                Trouble::Fails => return Err(RunError::Runtime("planted".into())),
                Trouble::NotANumber => mask.fill(f32::NAN),
                Trouble::Panics => panic!("planted"),
            }
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.memory = 0.0;
    }
}
