//! The host's audio thread: everything between the host's call and its return.
//!
//! `new` allocates; `reset` and `process` never allocate, lock, log, make a system call or panic.
//! The one exception is the wait for the worker in a host that renders faster than real time
//! (`lead`).

mod automation;
mod capture;
mod collect;
mod lead;
mod levels;
mod mixer;
mod notes;
mod timeline;

use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::bridge::{AudioEnd, Direction, NUM_STEMS};
use crate::dsp::Ring;
use crate::geometry::Geometry;
use crate::params::Mix;

use automation::Automation;
use capture::Capture;
use collect::Collect;
use lead::Lead;
use mixer::Mixer;
use notes::Notes;
use timeline::Timeline;

pub use notes::{Note, Sounding};
pub use timeline::HostTime;

/// Most samples handled in one go; bounds the work space.
const MAX_SEGMENT_SAMPLES: usize = 256;
/// Time in which gains move, in seconds: short enough to follow a hand, long enough not to click.
const GAIN_RAMP_S: f64 = 0.02;
/// How long a control stays in hand after a person moved it, in seconds: longer than a host takes
/// to pass on what the editor told it.
const HOLD_S: f64 = 0.25;
/// How long the output stays silent for a restart, in seconds: in a host that does not restart the
/// plugin the sound comes back as it was.
const MAX_LEAVING_S: f64 = 0.5;

/// The stem buses of a block, in the order drums, bass, piano, other; each a slice of channels.
pub type StemBuses<'a, 'b> = [&'a mut [&'b mut [f32]]; NUM_STEMS];

/// The audio thread's half of an instance.
pub struct Room {
    /// The input position: samples taken since the last reset.
    position: i64,
    /// The constant told to the host.
    latency_samples: i64,
    /// Where the first chunk starts: at the first sample since the reset that is not zero, so that
    /// silence that a host plays before a song does not move the chunks against it.
    first_sound: Option<i64>,
    /// The way to the worker and back.
    bridge: AudioEnd,
    /// Collects chunks of input.
    capture: Capture,
    /// Where the host's song is.
    timeline: Timeline,
    /// The notes of the block.
    notes: Notes,
    /// Whether the stems are a band's, which plays on while its strips are muted: its notes go out.
    has_band: bool,
    /// The input, to come out again after the latency; one per channel.
    delay: Box<[Ring]>,
    /// The gains, and when each change is due.
    automation: Automation,
    /// Hands out the stems that are due.
    collect: Collect,
    /// How far the host is ahead of real time.
    lead: Lead,
    /// Adds up the strips.
    mixer: Mixer,
    /// Whether the output is silent until the first audio comes out, and fades in then.
    fades_in: bool,
    /// The position at the start of this block.
    block_start: i64,
    /// Whether the host's transport ran in the block before.
    was_playing: bool,
    /// For how many more samples the output is silent for a restart, or on its way there.
    leaving_samples: i64,
    /// See [`MAX_LEAVING_S`].
    max_leaving_samples: i64,
}

impl Room {
    /// For `channels` channels and blocks that are no longer than `max_block_samples`. `is_offline` is what the
    /// host said of its rendering.
    pub fn new(
        bridge: AudioEnd,
        geometry: &Geometry,
        channels: usize,
        max_block_samples: usize,
        is_offline: bool,
    ) -> Self {
        let latency_samples = geometry.latency_samples();
        let ramp_samples = (GAIN_RAMP_S * geometry.sample_rate).round() as usize;
        let ring = || Ring::new(latency_samples + MAX_SEGMENT_SAMPLES);
        Self {
            position: 0,
            latency_samples: latency_samples as i64,
            first_sound: None,
            capture: Capture::new(geometry, ramp_samples),
            timeline: Timeline::new(geometry.sample_rate, max_block_samples),
            notes: Notes::new(),
            has_band: geometry.stream.has_band(),
            delay: (0..channels).map(|_| ring()).collect(),
            automation: Automation::new((HOLD_S * geometry.sample_rate) as usize),
            collect: Collect::new(geometry, bridge.num_chunks()),
            lead: Lead::new(geometry, is_offline),
            mixer: Mixer::new(
                ramp_samples,
                geometry.sample_rate,
                geometry.stream.has_band(),
            ),
            fades_in: false,
            block_start: 0,
            was_playing: false,
            leaving_samples: 0,
            max_leaving_samples: (MAX_LEAVING_S * geometry.sample_rate) as i64,
            bridge,
        }
    }

    /// Lets the first audio fade in, because it starts in the middle of a sound.
    pub fn fade_in(&mut self) {
        self.fades_in = true;
        self.mixer.cut();
    }

    /// Fades out for a restart that the host will be asked for. What a host renders has no holes:
    /// there nothing fades.
    pub fn leave(&mut self) {
        if !self.lead.is_offline() {
            self.leaving_samples = self.max_leaving_samples;
        }
    }

    /// Fades in again, because the restart is not wanted any more.
    pub fn stay(&mut self) {
        self.leaving_samples = 0;
    }

    /// Whether the output has not faded out yet for a restart.
    pub fn is_fading_out(&self) -> bool {
        self.leaving_samples > 0 && !self.mixer.is_silent()
    }

    /// Whether the first audio has yet to fade in: a room that takes this one's place has to do it then.
    pub fn is_to_fade_in(&self) -> bool {
        self.fades_in
    }

    /// Whether any sound came in since the last reset.
    pub fn has_sound(&self) -> bool {
        self.first_sound.is_some()
    }

    /// Forgets all audio and all automation under way.
    pub fn reset(&mut self) {
        // A host that moves on after the restart does not go on where it was.
        self.fades_in &= self.position == 0;
        self.position = 0;
        self.first_sound = None;
        // A transport that runs on starts in this epoch.
        self.was_playing = false;
        self.bridge.start_epoch();
        self.capture.reset(&mut self.bridge);
        self.timeline.reset();
        self.notes.reset();
        self.delay.iter_mut().for_each(Ring::reset);
        self.automation.reset();
        self.collect.reset(&mut self.bridge);
        self.lead.reset();
        self.mixer.reset();
    }

    /// Replaces the input in `main` (one slice per channel, all of one length) by the output, and
    /// fills the stem `buses` where there are any.
    ///
    /// `mix` is what the controls read at the block's first sample; with `align_automation` a
    /// change of it acts on the audio that arrives with it, otherwise at once.
    pub fn process(
        &mut self,
        main: &mut [&mut [f32]],
        mut buses: Option<StemBuses>,
        mix: &Mix,
        align_automation: bool,
    ) {
        let touched = self.bridge.take_touched();
        self.automation
            .observe(self.position, mix, touched, align_automation);
        self.block_start = self.position;
        self.lead.start_block(self.position, Instant::now());
        self.notes.start_block();

        let block_samples = main.iter().map(|channel| channel.len()).min().unwrap_or(0);
        self.collect.start_block(block_samples);
        let mut done = 0;
        while done < block_samples {
            if self
                .automation
                .advance(self.position - self.latency_samples)
            {
                self.mixer.set_targets(self.automation.now());
            }
            let longest = (block_samples - done).min(MAX_SEGMENT_SAMPLES);
            let silence = self.silence_before_first_sound(main, done..done + longest);
            let len = self.segment_samples(silence.unwrap_or(longest));
            self.take_in(main, done, len, align_automation);
            self.put_out(main, buses.as_mut(), done, len);
            done += len;
        }
        self.bridge.set_position(self.position);
    }

    /// The notes that the host was told the start of, and not yet the end.
    pub fn owed_ends(&self) -> Sounding {
        self.notes.sounding()
    }

    /// Lets these notes of a room that is gone end with the first block.
    pub fn owe_ends(&mut self, sounding: Sounding) {
        self.notes.owe_ends(sounding);
    }

    /// The band's notes that start and end in the block that was processed last.
    pub fn notes(&self) -> &[Note] {
        self.notes.all()
    }

    /// Says that the host had no room for one of them.
    pub fn note_not_taken(&mut self, note: Note) {
        self.notes.not_taken(note);
    }

    /// Fades the next `len` samples of output out before a restart, or in after it.
    fn fade_for_restart(&mut self, len: usize) {
        let is_before_out = self.position < self.latency_samples;
        // After silence the sound starts by itself.
        let is_cut = self.first_sound.is_none_or(|position| position == 0);
        self.fades_in &= is_before_out && is_cut;
        let is_silenced = self.fades_in || self.leaving_samples > 0;
        self.mixer.fade_to(if is_silenced { 0.0 } else { 1.0 });
        self.leaving_samples -= len as i64;
    }

    /// Takes what is asked of a band from the start of the next block on; with `align_automation` of the
    /// audio that arrives then, otherwise of what comes out.
    pub fn direct(&mut self, direction: Direction, align_automation: bool) {
        let delay = if align_automation {
            0
        } else {
            self.latency_samples
        };
        self.capture.direct(self.position - delay, direction);
    }

    /// Takes note of where the host's song is at the start of the next block.
    pub fn set_time(&mut self, time: &HostTime) {
        self.set_playing(time.is_playing);
        if self.has_band
            && let Some(point) = self.timeline.observe(self.position, time)
        {
            self.capture.mark(point);
        }
    }

    fn set_playing(&mut self, is_playing: bool) {
        let counters = &self.bridge.counters;
        counters.is_playing.store(is_playing, Ordering::Relaxed);
        if !std::mem::replace(&mut self.was_playing, is_playing) && is_playing {
            self.bridge.set_playing_since(self.position);
        }
    }

    /// Whether an editor that sleeps has something to show; says so once.
    pub fn wakes_editor(&self) -> bool {
        let counters = &self.bridge.counters;
        let is_moving = counters.is_playing.load(Ordering::Relaxed) || self.mixer.is_sounding();
        is_moving
            && counters.is_asleep.load(Ordering::Relaxed)
            && counters.is_asleep.swap(false, Ordering::AcqRel)
    }

    /// Samples of the block's `range` before the first sound since the reset, or `None` where that
    /// came; where it is the first of the range, the chunks start with it.
    fn silence_before_first_sound(
        &mut self,
        main: &[&mut [f32]],
        range: Range<usize>,
    ) -> Option<usize> {
        if self.first_sound.is_some() {
            return None;
        }
        let channels = main.iter().map(|channel| &channel[range.clone()]);
        let silences = channels.map(|c| c.iter().take_while(|&&sample| sample == 0.0).count());
        let silence = silences.min().unwrap_or(range.len());
        if silence > 0 {
            return Some(silence);
        }
        self.first_sound = Some(self.position);
        self.collect.start_at(self.position);
        None
    }

    /// How many of the `remaining` samples nothing happens in: no chunk is full or due, and no
    /// gain changes its target.
    fn segment_samples(&self, remaining: usize) -> usize {
        let output_position = self.position - self.latency_samples;
        remaining
            .min(self.capture.samples_until_full())
            .min(self.collect.samples_until_event(output_position))
            .min(self.automation.samples_until_due(output_position))
            .max(1)
    }

    /// Takes `len` samples of input from the block. Where automation is not aligned, and by a hand in the
    /// editor, a strip may be opened at once, whose stem was wanted of what came in long before.
    fn take_in(
        &mut self,
        main: &mut [&mut [f32]],
        done: usize,
        len: usize,
        align_automation: bool,
    ) {
        for (channel, ring) in main.iter_mut().zip(&mut self.delay) {
            let input = &mut channel[done..done + len];
            capture::replace_bad_samples(input, &self.bridge.counters);
            ring.write(self.position, input);
        }
        if self.first_sound.is_none() {
            return;
        }
        let is_audible = self.has_band
            || !align_automation
            || self.bridge.counters.is_watched.load(Ordering::Relaxed)
            || mixer::any_stem_audible(self.automation.latest());
        let segment = main.iter().map(|channel| &channel[done..done + len]);
        let song = self.timeline.last();
        let position = self.position;
        self.capture
            .write(segment, len, position, is_audible, song, &mut self.bridge);
    }

    /// Writes `len` samples of output over the input in the block.
    fn put_out(
        &mut self,
        main: &mut [&mut [f32]],
        buses: Option<&mut StemBuses>,
        done: usize,
        len: usize,
    ) {
        let output_position = self.position - self.latency_samples;
        self.fade_for_restart(len);
        self.collect.advance(
            output_position,
            self.block_start,
            &mut self.bridge,
            &mut self.lead,
        );
        self.position += len as i64;

        let counters = &self.bridge.counters;
        let is_watched = counters.is_watched.load(Ordering::Relaxed);
        self.mixer.start_segment(len, &mut self.collect);
        let stems = self.collect.stems(output_position, len, counters);
        let is_bypassed = mixer::is_bypassed(self.automation.now());
        match stems {
            // What starts before a restart would hang.
            Some((chunk, _)) if self.leaving_samples <= 0 && !is_bypassed => {
                let cues = chunk.cues.all();
                self.notes.play(cues, output_position, len, done);
            }
            _ => self.notes.hush(done),
        }
        self.mixer.mix(
            &self.delay,
            output_position,
            stems,
            main,
            buses,
            done..done + len,
            is_watched.then_some(&counters.meters),
        );
    }
}
