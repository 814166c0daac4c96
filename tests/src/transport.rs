//! The host's song: where it is while the plugin plays.

use clack_host::events::event_types::{TransportEvent, TransportFlags};
use clack_host::events::{EventFlags, EventHeader};
use clack_host::utils::{BeatTime, SecondsTime};

/// A time signature: so many of this note value in a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metre {
    /// The number above.
    pub numerator: u16,
    /// The number below.
    pub denominator: u16,
}

impl Metre {
    /// What most music is in.
    pub const COMMON: Self = Self {
        numerator: 4,
        denominator: 4,
    };

    /// A bar's length in quarter notes.
    fn bar_quarters(self) -> f64 {
        4.0 * f64::from(self.numerator) / f64::from(self.denominator)
    }
}

/// A host's transport; it moves on with every block that is played. What changes takes effect with the
/// next one.
#[derive(Debug, Clone, PartialEq)]
pub struct Transport {
    /// Hz.
    sample_rate: f64,
    /// Quarter notes per minute.
    tempo: f64,
    metre: Metre,
    is_playing: bool,
    /// Where the song was in quarter notes when it was put there or its tempo changed last.
    from_quarters: f64,
    /// Samples played since, so that the place does not depend on the blocks.
    samples: u64,
    /// Where the metre holds from, in quarter notes and bars.
    metre_from: (f64, i32),
}

impl Transport {
    /// A song that plays from its start at a tempo in quarter notes per minute.
    pub fn new(sample_rate: f64, tempo: f64, metre: Metre) -> Self {
        Self {
            sample_rate,
            tempo,
            metre,
            is_playing: true,
            from_quarters: 0.0,
            samples: 0,
            metre_from: (0.0, 0),
        }
    }

    /// Where the song is, in quarter notes.
    pub fn quarters(&self) -> f64 {
        let minutes = self.samples as f64 / self.sample_rate / 60.0;
        self.from_quarters + minutes * self.tempo
    }

    /// Goes on at another place, as a seek or a loop does.
    pub fn jump(&mut self, quarters: f64) {
        (self.from_quarters, self.samples) = (quarters, 0);
    }

    /// Goes on at another tempo.
    pub fn set_tempo(&mut self, tempo: f64) {
        self.jump(self.quarters());
        self.tempo = tempo;
    }

    /// Starts a bar of another metre where the song is.
    pub fn set_metre(&mut self, metre: Metre) {
        let (_, bar) = self.bar();
        let quarters = self.quarters();
        // A bar that was not played to its end counts.
        let is_whole = (self.bar().0 - quarters).abs() < 1e-6;
        self.metre_from = (quarters, if is_whole { bar } else { bar + 1 });
        self.metre = metre;
    }

    /// Starts or stops.
    pub fn set_playing(&mut self, is_playing: bool) {
        self.is_playing = is_playing;
    }

    /// Where the bar starts, in quarter notes, and its number.
    fn bar(&self) -> (f64, i32) {
        let (from, number) = self.metre_from;
        let bar_quarters = self.metre.bar_quarters();
        // A sum of floats may lie just before a bar line.
        let bars = ((self.quarters() - from) / bar_quarters + 1e-9).floor();
        (from + bars * bar_quarters, number + bars as i32)
    }

    /// What a host tells with a block that starts here.
    pub(crate) fn event(&self) -> TransportEvent {
        let mut flags = TransportFlags::HAS_TEMPO
            | TransportFlags::HAS_BEATS_TIMELINE
            | TransportFlags::HAS_TIME_SIGNATURE;
        flags.set(TransportFlags::IS_PLAYING, self.is_playing);
        let (bar_start, bar_number) = self.bar();
        TransportEvent {
            header: EventHeader::new_core(0, EventFlags::empty()),
            flags,
            song_pos_beats: BeatTime::from_float(self.quarters()),
            song_pos_seconds: SecondsTime::from_float(0.0),
            tempo: self.tempo,
            tempo_inc: 0.0,
            loop_start_beats: BeatTime::from_float(0.0),
            loop_end_beats: BeatTime::from_float(0.0),
            loop_start_seconds: SecondsTime::from_float(0.0),
            loop_end_seconds: SecondsTime::from_float(0.0),
            bar_start: BeatTime::from_float(bar_start),
            bar_number,
            time_signature_numerator: self.metre.numerator,
            time_signature_denominator: self.metre.denominator,
        }
    }

    /// Moves on by a block.
    pub(crate) fn advance(&mut self, frames: usize) {
        if self.is_playing {
            self.samples += frames as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_counted_over_changes_of_metre_and_tempo() {
        let mut song = Transport::new(48_000.0, 120.0, Metre::COMMON);
        song.advance(48_000 * 5);
        assert_eq!((song.quarters(), song.bar()), (10.0, (8.0, 2)));
        song.set_tempo(60.0);
        song.advance(48_000 * 2);
        assert_eq!((song.quarters(), song.bar()), (12.0, (12.0, 3)));
        song.set_metre(Metre {
            numerator: 7,
            denominator: 8,
        });
        song.advance(48_000 * 4);
        assert_eq!((song.quarters(), song.bar()), (16.0, (15.5, 4)));
        song.jump(0.0);
        song.set_playing(false);
        song.advance(48_000);
        assert_eq!(song.quarters(), 0.0);
    }
}
