//! The beat of a stretch for which the host has none: it is heard in the input.
//!
//! Who joins a player without a count-in listens for some beats and comes in on one: a band that began with the
//! first sound, at whatever tempo the host says, would throw the player off. Where no beat is to be heard
//! for a while (a drone, free time) it begins at the host's tempo all the same, and may come into step once. From
//! then on it only moves as fast as a person could follow.
//!
//! Everything depends on positions of the input alone, never on when it came.

use super::{Knot, Metre, Stretch};
use crate::bridge::Point;
use crate::music::pulse::BPM;
use crate::worker::notes::listen::Listen;
use crate::worker::notes::metre::SAME;

/// Until the beat is heard, the host's tempo is one guess among many, in octaves: at this distance evidence counts
/// 0.6 times.
const GUESS_OCTAVES: f64 = 0.6;
/// Once it is, another is unlikely.
const KNOWN_OCTAVES: f64 = 0.3;
/// How far from the first sound the beat is looked for, in beats; the first sound is most often one.
const FIRST_BEATS: f64 = 0.1;
/// What a beat elsewhere counts all the same: the first sound may be one that was cut.
const FIRST_LEAST: f64 = 0.25;
/// How far from the band's beat the player's is looked for, in beats: off-beats are none.
const NEAR_BEATS: f64 = 0.15;
/// What is followed are the strokes of so many seconds: fewer, and a beat left out misleads; more, and a player who
/// slows down by two beats per minute in a second is lost.
const FOLLOWED_S: f64 = 5.0;
/// How much of the distance to the player's beat is made up for with each beat.
const PLACE_SHARE: f64 = 0.5;
/// What a distance of a beat would change the tempo by, as an exponent: the tempo alone is heard too late.
const PULL: f64 = 0.2;
/// The most that a beat may differ from the one before: in tempo, and in its place in beats.
const MAX_TEMPO_CHANGE: f64 = 0.04;
const MAX_PLACE_CHANGE: f64 = 0.05;
/// How often it is asked whether the beat is known yet, in seconds.
const ASK_S: f64 = 0.1;
/// How long after the first sound the band begins without, in seconds: three bars at 120.
const PATIENCE_S: f64 = 6.0;
/// Strokes lie so much later than their frames, in frames: a window hears a stroke before it lies in its middle. 70
/// made solos are then 2 ms off in the mean.
const FRAMES_LATE: f64 = 0.5;

/// What is heard of a free stretch's beat.
#[derive(Debug, Clone)]
pub struct Own {
    /// The host's tempos in quarter notes per minute, each from an input position on, in order.
    host: Vec<(i64, f64)>,
    /// What is listened for, in quarter notes: a beat, or two where the host's beats are too fast.
    pulse: f64,
    /// The input position of the first sound.
    first_sound: Option<i64>,
    /// The input position at which it is asked next whether the beat is known.
    ask_at: i64,
    /// Quarter notes per minute; `None` until a beat is heard.
    tempo: Option<f64>,
}

impl Own {
    /// Nothing heard.
    pub fn new(point: &Point) -> Self {
        let mut pulse = Metre::of(point).beat_quarters;
        while point.tempo / pulse > BPM.1 {
            pulse *= 2.0;
        }
        Self {
            host: vec![(point.position, point.tempo)],
            pulse,
            first_sound: None,
            ask_at: 0,
            tempo: None,
        }
    }

    /// The same host, nothing heard.
    pub fn again(&self) -> Self {
        Self {
            first_sound: None,
            tempo: None,
            ..self.clone()
        }
    }

    /// Takes what the host says.
    pub fn take(&mut self, point: &Point) {
        self.host.push((point.position, point.tempo));
    }

    /// Forgets what the host said before the last time before a position.
    pub fn forget_before(&mut self, position: f64) {
        let later = self.host.partition_point(|(at, _)| *at as f64 <= position);
        self.host.drain(..later.saturating_sub(1));
    }

    /// The host's tempo at a position.
    fn host_tempo(&self, position: f64) -> f64 {
        let later = self.host.partition_point(|(at, _)| *at as f64 <= position);
        self.host[later.saturating_sub(1)].1
    }
}

impl Stretch {
    /// Whether a beat is heard.
    pub fn is_heard(&self) -> bool {
        self.own.tempo.is_some()
    }

    /// Whether it has had a sound.
    pub fn has_sound(&self) -> bool {
        self.own.first_sound.is_some()
    }

    /// Takes the position of the first sound.
    pub fn start_listening(&mut self, position: i64) {
        self.own.first_sound = Some(position);
        self.own.ask_at = position;
    }

    /// Lets bars start where the first sound was, once at a position before `until` the beat is heard or patience
    /// is over. The input is heard `ahead` samples further.
    pub fn join(&mut self, listen: &Listen, until: i64, ahead: i64) {
        let Some(first) = self.own.first_sound else {
            return;
        };
        while self.is_waiting() && self.own.ask_at < until {
            let at = self.own.ask_at;
            self.own.ask_at += self.samples(ASK_S);
            // What ends before it is heard does not begin, whether its end is known sooner or later.
            if self.end <= at + ahead {
                continue;
            }
            let host = self.own.host_tempo(at as f64);
            let pulse = self.own.pulse;
            let (strokes, start) = listen.strokes(self.sound_start(), at + ahead);
            let heard = strokes.tempo(host / pulse, GUESS_OCTAVES);
            let bar = match heard {
                Some(bpm) => {
                    let late = FRAMES_LATE * listen.hop();
                    let near = (first as f64 - late - start) / listen.hop();
                    let frame = strokes.beat_near(bpm, near, FIRST_BEATS, FIRST_LEAST);
                    start + frame * listen.hop() + late
                }
                None if at - first >= self.samples(PATIENCE_S) => first as f64,
                None => continue,
            };
            self.own.tempo = heard.map(|bpm| bpm * pulse);
            self.join = at;
            self.knots.push(Knot {
                position: bar,
                quarters: 0.0,
                tempo: self.own.tempo.unwrap_or(host),
                metre: Metre::of(&Point {
                    bar_quarters: 0.0,
                    bar_number: 0,
                    ..self.point
                }),
            });
        }
    }

    /// Goes on from a beat in quarter notes as the input up to `until` lets it; returns the tempo from there on
    /// in quarter notes per minute. What lies before the beat stays where it is.
    pub(super) fn follow(&mut self, quarters: f64, listen: &Listen, until: i64) -> f64 {
        let position = self.position_at(quarters);
        let Some(metre) = self.knots.first().map(|knot| knot.metre) else {
            return self.own.host_tempo(position);
        };
        let pulse = self.own.pulse;
        let before = self.own.tempo;
        let usual = before.unwrap_or_else(|| self.own.host_tempo(position));
        let octaves = if before.is_some() {
            KNOWN_OCTAVES
        } else {
            GUESS_OCTAVES
        };
        let from = self.sound_start().max(until - self.samples(FOLLOWED_S));
        let (strokes, start) = listen.strokes(from, until.min(self.end));
        let heard = strokes.tempo(usual / pulse, octaves).map(|bpm| bpm * pulse);
        let (mut tempo, mut late) = (usual, 0.0);
        if let Some(heard) = heard {
            tempo = before.map_or(heard, |before| nearer(before, heard));
            let beat = pulse / (tempo * self.quarters_per_sample);
            // The pulse next to the beat, which in half and double time need not be one.
            let expected = position + wrapped(quarters / pulse) * beat;
            let shift = FRAMES_LATE * listen.hop() + start;
            let near = (expected - shift) / listen.hop();
            // The first time it comes into step at once.
            let width = before.map_or(f64::INFINITY, |_| NEAR_BEATS);
            let found = strokes.beat_near(tempo / pulse, near, width, 0.0) * listen.hop() + shift;
            late = found - expected;
            if let Some(before) = before {
                // Who is late slows down.
                let pulled = tempo * (-PULL * late / beat).exp();
                let most = 1.0 + MAX_TEMPO_CHANGE;
                tempo = before * (pulled / before).clamp(1.0 / most, most);
                let most = MAX_PLACE_CHANGE * beat;
                late = (PLACE_SHARE * late).clamp(-most, most);
            }
            self.own.tempo = Some(tempo);
        }
        self.knots.retain(|knot| knot.quarters < quarters - SAME);
        let length = pulse / (tempo * self.quarters_per_sample) + late;
        for (quarters, position) in [(quarters, position), (quarters + pulse, position + length)] {
            self.knots.push(Knot {
                position,
                quarters,
                tempo,
                metre,
            });
        }
        tempo
    }

    /// Where the first sound's stroke is heard from: a frame's flux lies a little before it.
    fn sound_start(&self) -> i64 {
        let first = self.own.first_sound.unwrap_or(self.start);
        (first - self.samples(0.05)).max(self.start)
    }

    fn samples(&self, seconds: f64) -> i64 {
        (seconds / (60.0 * self.quarters_per_sample)) as i64
    }
}

/// A tempo half-way to another.
fn nearer(tempo: f64, to: f64) -> f64 {
    (tempo * to).sqrt()
}

/// How far the nearest whole number is, -0.5 to 0.5.
fn wrapped(beats: f64) -> f64 {
    beats.round() - beats
}
