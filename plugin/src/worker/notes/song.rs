//! The host's song as stretches without a jump: which place sounds at which input position.

mod free;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::VecDeque;

use self::free::Own;
use super::listen::Listen;
use super::metre::{Metre, SAME};
use crate::bridge::{Feel, Point};
use crate::music::grid::Place;

/// A place that is known.
#[derive(Debug, Clone, Copy)]
struct Knot {
    position: f64,
    quarters: f64,
    /// Quarter notes per minute.
    tempo: f64,
    metre: Metre,
}

/// A part of the song in which it goes on. Where the host's transport does not run it is free: bars
/// count from the first sound, in the tempo that is heard, and until that is known it has no place.
#[derive(Clone)]
pub struct Stretch {
    /// Tells it from the others.
    pub id: u64,
    /// The input position of its first sample.
    pub start: i64,
    /// The input position after its last sample; [`i64::MAX`] while it goes on.
    pub end: i64,
    /// The input position of the first beat that the band may play.
    pub join: i64,
    /// Whether the host's transport does not run.
    pub is_free: bool,
    /// Whether it does not, or did not before: what was heard before it is over.
    pub is_start: bool,
    /// What is heard of a free stretch's beat.
    own: Own,
    /// What the host said last.
    point: Point,
    /// In order; none of a free stretch before it has a beat.
    knots: Vec<Knot>,
    quarters_per_sample: f64,
}

/// A beat of a stretch, in half, plain or double time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// Where it is, in quarter notes.
    pub quarters: f64,
    /// Its metre.
    pub metre: Metre,
    /// The metre of the host's.
    pub host: Metre,
    /// Quarter notes per minute.
    pub tempo: f64,
}

impl Found {
    /// Its place in its metre.
    pub fn place(&self) -> Place {
        self.metre.place(self.quarters, self.tempo)
    }

    /// Whether it is the first beat in a bar of the host's, where `last` was the beat before.
    pub fn is_first_in_bar(&self, last: f64) -> bool {
        self.host.bar(last) != self.host.bar(self.quarters)
    }

    /// Whether both are in one place.
    pub fn is_at(&self, other: &Self) -> bool {
        (self.quarters - other.quarters).abs() < SAME
    }
}

impl Stretch {
    /// As hosts with any usual block have told it by an input position: without the changes of metre and
    /// tempo in the last `slack` samples before it, of which some hosts have told and some have not.
    pub fn as_told(&self, until: i64, slack: i64) -> Cow<'_, Self> {
        let is_told = |knot: &Knot| knot.position <= (until - slack) as f64;
        let told = self.knots.partition_point(is_told).max(1);
        if self.is_free || told >= self.knots.len() {
            return Cow::Borrowed(self);
        }
        let mut stretch = self.clone();
        stretch.knots.truncate(told);
        Cow::Owned(stretch)
    }

    /// The host's beats from one place to another, in quarter notes.
    pub fn host_beats(&self, from: f64, until: f64) -> impl Iterator<Item = Found> {
        let beat_from = |from| self.beat_from(from, Feel::Plain);
        let beats = std::iter::successors(beat_from(from), move |beat| {
            beat_from(beat.quarters + 2.0 * SAME)
        });
        beats.take_while(move |beat| beat.quarters < until - SAME)
    }

    /// Whether it has no place yet.
    pub fn is_waiting(&self) -> bool {
        self.knots.is_empty()
    }

    /// The place that sounds at an input position, in quarter notes.
    pub fn quarters_at(&self, position: f64) -> f64 {
        let idx = self.last_knot(|knot| knot.position <= position);
        let Some(knot) = self.knots.get(idx) else {
            return 0.0;
        };
        knot.quarters + (position - knot.position) * self.slope(idx)
    }

    /// The input position at which a place sounds.
    pub fn position_at(&self, quarters: f64) -> f64 {
        let idx = self.last_knot(|knot| knot.quarters <= quarters);
        let Some(knot) = self.knots.get(idx) else {
            return self.start as f64;
        };
        knot.position + (quarters - knot.quarters) / self.slope(idx)
    }

    /// The first beat at or after a place in quarter notes.
    pub fn beat_from(&self, quarters: f64, feel: Feel) -> Option<Found> {
        let mut idx = 0;
        while let Some(first) = self.knots.get(idx) {
            let others = self.knots[idx..].iter();
            let same = others.take_while(|knot| knot.metre.agrees(&first.metre));
            let next = idx + same.count().max(1);
            let until = self.knots.get(next).map_or(f64::INFINITY, |k| k.quarters);
            // Only the first knot has no past.
            let metre = first.metre.felt(feel);
            let beat = metre.beat_from(quarters.max(first.quarters));
            if beat < until - SAME {
                let tempo = self.knots[self.last_knot(|k| k.quarters <= beat + SAME)].tempo;
                return Some(Found {
                    quarters: beat,
                    metre,
                    host: first.metre,
                    tempo,
                });
            }
            idx = next;
        }
        None
    }

    /// The index of the last knot that comes before something, or of the first.
    fn last_knot(&self, is_before: impl Fn(&Knot) -> bool) -> usize {
        self.knots.partition_point(is_before).saturating_sub(1)
    }

    /// Quarter notes in a sample after a knot.
    fn slope(&self, idx: usize) -> f64 {
        let knot = &self.knots[idx];
        match self.knots.get(idx + 1) {
            Some(next) => (next.quarters - knot.quarters) / (next.position - knot.position),
            None => knot.tempo * self.quarters_per_sample,
        }
    }

    /// Goes on through a point that is no jump.
    fn take(&mut self, point: &Point) {
        if self.is_free {
            self.point = *point;
            return self.own.take(point);
        }
        let is_old = (point.position as f64) <= self.knots.last().map_or(-1.0, |k| k.position);
        self.point = *point;
        let Some(last) = self.knots.last().copied().filter(|_| !is_old) else {
            return;
        };
        let position = point.position as f64;
        // Up to the last block the line before was right.
        let since = (point.since as f64).max(last.position);
        let held = self.quarters_at(since);
        if let Some(turn) = self.turn(&last, point) {
            self.knots.push(turn);
        } else {
            if since > last.position && since < position {
                self.knots.push(Knot {
                    position: since,
                    quarters: held,
                    ..last
                });
            }
            // A song never stands still.
            let before = self.knots.last().copied().unwrap_or(last);
            let least = 0.1 * self.quarters_per_sample * (position - before.position);
            self.knots.push(Knot {
                position,
                quarters: point.quarters.max(before.quarters + least),
                tempo: point.tempo,
                metre: last.metre,
            });
        }
        let metre = Metre::of(point);
        let bar = point.bar_quarters;
        let is_since = bar > held - SAME && bar < point.quarters;
        if metre.agrees(&last.metre) {
            self.knots
                .last_mut()
                .into_iter()
                .for_each(|k| k.metre = metre);
        } else {
            self.turn_metre(if is_since { bar } else { point.quarters }, metre);
        }
    }

    /// Where the tempo changed between the last block and a point, if one change explains it: where the lines
    /// before and after it meet.
    fn turn(&self, last: &Knot, point: &Point) -> Option<Knot> {
        let before = last.tempo * self.quarters_per_sample;
        let after = point.tempo * self.quarters_per_sample;
        let away = point.position as f64 - last.position;
        let meets = (point.quarters - after * away - last.quarters) / (before - after);
        let is_between = meets > 0.0 && (last.position + meets) > point.since as f64 - 1.0;
        (is_between && meets <= away + 1.0).then_some(Knot {
            position: last.position + meets,
            quarters: last.quarters + before * meets,
            tempo: point.tempo,
            metre: last.metre,
        })
    }

    /// Lets a metre hold from a place on.
    fn turn_metre(&mut self, quarters: f64, metre: Metre) {
        let idx = self.knots.partition_point(|k| k.quarters < quarters - SAME);
        let is_there = |knot: &Knot| knot.quarters < quarters + SAME;
        if !self.knots.get(idx).is_some_and(is_there) {
            let position = self.position_at(quarters);
            let before = self.knots[self.last_knot(|k| k.quarters <= quarters)];
            let knot = Knot {
                position,
                quarters,
                ..before
            };
            self.knots.insert(idx, knot);
        }
        self.knots[idx..].iter_mut().for_each(|k| k.metre = metre);
    }

    fn forget_before(&mut self, position: f64) {
        let old = self.last_knot(|knot| knot.position <= position);
        self.knots.drain(..old);
        self.own.forget_before(position);
    }
}

/// All stretches that still matter.
pub struct Song {
    stretches: VecDeque<Stretch>,
    next_id: u64,
    /// The position of the last point.
    taken: i64,
    quarters_per_sample: f64,
}

impl Song {
    /// Nothing known.
    pub fn new(sample_rate: f64) -> Self {
        Self {
            stretches: VecDeque::new(),
            next_id: 0,
            taken: i64::MIN,
            quarters_per_sample: 1.0 / (60.0 * sample_rate),
        }
    }

    /// Nothing known.
    pub fn reset(&mut self) {
        self.stretches.clear();
        self.taken = i64::MIN;
    }

    /// Takes a chunk's points.
    pub fn take(&mut self, points: &[Point]) {
        for point in points {
            if point.position <= self.taken {
                continue;
            }
            self.taken = point.position;
            match self.stretches.back_mut() {
                Some(stretch) if !point.is_jump && has_same_beats(stretch, point) => {
                    stretch.take(point);
                }
                _ => self.jump(point, point.position),
            }
        }
    }

    /// Lets a free stretch end at a position and another wait for a sound from there on.
    pub fn wait_again(&mut self, position: i64) {
        if let Some(stretch) = self.stretches.back()
            && stretch.is_free
            && stretch.start < position
        {
            let point = stretch.point;
            let own = stretch.own.again();
            self.jump(&point, position);
            self.stretches
                .back_mut()
                .into_iter()
                .for_each(|s| s.own = own.clone());
        }
    }

    /// Goes on from a beat as the input up to `until` lets it; returns the tempo from there on, in quarter
    /// notes per minute. Only a free stretch's is another than the beat's.
    pub fn follow(&mut self, id: u64, beat: &Found, listen: &Listen, until: i64) -> f64 {
        let mut stretches = self.stretches.iter_mut();
        match stretches.find(|stretch| stretch.id == id) {
            Some(stretch) if stretch.is_free => stretch.follow(beat.quarters, listen, until),
            _ => beat.tempo,
        }
    }

    fn jump(&mut self, point: &Point, start: i64) {
        let was_playing = self.stretches.back().is_some_and(|before| !before.is_free);
        // One that waits again may start later than this.
        for stretch in &mut self.stretches {
            stretch.end = stretch.end.min(start);
        }
        let mut stretch = Stretch {
            id: self.next_id,
            start,
            end: i64::MAX,
            join: start,
            is_free: !point.is_playing,
            is_start: !(point.is_playing && was_playing),
            own: Own::new(point),
            point: *point,
            knots: Vec::new(),
            quarters_per_sample: self.quarters_per_sample,
        };
        if point.is_playing {
            stretch.knots.push(Knot {
                position: point.position as f64,
                quarters: point.quarters,
                tempo: point.tempo,
                metre: Metre::of(point),
            });
        }
        self.next_id += 1;
        self.stretches.push_back(stretch);
    }

    /// The stretches, the oldest first.
    pub fn stretches(&mut self) -> impl Iterator<Item = &mut Stretch> {
        self.stretches.iter_mut()
    }

    /// A stretch.
    pub fn stretch(&self, id: u64) -> Option<&Stretch> {
        self.stretches.iter().find(|stretch| stretch.id == id)
    }

    /// The place that sounds at an input position, in quarter notes.
    pub fn quarters_at(&self, position: i64) -> f64 {
        let mut stretches = self.stretches.iter().rev();
        let stretch = stretches.find(|stretch| stretch.start <= position);
        stretch.map_or(0.0, |stretch| stretch.quarters_at(position as f64))
    }

    /// The stretch after one, or the first.
    pub fn after(&self, id: Option<u64>) -> Option<&Stretch> {
        self.stretches
            .iter()
            .find(|stretch| id.is_none_or(|id| stretch.id > id))
    }

    /// Forgets what ended before an input position.
    pub fn forget_before(&mut self, position: i64) {
        self.stretches.retain(|stretch| stretch.end > position);
        for stretch in &mut self.stretches {
            stretch.forget_before(position as f64);
        }
    }
}

/// Whether a free stretch's beats go on: it has no bars of the host's to go by.
fn has_same_beats(stretch: &Stretch, point: &Point) -> bool {
    let signature = |point: &Point| (point.numerator, point.denominator);
    !stretch.is_free || signature(&stretch.point) == signature(point)
}
