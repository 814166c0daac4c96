//! What the editor knows of its instance at this frame.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::band::Roll;
use super::chunk::WantedChunk;
use super::levels::Levels;
use super::picture::{Picture, SHOWN_S};
use super::words::PATIENCE;
use super::{Links, words};
use crate::bridge::{Cause, EditorEnd, HISTORY_S, Miss, PackIdentity};
use crate::params::{MIN_GAIN_DB, NUM_STRIPS, One2FourParams, Settings};

/// How long the footer speaks of a miss.
const RECENT: Duration = Duration::from_secs(20);

/// After so long without a block the host runs nothing: longer than any block lasts.
const STANDSTILL: Duration = Duration::from_secs(1);

/// Facts and moving things; nothing in here draws.
pub struct State {
    /// `None` while the plugin is not active.
    pub engine: Option<EditorEnd>,
    /// See `Status::pack`.
    pub pack: Option<PackIdentity>,
    /// See `Status::runtime`.
    pub runtime: Option<String>,
    /// See `Status::latency_samples`.
    pub latency_samples: u32,
    /// The host's rate in Hz.
    pub sample_rate: f32,
    /// See `Load::history`.
    pub load: [f32; HISTORY_S],
    /// The last misses, the oldest first.
    pub misses: Vec<Miss>,
    /// All misses since the instance was made.
    pub num_misses: u64,
    /// For how long in all there were no stems that should have been there, in seconds.
    pub gap_s: f64,
    /// What the meters show.
    pub levels: Levels,
    /// What the lanes show.
    pub picture: Picture,
    /// What the band plays.
    pub roll: Roll,
    /// What was audible when that last changed.
    stood: ((u32, i64), Instant),
    /// What there is to say.
    pub words: words::State,
    /// Since when other settings are wanted than those that play.
    changed_at: Option<Instant>,
    /// Whether the host was asked to restart the plugin for them from here.
    has_asked: bool,
    /// The chunk that a person chose.
    pub wanted_chunk: Option<WantedChunk>,
    /// Whether anything moves.
    pub is_moving: bool,
    /// Where exported stems go, as a person may edit it.
    pub folder: String,
}

impl State {
    /// Nothing known yet.
    pub fn new(ctx: &egui::Context, folder: PathBuf) -> Self {
        Self {
            engine: None,
            pack: None,
            runtime: None,
            latency_samples: 0,
            sample_rate: 44_100.0,
            load: [0.0; HISTORY_S],
            misses: Vec::new(),
            num_misses: 0,
            gap_s: 0.0,
            levels: Levels::new(),
            picture: Picture::new(ctx),
            roll: Roll::default(),
            stood: ((0, 0), Instant::now()),
            words: words::State::default(),
            changed_at: None,
            has_asked: false,
            wanted_chunk: None,
            is_moving: true,
            folder: folder.display().to_string(),
        }
    }

    /// Looks at everything, `passed_s` after the last time.
    pub fn update(&mut self, links: &Links, passed_s: f32) {
        let status = &links.status;
        let (engine, active) = links.slot.get().unzip();
        let goes_on = match (&engine, &self.engine) {
            (Some(new), Some(old)) => new.is_same(old),
            (new, old) => new.is_none() && old.is_none(),
        };
        if !goes_on {
            // Positions and epochs count anew.
            self.picture.forget();
            self.roll.forget();
        }
        self.engine = engine;
        self.follow_settings(active, Settings::of(&links.params));
        self.pack = status.pack();
        self.runtime = status.runtime();
        self.latency_samples = status.latency_samples.load(Ordering::Relaxed);
        let sample_rate = f32::from_bits(status.sample_rate_bits.load(Ordering::Relaxed));
        if sample_rate > 0.0 {
            self.sample_rate = sample_rate;
        }
        self.load = status.load.history();
        self.misses = status.misses();
        self.num_misses = status.late_chunks.load(Ordering::Relaxed);
        let gap_samples = status.gap_samples.load(Ordering::Relaxed);
        self.gap_s = gap_samples as f64 / f64::from(self.sample_rate);

        let is_mono = self.engine.as_ref().is_some_and(EditorEnd::is_mono);
        self.levels.update(&status.meters, passed_s, is_mono);
        let is_idle = self.is_idle();
        let is_playing = status.is_playing.load(Ordering::Relaxed) && !is_idle;
        // A picture that stands still can be looked at.
        let is_frozen = !is_playing && !self.levels.is_moving();
        if let Some(engine) = &self.engine {
            self.picture.update(engine, f64::from(passed_s), is_frozen);
            let oldest = self.picture.now() - SHOWN_S * self.picture.sample_rate();
            let cues = std::iter::from_fn(|| engine.next_cue());
            let (epoch, _) = engine.audible();
            self.roll.update(epoch, is_frozen, cues, oldest as i64);
        }
        self.is_moving = self.levels.is_moving() || (!is_frozen && !self.picture.is_empty());
        self.words = words::State {
            fault: status.fault(),
            is_ready: status.is_ready.load(Ordering::Relaxed),
            is_active: self.engine.is_some(),
            restarting: self.changed_at.map(|at| at.elapsed()),
            is_idle,
            is_playing,
            is_sounding: self.levels.is_moving(),
            just_missed: self.just_missed(),
            any_stem_heard: any_stem_heard(&links.params),
            is_bypassed: links.params.bypass.value(),
            has_band: self.has_band(),
            beat: self.roll.beat_at(self.picture.now() as i64).copied(),
        };
    }

    /// Whether the host runs nothing through the plugin. It need not say so: some stop in the middle of a
    /// song.
    fn is_idle(&mut self) -> bool {
        let audible = self.engine.as_ref().map(EditorEnd::audible);
        if let Some(audible) = audible.filter(|&audible| audible != self.stood.0) {
            self.stood = (audible, Instant::now());
        }
        self.stood.1.elapsed() > STANDSTILL
    }

    /// Whether the host is to be asked for a restart from here; says so once for each change. The audio
    /// thread asks, but only while the host runs anything through the plugin: some do not until the song
    /// plays, and it would begin with the old setting.
    pub fn asks_for_restart(&mut self) -> bool {
        let is_due = self.changed_at.is_some() && self.words.is_idle && self.words.is_active;
        !std::mem::replace(&mut self.has_asked, is_due) && is_due
    }

    /// Whether a band plays along: the pack is of kind `notes`.
    pub fn has_band(&self) -> bool {
        self.pack.as_ref().is_some_and(|pack| pack.kind == "notes")
    }

    /// Whether something is about to change that was changed by hand.
    pub fn is_expecting(&self) -> bool {
        let is_restart_expected = self.words.restarting;
        // Later on it is the audio that wakes the window.
        let is_fresh = self
            .wanted_chunk
            .as_ref()
            .is_some_and(WantedChunk::is_fresh);
        is_fresh || is_restart_expected.is_some_and(|waited| waited <= PATIENCE)
    }

    /// Takes note of when the settings were changed; while the plugin is off that is as it was.
    fn follow_settings(&mut self, active: Option<Settings>, wanted: Settings) {
        match active {
            Some(active) if active == wanted => self.changed_at = None,
            Some(_) => _ = self.changed_at.get_or_insert_with(Instant::now),
            None => {}
        }
    }

    fn just_missed(&self) -> Option<Cause> {
        let last = self.misses.last()?;
        (last.at.elapsed() < RECENT).then_some(last.cause)
    }
}

fn any_stem_heard(params: &Arc<One2FourParams>) -> bool {
    let strips = params.strips();
    (1..NUM_STRIPS).any(|strip_idx| {
        let is_up = strips[strip_idx].gain.value() > MIN_GAIN_DB;
        is_up && super::strip::is_heard(params, strip_idx)
    })
}
