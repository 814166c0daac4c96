//! `soak`: plays instances of the built CLAP for as long as asked, and does at random what hosts and
//! people do.
//!
//! | file | what |
//! | --- | --- |
//! | [`seat`] | an instance, on the main thread |
//! | [`audio`] | its audio thread: blocks, automation, seeks |
//! | [`null`] | compares output and input |
//! | [`machine`] | tells when the plugin's threads waited for a processor |
//! | [`memory`] | measures while all but one instance are gone |
//! | [`report`] | the verdict |

mod audio;
mod dice;
mod machine;
mod memory;
mod null;
mod report;
mod screen;
mod seat;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use stage::{Binary, CLASSES, InstanceReport, STEREO};

use crate::bench::song;
use crate::workspace::Workspace;
use crate::{bundle, files};
use audio::{Pace, Song, Tally};
use dice::Dice;
use machine::Machine;
use memory::Sample;
use report::Report;
use screen::Screen;
use seat::{BAND, Late, MISSING, PACK, SLOW, Seat};

/// Time between two acts of a person.
const REST: Duration = Duration::from_millis(150);
/// Measurements of the memory.
const NUM_SAMPLES: u32 = 60;
/// The shortest time between two of them.
const MIN_SAMPLE_REST: Duration = Duration::from_secs(8);
/// Windows of a measurement, and measurements, of which the first finds what windows share and the middle
/// one of the others counts.
const MEASURED_WINDOWS: u32 = 6;
const MEASUREMENTS: usize = 6;
/// Settings of the chunk.
const NUM_CHUNKS: usize = 4;

/// Plays and does at random what hosts and people do; looks for gaps, nulls that are none, growth
#[derive(clap::Args)]
pub struct Args {
    /// How long
    #[arg(long, default_value_t = 2.0, value_parser = minutes)]
    pub minutes: f64,
    /// Of everything random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Another CLAP than the built one, such as one that is installed
    #[arg(long)]
    pub clap: Option<PathBuf>,
}

fn minutes(text: &str) -> Result<f64, String> {
    let minutes = text.parse().ok();
    minutes
        .filter(|minutes| (0.1..=100_000.0).contains(minutes))
        .ok_or_else(|| "expected 0.1 to 100000".into())
}

pub fn run(args: &Args) -> Result<()> {
    let workspace = Workspace::find()?;
    if args.clap.is_none() {
        bundle::bundle(&workspace)?;
    }
    soak(&workspace, args)
}

/// Soaks the bundle as it is.
fn soak(workspace: &Workspace, args: &Args) -> Result<()> {
    let path = workspace.target.join("soak.json");
    files::forget(&path)?;
    let mut soak = Soak::new(workspace, args)?;
    let end = Instant::now() + Duration::from_secs_f64(60.0 * args.minutes);
    let sample_rest = Duration::from_secs_f64(60.0 * args.minutes) / NUM_SAMPLES;
    let mut next_sample = Instant::now();
    while Instant::now() < end {
        if Instant::now() >= next_sample {
            soak.measure()?;
            next_sample = Instant::now() + sample_rest.max(MIN_SAMPLE_REST);
        }
        soak.serve()?;
        soak.act()?;
        std::thread::sleep(REST);
    }
    soak.measure()?;
    let report = soak.finish(args)?;
    report.print();
    fs::write(&path, serde_json::to_string_pretty(&report)? + "\n")?;
    println!("{}", path.display());
    if !report.faults.is_empty() {
        bail!("{}", report.faults.join("; "));
    }
    Ok(())
}

/// The host.
struct Soak {
    binary: Binary,
    song: Arc<Song>,
    screen: Option<Screen>,
    dice: Dice,
    /// In the order of their making; the first stays.
    seats: Vec<Seat>,
    acts: BTreeMap<&'static str, u64>,
    instances: u64,
    memory: Vec<Sample>,
    /// What an editor's window leaves behind, in MiB.
    window_mib: f64,
    windows: u32,
    started: Instant,
    /// Of instances that are gone.
    tally: Tally,
    late_chunks: Late,
    machine: Arc<Machine>,
}

impl Soak {
    fn new(workspace: &Workspace, args: &Args) -> Result<Self> {
        let clap = match &args.clap {
            // The plugin looks for what belongs to it beside this path.
            Some(clap) => fs::canonicalize(clap).with_context(|| clap.display().to_string())?,
            None => workspace.clap(),
        };
        let mut soak = Self {
            binary: Binary::open(&clap)?,
            song: Arc::new(Song {
                channels: song::channels(workspace)?,
            }),
            screen: Screen::open(),
            dice: Dice::new(args.seed),
            seats: Vec::new(),
            acts: BTreeMap::new(),
            instances: 0,
            memory: Vec::new(),
            window_mib: 0.0,
            windows: 0,
            started: Instant::now(),
            tally: Tally::default(),
            late_chunks: Late::default(),
            machine: Arc::new(Machine::watch()),
        };
        soak.window_mib = soak.measure_windows()?;
        soak.add(STEREO, Pace::Live, true)?;
        Ok(soak)
    }

    /// What a window leaves behind, in MiB: on X11 the keymap, which the library that opens windows keeps.
    /// Measured while nothing plays.
    fn measure_windows(&self) -> Result<f64> {
        let Some(screen) = &self.screen else {
            return Ok(0.0);
        };
        let mut seat = self.seat(STEREO, Pace::Live, false)?;
        let mut grown = Vec::new();
        for _ in 0..MEASUREMENTS {
            let before = Sample::take(0.0, 0);
            for _ in 0..MEASURED_WINDOWS {
                seat.toggle_editor(screen)?;
                std::thread::sleep(REST);
                seat.close_editor()?;
            }
            grown.push(Sample::take(0.0, 0).mib() - before.mib());
        }
        let grown = &mut grown[1..];
        grown.sort_by(f64::total_cmp);
        Ok(grown[grown.len() / 2] / f64::from(MEASURED_WINDOWS))
    }

    fn seat(&self, class: &str, pace: Pace, is_kept: bool) -> Result<Seat> {
        let (song, machine) = (self.song.clone(), self.machine.clone());
        Seat::new(&self.binary, class, pace, is_kept, song, machine)
    }

    /// Makes an instance and plays it.
    fn add(&mut self, class: &str, pace: Pace, is_kept: bool) -> Result<()> {
        let mut seat = self.seat(class, pace, is_kept)?;
        let (binary, seat_idx) = (&self.binary, self.seats.len());
        seat.start(&mut self.dice, &|| report_of(binary, seat_idx))?;
        self.seats.push(seat);
        self.instances += 1;
        Ok(())
    }

    /// Ends the instances from this one on.
    fn remove_from(&mut self, seat_idx: usize) -> Result<()> {
        while self.seats.len() > seat_idx {
            self.serve_one(self.seats.len() - 1)?;
            if let Some(mut seat) = self.seats.pop() {
                seat.close_editor()?;
                seat.stop()?;
                self.tally.add(&seat.tally);
                self.late_chunks.add(&seat.late_chunks);
            }
        }
        Ok(())
    }

    /// Measures the memory while only the first instance plays, and makes the others anew.
    fn measure(&mut self) -> Result<()> {
        self.remove_from(1)?;
        let minutes = self.started.elapsed().as_secs_f64() / 60.0;
        self.memory.push(Sample::take(minutes, self.windows));
        for pace in [Pace::Live, Pace::Bounce] {
            let class = *self.dice.one_of(&CLASSES);
            self.add(class, pace, false)?;
        }
        Ok(())
    }

    fn serve(&mut self) -> Result<()> {
        (0..self.seats.len()).try_for_each(|seat_idx| self.serve_one(seat_idx))
    }

    fn serve_one(&mut self, seat_idx: usize) -> Result<()> {
        let binary = &self.binary;
        let report = || report_of(binary, seat_idx);
        if self.seats[seat_idx].serve(&mut self.dice, &report)? {
            *self.acts.entry("restarts").or_default() += 1;
        }
        Ok(())
    }

    /// Does one thing.
    fn act(&mut self) -> Result<()> {
        let seat_idx = self.dice.below(self.seats.len());
        let seat = &mut self.seats[seat_idx];
        let act = match self.dice.below(13) {
            0..4 => {
                seat.seek();
                "seeks"
            }
            4..6 => {
                seat.reload()?;
                "states saved and restored"
            }
            6 if !seat.is_kept() => {
                seat.set_chunk(self.dice.below(NUM_CHUNKS));
                "chunk changes"
            }
            7 if !seat.is_kept() => {
                let id = *self.dice.one_of(&[PACK, PACK, BAND, BAND, SLOW, MISSING]);
                seat.set_pack(id)?;
                "pack changes"
            }
            8 if !seat.is_kept() && self.dice.once_in(4) => {
                // One window, one editor.
                let is_free = seat.has_editor() || !self.seats.iter().any(Seat::has_editor);
                match &self.screen {
                    Some(screen) if is_free => {
                        self.seats[seat_idx].toggle_editor(screen)?;
                        self.windows += u32::from(self.seats[seat_idx].has_editor());
                        "editors opened or closed"
                    }
                    _ => return Ok(()),
                }
            }
            11 if !seat.is_kept() => {
                let binary = &self.binary;
                seat.change_rate(&mut self.dice, &|| report_of(binary, seat_idx))?;
                "rate changes"
            }
            _ => return Ok(()),
        };
        *self.acts.entry(act).or_default() += 1;
        Ok(())
    }

    fn finish(mut self, args: &Args) -> Result<Report> {
        self.remove_from(0)?;
        let mut report = Report {
            minutes: args.minutes,
            seed: args.seed,
            has_display: self.screen.is_some(),
            acts: self.acts,
            instances: self.instances,
            waits: self.machine.waits(),
            window_mib: self.window_mib,
            memory: self.memory,
            ..Report::default()
        };
        report.judge(&self.tally, &self.late_chunks);
        Ok(report)
    }
}

/// The plugin lists its instances in the order of their making, as the seats are.
fn report_of(binary: &Binary, seat_idx: usize) -> Result<InstanceReport> {
    let mut instances = binary.report()?.instances;
    if seat_idx >= instances.len() {
        return instances.pop().context("the plugin reports no instance");
    }
    Ok(instances.swap_remove(seat_idx))
}
