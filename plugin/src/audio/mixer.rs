//! Adds up the strips.

use std::ops::Range;

use super::{MAX_SEGMENT_SAMPLES, StemBuses};
use crate::audio::collect::{Collect, Stems};
use crate::audio::levels::Levels;
use crate::bridge::{Meters, NUM_STEMS, OUTPUT_METER};
use crate::dsp::{Ramp, Ring};
use crate::params::{BYPASS_IDX, Mix, NUM_STRIPS, OUTPUT_IDX, gain_idx, mute_idx, solo_idx};

/// The stem that takes what the others leave over, and the aligned input in a gap.
const OTHER_IDX: usize = NUM_STEMS - 1;

/// Values of one segment, a sample each.
type Segment = [f32; MAX_SEGMENT_SAMPLES];

/// The gains, and the work space of a segment.
pub struct Mixer {
    /// One per strip: the input, then the stems.
    strips: [Ramp; NUM_STRIPS],
    /// The output's.
    output: Ramp,
    /// Whether the stems are a band's. Nothing stands in for that: a band that skips is better than
    /// an input that is louder, or heard where it is muted.
    has_band: bool,
    /// Set by a reset: the next targets are met at once.
    is_fresh: bool,
    /// Of all that comes out: 1, or less around a restart.
    fade: Ramp,
    /// The strips' gains in this segment.
    strip_gains: Box<[Segment; NUM_STRIPS]>,
    /// The output's gain in this segment, the fade included.
    output_gain: Segment,
    /// The fade in this segment.
    fade_gain: Segment,
    /// See [`Collect::fill_presence`].
    presence: Segment,
    /// The gain of the aligned input where it stands in for the stems.
    stand_in_gain: Segment,
    /// One channel of the aligned input in this segment.
    aligned: Segment,
    /// One channel of one strip in this segment.
    strip: Segment,
    /// What the meters show.
    levels: Levels,
}

impl Mixer {
    /// All gains at 0; `ramp_samples` is the time they take to move.
    pub fn new(ramp_samples: usize, sample_rate: f64, has_band: bool) -> Self {
        let ramp = Ramp::new(0.0, ramp_samples);
        Self {
            strips: std::array::from_fn(|_| ramp.clone()),
            output: ramp,
            has_band,
            is_fresh: true,
            fade: Ramp::new(1.0, ramp_samples),
            strip_gains: Box::new([[0.0; MAX_SEGMENT_SAMPLES]; NUM_STRIPS]),
            output_gain: [0.0; MAX_SEGMENT_SAMPLES],
            fade_gain: [1.0; MAX_SEGMENT_SAMPLES],
            presence: [0.0; MAX_SEGMENT_SAMPLES],
            stand_in_gain: [0.0; MAX_SEGMENT_SAMPLES],
            aligned: [0.0; MAX_SEGMENT_SAMPLES],
            strip: [0.0; MAX_SEGMENT_SAMPLES],
            levels: Levels::new(sample_rate),
        }
    }

    /// The next targets are met at once.
    pub fn reset(&mut self) {
        self.is_fresh = true;
        self.levels.reset();
    }

    /// Moves the gains to what the controls say.
    pub fn set_targets(&mut self, mix: &Mix) {
        for (strip_idx, ramp) in self.strips.iter_mut().enumerate() {
            ramp.go_to(strip_gain(mix, strip_idx));
        }
        self.output.go_to(output_gain(mix));
        if std::mem::take(&mut self.is_fresh) {
            for (strip_idx, ramp) in self.strips.iter_mut().enumerate() {
                ramp.snap_to(strip_gain(mix, strip_idx));
            }
            self.output.snap_to(output_gain(mix));
        }
    }

    /// Fades all that comes out, to silence (0) or to what the gains say (1).
    pub fn fade_to(&mut self, fade: f32) {
        self.fade.go_to(fade);
    }

    /// Fades all out at once.
    pub fn cut(&mut self) {
        self.fade.snap_to(0.0);
    }

    /// Whether the meters show anything of the output.
    pub fn is_sounding(&self) -> bool {
        self.levels.is_sounding()
    }

    /// Whether all has faded out.
    pub fn is_silent(&self) -> bool {
        self.fade.resting() == Some(0.0)
    }

    /// Works out the gains of the next `len` samples.
    pub fn start_segment(&mut self, len: usize, collect: &mut Collect) {
        for (ramp, gains) in self.strips.iter_mut().zip(self.strip_gains.iter_mut()) {
            ramp.fill(&mut gains[..len]);
        }
        self.output.fill(&mut self.output_gain[..len]);
        self.fade.fill(&mut self.fade_gain[..len]);
        for (gain, fade) in self.output_gain[..len].iter_mut().zip(&self.fade_gain) {
            *gain *= fade;
        }
        collect.fill_presence(&mut self.presence[..len]);
        if self.has_band {
            return; // the stand-in's gain stays 0
        }
        // The aligned input is as loud as the loudest strip: what is muted stays muted, and what
        // the Input strip lets through is not heard twice.
        for i in 0..len {
            let stem_gains = self.strip_gains[1..].iter().map(|gains| gains[i]);
            let loudest = stem_gains.fold(0.0, f32::max);
            let missing = (loudest - self.strip_gains[0][i]).max(0.0);
            self.stand_in_gain[i] = (1.0 - self.presence[i]) * missing;
        }
    }

    /// Writes the mix of the segment into `main[..][range]`, and the stems into the buses; tells
    /// the meters where there is someone to look at them.
    #[allow(clippy::too_many_arguments)] // one segment's sources and sinks
    pub fn mix(
        &mut self,
        delay: &[Ring],
        output_position: i64,
        stems: Stems,
        main: &mut [&mut [f32]],
        mut buses: Option<&mut StemBuses>,
        range: Range<usize>,
        meters: Option<&Meters>,
    ) {
        let len = range.len();
        let aligned = &mut self.aligned[..len];
        let strip = &mut self.strip[..len];
        for (channel_idx, (ring, main)) in delay.iter().zip(main).enumerate() {
            ring.read(output_position, aligned);
            let main = &mut main[range.clone()];
            main.fill(0.0);
            for stem_idx in 0..NUM_STEMS {
                let gains = &self.strip_gains[1 + stem_idx][..len];
                match stems {
                    Some((chunk, offset)) => {
                        let stem = &chunk.stem(stem_idx, channel_idx)[offset..offset + len];
                        let presence = &self.presence[..len];
                        for (((out, stem), gain), presence) in
                            strip.iter_mut().zip(stem).zip(gains).zip(presence)
                        {
                            *out = stem * gain * presence;
                        }
                    }
                    None => strip.fill(0.0),
                }
                if stem_idx == OTHER_IDX {
                    add_scaled(strip, aligned, &self.stand_in_gain);
                }
                for (out, sample) in main.iter_mut().zip(strip.iter()) {
                    *out += sample;
                }
                if let Some(meters) = meters {
                    let samples = strip.iter().copied();
                    self.levels
                        .measure(meters, 1 + stem_idx, channel_idx, samples);
                }
                if let Some(buses) = &mut buses
                    && let Some(bus) = buses[stem_idx].get_mut(channel_idx)
                    && let Some(bus) = bus.get_mut(range.clone())
                {
                    for ((out, sample), fade) in bus.iter_mut().zip(&*strip).zip(&self.fade_gain) {
                        *out = sample * fade;
                    }
                }
            }
            add_scaled(main, aligned, &self.strip_gains[0]);
            for (out, gain) in main.iter_mut().zip(&self.output_gain) {
                *out *= gain;
            }
            if let Some(meters) = meters {
                let gains = &self.strip_gains[0][..len];
                let input = aligned
                    .iter()
                    .zip(gains)
                    .map(|(sample, gain)| sample * gain);
                self.levels.measure(meters, 0, channel_idx, input);
                let output = main.iter().copied();
                self.levels
                    .measure(meters, OUTPUT_METER, channel_idx, output);
            }
        }
    }
}

/// Whether any stem's strip is not off.
pub fn any_stem_audible(mix: &Mix) -> bool {
    (1..NUM_STRIPS).any(|strip_idx| strip_gain(mix, strip_idx) > 0.0)
}

/// Whether the input goes through as it is.
pub fn is_bypassed(mix: &Mix) -> bool {
    mix[BYPASS_IDX] > 0.0
}

fn output_gain(mix: &Mix) -> f32 {
    if is_bypassed(mix) {
        1.0
    } else {
        mix[OUTPUT_IDX]
    }
}

/// The gain of a strip after bypass, mute and solo.
fn strip_gain(mix: &Mix, strip_idx: usize) -> f32 {
    if is_bypassed(mix) {
        return if strip_idx == 0 { 1.0 } else { 0.0 };
    }
    let any_solo = (0..NUM_STRIPS).any(|idx| mix[solo_idx(idx)] > 0.0);
    let is_muted = mix[mute_idx(strip_idx)] > 0.0;
    let is_soloed = mix[solo_idx(strip_idx)] > 0.0;
    // Who solos a strip wants to hear it, also the Input, which starts muted.
    if is_soloed || !(is_muted || any_solo) {
        mix[gain_idx(strip_idx)]
    } else {
        0.0
    }
}

fn add_scaled(sum: &mut [f32], samples: &[f32], gains: &[f32]) {
    for ((sum, sample), gain) in sum.iter_mut().zip(samples).zip(gains) {
        *sum += sample * gain;
    }
}
