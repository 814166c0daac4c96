//! What every host plays: the song, the settings, the automation, and what `bounce` makes of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use hound::{SampleFormat, WavSpec, WavWriter};
use stage::{Binary, Instance, MULTI_OUT, read_audio};

use super::compare::{self, Planar};
use super::program::{self, STEP_TIMEOUT};
use super::setup;
use crate::workspace::Workspace;

/// Frames of automation per second. A sixtieth of a second is a whole number of samples at the
/// usual rates and of Ardour's ticks (1920 a beat at 120 beats a minute), to which Ardour rounds
/// the automation of plugins.
const GRID_PER_SECOND: u32 = 60;
/// The changes: sixtieths of a second, parameter, dB. Every gain has one, and all come before the
/// last second of the shortest song.
const CHANGES: [(usize, &str, &str); 8] = [
    (31, "input_gain", "-6"),
    (121, "drums_gain", "-12"),
    (241, "bass_gain", "-9"),
    (361, "piano_gain", "-6"),
    (481, "other_gain", "-18"),
    (601, "drums_gain", "6"),
    (721, "output_gain", "-3"),
    (841, "input_gain", "-20"),
];
/// The shortest song.
const MIN_SECONDS: usize = 16;

/// A parameter and a value.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Its string id.
    pub id: String,
    /// Its name in hosts.
    pub name: String,
    /// As a person writes the value.
    pub text: String,
    /// The normalised value.
    pub value: f64,
}

/// A setting at a sample.
#[derive(Debug, Clone)]
pub struct Event {
    /// Counted from the start of the song.
    pub sample: usize,
    /// What is set.
    pub setting: Setting,
}

/// The song and everything that is done with it.
pub struct Material {
    /// Where everything goes.
    pub folder: PathBuf,
    /// The scripts that run inside the hosts.
    pub scripts: PathBuf,
    /// The built CLAP.
    pub clap: PathBuf,
    /// A copy of the built VST3.
    pub vst3: PathBuf,
    /// The same, with a `moduleinfo.json` that names Multi-Out alone.
    pub multi_vst3: PathBuf,
    /// The song as a WAV of 32-bit floats.
    pub song_wav: PathBuf,
    /// The song.
    pub song: Planar,
    /// Hz.
    pub rate: u32,
    /// Drums at -12 dB: at the default settings the stems add up to the input, so a comparison
    /// there proves the delay and nothing about the stems.
    pub changed: Vec<Setting>,
    /// What the automation begins with: the input is heard, so that its gain is.
    pub start: Vec<Setting>,
    /// Automation acts at once, for hosts that delay it themselves.
    pub align_off: Setting,
    /// Steps of every gain.
    pub automation: Vec<Event>,
    /// What `bounce` makes, by name; see [`Material::expected`].
    expected: BTreeMap<&'static str, Planar>,
}

impl Material {
    /// Decodes the song, copies the bundle and bounces the references.
    pub fn prepare(workspace: &Workspace, folder: &Path, song: &Path) -> Result<Self> {
        let (song, rate) = read_audio(song)?;
        let frames = song[0].len();
        if song.len() != 2 || frames < MIN_SECONDS * rate as usize || rate % GRID_PER_SECOND != 0 {
            bail!(
                "the hosts play a stereo song of {MIN_SECONDS} s or more whose rate is a multiple \
                 of {GRID_PER_SECOND} Hz; this one has {} channels, {frames} samples, {rate} Hz",
                song.len()
            );
        }
        let song_wav = folder.join("song.wav");
        write_wav(&song_wav, &song, rate)?;

        let clap = workspace.clap();
        let binary = Binary::open(&clap)?;
        let mut instance = binary.instantiate(MULTI_OUT)?;
        let mut setting = |id: &str, text: &str| resolve(&mut instance, id, text);
        let changed = vec![setting("drums_gain", "-12")?];
        let start = vec![setting("input_mute", "off")?, setting("drums_gain", "-6")?];
        let align_off = setting("align_automation", "off")?;
        let grid = (rate / GRID_PER_SECOND) as usize;
        let mut automation = Vec::new();
        for strip in ["input", "drums", "bass", "piano", "other", "output"] {
            // Not all at 0 dB: there the stems would add up to the input until the first change.
            let text = if strip == "drums" { "-6" } else { "0" };
            let setting = setting(&format!("{strip}_gain"), text)?;
            automation.push(Event { sample: 0, setting });
        }
        for (sixtieths, id, text) in CHANGES {
            let sample = sixtieths * grid;
            let setting = setting(id, text)?;
            automation.push(Event { sample, setting });
        }
        drop(instance);

        let (vst3, multi_vst3) = setup::copy_bundles(workspace, folder)?;
        let mut material = Self {
            folder: folder.into(),
            scripts: workspace.root.join("xtask/hosts"),
            clap,
            vst3,
            multi_vst3,
            song_wav,
            song,
            rate,
            changed,
            start,
            align_off,
            automation,
            expected: BTreeMap::new(),
        };
        let (changed, start) = (material.changed.clone(), material.start.clone());
        let automation = material.automation.clone();
        for (name, settings, events) in [
            ("default", &[][..], &[][..]),
            ("changed", &changed, &[]),
            ("automation", &start, &automation),
        ] {
            let bounced = material.bounce(name, settings, events)?;
            material.expected.insert(name, bounced);
        }
        Ok(material)
    }

    /// Samples in the song, per channel.
    pub fn frames(&self) -> usize {
        self.song[0].len()
    }

    /// Samples between the steps of the automation's grid.
    pub fn grid_samples(&self) -> usize {
        (self.rate / GRID_PER_SECOND) as usize
    }

    /// What `bounce` makes of the song with `default` or `changed` settings or with `automation`:
    /// the main bus alone, or the stem buses behind it.
    pub fn expected(&self, name: &str, num_channels: usize) -> Result<Planar> {
        let expected = self.expected.get(name);
        let expected = expected.with_context(|| format!("nothing was bounced as `{name}`"))?;
        Ok(expected.iter().take(num_channels).cloned().collect())
    }

    /// Bounces the song: the main bus and the stem buses.
    pub fn bounce(&self, name: &str, settings: &[Setting], events: &[Event]) -> Result<Planar> {
        let out = self.folder.join("bounce").join(name);
        fs::create_dir_all(&out)?;
        let mut rows = String::new();
        for Event { sample, setting } in events {
            let seconds = *sample as f64 / f64::from(self.rate);
            writeln!(rows, "{seconds},{},{}", setting.id, setting.text)?;
        }
        let automation = out.join("automation.csv");
        fs::write(&automation, rows)?;

        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("bounce")
            .arg(&self.song_wav)
            .arg("--out")
            .arg(&out);
        for Setting { id, text, .. } in settings {
            command.arg("--set").arg(format!("{id}={text}"));
        }
        command.arg("--automate").arg(automation);
        program::run(&mut command, &out.join("log"), STEP_TIMEOUT).context("bounce")?;
        let mut planar = Planar::new();
        for bus in [
            "mix",
            "stems/drums",
            "stems/bass",
            "stems/piano",
            "stems/other",
        ] {
            let path = out.join(format!("{bus}.wav"));
            planar.extend(compare::read(&path, 0, usize::MAX)?);
        }
        Ok(planar)
    }
}

/// What a text means for a parameter.
fn resolve(instance: &mut Instance, id: &str, text: &str) -> Result<Setting> {
    let value = instance.value_of(id, text)?;
    let param = instance.param(id)?;
    Ok(Setting {
        id: id.into(),
        name: param.name.clone(),
        text: text.into(),
        value,
    })
}

fn write_wav(path: &Path, planar: &Planar, rate: u32) -> Result<()> {
    let explain = || format!("cannot write {}", path.display());
    let spec = WavSpec {
        channels: planar.len() as u16,
        sample_rate: rate,
        bits_per_sample: 32,
        sample_format: SampleFormat::Float,
    };
    let mut writer = WavWriter::create(path, spec).with_context(explain)?;
    for frame in 0..planar[0].len() {
        for channel in planar {
            writer.write_sample(channel[frame]).with_context(explain)?;
        }
    }
    writer.finalize().with_context(explain)
}
