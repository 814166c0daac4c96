//! Decides beats, one after the other: what is heard, its chord, what is played to it.

use super::asked::SLACK_S;
use super::listen::{Around, Listen};
use super::metre::SAME;
use super::play::{Play, Todo};
use super::song::{Found, Song, Stretch};
use super::swing::{end_place, swung};
use crate::bridge::{Beat, Direction, Feel, NUM_STEMS};
use crate::instrument::Sounds;
use crate::music::chords::NO_CHORD;
use crate::music::decode::Thresholds;
use crate::music::decode::{Decoder, Played, Told, Wishes};
use crate::music::grid::{CELLS, PLACES, Place};
use crate::music::hear::{Cell, loudest_db, mean_flux};
use crate::music::plan::{Decided, Follow, PlanLogits, PlanRules, STYLES};
use crate::network::{Hearing, NotesNetwork, Orders, RunError};

/// A cell of the solo with so much flux has an onset.
const ONSET_FLUX: f64 = 0.25;
/// What that adds to the logits of chords that follow the rhythm, and the lack of it takes away.
const RHYTHM_LOGITS: f64 = 3.0;
/// The fastest beat that bands learn from, per minute (models/training, `accompany/render.py`).
const FASTEST_BPM: f64 = 200.0;
/// What an octave over it takes away from the logits of what is between the beats.
const HURRY_LOGITS: f64 = 16.0;

/// Where the stream is.
#[derive(Debug, Clone, Copy)]
struct At {
    stretch: u64,
    /// The last beat decided in it, in quarter notes, and its chord.
    last: Option<(f64, u8)>,
    /// The place up to which the host's beats are planned, in quarter notes.
    planned: f64,
}

/// A beat that is to be decided.
#[derive(Debug, Clone, Copy)]
pub struct Next {
    stretch: u64,
    found: Found,
    /// Its input position.
    pub position: i64,
}

/// The networks and all that goes with them from beat to beat.
pub struct Stream {
    network: Box<dyn NotesNetwork>,
    follow: Follow,
    decoder: Decoder,
    styles: Vec<Sounds>,
    /// What is asked of the band in this bar.
    direction: Direction,
    /// Which stems play, and on what.
    plays: ([bool; NUM_STEMS], Sounds),
    at: Option<At>,
    /// The loudest cell heard last, in dB.
    level_db: f64,
    /// How far ahead the band hears, in samples.
    ahead_samples: i64,
    /// See [`SLACK_S`].
    slack_samples: i64,
    hearing: Hearing,
    logits: PlanLogits,
    orders: Orders,
    played: Box<Played>,
}

impl Stream {
    /// Before the first beat.
    pub fn new(
        network: Box<dyn NotesNetwork>,
        plan: PlanRules,
        thresholds: Thresholds,
        styles: Vec<Sounds>,
        ahead_samples: i64,
        sample_rate: f64,
    ) -> Self {
        Self {
            network,
            follow: Follow::new(plan),
            decoder: Decoder::new(thresholds),
            styles,
            direction: Direction::default(),
            plays: Default::default(),
            at: None,
            level_db: f64::NEG_INFINITY,
            ahead_samples,
            slack_samples: (SLACK_S * sample_rate) as i64,
            hearing: Hearing::default(),
            logits: PlanLogits::default(),
            orders: Orders::default(),
            played: Box::default(),
        }
    }

    /// Before the first beat.
    pub fn reset(&mut self) {
        self.at = None;
        self.direction = Direction::default();
        self.level_db = f64::NEG_INFINITY;
        self.decoder.reset();
        self.network.reset();
        self.follow.reset();
    }

    /// The next beat, the first of which lies at `earliest` or later. Where a stretch has no further
    /// one its notes end with it.
    pub fn next(&mut self, song: &Song, play: &mut Play, earliest: i64) -> Option<Next> {
        loop {
            let at = match self.at {
                Some(at) => at,
                None => self.enter(song.after(None)?),
            };
            let stretch = song.stretch(at.stretch)?;
            if let Some(next) = self.next_in(stretch, at, earliest) {
                return Some(next);
            }
            let after = song.after(Some(at.stretch))?;
            if at.last.is_some() {
                play.plan(at.stretch, 0.0, Todo::Hush);
            }
            self.enter(after);
        }
    }

    fn enter(&mut self, stretch: &Stretch) -> At {
        let at = At {
            stretch: stretch.id,
            last: None,
            planned: f64::INFINITY,
        };
        self.at = Some(at);
        at
    }

    fn next_in(&self, stretch: &Stretch, at: At, earliest: i64) -> Option<Next> {
        if stretch.is_waiting() {
            return None;
        }
        let from = match at.last {
            Some((last, _)) => last + 2.0 * SAME,
            None => stretch.quarters_at(stretch.join.max(earliest) as f64),
        };
        let found = stretch.beat_from(from, self.direction.feel)?;
        let position = stretch.position_at(found.quarters).round() as i64;
        // A beat a hair before the end is the next stretch's.
        let has_room = stretch.position_at(found.quarters + SAME) < stretch.end as f64;
        has_room.then_some(Next {
            stretch: stretch.id,
            found,
            position: position.max(stretch.start),
        })
    }

    /// Decides a beat and plans what is done in it. `direction` is what is asked of the band now; it
    /// is taken over where a bar of the host's starts.
    pub fn decide(
        &mut self,
        next: Next,
        direction: &Direction,
        song: &mut Song,
        listen: &mut Listen,
        play: &mut Play,
    ) -> Result<(), RunError> {
        let until = next.position + self.ahead_samples;
        let mut found = next.found;
        found.tempo = song.follow(next.stretch, &found, listen, until);
        let (Some(at), Some(stretch)) = (self.at, song.stretch(next.stretch)) else {
            return Ok(());
        };
        let is_first = at.last.is_none();
        if at.last.is_none_or(|(last, _)| found.is_first_in_bar(last)) {
            if self.direction.feel != direction.feel {
                let other = stretch.beat_from(found.quarters, direction.feel);
                found = other.filter(|o| o.is_at(&found)).unwrap_or(found);
            }
            self.direction = *direction;
        }
        if is_first {
            self.network.reset();
            if stretch.is_start {
                self.follow.reset();
                self.decoder.reset();
                self.level_db = f64::NEG_INFINITY;
            } else {
                self.follow.jump();
                self.decoder.stop();
            }
        }
        let feel = self.direction.feel;
        let stretch = &*stretch.as_told(until, self.slack_samples);
        let after = |found: &Found| {
            let from = found.quarters + 2.0 * SAME;
            stretch.beat_from(from, feel).unwrap_or(*found)
        };
        let following = after(&found);
        let now = found.quarters;
        let around = Around {
            before: at
                .last
                .map_or(2.0 * now - following.quarters, |(last, _)| last),
            now,
            next: following.quarters,
            end: after(&following).quarters,
        };
        let place = Place {
            is_first,
            ..found.place()
        };
        let num_heard = listen.num_heard(stretch, &around, until);
        let cells = listen.cells(stretch, &around, until);
        self.hear(cells, num_heard, [&place, &following.place()]);
        let rhythm = self.rhythm(cells, num_heard);

        self.network.plan(&self.hearing, &mut self.logits)?;
        let heard = self.follow.step(&self.logits, &place);
        let decided = match self.direction.chord {
            Some(chord) => Decided {
                chord: chord.min(NO_CHORD),
                confidence: 1.0,
                ..heard
            },
            None => heard,
        };
        let before = at.last.map_or(decided.chord, |(_, chord)| chord);
        let style = self.direction.style.unwrap_or(decided.style);
        self.order([&place, &following.place()], before, &decided, style);
        self.network
            .band(&self.hearing, &self.orders, &mut self.played)?;
        if !self.is_finite() {
            return Err(RunError::NotANumber);
        }
        let plays = (self.direction.plays, self.sounds(style));
        if is_first || self.plays != plays {
            let (plays, sounds) = plays;
            play.plan(stretch.id, now, Todo::Switch { plays, sounds });
        }
        self.plays = plays;
        let told = Told {
            place,
            chord: decided.chord,
            before,
            key: decided.key,
            confidence: decided.confidence,
            level_db: self.level_db,
        };
        // Who asks for double time wants it.
        let beats_per_minute = match self.direction.feel {
            Feel::Double => place.bpm / 2.0,
            Feel::Half | Feel::Plain => place.bpm,
        };
        let wishes = Wishes {
            complexity: f64::from(self.direction.complexity) - hurry(beats_per_minute),
            seed: self.direction.seed,
            kit: plays.1.kit,
            rhythm,
        };
        // Where the metre has changed, which was not told when the beat before was decided, beats of the host's may
        // lie between.
        for beat in stretch.host_beats(now.min(at.planned), around.next) {
            let host = beat.place();
            // What is followed is known from here on.
            let tempo = if stretch.is_free {
                found.tempo
            } else {
                beat.tempo
            };
            play.plan(
                stretch.id,
                beat.quarters,
                Todo::Beat(Beat {
                    chord: decided.chord,
                    key: decided.key,
                    style,
                    programs: plays.1.programs,
                    confidence: decided.confidence,
                    bar: host.bar as i32,
                    beat: host.beat as u8,
                    beats_per_bar: host.beats_per_bar as u8,
                    beat_quarters: beat.metre.beat_quarters as f32,
                    tempo: tempo as f32,
                    is_free: stretch.is_free,
                    is_heard: stretch.is_heard(),
                }),
            );
        }
        let swing = match place.is_compound {
            true => 0.0,
            false => f64::from(self.direction.swing.clamp(0.0, 1.0)),
        };
        let at_place = |place: f64| now + place * (around.next - now);
        let events = self.decoder.step(&told, &self.played, &wishes);
        for (idx, event) in events.iter().enumerate() {
            let (stem, pitch) = (event.stem, event.pitch);
            if event.velocity > 0 {
                let velocity = event.velocity;
                let place = at_place(swung(PLACES[event.cell], swing));
                play.plan(
                    stretch.id,
                    place,
                    Todo::Start {
                        stem,
                        pitch,
                        velocity,
                    },
                );
            }
            let started = events[..idx]
                .iter()
                .rfind(|e| (e.stem, e.pitch) == (stem, pitch) && e.velocity > 0);
            let end = match (stem, event.velocity) {
                // A drum lasts one cell.
                (0, _) => end_place(event.cell + 1, Some(event.cell), swing),
                (_, 0) => end_place(event.cell, started.map(|e| e.cell), swing),
                _ => continue,
            };
            play.plan(stretch.id, at_place(end), Todo::End { stem, pitch });
        }
        self.at = Some(At {
            stretch: stretch.id,
            last: Some((now, decided.chord)),
            planned: around.next,
        });
        if stretch.is_free && self.decoder.is_resting() {
            // The next sound starts bars of its own.
            let end = stretch.position_at(around.next).round() as i64;
            song.wait_again(end);
        }
        Ok(())
    }

    fn sounds(&self, style: u8) -> Sounds {
        let sounds = self.styles.get(usize::from(style));
        sounds.copied().unwrap_or_default()
    }

    fn hear(&mut self, cells: &[Cell], num_heard: usize, places: [&Place; 2]) {
        for (mut row, cell) in self.hearing.features.outer_iter_mut().zip(cells) {
            row.iter_mut().zip(cell).for_each(|(to, from)| *to = *from);
        }
        self.hearing.heard = num_heard as f32;
        let (now, next) = self
            .hearing
            .phase
            .view_mut()
            .split_at(ndarray::Axis(0), CELLS);
        places[0].fill_phase(now);
        places[1].fill_phase(next);
        let heard = cells[CELLS..].iter().take(num_heard.min(CELLS));
        if num_heard > 0 {
            self.level_db = heard.map(loudest_db).fold(f64::NEG_INFINITY, f64::max);
        }
    }

    /// What is added to onsets of chords so that they follow the solo's rhythm.
    fn rhythm(&self, cells: &[Cell], num_heard: usize) -> [f64; CELLS] {
        std::array::from_fn(|cell| match mean_flux(&cells[CELLS + cell]) {
            _ if !self.direction.is_locked || cell >= num_heard => 0.0,
            flux if flux >= ONSET_FLUX => RHYTHM_LOGITS,
            _ => -RHYTHM_LOGITS,
        })
    }

    fn order(&mut self, places: [&Place; 2], before: u8, decided: &Decided, style: u8) {
        let controls = &mut self.orders.controls;
        controls.fill(0.0);
        for (cell, mut row) in controls.outer_iter_mut().enumerate() {
            if usize::from(style) < STYLES {
                row[usize::from(style)] = 1.0;
            }
            if let Some(intensity) = self.direction.intensity {
                row[STYLES] = intensity.clamp(0.0, 1.0);
                row[STYLES + 1] = 1.0;
            }
            let bars = i64::from(self.direction.fill_bars);
            let bar = places[cell / CELLS].bar;
            let is_fill = bars > 0 && (bar + 1).rem_euclid(bars) == 0;
            row[STYLES + 2] = f32::from(is_fill);
        }
        self.orders.chords = [before, decided.chord].map(i64::from);
        self.orders.key = i64::from(decided.key);
        self.orders.confidence = decided.confidence;
    }

    fn is_finite(&self) -> bool {
        let played = &*self.played;
        let drums = played.drums_onset.iter().chain(&played.drums_velocity);
        let bass = played.bass_note.iter().flatten();
        let mut chordal = played.chordal.iter().flat_map(|chordal| {
            let logits = chordal.onset.iter().chain(&chordal.sustain).flatten();
            logits.chain(&chordal.velocity)
        });
        let mut all = drums.flatten().chain(bass).chain(&played.bass_velocity);
        self.logits.is_finite() && all.all(|v| v.is_finite()) && chordal.all(|v| v.is_finite())
    }
}

/// How much likelier it has to be that something starts between the beats the faster they follow one another.
fn hurry(bpm: f64) -> f64 {
    HURRY_LOGITS * (bpm / FASTEST_BPM).log2().max(0.0)
}
