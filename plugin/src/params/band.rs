//! What a person asks of the band of a `notes` pack.
#![expect(
    clippy::disallowed_types,
    reason = "for the host's main thread, the editor and whoever asks for a parameter's text"
)]

use std::sync::{Arc, RwLock};

use nice_plug::prelude::*;

use super::{switch_param, typed_number};
use crate::bridge::{Direction, Feel, NUM_STEMS};
use crate::music::plan::STYLES;

/// The number of the last style; 0 leaves it to the ear.
pub const MAX_STYLE: i32 = STYLES as i32;
/// The last seed.
pub const MAX_SEED: i32 = 999;
/// Below the lowest intensity: as the style has it.
pub const AUTO_INTENSITY: i32 = -1;
/// What chords stand on, after what leaves it to the ear.
pub const ROOTS: [&str; 13] = [
    "Heard", "C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B",
];
/// What chords there are on a root, in the order of their numbers.
pub const CHORD_KINDS: [&str; 7] = ["Major", "Minor", "7", "maj7", "m7", "m7b5", "sus4"];
/// Other names of roots.
const SHARPS: [(&str, &str); 5] = [
    ("C#", "Db"),
    ("D#", "Eb"),
    ("F#", "Gb"),
    ("G#", "Ab"),
    ("A#", "Bb"),
];
/// Per cent of complexity for each unit of [`Direction::complexity`].
const COMPLEXITY_PERCENT: f32 = 50.0;
/// What a value is called that the band finds by itself.
const AUTO: &str = "Auto";

/// How often the band plays a fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Fills {
    /// Never.
    #[id = "off"]
    #[name = "Off"]
    Off,
    /// In every second bar.
    #[id = "2"]
    #[name = "Every 2 bars"]
    Two,
    /// In every fourth bar.
    #[id = "4"]
    #[name = "Every 4 bars"]
    Four,
    /// In every eighth bar.
    #[id = "8"]
    #[name = "Every 8 bars"]
    Eight,
}

impl Fills {
    /// See [`Direction::fill_bars`].
    fn bars(self) -> u8 {
        match self {
            Self::Off => 0,
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }
}

/// What the pack that plays calls its styles, in their order; none while it has none. Never locked
/// by the audio thread.
#[derive(Clone, Default)]
pub struct StyleNames(Arc<RwLock<Vec<String>>>);

impl StyleNames {
    /// Takes the names of another pack.
    pub fn set(&self, names: Vec<String>) {
        if let Ok(mut current) = self.0.write() {
            *current = names;
        }
    }

    /// What the style with this number, from 1, is called: its name or the number; 0 leaves it to the ear.
    pub fn name(&self, style: i32) -> String {
        let Ok(style_idx) = usize::try_from(style - 1) else {
            return AUTO.into();
        };
        let names = self.0.read();
        let name = names.ok().and_then(|names| names.get(style_idx).cloned());
        name.unwrap_or_else(|| style.to_string())
    }

    /// The number of the style that is called so.
    fn number(&self, text: &str) -> Option<i32> {
        let text = text.trim();
        if text.eq_ignore_ascii_case(AUTO) {
            return Some(0);
        }
        let names = self.0.read().ok()?;
        let named = names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(text));
        match named {
            Some(style_idx) => Some(style_idx as i32 + 1),
            None => text.parse().ok(),
        }
    }
}

/// The band's parameters. It takes a change over at its next bar.
#[derive(Params)]
pub struct BandParams {
    /// 0 leaves it to the ear; see [`StyleNames`].
    #[id = "style"]
    pub style: IntParam,
    /// [`AUTO_INTENSITY`], or per cent.
    #[id = "intensity"]
    pub intensity: IntParam,
    /// Per cent of less or more notes that are not on a beat.
    #[id = "complexity"]
    pub complexity: IntParam,
    /// How often there is a fill.
    #[id = "fills"]
    pub fills: EnumParam<Fills>,
    /// Per cent of the way from straight to triplets.
    #[id = "swing"]
    pub swing: IntParam,
    /// Half, plain or double time.
    #[id = "feel"]
    pub feel: EnumParam<Feel>,
    /// Of everything random: another seed is another take.
    #[id = "seed"]
    pub seed: IntParam,
    /// Whether the band plays the rhythm that it hears.
    #[id = "lock"]
    pub lock: BoolParam,
    /// Whether there are drums.
    #[id = "drums_on"]
    pub drums_on: BoolParam,
    /// Whether there is a bass.
    #[id = "bass_on"]
    pub bass_on: BoolParam,
    /// Whether there is a piano.
    #[id = "piano_on"]
    pub piano_on: BoolParam,
    /// Whether there is another instrument.
    #[id = "other_on"]
    pub other_on: BoolParam,
    /// 0 is as heard, else the root of the chord that the band plays, from C on; see [`ROOTS`].
    #[id = "chord_root"]
    pub chord_root: IntParam,
    /// What chord is on that root; see [`CHORD_KINDS`].
    #[id = "chord_kind"]
    pub chord_kind: IntParam,
    /// What the styles are called.
    pub style_names: StyleNames,
}

impl Default for BandParams {
    fn default() -> Self {
        let style_names = StyleNames::default();
        Self {
            style: style_param(&style_names),
            intensity: percent_param("Intensity", AUTO_INTENSITY, AUTO_INTENSITY, 100),
            complexity: percent_param("Complexity", 0, -100, 100),
            fills: EnumParam::new("Fills", Fills::Eight),
            swing: percent_param("Swing", 0, 0, 100),
            feel: EnumParam::new("Feel", Feel::Plain),
            seed: IntParam::new(
                "Seed",
                0,
                IntRange::Linear {
                    min: 0,
                    max: MAX_SEED,
                },
            ),
            lock: switch_param("Lock to Rhythm".into(), false),
            drums_on: switch_param("Drums On".into(), true),
            bass_on: switch_param("Bass On".into(), true),
            piano_on: switch_param("Piano On".into(), true),
            other_on: switch_param("Other On".into(), true),
            chord_root: named_param("Chord Root", &ROOTS),
            chord_kind: named_param("Chord Kind", &CHORD_KINDS),
            style_names,
        }
    }
}

impl BandParams {
    /// Which stems play, in their order.
    pub fn plays(&self) -> [&BoolParam; NUM_STEMS] {
        [
            &self.drums_on,
            &self.bass_on,
            &self.piano_on,
            &self.other_on,
        ]
    }

    /// The chord that is set; `None` where the band goes by what it hears.
    pub fn chord(&self) -> Option<u8> {
        let root = u8::try_from(self.chord_root.value() - 1).ok()?;
        Some(12 * self.chord_kind.value() as u8 + root)
    }

    /// What is asked of the band now. Neither allocates nor blocks.
    pub fn direction(&self) -> Direction {
        let intensity = self.intensity.value();
        Direction {
            style: u8::try_from(self.style.value() - 1).ok(),
            intensity: (intensity >= 0).then_some(intensity as f32 / 100.0),
            complexity: self.complexity.value() as f32 / COMPLEXITY_PERCENT,
            fill_bars: self.fills.value().bars(),
            swing: self.swing.value() as f32 / 100.0,
            feel: self.feel.value(),
            seed: self.seed.value() as u32,
            is_locked: self.lock.value(),
            chord: self.chord(),
            plays: self.plays().map(BoolParam::value),
        }
    }
}

/// A choice by name. Sharps are read as the flats that they sound like.
fn named_param(name: &str, names: &'static [&'static str]) -> IntParam {
    let range = IntRange::Linear {
        min: 0,
        max: names.len() as i32 - 1,
    };
    let shown = |value: i32| usize::try_from(value).ok().and_then(|idx| names.get(idx));
    IntParam::new(name, 0, range)
        .with_value_to_string(Arc::new(move |value| {
            shown(value).copied().unwrap_or_default().into()
        }))
        .with_string_to_value(Arc::new(move |text| {
            let text = text.trim();
            let sharp = SHARPS
                .iter()
                .find(|(sharp, _)| sharp.eq_ignore_ascii_case(text));
            let text = sharp.map_or(text, |(_, name)| name);
            // The one chord whose meaning is in the case of its letter.
            let text = if text == "M7" { "maj7" } else { text };
            let idx = names
                .iter()
                .position(|name| name.eq_ignore_ascii_case(text));
            idx.map(|idx| idx as i32)
        }))
}

fn style_param(names: &StyleNames) -> IntParam {
    let range = IntRange::Linear {
        min: 0,
        max: MAX_STYLE,
    };
    let (shown, read) = (names.clone(), names.clone());
    IntParam::new("Style", 0, range)
        .with_value_to_string(Arc::new(move |style| shown.name(style)))
        .with_string_to_value(Arc::new(move |text| read.number(text)))
}

/// Whole per cent, so that a host shows what is meant; below 0, where that is [`AUTO_INTENSITY`] and
/// the lowest value, the band decides.
fn percent_param(name: &str, default: i32, min: i32, max: i32) -> IntParam {
    let is_auto = move |percent| percent == AUTO_INTENSITY && min == AUTO_INTENSITY;
    IntParam::new(name, default, IntRange::Linear { min, max })
        .with_value_to_string(Arc::new(move |percent| match percent {
            _ if is_auto(percent) => AUTO.into(),
            _ => format!("{percent} %"),
        }))
        .with_string_to_value(Arc::new(move |text| {
            let text = text.trim();
            if min == AUTO_INTENSITY && text.eq_ignore_ascii_case(AUTO) {
                return Some(AUTO_INTENSITY);
            }
            let number = typed_number(text.trim_end_matches('%').trim_end())?.round() as i32;
            let least = if min == AUTO_INTENSITY { 0 } else { min };
            Some(number.clamp(least, max))
        }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets a parameter as a host does.
    fn put<P: Param>(param: &P, text: &str) {
        let normalized = param.string_to_normalized_value(text).unwrap();
        let ptr: ParamPtr = param.as_ptr();
        // SAFETY: the parameter outlives the call.
        #[allow(unsafe_code)]
        unsafe {
            ptr._internal_set_normalized_value(normalized)
        };
    }

    #[test]
    fn a_new_instance_asks_for_nothing_special() {
        let direction = BandParams::default().direction();
        assert_eq!((direction.style, direction.intensity), (None, None));
        assert_eq!((direction.complexity, direction.swing), (0.0, 0.0));
        assert_eq!(direction.plays, [true; NUM_STEMS]);
    }

    #[test]
    fn what_is_set_is_what_the_band_is_told() {
        let params = BandParams::default();
        params.style_names.set(vec!["Rock".into(), "Bossa".into()]);
        put(&params.style, "bossa");
        put(&params.intensity, "0 %");
        put(&params.complexity, "-100");
        put(&params.fills, "Every 4 bars");
        put(&params.swing, "50%");
        put(&params.bass_on, "off");
        put(&params.chord_kind, "m7b5");
        assert_eq!(params.direction().chord, None, "a kind alone sets nothing");
        put(&params.chord_root, "f#");
        let direction = params.direction();
        assert_eq!(direction.style, Some(1));
        assert_eq!(direction.intensity, Some(0.0));
        assert_eq!(direction.complexity, -2.0);
        assert_eq!(direction.fill_bars, 4);
        assert_eq!(direction.swing, 0.5);
        assert_eq!(direction.chord, Some(5 * 12 + 6));
        assert_eq!(direction.plays, [true, false, true, true]);
        put(&params.intensity, "auto");
        put(&params.style, "28");
        assert_eq!(params.direction().intensity, None);
        assert_eq!(params.direction().style, Some(27));
        assert_eq!(params.style_names.name(28), "28");
        put(&params.chord_root, "C");
        put(&params.chord_kind, "M7");
        assert_eq!(params.direction().chord, Some(3 * 12), "a major seventh");
        put(&params.complexity, "99999999999");
        assert_eq!(params.direction().complexity, 2.0, "the highest");
    }
}
