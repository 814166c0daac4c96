//! From the networks' numbers to notes, a beat at a time. The rules and their order are those of
//! models/README.md.

mod bass;
mod chordal;
mod drums;
mod lead;

use super::chords::{self, Classes};
use super::dice::Dice;
use super::grid::{CELLS, Place, STRAIGHT, TRIPLET};

/// Voices of the drums.
pub const VOICES: usize = 9;
/// The General-MIDI drum of each voice where no style says another.
pub const KIT: [u8; VOICES] = [36, 38, 42, 46, 51, 49, 45, 48, 70];
/// What the bass can do: hold, rest, and its pitches.
pub const BASS_CLASSES: usize = 27;
/// Pitches of piano and other.
pub const PITCHES: usize = 36;

/// Beats up to this loud are silent, in dB.
const SILENT_DB: f64 = -55.0;
/// So many silent beats end everything.
const SILENT_BEATS: u32 = 8;
/// A mean confidence under this is doubt.
const UNSURE: f64 = 0.25;
/// Beats over which it is taken.
const UNSURE_BEATS: usize = 4;
/// In doubt everything is played at so much of its velocity.
const UNSURE_TOUCH: f64 = 0.7;
/// How far under its threshold is what must not start.
const NEVER: f64 = 99.0;

/// The thresholds of a pack, as logits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Of each voice.
    pub drums: [f64; VOICES],
    /// Of any pitch over hold and rest.
    pub bass_onset: f64,
    /// Of rest over hold.
    pub bass_rest: f64,
    /// Of piano and other.
    pub onset: [f64; 2],
    /// Of piano and other.
    pub sustain: [f64; 2],
    /// Half the range of the dice.
    pub variation: f64,
}

/// What the band's graph gives for a beat.
#[derive(Debug, Clone, PartialEq)]
pub struct Played {
    /// Logits.
    pub drums_onset: [[f32; VOICES]; CELLS],
    /// 0 to 1.
    pub drums_velocity: [[f32; VOICES]; CELLS],
    /// Logits of hold, rest and pitches.
    pub bass_note: [[f32; BASS_CLASSES]; CELLS],
    /// 0 to 1.
    pub bass_velocity: [f32; CELLS],
    /// Piano and other.
    pub chordal: [Chordal; 2],
}

/// What the band's graph gives of piano or other.
#[derive(Debug, Clone, PartialEq)]
pub struct Chordal {
    /// Logits.
    pub onset: [[f32; PITCHES]; CELLS],
    /// Logits.
    pub sustain: [[f32; PITCHES]; CELLS],
    /// 0 to 1.
    pub velocity: [f32; CELLS],
}

impl Default for Played {
    fn default() -> Self {
        let chordal = Chordal {
            onset: [[0.0; PITCHES]; CELLS],
            sustain: [[0.0; PITCHES]; CELLS],
            velocity: [0.0; CELLS],
        };
        Self {
            drums_onset: [[0.0; VOICES]; CELLS],
            drums_velocity: [[0.0; VOICES]; CELLS],
            bass_note: [[0.0; BASS_CLASSES]; CELLS],
            bass_velocity: [0.0; CELLS],
            chordal: [chordal.clone(), chordal],
        }
    }
}

/// What is known of a beat when it is decided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Told {
    /// Where it is.
    pub place: Place,
    /// Its chord.
    pub chord: u8,
    /// The chord of the beat before.
    pub before: u8,
    /// The key.
    pub key: u8,
    /// Of the chord, 0 to 1.
    pub confidence: f32,
    /// The loudest cell heard of it, in dB; of an unheard one the last.
    pub level_db: f64,
}

impl Told {
    /// The classes that never clash: the chord's; without one, the key's.
    fn allowed(&self) -> Classes {
        match chords::tones(self.chord) {
            0 => chords::scale(self.key),
            tones => tones,
        }
    }

    /// On a beat a tone of the chord, off it also one of the key; what is neither moves to the
    /// nearest tone of the chord, down before up.
    fn snapped(&self, pitch: i32, cell: usize) -> i32 {
        let own = self.allowed();
        let in_key = cell > 0 && chords::has(chords::scale(self.key), pitch);
        if in_key || chords::has(own, pitch) {
            return pitch;
        }
        let mut near = (1..7).flat_map(|step| [pitch - step, pitch + step]);
        near.find(|&pitch| chords::has(own, pitch)).unwrap_or(pitch)
    }
}

/// What a person wants of the notes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wishes {
    /// Added to onsets that are not on a beat.
    pub complexity: f64,
    /// Of the dice.
    pub seed: u32,
    /// The drum of each voice.
    pub kit: [u8; VOICES],
    /// Added to onsets of piano and other in each cell, to follow a rhythm.
    pub rhythm: [f64; CELLS],
}

impl Default for Wishes {
    fn default() -> Self {
        Self {
            complexity: 0.0,
            seed: 0,
            kit: KIT,
            rhythm: [0.0; CELLS],
        }
    }
}

/// A start or an end of a note. Drums start only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Of the beat.
    pub cell: usize,
    /// The stem.
    pub stem: usize,
    /// MIDI note.
    pub pitch: u8,
    /// 1 to 127; 0 ends the note.
    pub velocity: u8,
}

/// Holds what sounds from beat to beat.
pub struct Decoder {
    thresholds: Thresholds,
    /// Per stem a bit for each pitch that sounds; none of the drums.
    sounding: [u128; 4],
    /// The highest note of the last chord of piano and other since the last jump.
    tops: [Option<i32>; 2],
    silent_beats: u32,
    /// The confidence of the last beats, of which `num_sure` count.
    sure: [f64; UNSURE_BEATS],
    num_sure: usize,
    /// Of the beat that is decided.
    events: Vec<Event>,
}

impl Decoder {
    /// Nothing sounds.
    pub fn new(thresholds: Thresholds) -> Self {
        Self {
            thresholds,
            sounding: [0; 4],
            tops: [None; 2],
            silent_beats: SILENT_BEATS,
            sure: [0.0; UNSURE_BEATS],
            num_sure: 0,
            events: Vec::new(),
        }
    }

    /// Nothing sounds, and nothing was heard.
    pub fn reset(&mut self) {
        *self = Self::new(self.thresholds);
    }

    /// What sounded was ended: the song does not go on from here.
    pub fn stop(&mut self) {
        self.sounding = [0; 4];
    }

    /// Whether the solo was silent for so long that nothing is played.
    pub fn is_resting(&self) -> bool {
        self.silent_beats >= SILENT_BEATS
    }

    /// The events of the beat's six cells, in order of cell, stem, ends before starts, pitch.
    pub fn step(&mut self, told: &Told, played: &Played, wishes: &Wishes) -> &[Event] {
        if told.place.is_first {
            self.num_sure = 0;
            self.tops = [None; 2];
        }
        self.silent_beats = if told.level_db > SILENT_DB {
            0
        } else {
            self.silent_beats.saturating_add(1)
        };
        self.sure.rotate_right(1);
        self.sure[0] = f64::from(told.confidence);
        self.num_sure = (self.num_sure + 1).min(UNSURE_BEATS);
        self.events.clear();
        if self.is_resting() {
            (1..4).for_each(|stem| self.end_all(0, stem));
        } else {
            self.drums(told, played, wishes);
            self.bass(told, played, wishes);
            for stem in [2, 3] {
                if self.is_unsure() {
                    self.end_all(0, stem);
                } else {
                    self.chordal(told, &played.chordal[stem - 2], wishes, stem);
                }
            }
        }
        let order = |e: &Event| (e.cell, e.stem, e.velocity > 0, e.pitch);
        self.events.sort_by_key(order);
        &self.events
    }

    fn is_unsure(&self) -> bool {
        let sure = &self.sure[..self.num_sure];
        sure.iter().sum::<f64>() / (self.num_sure as f64) < UNSURE
    }

    /// How far the logits of onsets are over their thresholds, dice and complexity counted in; one of
    /// straight and triplet places is emptied.
    fn over<const N: usize>(
        &self,
        told: &Told,
        wishes: &Wishes,
        stem: usize,
        logit: impl Fn(usize, usize) -> f64,
    ) -> [[f64; N]; CELLS] {
        let dice = Dice::new(wishes.seed, told.place.bar);
        let first = told.place.beat * CELLS;
        let mut over: [[f64; N]; CELLS] = std::array::from_fn(|cell| {
            let off_beat = if cell > 0 { wishes.complexity } else { 0.0 };
            std::array::from_fn(|class| {
                let luck = self.thresholds.variation * dice.roll(first + cell, stem, class);
                logit(cell, class) + luck + off_beat
            })
        });
        let sum = |cells: &[usize]| -> f64 {
            let all = cells.iter().flat_map(|&cell| over[cell]);
            all.map(|over| over.max(0.0)).sum()
        };
        let emptied: &[usize] = if sum(&STRAIGHT) >= sum(&TRIPLET) {
            &TRIPLET
        } else {
            &STRAIGHT
        };
        emptied.iter().for_each(|&cell| over[cell] = [-NEVER; N]);
        over
    }

    fn start(&mut self, cell: usize, stem: usize, pitch: i32, velocity: f64) {
        let Ok(pitch @ 0..128) = u8::try_from(pitch) else {
            return;
        };
        if stem > 0 {
            if self.sounding[stem] >> pitch & 1 == 1 {
                self.end(cell, stem, pitch);
            }
            self.sounding[stem] |= 1 << pitch;
        }
        let touch = if self.is_unsure() { UNSURE_TOUCH } else { 1.0 };
        let velocity = (127.0 * velocity * touch + 0.5).floor().clamp(1.0, 127.0) as u8;
        self.events.push(Event {
            cell,
            stem,
            pitch,
            velocity,
        });
    }

    fn end(&mut self, cell: usize, stem: usize, pitch: u8) {
        self.sounding[stem] &= !(1 << pitch);
        self.events.push(Event {
            cell,
            stem,
            pitch,
            velocity: 0,
        });
    }

    fn end_all(&mut self, cell: usize, stem: usize) {
        for pitch in pitches(self.sounding[stem]) {
            self.end(cell, stem, pitch);
        }
    }
}

/// The pitches with a bit in `sounding`.
fn pitches(sounding: u128) -> impl Iterator<Item = u8> {
    (0..128).filter(move |&pitch| sounding >> pitch & 1 == 1)
}
