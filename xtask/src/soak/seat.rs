//! An instance of the plugin and whoever plays it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;
use stage::{Binary, Instance, InstanceReport, Mode, SavedState, Setup};

use super::audio::{Audio, MAX_BLOCK, Pace, Piece, Song, Tally};
use super::dice::Dice;
use super::machine::{self, Machine, Thread};
use super::screen::Screen;

/// The pack of new instances, whose stems replace the input.
pub const PACK: &str = "remix";
/// A pack that plays a band to the input.
pub const BAND: &str = "accompany";
/// A pack made to compare, and not to be in time; its stems join the input.
pub const SLOW: &str = "paper-one2one";
/// A pack that a project names and nobody has.
pub const MISSING: &str = "not-installed";
/// The time that the worker has for a chunk, in milliseconds, by the setting.
const BUDGETS_MS: [u64; 4] = [500, 250, 100, 46];
/// Host rates.
const RATES: [f64; 4] = [44_100.0, 48_000.0, 88_200.0, 96_000.0];
/// The longest time that a pack may take to load.
const LOADING: Duration = Duration::from_secs(20);

/// What came too late.
#[derive(Debug, Clone, Copy, Default)]
pub struct Late {
    /// While its threads had processors.
    pub own: Misses,
    /// While its threads waited for one.
    pub without_processor: Misses,
}

/// Chunks that were not there, and what came of it.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Misses {
    /// How many.
    pub chunks: u64,
    /// Samples in which stems that should have been there were not.
    pub gap_samples: u64,
}

impl Misses {
    fn add(&mut self, other: &Self) {
        self.chunks += other.chunks;
        self.gap_samples += other.gap_samples;
    }
}

impl Late {
    /// Adds another instance's.
    pub fn add(&mut self, other: &Self) {
        self.own.add(&other.own);
        self.without_processor.add(&other.without_processor);
    }
}

/// One instance.
pub struct Seat {
    instance: Instance,
    pace: Pace,
    /// Whether nothing may restart it.
    is_kept: bool,
    /// The host's rate in Hz.
    rate: f64,
    /// None between two activations.
    audio: Option<Audio>,
    song: Arc<Song>,
    /// Which pack it was given, to be played from the next activation on.
    pack: &'static str,
    /// Which pack it plays.
    playing: &'static str,
    /// The time that its worker has for a chunk.
    budget: Duration,
    machine: Arc<Machine>,
    has_editor: bool,
    /// The thread that plays, and the worker.
    threads: Vec<Thread>,
    /// When late chunks were counted last.
    counted: Instant,
    /// Late chunks already counted.
    seen_late: u64,
    /// Samples of gaps already counted.
    seen_gap: u64,
    /// Whether the chunk that was late last, and so the gap that follows, has an excuse.
    is_excused: bool,
    /// Late chunks while it had a pack that is to be in time.
    pub late_chunks: Late,
    /// Found by its audio threads.
    pub tally: Tally,
}

impl Seat {
    /// A new instance of the class `id`.
    pub fn new(
        binary: &Binary,
        id: &str,
        pace: Pace,
        is_kept: bool,
        song: Arc<Song>,
        machine: Arc<Machine>,
    ) -> Result<Self> {
        let mut instance = binary.instantiate(id)?;
        let mode = match pace {
            Pace::Live => Mode::Realtime,
            Pace::Bounce => Mode::Offline,
        };
        instance.set_mode(mode)?;
        Ok(Self {
            instance,
            pace,
            is_kept,
            rate: 48_000.0,
            audio: None,
            song,
            pack: PACK,
            playing: PACK,
            budget: Duration::ZERO,
            machine,
            has_editor: false,
            threads: Vec::new(),
            counted: Instant::now(),
            seen_late: 0,
            seen_gap: 0,
            is_excused: false,
            late_chunks: Late::default(),
            tally: Tally::default(),
        })
    }

    /// Activates it and plays. `report` asks the plugin for this instance's report.
    pub fn start(
        &mut self,
        dice: &mut Dice,
        report: &dyn Fn() -> Result<InstanceReport>,
    ) -> Result<()> {
        let setup = Setup {
            sample_rate: self.rate,
            max_block: MAX_BLOCK,
        };
        self.count_late(&report()?);
        self.is_excused = false;
        self.playing = self.pack;
        let chunk_idx = self.instance.value("chunk")? as usize;
        let budget_ms = BUDGETS_MS.get(chunk_idx).context("another chunk setting")?;
        self.budget = Duration::from_millis(*budget_ms);
        let others = machine::workers();
        let player = self.instance.activate(setup)?;
        // A host has loaded its project when it plays.
        let started = Instant::now();
        while self.playing != MISSING && !report()?.ready {
            if started.elapsed() > LOADING {
                let fault = report()?.fault.unwrap_or_default();
                anyhow::bail!("the pack is not there after {LOADING:?}: {fault}");
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        // A live host hands in a whole block before it takes the next one out, and not on the dot.
        let half_budget = (self.rate * self.budget.as_secs_f64() / 2.0) as usize;
        let piece = Piece {
            params: self.instance.params().to_vec(),
            rate: self.rate,
            latency: self.instance.latency()?,
            is_null_due: [PACK, MISSING].contains(&self.playing),
            pace: self.pace,
            max_block: match self.pace {
                Pace::Live => MAX_BLOCK.min(half_budget),
                Pace::Bounce => MAX_BLOCK,
            },
            seed: dice.below(usize::MAX) as u64,
        };
        let audio = Audio::start(player, self.song.clone(), piece)?;
        self.threads = machine::workers().difference(&others).copied().collect();
        self.threads.push(audio.id());
        self.counted = Instant::now();
        self.audio = Some(audio);
        Ok(())
    }

    /// Ends playing.
    pub fn stop(&mut self) -> Result<()> {
        if let Some(audio) = self.audio.take() {
            let (player, tally) = audio.stop()?;
            self.tally.add(&tally);
            self.instance.deactivate(player);
        }
        Ok(())
    }

    /// What a host does all the time; says whether the instance was restarted because it asked.
    pub fn serve(
        &mut self,
        dice: &mut Dice,
        report: &dyn Fn() -> Result<InstanceReport>,
    ) -> Result<bool> {
        self.instance.run_main_thread();
        self.count_late(&report()?);
        let restarts = self.instance.requests().take_restart() && !self.is_kept;
        if restarts {
            self.stop()?;
            self.start(dice, report)?;
        }
        Ok(restarts)
    }

    /// Counts what was late since the last call.
    fn count_late(&mut self, report: &InstanceReport) {
        let new = Misses {
            chunks: report.late_chunks.saturating_sub(self.seen_late),
            gap_samples: report.gap_samples.saturating_sub(self.seen_gap),
        };
        (self.seen_late, self.seen_gap) = (report.late_chunks, report.gap_samples);
        if ![PACK, BAND].contains(&self.playing) {
            return;
        }
        if new.chunks > 0 {
            let (machine, threads) = (&self.machine, &self.threads);
            self.is_excused = machine.excuses(threads, self.counted, self.budget);
        }
        self.counted = Instant::now();
        if self.is_excused {
            self.late_chunks.without_processor.add(&new);
        } else {
            self.late_chunks.own.add(&new);
        }
    }

    /// What a host does when the sound card gets another rate.
    pub fn change_rate(
        &mut self,
        dice: &mut Dice,
        report: &dyn Fn() -> Result<InstanceReport>,
    ) -> Result<()> {
        self.stop()?;
        self.rate = *dice.one_of(&RATES);
        self.start(dice, report)
    }

    /// A seek.
    pub fn seek(&self) {
        if let Some(audio) = &self.audio {
            audio.seek();
        }
    }

    /// Another chunk setting, at which the plugin asks for a restart.
    pub fn set_chunk(&self, setting_idx: usize) {
        if let Some(audio) = self.audio.as_ref().filter(|_| !self.is_kept) {
            audio.set_chunk(setting_idx);
        }
    }

    /// Another pack, as a person chooses it; the plugin asks for a restart.
    pub fn set_pack(&mut self, id: &'static str) -> Result<()> {
        self.pack = id;
        self.restore(|saved| saved.set_field("pack", id))
    }

    /// Saves and reads the state again, as a host's undo does, while it plays.
    pub fn reload(&mut self) -> Result<()> {
        self.restore(|_| ())
    }

    fn restore(&mut self, edit: impl FnOnce(&mut SavedState)) -> Result<()> {
        let note = || self.audio.iter().for_each(Audio::note_restore);
        note();
        let mut saved = self.instance.save()?;
        edit(&mut saved);
        self.instance.load(&saved)?;
        note();
        Ok(())
    }

    /// Opens the editor, or closes the open one.
    pub fn toggle_editor(&mut self, screen: &Screen) -> Result<()> {
        if self.has_editor {
            self.close_editor()
        } else {
            self.instance
                .open_editor(screen.window())
                .context("the editor")?;
            self.has_editor = true;
            Ok(())
        }
    }

    /// Closes the editor if it is open.
    pub fn close_editor(&mut self) -> Result<()> {
        if std::mem::take(&mut self.has_editor) {
            self.instance.close_editor()?;
        }
        Ok(())
    }

    /// Whether the editor is open.
    pub fn has_editor(&self) -> bool {
        self.has_editor
    }

    /// Whether nothing may restart it.
    pub fn is_kept(&self) -> bool {
        self.is_kept
    }
}
