//! What the band played, on paper: a Standard MIDI File and a lead sheet.
//!
//! Pure functions from cues, in the order in which they sound. `rests` fills in the beats that the band
//! left out; `song` puts them on one timeline of bars; `midi` and `sheet` write it down; `chord` knows how people write chords and keys. A host
//! that jumps leaves a cue that does not follow the one before: the timeline goes on from there, as
//! it was heard, and a bar that was left early is as short as it was. `export` hands the files to
//! hosts of ours.

mod chord;
pub mod export;
mod midi;
mod rests;
mod sheet;
mod song;

use crate::bridge::{Act, Cue};

pub use chord::{Key, chord_name, key_name};
pub use midi::{CHANNELS, TICKS_PER_QUARTER};
pub use rests::without_gaps;

/// A Standard MIDI File of format 1: tempo, metre and chords, then a track per stem. The cues' positions are
/// of a host at `sample_rate`. `None` where there is no beat.
pub fn midi_file(cues: &[Cue], sample_rate: f64) -> Option<Vec<u8>> {
    midi::write(&song::Song::of(cues)?, sample_rate)
}

/// A lead sheet in MusicXML 4.0: a measure per bar, with chords over slashes. `None` where there is
/// no beat.
pub fn lead_sheet(cues: &[Cue], title: &str) -> Option<String> {
    sheet::write(&song::Song::of(cues)?, title)
}

/// The last whole bars before an input position, or as many as there are.
pub fn last_bars(cues: &[Cue], position: i64, num_bars: usize) -> &[Cue] {
    let is_start = |cue: &Cue| {
        cue.position <= position && matches!(cue.act, Act::Beat(beat) if beat.beat == 0)
    };
    let starts = cues.iter().enumerate().filter(|(_, cue)| is_start(cue));
    let starts: Vec<_> = starts.map(|(idx, _)| idx).collect();
    let Some((&end, before)) = starts.split_last() else {
        return &[];
    };
    // A pickup is less than a bar.
    let first = before.len().saturating_sub(num_bars);
    let start = before.get(first).copied().unwrap_or(end);
    &cues[start..end]
}

#[cfg(test)]
mod tests;
