//! The way of a `notes` pack: the band hears the input a second ahead of what it plays.
//!
//! `asked` knows what a person asks of it and when; `listen` hears frames; `song` knows which place of the host's song sounds when; `stream` decides
//! the beats that are due, each once; `play` keeps what they do until it sounds; an instrument plays
//! it.

mod asked;
mod listen;
mod metre;
mod play;
mod song;
mod stream;
mod swing;

use super::input::Input;
use super::lanes::Lanes;
use super::separate::Way;
use crate::bridge::{Act, Chunk, Column, NUM_STEMS};
use crate::dsp::MAX_SAMPLE;
use crate::geometry::Geometry;
use crate::instrument::Instrument;
use crate::network::{Band, RunError};

use asked::Asked;
use listen::Listen;
use play::{Done, Play};
use song::Song;
use stream::Stream;

/// Input as loud as this lets a band start that has no transport to go by: -50 dBFS.
const SOUND: f32 = 0.003_16;

/// How long what has sounded of the song is remembered, in seconds: longer than frames are.
const PAST_S: f64 = 30.0;

/// A band that plays along with the input.
pub struct Notes {
    input: Input,
    asked: Asked,
    listen: Listen,
    song: Song,
    stream: Stream,
    play: Play,
    instrument: Box<dyn Instrument>,
    /// Draws for the editor.
    lanes: Lanes,
    /// A stem of a chunk as the instrument plays it.
    sides: [Box<[f32]>; 2],
    chunk_samples: i64,
    /// How far ahead the band hears.
    ahead_samples: i64,
    /// See [`PAST_S`].
    past_samples: i64,
    channels: usize,
}

impl Notes {
    /// For a host with `channels` channels.
    pub fn new(geometry: &Geometry, channels: usize, band: Band) -> Self {
        let ahead_samples = geometry.worker_delay_samples() as i64;
        let side = || vec![0.0; geometry.chunk_samples()].into();
        Self {
            input: Input::new(geometry, channels),
            asked: Asked::new(geometry.sample_rate),
            listen: Listen::new(geometry),
            song: Song::new(geometry.sample_rate),
            stream: Stream::new(
                band.network,
                band.plan,
                band.thresholds,
                band.styles,
                ahead_samples,
                geometry.sample_rate,
            ),
            play: Play::new(),
            instrument: band.instrument,
            lanes: Lanes::new(geometry, channels),
            sides: [side(), side()],
            chunk_samples: geometry.chunk_samples() as i64,
            ahead_samples,
            past_samples: (PAST_S * geometry.sample_rate) as i64,
            channels,
        }
    }

    /// Lets stretches begin that wait for a sound which has come, and for its beat.
    fn begin_free(&mut self, chunk: &Chunk) {
        let first = chunk.start - self.ahead_samples;
        let end = chunk.start + self.chunk_samples;
        let ahead = self.ahead_samples;
        for stretch in self.song.stretches().filter(|s| s.is_waiting()) {
            let from = stretch.start.max(first);
            let until = stretch.end.min(end);
            let channels = self.input.channels();
            let is_sound = |position: &i64| {
                let idx = (position - first) as usize;
                channels.iter().any(|channel| channel[idx].abs() >= SOUND)
            };
            if !stretch.has_sound()
                && let Some(sound) = (from..until).find(is_sound)
            {
                stretch.start_listening(sound);
            }
            stretch.join(&self.listen, first + self.chunk_samples, ahead);
        }
    }

    /// Lets the instrument play the chunk's stems.
    fn render(&mut self, chunk: &mut Chunk, from: i64) -> Result<(), RunError> {
        let until = from + self.chunk_samples;
        let done = self.play.take(&self.song, from, until);
        for done in done {
            if let Done::Cue(cue) = done {
                chunk.cues.add(*cue);
            }
        }
        for stem in 0..NUM_STEMS {
            let [left, right] = &mut self.sides;
            let mut at = 0;
            for done in done {
                let idx = (done.position() - from) as usize;
                self.instrument
                    .render(stem, &mut left[at..idx], &mut right[at..idx]);
                at = idx;
                match done {
                    Done::Sounds(_, sounds) => self.instrument.choose(stem, sounds),
                    Done::Cue(cue) => match cue.act {
                        Act::Start {
                            stem_idx,
                            pitch,
                            velocity,
                        } if usize::from(stem_idx) == stem => {
                            self.instrument.start(stem, pitch, velocity);
                        }
                        Act::End { stem_idx, pitch } if usize::from(stem_idx) == stem => {
                            self.instrument.end(stem, pitch);
                        }
                        _ => {}
                    },
                }
            }
            self.instrument
                .render(stem, &mut left[at..], &mut right[at..]);
            let is_sound = |side: &[f32]| side.iter().all(|sample| sample.abs() <= MAX_SAMPLE);
            if !is_sound(left) || !is_sound(right) {
                return Err(RunError::NotANumber);
            }
            if self.channels == 1 {
                let sides = left.iter().zip(&**right);
                for (mean, (left, right)) in chunk.stem_mut(stem, 0).iter_mut().zip(sides) {
                    *mean = 0.5 * (left + right);
                }
            } else {
                chunk.stem_mut(stem, 0).copy_from_slice(left);
                chunk.stem_mut(stem, 1).copy_from_slice(right);
            }
        }
        Ok(())
    }
}

impl Way for Notes {
    fn reset(&mut self, is_hole: bool) {
        self.input.reset();
        self.asked.reset();
        self.song.reset();
        self.lanes.reset();
        self.start();
        if !is_hole {
            self.play.reset();
        }
    }

    fn skip(&mut self, chunk: &Chunk) {
        self.input.take(chunk);
        self.asked.take(chunk.directions.all());
        self.song.take(chunk.points.all());
        self.asked.forget_before(chunk.start - self.ahead_samples);
        self.song.forget_before(chunk.start - self.past_samples);
        self.lanes.reset();
    }

    fn start(&mut self) {
        self.listen.reset();
        self.stream.reset();
        self.play.interrupt();
        self.instrument.reset();
    }

    fn run(&mut self, chunk: &mut Chunk, show: Option<&dyn Fn(Column)>) -> Result<(), RunError> {
        self.input.take(chunk);
        self.asked.take(chunk.directions.all());
        self.song.take(chunk.points.all());
        self.listen.hear(&self.input, chunk.start);
        let from = chunk.start - self.ahead_samples;
        let until = from + self.chunk_samples;
        loop {
            self.begin_free(chunk);
            let next = self.stream.next(&self.song, &mut self.play, from);
            let Some(next) = next.filter(|next| next.position < until) else {
                break;
            };
            self.stream.decide(
                next,
                &self.asked.at(next.position),
                &mut self.song,
                &mut self.listen,
                &mut self.play,
            )?;
        }
        self.render(chunk, from)?;
        self.play.told();
        self.asked.forget_before(until);
        self.song.forget_before(from - self.past_samples);
        self.lanes.take(chunk, &self.input);
        if let Some(show) = show {
            self.lanes.draw(chunk, show);
        }
        Ok(())
    }

    fn incomplete_samples(&self) -> usize {
        // What the band heard before it is lost.
        self.ahead_samples as usize
    }
}
