//! The `[stream]` of `pack.toml`: each kind has its own keys.

use serde::Deserialize;

use super::manifest::Check;
use super::{Kind, PackError};
use crate::geometry::{MaskStream, NotesStream, OVERLAP, Stream, WaveformStream};

/// The table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    sample_rate: u32,
    channels: usize,
    fft: Option<usize>,
    hop: Option<usize>,
    lookahead_frames: Option<usize>,
    overlap: Option<usize>,
}

impl Table {
    /// The stream of a pack of this kind: its keys are there, the others are not, and all are in
    /// their ranges.
    pub fn of_kind(&self, kind: Kind, check: &Check) -> Result<Stream, PackError> {
        let rate = self.sample_rate;
        let is_rate = (8000..=192_000).contains(&rate);
        check.that(is_rate, "stream.sample_rate", "8000 to 192000", &rate)?;
        let channels = self.channels;
        let is_channels = (1..=2).contains(&channels);
        check.that(is_channels, "stream.channels", "1 or 2", &channels)?;
        let key = |field: &str, value: Option<usize>| {
            let expected = format!("there with the kind {kind}");
            check.that(value.is_some(), field, &expected, &"missing")?;
            Ok(value.unwrap_or_default())
        };
        let no_key = |field: &str, value: Option<usize>| {
            let expected = format!("left out with the kind {kind}");
            check.that(
                value.is_none(),
                field,
                &expected,
                &value.unwrap_or_default(),
            )
        };
        if kind == Kind::Waveform {
            no_key("stream.fft", self.fft)?;
            no_key("stream.hop", self.hop)?;
            no_key("stream.lookahead_frames", self.lookahead_frames)?;
            let overlap = key("stream.overlap", self.overlap)?;
            // Half a second: the latency grows with it.
            let longest = rate as usize / 2;
            let expected = format!("16 to {longest}, half a second");
            let is_overlap = (16..=longest).contains(&overlap);
            check.that(is_overlap, "stream.overlap", &expected, &overlap)?;
            return Ok(Stream::Waveform(WaveformStream {
                sample_rate: rate,
                channels,
                overlap,
            }));
        }
        no_key("stream.overlap", self.overlap)?;
        let hop = key("stream.hop", self.hop)?;
        check.that((16..=4096).contains(&hop), "stream.hop", "16 to 4096", &hop)?;
        let fft = key("stream.fft", self.fft)?;
        let windows = OVERLAP * hop;
        let expected = format!("four hops, {windows}");
        check.that(fft == windows, "stream.fft", &expected, &fft)?;
        if kind == Kind::Notes {
            // So that a second has enough of them to hear beats in, and not too many to compare.
            let (least, most) = (rate as usize / 200, rate as usize / 10);
            let expected = format!("5 to 100 ms, {least} to {most}");
            check.that((least..=most).contains(&hop), "stream.hop", &expected, &hop)?;
            no_key("stream.lookahead_frames", self.lookahead_frames)?;
            check.that(channels == 1, "stream.channels", "1", &channels)?;
            return Ok(Stream::Notes(NotesStream {
                sample_rate: rate,
                hop,
            }));
        }
        let lookahead_frames = key("stream.lookahead_frames", self.lookahead_frames)?;
        let is_lookahead = lookahead_frames <= 256;
        let field = "stream.lookahead_frames";
        check.that(is_lookahead, field, "at most 256", &lookahead_frames)?;
        Ok(Stream::Mask(MaskStream {
            sample_rate: rate,
            channels,
            hop,
            lookahead_frames,
        }))
    }
}
