//! The parameters. Their ids are frozen: projects and automation are saved under them.
#![expect(
    clippy::disallowed_types,
    reason = "for the host's main thread, the editor and the worker"
)]

mod band;
mod restore;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use nice_plug::params::persist::PersistentField;
use nice_plug::prelude::*;
use nice_plug::util;
use serde::{Deserialize, Serialize};

use crate::geometry::ChunkSetting;

pub use restore::{in_range, prepare as prepare_ranges};

pub use band::{
    AUTO_INTENSITY, BandParams, CHORD_KINDS, Fills, MAX_SEED, MAX_STYLE, ROOTS, StyleNames,
};

/// The bottom of a fader in dB; there the strip is off and the fader reads `-inf`.
pub const MIN_GAIN_DB: f32 = -80.0;
/// The top of a fader in dB.
pub const MAX_GAIN_DB: f32 = 12.0;
/// The strips in the order of every array of strips: the input, then the stems.
pub const STRIPS: [&str; NUM_STRIPS] = ["Input", "Drums", "Bass", "Piano", "Other"];
/// The number of strips: the input and four stems.
pub const NUM_STRIPS: usize = 5;
/// The number of values in [`Mix`].
pub const NUM_CONTROLS: usize = 3 * NUM_STRIPS + 2;
/// The index of the output gain in [`Mix`].
pub const OUTPUT_IDX: usize = 3 * NUM_STRIPS;
/// The index of the bypass in [`Mix`].
pub const BYPASS_IDX: usize = OUTPUT_IDX + 1;
/// The pack of a new instance.
pub const DEFAULT_PACK: &str = "remix";

/// What the mixer is told: per strip gain (linear), mute and solo (0 or 1), then the output gain
/// (linear) and the bypass (0 or 1). Index it with [`gain_idx`], [`mute_idx`], [`solo_idx`],
/// [`OUTPUT_IDX`] and [`BYPASS_IDX`].
pub type Mix = [f32; NUM_CONTROLS];

/// The index in [`Mix`] of a strip's gain.
pub const fn gain_idx(strip_idx: usize) -> usize {
    3 * strip_idx
}

/// The index in [`Mix`] of a strip's mute.
pub const fn mute_idx(strip_idx: usize) -> usize {
    3 * strip_idx + 1
}

/// The index in [`Mix`] of a strip's solo.
pub const fn solo_idx(strip_idx: usize) -> usize {
    3 * strip_idx + 2
}

/// One strip of the mixer.
#[derive(Params)]
pub struct StripParams {
    /// Fader in dB, [`MIN_GAIN_DB`] (off) to [`MAX_GAIN_DB`].
    #[id = "gain"]
    pub gain: FloatParam,
    /// Silences the strip.
    #[id = "mute"]
    pub mute: BoolParam,
    /// While any strip is soloed, only soloed strips sound.
    #[id = "solo"]
    pub solo: BoolParam,
}

impl StripParams {
    fn new(name: &str, muted: bool) -> Self {
        Self {
            gain: gain_param(format!("{name} Gain")),
            mute: switch_param(format!("{name} Mute"), muted),
            solo: switch_param(format!("{name} Solo"), false),
        }
    }
}

/// Every parameter, and what else a project saves.
#[derive(Params)]
pub struct One2FourParams {
    /// The aligned original.
    #[nested(id_prefix = "input", group = "Input")]
    pub input: StripParams,
    /// The drums stem.
    #[nested(id_prefix = "drums", group = "Drums")]
    pub drums: StripParams,
    /// The bass stem.
    #[nested(id_prefix = "bass", group = "Bass")]
    pub bass: StripParams,
    /// The piano stem.
    #[nested(id_prefix = "piano", group = "Piano")]
    pub piano: StripParams,
    /// What the other stems leave over.
    #[nested(id_prefix = "other", group = "Other")]
    pub other: StripParams,
    /// Gain of the main output, in dB.
    #[id = "output_gain"]
    pub output_gain: FloatParam,
    /// How much audio the worker takes at a time; takes effect when the host restarts the plugin.
    #[id = "chunk"]
    pub chunk: EnumParam<ChunkSetting>,
    /// Delay host automation by the latency, so that it acts on the audio it was drawn on.
    #[id = "align_automation"]
    pub align_automation: BoolParam,
    /// What is asked of the band of a `notes` pack.
    #[nested(group = "Band")]
    pub band: BandParams,
    /// Lets the aligned input through as it is: the host's own switch. The last parameter, for hosts number
    /// them in this order.
    #[id = "bypass"]
    pub bypass: BoolParam,
    /// The id of the pack, saved with the project even where this machine lacks the pack.
    #[persist = "pack"]
    pub pack: PackId,
    /// What the editor remembers. Never locked by the audio thread.
    #[persist = "editor"]
    pub editor: std::sync::RwLock<EditorMemory>,
}

impl Default for One2FourParams {
    fn default() -> Self {
        let [input, drums, bass, piano, other] = STRIPS;
        Self {
            // The stems of a mask pack replace the input, so its strip starts muted.
            input: StripParams::new(input, true),
            drums: StripParams::new(drums, false),
            bass: StripParams::new(bass, false),
            piano: StripParams::new(piano, false),
            other: StripParams::new(other, false),
            output_gain: gain_param("Output Gain".into()),
            chunk: EnumParam::new("Chunk", ChunkSetting::OneSecond).non_automatable(),
            align_automation: switch_param("Align Automation".into(), true),
            band: BandParams::default(),
            bypass: switch_param("Bypass".into(), false).make_bypass(),
            pack: PackId::new(DEFAULT_PACK),
            editor: std::sync::RwLock::default(),
        }
    }
}

impl One2FourParams {
    /// The strips in the order of [`STRIPS`].
    pub fn strips(&self) -> [&StripParams; NUM_STRIPS] {
        [
            &self.input,
            &self.drums,
            &self.bass,
            &self.piano,
            &self.other,
        ]
    }

    /// The values that the host or a person set last. Neither allocates nor blocks.
    pub fn mix(&self) -> Mix {
        let mut mix = [0.0; NUM_CONTROLS];
        for (strip_idx, strip) in self.strips().into_iter().enumerate() {
            mix[gain_idx(strip_idx)] = linear_gain(strip.gain.value());
            mix[mute_idx(strip_idx)] = strip.mute.value() as u8 as f32;
            mix[solo_idx(strip_idx)] = strip.solo.value() as u8 as f32;
        }
        mix[OUTPUT_IDX] = linear_gain(self.output_gain.value());
        mix[BYPASS_IDX] = self.bypass.value() as u8 as f32;
        mix
    }
}

/// The settings that take effect when the host restarts the plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// See [`One2FourParams::chunk`].
    pub chunk: ChunkSetting,
    /// See [`PackId::generation`].
    pub pack_generation: u32,
}

impl Settings {
    /// As the host or a person set them last. Neither allocates nor blocks.
    pub fn of(params: &One2FourParams) -> Self {
        Self {
            chunk: params.chunk.value(),
            pack_generation: params.pack.generation(),
        }
    }
}

/// The linear gain of a fader's dB: exactly 1 at 0 dB, exactly 0 at [`MIN_GAIN_DB`].
pub fn linear_gain(gain_db: f32) -> f32 {
    if gain_db <= MIN_GAIN_DB {
        0.0
    } else {
        util::db_to_gain(gain_db)
    }
}

fn gain_param(name: String) -> FloatParam {
    // Squaring the fader's position puts 0 dB at 76 % of its way and -40 dB at 19 %, as on a desk.
    let range = FloatRange::Skewed {
        min: MIN_GAIN_DB,
        max: MAX_GAIN_DB,
        factor: 2.0,
    };
    FloatParam::new(name, 0.0, range)
        .with_step_size(0.01) // so that 0 dB is met exactly
        .with_unit(" dB")
        .with_value_to_string(Arc::new(|gain_db| {
            if gain_db <= MIN_GAIN_DB {
                "-inf".into()
            } else {
                format!("{gain_db:.2}")
            }
        }))
        .with_string_to_value(Arc::new(|text| {
            let text = text
                .trim()
                .trim_end_matches(['d', 'D', 'b', 'B'])
                .trim_end();
            match text.to_lowercase().as_str() {
                "-inf" | "-∞" | "−∞" | "off" => Some(MIN_GAIN_DB),
                _ => typed_number(text),
            }
        }))
}

/// A finite number as people type it: with a comma for the point, or a true minus sign.
fn typed_number(text: &str) -> Option<f32> {
    let text = text.replace('−', "-").replace(',', ".");
    text.parse().ok().filter(|number: &f32| number.is_finite())
}

fn switch_param(name: String, default: bool) -> BoolParam {
    BoolParam::new(name, default)
        .with_value_to_string(Arc::new(|on| if on { "On" } else { "Off" }.into()))
        .with_string_to_value(Arc::new(|text| match text.trim().to_lowercase().as_str() {
            "on" | "true" | "yes" | "1" => Some(true),
            "off" | "false" | "no" | "0" => Some(false),
            _ => None,
        }))
}

/// What a project remembers of the editor. A project can hold anything: the editor checks it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct EditorMemory {
    /// The window's width in points.
    pub width: f32,
    /// The window's height in points.
    pub height: f32,
    /// The window's scale; 1 is the system's.
    pub zoom: f32,
    /// Where exported stems go; empty for the usual place.
    pub folder: String,
}

impl Default for EditorMemory {
    fn default() -> Self {
        Self {
            width: 900.0,
            height: 520.0,
            zoom: 1.0,
            folder: String::new(),
        }
    }
}

/// A pack's id as a project saves it, with a count of its changes: hosts restore a state without
/// activating again, so the audio thread compares the count and asks for a restart.
pub struct PackId {
    /// Read on activation and by the host's save; never by the audio thread.
    id: std::sync::RwLock<String>,
    /// Raised by every change.
    generation: AtomicU32,
}

impl PackId {
    /// A pack id that was not changed yet.
    pub fn new(id: &str) -> Self {
        Self {
            id: std::sync::RwLock::new(id.into()),
            generation: AtomicU32::new(0),
        }
    }

    /// The id. Blocks while another thread sets it: not for the audio thread.
    pub fn get(&self) -> String {
        self.id.read().map(|id| id.clone()).unwrap_or_default()
    }

    /// How often the id was changed.
    pub fn generation(&self) -> u32 {
        self.generation.load(Ordering::Acquire)
    }
}

impl PersistentField<'_, String> for PackId {
    fn set(&self, new_id: String) {
        if let Ok(mut id) = self.id.write()
            && *id != new_id
        {
            *id = new_id;
            self.generation.fetch_add(1, Ordering::Release);
        }
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&String) -> R,
    {
        f(&self.get())
    }
}
