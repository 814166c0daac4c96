//! `bounce`: renders a file through the built CLAP, as a host would.

mod automation;
pub mod feed;
pub mod output;
mod paper;
pub mod render;
mod report;
mod resample;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use stage::{Binary, Instance, MULTI_OUT, Metre, Mode, Reader, Setup, Transport};

use crate::workspace::{self, Workspace};
use crate::{bundle, interrupt, packs};

/// The longest block that `--block random` makes.
pub const MAX_RANDOM_BLOCK: usize = 4096;
/// After which `--realtime` plays without the networks.
const MAX_LOADING: Duration = Duration::from_secs(20);

/// Renders a file through the built CLAP: the mix, the four stems and a report
#[derive(clap::Args)]
pub struct Args {
    /// What to render: WAV, MP3, FLAC or Ogg Vorbis, mono or stereo
    #[arg(value_parser = workspace::path())]
    input: PathBuf,
    /// Folder for mix.wav, stems/*.wav and report.json
    #[arg(long, value_name = "DIR", value_parser = workspace::path())]
    out: PathBuf,
    /// The pack that takes the input apart: remix, accompany, paper-one2one, paper-one2four-combined,
    /// paper-one2four-split or one of yours; the input is heard beside stems of other kinds than mask
    #[arg(long, value_name = "ID")]
    pack: Option<String>,
    /// Set a parameter, such as bass_gain=-6 or drums_mute=on: gain, mute and solo of input, drums, bass, piano and
    /// other, output_gain, chunk (1s, 250ms, 100ms, hop), align_automation, bypass, and a band's (README)
    #[arg(long = "set", value_name = "ID=VALUE", allow_hyphen_values = true)]
    settings: Vec<Setting>,
    /// Parameter changes: rows of seconds,id,value
    #[arg(long, value_name = "FILE.csv", value_parser = workspace::path())]
    automate: Option<PathBuf>,
    /// Samples per block: a number, or random:SEED for 1 to 4096
    #[arg(long, value_name = "N|random:SEED", default_value = "512")]
    block: Block,
    /// The host's sample rate; the input's unless given
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(8000..=384_000))]
    rate: Option<u32>,
    /// Pace the blocks like a sound card does
    #[arg(long)]
    realtime: bool,
    /// The tempo of the host's song in quarter notes per minute, for packs of kind notes
    #[arg(long, value_name = "BPM", default_value = "120", value_parser = tempo)]
    tempo: f64,
    /// Its time signature
    #[arg(long, value_name = "N/D", default_value = "4/4", value_parser = metre)]
    meter: Metre,
    /// The host's song stands still: a band finds the beat of what it hears
    #[arg(long)]
    stopped: bool,
    /// Also write what a band played as a MIDI file
    #[arg(long, value_name = "FILE.mid", value_parser = workspace::path())]
    midi: Option<PathBuf>,
    /// Also write its chords as a lead sheet in MusicXML
    #[arg(long, value_name = "FILE.musicxml", value_parser = workspace::path())]
    sheet: Option<PathBuf>,
}

fn tempo(text: &str) -> Result<f64, String> {
    let tempo = text.parse().ok();
    tempo
        .filter(|tempo| (20.0..=400.0).contains(tempo))
        .ok_or_else(|| "expected 20 to 400".into())
}

fn metre(text: &str) -> Result<Metre, String> {
    let parts = text.split_once('/');
    let parts = parts.and_then(|(n, d)| Some((n.parse().ok()?, d.parse().ok()?)));
    match parts {
        Some((numerator @ 1..=32, denominator @ (1 | 2 | 4 | 8 | 16))) => Ok(Metre {
            numerator,
            denominator,
        }),
        _ => Err("expected N/D, as in 3/4 or 6/8".into()),
    }
}

/// A parameter's id and the text of its value.
#[derive(Debug, Clone)]
pub struct Setting {
    id: String,
    value: String,
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (id, value) = text
            .split_once('=')
            .ok_or("expected ID=VALUE, as in bass_gain=-6")?;
        Ok(Self {
            id: id.trim().into(),
            value: value.trim().into(),
        })
    }
}

/// How long the host's blocks are.
#[derive(Debug, Clone, Copy)]
pub enum Block {
    /// Always as long.
    Fixed(usize),
    /// 1 to [`MAX_RANDOM_BLOCK`], the same lengths for the same seed.
    Random(u64),
}

impl FromStr for Block {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(seed) = text.strip_prefix("random:") {
            return seed
                .parse()
                .map(Self::Random)
                .map_err(|_| "SEED is a whole number".into());
        }
        match text.parse() {
            Ok(frames @ 1..=65536) => Ok(Self::Fixed(frames)),
            _ => Err("expected 1 to 65536, or random:SEED".into()),
        }
    }
}

impl Block {
    /// The longest block.
    fn max(self) -> usize {
        match self {
            Self::Fixed(frames) => frames,
            Self::Random(_) => MAX_RANDOM_BLOCK,
        }
    }
}

impl std::fmt::Display for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fixed(frames) => write!(f, "{frames}"),
            Self::Random(seed) => write!(f, "random:{seed}"),
        }
    }
}

pub fn run(args: &Args) -> Result<()> {
    // What the user typed is checked before anything is built.
    let reader = Reader::open(&args.input)?;
    let rows = args
        .automate
        .as_deref()
        .map(automation::read)
        .transpose()?
        .unwrap_or_default();
    refuse_overwriting(args)?;
    interrupt::watch()?;
    let mut output = output::Output::create(&args.out, reader.format())?;

    let workspace = Workspace::find()?;
    let bundled = bundle::bundle(&workspace);
    if interrupt::has_come() {
        bail!("interrupted: nothing was written"); // whatever the programs say that it ended
    }
    bundled?;
    let binary = Binary::open(&workspace.clap())?;
    let mut instance = binary.instantiate(MULTI_OUT)?;
    let shipped = workspace.clap_resources().join("packs");
    if let Some(pack) = &args.pack {
        choose_pack(&mut instance, pack, &shipped)?;
    }
    let pack = instance.save()?.field("pack").unwrap_or_default();
    let paper = paper::Paper::of(args, &shipped, &pack, reader.format())?;
    let shown = |id: &str, value: &str| {
        let style = (id == "style").then(|| packs::style(&shipped, &pack, value));
        style.flatten().unwrap_or_else(|| value.to_owned())
    };
    for Setting { id, value } in &args.settings {
        instance.set_text(id, &shown(id, value))?;
    }
    let mode = if args.realtime {
        Mode::Realtime
    } else {
        Mode::Offline
    };
    instance.set_mode(mode)?;
    instance.select_channels(reader.format().channels as u32)?;

    let file_rate = reader.format().sample_rate;
    let host_rate = args.rate.unwrap_or(file_rate);
    let automation = automation::resolve(&rows, &mut instance, host_rate, shown)?;
    let mut player = instance.activate(Setup {
        sample_rate: host_rate.into(),
        max_block: args.block.max(),
    })?;
    let mut transport = Transport::new(host_rate.into(), args.tempo, args.meter);
    transport.set_playing(!args.stopped);
    player.set_transport(Some(transport));
    if mode == Mode::Realtime {
        wait_until_loaded(&binary)?;
    }
    let latency = instance.latency()?;
    let progress = progress_bar(reader.format().frames, file_rate);
    let feed = feed::Feed::new(reader, host_rate)?;
    let render = render::Render {
        feed,
        player,
        automation,
        latency,
        host_rate,
        mode,
    };
    let (player, rendered) = render.run(args.block, &mut output, &progress)?;
    progress.finish_and_clear();

    let plugin = binary
        .report()?
        .instances
        .pop()
        .context("the plugin reports no instance")?;
    instance.deactivate(player);
    let report = report::BounceReport::new(args, mode, &plugin, &rendered);
    let written = paper.written(&binary, rendered.seconds, plugin.fault.as_deref());
    output.finish(&report)?;
    report.print(&args.out);
    // The audio is there whatever becomes of the paper.
    written?.finish()?;
    if let Some(fault) = plugin.fault {
        bail!("stems are missing: {fault}");
    }
    // A live host is never made to wait: there a gap is a result.
    if mode == Mode::Offline && plugin.gap_samples > 0 {
        let gap_samples = plugin.gap_samples;
        bail!("stems are missing: the input stands in for {gap_samples} samples of them");
    }
    Ok(())
}

/// A live host has loaded its project when it plays, and does not wait for the networks afterwards.
fn wait_until_loaded(binary: &Binary) -> Result<()> {
    let since = Instant::now();
    while since.elapsed() < MAX_LOADING {
        let report = binary.report()?;
        let is_loading =
            |instance: &stage::InstanceReport| !instance.ready && instance.fault.is_none();
        if !report.instances.last().is_some_and(is_loading) {
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// Refuses what would write over the input, or two files over each other.
fn refuse_overwriting(args: &Args) -> Result<()> {
    let input = args.input.canonicalize()?;
    let stems = args.out.join("stems");
    if stems.exists() && !stems.is_dir() {
        bail!(
            "cannot write {}: it is a file, and the stems need a folder there",
            stems.display()
        );
    }
    let papers = [&args.midi, &args.sheet].into_iter().flatten().cloned();
    let targets: Vec<PathBuf> = output::files_in(&args.out).chain(papers).collect();
    for (idx, target) in targets.iter().enumerate() {
        let name = target.display();
        if target.canonicalize().is_ok_and(|path| path == input) {
            bail!("{name} is the input, and would be written over: choose another place");
        }
        if target.is_dir() {
            bail!("cannot write {name}: it is a folder");
        }
        if targets[..idx].contains(target) {
            bail!("{name} is named for two results");
        }
    }
    Ok(())
}

/// Puts a pack's id into the instance's state, as opening a project does, and the input's mute where
/// the pack's kind wants it.
fn choose_pack(instance: &mut Instance, pack: &str, shipped: &Path) -> Result<()> {
    let installed = packs::installed(shipped)?;
    if !installed.iter().any(|id| id == pack) {
        bail!(
            "there is no pack `{pack}`; installed are {}",
            installed.join(", ")
        );
    }
    let mut state = instance.save()?;
    state.set_field("pack", pack);
    instance.load(&state)?;
    // As the editor does: stems replace the input or join it.
    let is_muted = !packs::joins_input(shipped, pack);
    Ok(instance.set_text("input_mute", if is_muted { "on" } else { "off" })?)
}

/// A bar on a terminal, nothing in a log.
fn progress_bar(frames: Option<u64>, file_rate: u32) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = frames.map_or_else(ProgressBar::no_length, |frames| {
        ProgressBar::new(frames / u64::from(file_rate).max(1))
    });
    let template = "{bar:40} {pos} of {len} s, {eta} left";
    bar.set_style(
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
