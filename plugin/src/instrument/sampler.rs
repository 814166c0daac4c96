//! Plays a SoundFont: a synthesiser for each stem.

use std::sync::Arc;

use rustysynth::{Synthesizer, SynthesizerSettings};

use super::{Instrument, Sound, Sounds};
use crate::bridge::NUM_STEMS;

/// Samples in which the synthesisers count: a note starts at most so much late.
const BLOCK_SAMPLES: usize = 64;
/// Notes that sound at once in a stem, with those that ring on.
const MAX_VOICES: usize = 64;
/// Of each stem. A kit plays one or two notes at a time, a guitar five that ring on: at one volume the
/// shipped pack's drums lie 20 dB below its chords.
const VOLUMES: [f32; NUM_STEMS] = [2.0, 0.8, 0.5, 0.4];
/// The rates that the synthesisers play at, in Hz.
const RATES: std::ops::RangeInclusive<f64> = 16_000.0..=192_000.0;
/// The drums' channel.
const DRUMS: i32 = Synthesizer::PERCUSSION_CHANNEL as i32;
/// `ProgramChange`.
const PROGRAM: i32 = 0xC0;

/// Four synthesisers that share a SoundFont. They have no reverb and no chorus: a mix adds its own.
pub struct Sampler {
    synths: [Synthesizer; NUM_STEMS],
    /// What they play on.
    sounds: Sounds,
}

impl Sampler {
    /// Whether the host's rate is one to play at. The error is one sentence for the reader.
    pub fn check_rate(sample_rate: f64) -> Result<(), String> {
        if RATES.contains(&sample_rate) {
            return Ok(());
        }
        let rates = format!("{} to {} kHz", RATES.start() / 1e3, RATES.end() / 1e3);
        let found = sample_rate / 1e3;
        Err(format!("The band plays at {rates}, not at {found} kHz"))
    }

    /// At the host's rate. The error is one sentence for the reader.
    pub fn new(sound: &Arc<Sound>, sample_rate: f64) -> Result<Self, String> {
        Self::check_rate(sample_rate)?;
        let mut settings = SynthesizerSettings::new(sample_rate.round() as i32);
        settings.block_size = BLOCK_SAMPLES;
        settings.maximum_polyphony = MAX_VOICES;
        settings.enable_reverb_and_chorus = false;
        let synth = |volume| {
            let mut synth = Synthesizer::new(&sound.font, &settings).map_err(|e| e.to_string())?;
            synth.set_master_volume(volume);
            Ok::<_, String>(synth)
        };
        let mut sampler = Self {
            synths: [
                synth(VOLUMES[0])?,
                synth(VOLUMES[1])?,
                synth(VOLUMES[2])?,
                synth(VOLUMES[3])?,
            ],
            sounds: Sounds::default(),
        };
        sampler.reset();
        Ok(sampler)
    }

    fn set_program(&mut self, stem_idx: usize) {
        let synth = &mut self.synths[stem_idx];
        if let Some(program) = stem_idx
            .checked_sub(1)
            .and_then(|idx| self.sounds.programs.get(idx))
        {
            synth.process_midi_message(0, PROGRAM, i32::from(*program), 0);
        }
    }
}

impl Instrument for Sampler {
    fn reset(&mut self) {
        for stem_idx in 0..NUM_STEMS {
            self.synths[stem_idx].reset();
            self.set_program(stem_idx);
        }
    }

    fn choose(&mut self, stem_idx: usize, sounds: &Sounds) {
        self.sounds = *sounds;
        self.set_program(stem_idx);
    }

    fn start(&mut self, stem_idx: usize, pitch: u8, velocity: u8) {
        let (pitch, velocity) = (i32::from(pitch), i32::from(velocity));
        self.synths[stem_idx].note_on(channel(stem_idx), pitch, velocity);
    }

    fn end(&mut self, stem_idx: usize, pitch: u8) {
        self.synths[stem_idx].note_off(channel(stem_idx), i32::from(pitch));
    }

    fn render(&mut self, stem_idx: usize, left: &mut [f32], right: &mut [f32]) {
        self.synths[stem_idx].render(left, right);
    }
}

fn channel(stem_idx: usize) -> i32 {
    if stem_idx == 0 { DRUMS } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_of_each_stem_of_the_shipped_pack_is_about_as_loud() {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../models/packs/accompany/band.sf2"
        );
        let sound = Sound::shared("a test", &std::fs::read(file).unwrap()).unwrap();
        let mut sampler = Sampler::new(&sound, 48_000.0).unwrap();
        let beats: [&[u8]; NUM_STEMS] = [&[36, 42], &[36], &[60, 64, 67], &[60, 64, 67]];
        let levels_db = [0, 1, 2, 3].map(|stem_idx| {
            for pitch in beats[stem_idx] {
                sampler.start(stem_idx, *pitch, 90);
            }
            let (mut left, mut right) = (vec![0.0; 24_000], vec![0.0; 24_000]);
            sampler.render(stem_idx, &mut left, &mut right);
            let power: f32 = left.iter().map(|sample| sample * sample).sum();
            10.0 * (power / 24_000.0).log10()
        });
        let loudest = levels_db.iter().copied().fold(f32::MIN, f32::max);
        let softest = levels_db.iter().copied().fold(f32::MAX, f32::min);
        assert!(loudest - softest < 12.0, "{levels_db:?} dBFS");
    }
}
