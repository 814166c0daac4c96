//! What only a `notes` pack's `pack.toml` has.

use serde::Deserialize;

use super::PackError;
use super::manifest::{Check, MAX_NAME, MAX_TEXT, is_file_name};
use crate::instrument::Sounds;
use crate::music::decode::{Thresholds, VOICES};
use crate::music::plan::{PlanRules, STYLES};

/// The largest number in `[plan]` and `[decode]`.
const MAX_LOGIT: f64 = 1e4;

/// `[plan]` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanTable {
    change_costs: [f64; 3],
    key_memory: f64,
    style_memory: f64,
    style_lead: f64,
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
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Style {
    /// For people.
    pub name: String,
    /// The General-MIDI drum of each voice.
    pub kit: [u8; VOICES],
    /// The General-MIDI programs, from 0, of bass, piano and other.
    pub programs: [u8; 3],
    /// How likely it is before anything is heard, in logits.
    pub prior: f64,
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
    /// How chords, keys and styles are told.
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
        check.that(plan.is_some(), "[plan]", there, &"missing")?;
        check.that(decode.is_some(), "[decode]", there, &"missing")?;
        let (Some(plan), Some(decode), Some(sound)) = (&plan, &decode, sound) else {
            return Err(PackError::refused(check.id, "[sound]", there, "missing"));
        };
        for cost in plan.change_costs {
            let is_cost = (0.0..=MAX_LOGIT).contains(&cost);
            check.that(is_cost, "plan.change_costs", "0 to 10000", &cost)?;
        }
        for (field, memory) in [
            ("plan.key_memory", plan.key_memory),
            ("plan.style_memory", plan.style_memory),
        ] {
            let is_memory = (0.0..1.0).contains(&memory);
            check.that(is_memory, field, "0 to under 1", &memory)?;
        }
        let lead = plan.style_lead;
        let is_lead = (0.0..=MAX_LOGIT).contains(&lead);
        check.that(is_lead, "plan.style_lead", "0 to 10000", &lead)?;
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
            "letters, digits, -, _ and ., and end in .sf2",
            &sound.file,
        )?;
        check.line("sound.license", &sound.license, MAX_TEXT)?;
        let field = "the number of [[style]]";
        check.that(styles.len() == STYLES, field, "28", &styles.len())?;
        let mut style_priors = [0.0; STYLES];
        for (prior, style) in style_priors.iter_mut().zip(&styles) {
            check.line("style.name", &style.name, MAX_NAME)?;
            *prior = style.prior;
            let is_logit = prior.abs() <= MAX_LOGIT;
            check.that(is_logit, "style.prior", "-10000 to 10000", prior)?;
            for note in style.kit.iter().chain(&style.programs) {
                let field = "a number of [[style]]";
                check.that(*note < 128, field, "0 to 127", note)?;
            }
        }
        Ok(Self {
            plan: PlanRules {
                change_costs: plan.change_costs,
                key_memory: plan.key_memory,
                style_memory: plan.style_memory,
                style_lead: lead,
                style_priors,
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

#[cfg(test)]
mod tests {
    use crate::pack::Manifest;

    /// A `pack.toml` that is in order.
    fn text() -> String {
        let graph = |file: &str, stems: &str| {
            format!("[[graph]]\nfile = \"{file}\"\nsha256 = \"\"\nstems = [{stems}]\n")
        };
        let style = "[[style]]\nname = \"Rock\"\nkit = [36, 38, 42, 46, 51, 49, 45, 48, 70]\n\
                     programs = [33, 0, 25]\nprior = 0.0\n";
        [
            "schema = 1\nid = \"band\"\nname = \"\"\nversion = \"\"\nkind = \"notes\"\nlicense = \"\"\n",
            "description = \"\"\n[stream]\nsample_rate = 44100\nfft = 4096\nhop = 1024\nchannels = 1\n",
            &graph("plan.onnx", ""),
            &graph("band.onnx", "\"drums\", \"bass\", \"piano\", \"other\""),
            "[plan]\nchange_costs = [0.5, 1.0, 2.0]\nkey_memory = 0.95\n",
            "style_memory = 0.98\nstyle_lead = 2.0\n[decode]\n",
            "drums = [0, 0, 0, 0, 0, 0, 0, 0, 0]\nbass_onset = 0\nbass_rest = 0\npiano_onset = 1.5\n",
            "piano_sustain = 0\nother_onset = 99\nother_sustain = 0\nvariation = 0.5\n",
            "[sound]\nfile = \"band.sf2\"\nsha256 = \"\"\nlicense = \"\"\n",
            &style.repeat(28),
        ]
        .concat()
    }

    #[test]
    fn tables_that_are_out_of_order_are_refused_by_field() {
        let manifest = Manifest::parse("band", &text()).unwrap();
        let band = manifest.band.unwrap();
        assert_eq!(band.thresholds.onset, [1.5, 99.0]);
        assert_eq!(band.styles.len(), 28);
        for (good, bad, words) in [
            (
                "channels = 1",
                "channels = 2",
                "stream.channels must be 1, but is 2",
            ),
            ("band.sf2", "../band.sf2", "sound.file"),
            ("band.sf2", "band.onnx", "sound.file"),
            (
                "name = \"Rock\"",
                "name = \"Ro\\nck\"",
                "style.name must be one line",
            ),
            ("key_memory = 0.95", "key_memory = 1.0", "plan.key_memory"),
            (
                "style_memory = 0.98",
                "style_memory = -1",
                "plan.style_memory",
            ),
            ("style_lead = 2.0", "style_lead = nan", "plan.style_lead"),
            ("style_lead = 2.0\n", "", "pack.toml"),
            ("prior = 0.0", "prior = nan", "style.prior"),
            ("[0.5, 1.0, 2.0]", "[0.5, nan, 2.0]", "plan.change_costs"),
            ("[0.5, 1.0, 2.0]", "[0.5, 1.0]", "pack.toml"),
            (
                "other_onset = 99",
                "other_onset = inf",
                "a number of [decode]",
            ),
            ("variation = 0.5", "variation = -1", "decode.variation"),
            ("[33, 0, 25]", "[128, 0, 25]", "a number of [[style]]"),
            ("[33, 0, 25]", "[300, 0, 25]", "pack.toml"),
            ("stems = []", "stems = [\"drums\"]", "the stem \"drums\""),
            ("[[style]]", "[[graph]]", "pack.toml"),
            ("[sound]", "[sounds]", "pack.toml"),
        ] {
            assert!(text().contains(good), "{good}");
            let bad_text = text().replacen(good, bad, 1);
            let refusal = Manifest::parse("band", &bad_text).unwrap_err().to_string();
            assert!(refusal.contains(words), "{bad}: {refusal}");
        }
        let (start, sound) = (text().find("[sound]"), text().find("[[style]]"));
        let mut silent = text();
        silent.replace_range(start.unwrap()..sound.unwrap(), "");
        let refusal = Manifest::parse("band", &silent).unwrap_err().to_string();
        assert!(refusal.contains("[sound] must be there"), "{refusal}");
    }
}
