//! What the notes of a `notes` pack are played on: a SoundFont, on the worker's thread.

mod riff;
mod sampler;
mod sound;

pub use sampler::Sampler;
pub use sound::{MAX_SOUND_BYTES, Sound};

use crate::music::decode::{KIT, VOICES};

/// Plays notes, each stem by itself.
pub trait Instrument: Send {
    /// Silence, at once.
    fn reset(&mut self);

    /// Sets what a stem plays on from its next note on.
    fn choose(&mut self, stem_idx: usize, sounds: &Sounds);

    /// Starts a note of a velocity from 1 to 127.
    fn start(&mut self, stem_idx: usize, pitch: u8, velocity: u8);

    /// Ends a note; it may ring on.
    fn end(&mut self, stem_idx: usize, pitch: u8);

    /// Fills both sides with what the stem sounds like next.
    fn render(&mut self, stem_idx: usize, left: &mut [f32], right: &mut [f32]);
}

/// What a style is played on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sounds {
    /// The General-MIDI drum of each voice.
    pub kit: [u8; VOICES],
    /// The General-MIDI programs, from 0, of bass, piano and other.
    pub programs: [u8; 3],
}

impl Default for Sounds {
    fn default() -> Self {
        Self {
            kit: KIT,
            // Fingered bass, grand piano, steel guitar.
            programs: [33, 0, 25],
        }
    }
}
