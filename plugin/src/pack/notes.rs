//! What only a `notes` pack's `pack.toml` has.

use serde::Deserialize;

use super::PackError;
use super::manifest::{Check, MAX_TEXT, is_file_name};
use crate::music::decode::{Thresholds, VOICES};
use crate::music::plan::PlanRules;
use crate::worker::{STYLES, Sounds};

/// The largest number in `[plan]` and `[decode]`.
const MAX_LOGIT: f64 = 1e4;

/// `[plan]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanTable {
    change_costs: [f64; 3],
    key_memory: f64,
}

/// `[decode]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecodeTable {
    drums: [f64; VOICES],
    bass_onset: f64,
    bass_rest: f64,
    piano_onset: f64,
    piano_sustain: f64,
    other_onset: f64,
    other_sustain: f64,
    variation: f64,
}

/// `[sound]`: a SoundFont.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoundFile {
    /// Its name in the pack's folder.
    pub file: String,
    /// Its sum, in hex.
    pub sha256: String,
    /// Its licence.
    pub license: String,
}

/// A style that the band knows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Style {
    /// For people.
    pub name: String,
    /// The General-MIDI drum of each voice.
    pub kit: [u8; VOICES],
    /// The General-MIDI programs, from 0, of bass, piano and other.
    pub programs: [u8; 3],
}

impl Style {
    /// What it is played on.
    pub fn sounds(&self) -> Sounds {
        Sounds {
            kit: self.kit,
            programs: self.programs,
        }
    }
}

/// What only a `notes` pack has.
#[derive(Debug, Clone, PartialEq)]
pub struct BandManifest {
    /// How chords are told.
    pub plan: PlanRules,
    /// From when on something is a note.
    pub thresholds: Thresholds,
    /// What its notes are played on.
    pub sound: SoundFile,
    /// In the order of the columns of `controls`.
    pub styles: Vec<Style>,
}

impl BandManifest {
    /// Checks the tables of a `notes` pack, which must all be there.
    pub fn new(
        check: &Check,
        plan: Option<PlanTable>,
        decode: Option<DecodeTable>,
        sound: Option<SoundFile>,
        styles: Vec<Style>,
    ) -> Result<Self, PackError> {
        let there = "there with the kind notes";
        let missing = |field| check.that(false, field, there, &"missing");
        let (Some(plan), Some(decode), Some(sound)) = (&plan, &decode, sound) else {
            missing("[plan]").and(missing("[decode]"))?;
            return Err(PackError::refused(check.id, "[sound]", there, "missing"));
        };
        for cost in plan.change_costs {
            let is_cost = (0.0..=MAX_LOGIT).contains(&cost);
            check.that(is_cost, "plan.change_costs", "0 to 10000", &cost)?;
        }
        let memory = plan.key_memory;
        let is_memory = (0.0..1.0).contains(&memory);
        check.that(is_memory, "plan.key_memory", "0 to under 1", &memory)?;
        let others = [
            decode.bass_onset,
            decode.bass_rest,
            decode.piano_onset,
            decode.piano_sustain,
            decode.other_onset,
            decode.other_sustain,
        ];
        for threshold in decode.drums.into_iter().chain(others) {
            let is_logit = threshold.abs() <= MAX_LOGIT;
            check.that(
                is_logit,
                "a number of [decode]",
                "-10000 to 10000",
                &threshold,
            )?;
        }
        let variation = decode.variation;
        let is_variation = (0.0..=100.0).contains(&variation);
        check.that(is_variation, "decode.variation", "0 to 100", &variation)?;
        let is_sound = is_file_name(&sound.file, ".sf2");
        let field = "sound.file";
        check.that(
            is_sound,
            field,
            "the name of an .sf2 in the folder",
            &sound.file,
        )?;
        let field = "the number of [[style]]";
        check.that(styles.len() == STYLES, field, "28", &styles.len())?;
        for style in &styles {
            let len = style.name.len();
            check.that(len <= MAX_TEXT, "style.name", "at most 2000 bytes", &len)?;
            for note in style.kit.iter().chain(&style.programs) {
                let field = "a number of [[style]]";
                check.that(*note < 128, field, "0 to 127", note)?;
            }
        }
        Ok(Self {
            plan: PlanRules {
                change_costs: plan.change_costs,
                key_memory: memory,
            },
            thresholds: Thresholds {
                drums: decode.drums,
                bass_onset: decode.bass_onset,
                bass_rest: decode.bass_rest,
                onset: [decode.piano_onset, decode.other_onset],
                sustain: [decode.piano_sustain, decode.other_sustain],
                variation,
            },
            sound,
            styles,
        })
    }
}
