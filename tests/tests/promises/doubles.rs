//! Stand-ins for a pack's networks.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ndarray::{ArrayView2, ArrayView3, ArrayViewMut3, ArrayViewMut4};
use one2four::geometry::{MaskStream, NotesStream, Stream, WaveformStream};
use one2four::instrument::{Instrument, Sounds};
use one2four::music::decode::{Played, Thresholds};
use one2four::music::plan::{PlanLogits, PlanRules, STYLES};
use one2four::network::{
    Band, Hearing, MaskNetwork, Networks, NotesNetwork, Orders, RunError, WaveformNetwork,
};
use one2four::worker::{Loader, thread_time};

/// What the double is trained on where it gives samples.
const WAVEFORM_STREAM: WaveformStream = WaveformStream {
    sample_rate: 22_050,
    channels: 2,
    overlap: 1024,
};
/// The same for decks.
pub const WAVEFORM: Stream = Stream::Waveform(WAVEFORM_STREAM);

/// What the double of a band is trained on.
pub const NOTES: Stream = Stream::Notes(NotesStream {
    sample_rate: 44_100,
    hop: 1024,
});

/// What goes wrong in a run.
#[derive(Debug, Clone, Copy)]
pub enum Trouble {
    /// Nothing.
    None,
    /// It takes this long.
    Slow(Duration),
    /// It takes this much of the processor's time.
    #[allow(dead_code)] // a fault, not a promise
    Burns(Duration),
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
    /// Whether it hears no chord.
    is_deaf: bool,
    /// Whether the chords it plays are short.
    is_short: bool,
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
            is_deaf: false,
            is_short: false,
        }
    }

    /// One that hears no chord.
    #[allow(dead_code)] // of a band, not of every promise
    pub fn deaf() -> Self {
        Self {
            is_deaf: true,
            ..Self::sound()
        }
    }

    /// One that plays short chords.
    #[allow(dead_code)] // of a band, not of every promise
    pub fn short() -> Self {
        Self {
            is_short: true,
            ..Self::sound()
        }
    }

    /// How often it ran, in whatever engine.
    pub fn runs(&self) -> usize {
        self.runs.load(Ordering::Acquire)
    }

    /// What an engine loads it with, as networks of a `mask` pack.
    pub fn load(&self) -> Loader {
        let double = self.clone();
        Box::new(move || Ok(Networks::Mask(Box::new(double.clone()))))
    }

    /// What an engine loads it with, as networks of a `waveform` pack.
    pub fn load_waveform(&self) -> Loader {
        let double = self.clone();
        Box::new(move || Ok(Networks::Waveform(Box::new(double.clone()))))
    }

    /// What an engine loads it with, as a `notes` pack.
    pub fn load_notes(&self) -> Loader {
        let double = self.clone();
        Box::new(move || {
            Ok(Networks::Notes(Box::new(Band {
                network: Box::new(double.clone()),
                instrument: Box::new(Tones::default()),
                plan: PlanRules {
                    change_costs: [0.5, 1.0, 2.0],
                    key_memory: 0.95,
                    style_memory: 0.98,
                    style_lead: 2.0,
                    style_priors: [0.0; STYLES],
                },
                thresholds: Thresholds {
                    drums: [0.0; 9],
                    bass_onset: 0.0,
                    bass_rest: 0.0,
                    onset: [0.0; 2],
                    sustain: [0.0; 2],
                    variation: 0.5,
                },
                styles: Vec::new(),
            })))
        })
    }

    /// Counts a run and lets the trouble of it happen; returns whether there are no numbers.
    fn run_into_trouble(&self) -> Result<bool, RunError> {
        let run = self.runs.fetch_add(1, Ordering::AcqRel);
        if self.troubled_runs.contains(&run) {
            match self.trouble {
                Trouble::None => {}
                Trouble::Slow(time) => std::thread::sleep(time),
                Trouble::Burns(time) => {
                    let until = thread_time() + time;
                    while thread_time() < until {}
                }
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

/// Hears C major, or nothing; plays a kick and the bass on every beat, piano and other after it, as loud as what it
/// heard so far.
impl NotesNetwork for Double {
    fn plan(&mut self, hearing: &Hearing, logits: &mut PlanLogits) -> Result<(), RunError> {
        assert!((0.0..=12.0).contains(&hearing.heard));
        logits.chords.fill(-9.0);
        logits.chords[if self.is_deaf { 84 } else { 0 }] = 9.0;
        Ok(())
    }

    fn band(
        &mut self,
        hearing: &Hearing,
        orders: &Orders,
        played: &mut Played,
    ) -> Result<(), RunError> {
        // Where none is set, all chords are heard.
        assert!(self.is_deaf || orders.chords == [0, 0]);
        let heard = hearing.features.row(6);
        self.memory = 0.8 * self.memory + 0.2 * heard[1].clamp(0.0, 1.0);
        *played = Played::default();
        let loud = 0.3 + 0.5 * self.memory;
        played.drums_onset = [[-9.0; 9]; 6];
        played.drums_onset[0][0] = 9.0;
        played.drums_velocity = [[loud; 9]; 6];
        played.bass_note.iter_mut().for_each(|note| note[0] = 9.0);
        played.bass_note[0][2 + 5] = 30.0;
        played.bass_velocity = [loud; 6];
        for (idx, chordal) in played.chordal.iter_mut().enumerate() {
            chordal.onset = [[-9.0; 36]; 6];
            chordal.sustain = [[9.0; 36]; 6];
            if self.is_short {
                chordal.sustain[4] = [-9.0; 36];
            }
            chordal.velocity = [loud; 6];
            chordal.onset[3][12 + 4 * idx] = 9.0;
        }
        if self.run_into_trouble()? {
            played.bass_velocity[3] = f32::NAN;
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.memory = 0.0;
    }
}

/// A tone for every note, at once there and at once gone.
#[derive(Default)]
struct Tones {
    /// Per stem: pitch, level, samples since the start.
    voices: [Vec<(u8, f32, u32)>; 4],
}

impl Instrument for Tones {
    fn reset(&mut self) {
        self.voices = Default::default();
    }

    fn choose(&mut self, _stem_idx: usize, _sounds: &Sounds) {}

    fn start(&mut self, stem_idx: usize, pitch: u8, velocity: u8) {
        self.end(stem_idx, pitch);
        self.voices[stem_idx].push((pitch, f32::from(velocity) / 1270.0, 0));
    }

    fn end(&mut self, stem_idx: usize, pitch: u8) {
        self.voices[stem_idx].retain(|voice| voice.0 != pitch);
    }

    fn render(&mut self, stem_idx: usize, left: &mut [f32], right: &mut [f32]) {
        for (left, right) in left.iter_mut().zip(&mut *right) {
            let mut sum = 0.0;
            for (pitch, level, samples) in &mut self.voices[stem_idx] {
                sum += *level * (f32::from(*pitch) * 0.002 * *samples as f32).cos();
                *samples += 1;
            }
            (*left, *right) = (sum, 0.5 * sum);
        }
    }
}
