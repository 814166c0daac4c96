//! Every size and delay of the engine, from the pack's stream, the host's rate and the chunk
//! setting. The latency is one equation: [`Geometry::latency_samples`].

use nice_plug::prelude::Enum;

/// Frames of the STFT that overlap at any sample: the window is this many hops long.
pub const OVERLAP: usize = 4;
/// Shortest time the worker gets for a chunk, in seconds, rounded up to hops. A host hands in a whole block
/// before it takes the next one out, which leaves room for those of 1,024 samples at 44.1 kHz; see
/// [`Geometry::max_live_block_samples`].
pub const MIN_BUDGET_S: f64 = 2048.0 / 44100.0;
/// Longest time the worker gets for a chunk, in seconds, rounded to hops.
pub const MAX_BUDGET_S: f64 = 0.5;

/// The hop that a chunk is counted in where the networks have no STFT, in seconds.
const PLAIN_HOP_S: f64 = 512.0 / 44100.0;
/// How long before it sounds a band's beat is decided, in seconds: what is heard meanwhile is the
/// future that its BiLSTMs know.
const BAND_AHEAD_S: f64 = 1.0;
/// How far ahead a live host may be, in seconds; half the latency if that is less.
const MAX_MARGIN_S: f64 = 0.5;
/// How long a band may go on after the last sound, in seconds: nine beats of 20 per minute in half
/// time, and what rings on.
const BAND_HOLD_S: f64 = 60.0;
/// What hosts are told of that, in seconds, as some append it to what they export: eight beats of 60 per
/// minute, and what rings on.
const BAND_TAIL_S: f64 = 10.0;

/// What a pack's networks were trained on (`[stream]` of `pack.toml`), by the kind of the pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Networks that mask a spectrogram.
    Mask(MaskStream),
    /// Networks that give samples.
    Waveform(WaveformStream),
    /// Networks that give notes.
    Notes(NotesStream),
}

/// The stream of a `mask` pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaskStream {
    /// Hz.
    pub sample_rate: u32,
    /// Channels the networks see: 1 (the root mean square over the host's channels) or 2.
    pub channels: usize,
    /// Hop in samples at `sample_rate`; a window is [`OVERLAP`] hops long.
    pub hop: usize,
    /// Frames after the chunk that the backward LSTMs start from.
    pub lookahead_frames: usize,
}

/// The stream of a `waveform` pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaveformStream {
    /// Hz.
    pub sample_rate: u32,
    /// Channels the networks see: 1 (the mean over the host's channels) or 2.
    pub channels: usize,
    /// Samples at `sample_rate` for which a window of audio fades into the next one.
    pub overlap: usize,
}

/// The stream of a `notes` pack, whose networks hear the root mean square over the host's channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotesStream {
    /// Hz.
    pub sample_rate: u32,
    /// Hop in samples at `sample_rate`; a window is [`OVERLAP`] hops long.
    pub hop: usize,
}

impl Stream {
    /// The stream used where no pack could be read, so that the latency is that of the pack that
    /// an instance begins with.
    pub const DEFAULT: Self = Self::Mask(MaskStream::DEFAULT);

    /// The time that chunks are counted in, in seconds.
    fn hop_s(&self) -> f64 {
        match self {
            Self::Mask(stream) => stream.hop as f64 / f64::from(stream.sample_rate),
            Self::Notes(stream) => stream.hop as f64 / f64::from(stream.sample_rate),
            Self::Waveform(_) => PLAIN_HOP_S,
        }
    }

    /// Whether its stems are a band's, which plays in the time of the host's song.
    pub fn has_band(&self) -> bool {
        matches!(self, Self::Notes(_))
    }
}

impl MaskStream {
    /// That of the pack `remix`.
    pub const DEFAULT: Self = Self {
        sample_rate: 44100,
        channels: 2,
        hop: 1024,
        lookahead_frames: 8,
    };

    /// Bins of the network's spectrum.
    pub fn bins(&self) -> usize {
        OVERLAP * self.hop / 2 + 1
    }
}

/// How much audio the worker takes at a time: the shorter, the lower the latency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ChunkSetting {
    /// The paper's unit (section III.D).
    #[id = "1s"]
    #[name = "1 s"]
    OneSecond,
    /// A quarter of a second.
    #[id = "250ms"]
    #[name = "1/4 s"]
    Quarter,
    /// A tenth of a second.
    #[id = "100ms"]
    #[name = "1/10 s"]
    Tenth,
    /// One hop of the pack's STFT, some 10 to 25 ms.
    #[id = "hop"]
    #[name = "One hop"]
    Hop,
}

impl ChunkSetting {
    /// The settings from the longest to the shortest.
    pub const ALL: [Self; 4] = [Self::OneSecond, Self::Quarter, Self::Tenth, Self::Hop];

    /// The wished length in seconds; the chunk is the whole number of hops closest to it.
    fn seconds(self) -> f64 {
        match self {
            Self::OneSecond => 1.0,
            Self::Quarter => 0.25,
            Self::Tenth => 0.1,
            Self::Hop => 0.0,
        }
    }
}

/// The sizes of one activation. All in samples at the host's rate unless the name says frames.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Geometry {
    /// The host's rate in Hz.
    pub sample_rate: f64,
    /// What the pack's networks were trained on.
    pub stream: Stream,
    /// What chunks are counted in, and the STFT's hop: as long in seconds as the model's.
    pub hop: usize,
    /// Hops in a chunk.
    pub chunk_frames: usize,
    /// Hops between a full chunk and the moment its stems are due: the worker's time.
    pub budget_frames: usize,
}

impl Geometry {
    /// The sizes for a pack's `stream` at the host's `sample_rate` in Hz.
    pub fn new(stream: &Stream, sample_rate: f64, setting: ChunkSetting) -> Self {
        let sizes = Self {
            sample_rate,
            stream: *stream,
            hop: smooth_near(stream.hop_s() * sample_rate),
            chunk_frames: 0,
            budget_frames: 0,
        };
        sizes.with_chunk(setting)
    }

    /// The same with another chunk setting.
    pub fn with_chunk(&self, setting: ChunkSetting) -> Self {
        let frames = |seconds: f64| seconds / self.stream.hop_s();
        let chunk_frames = (frames(setting.seconds()).round() as usize).max(1);
        // What is a whole number of hops may come out a little larger.
        let least = (frames(MIN_BUDGET_S) - 1e-6).ceil();
        let budget = least.max((chunk_frames as f64).min(frames(MAX_BUDGET_S)));
        Self {
            chunk_frames,
            budget_frames: budget.round() as usize,
            ..*self
        }
    }

    /// Length of the STFT's window.
    pub fn fft(&self) -> usize {
        OVERLAP * self.hop
    }

    /// Bins of the STFT.
    pub fn bins(&self) -> usize {
        self.fft() / 2 + 1
    }

    /// Length of a chunk.
    pub fn chunk_samples(&self) -> usize {
        self.chunk_frames * self.hop
    }

    /// How far the worker's output trails its input. Masks: the look-ahead, and the frames that
    /// still have to be added to a sample after its own. Waveforms: the samples that the next
    /// window fades into. Notes: how far ahead the band hears.
    pub fn worker_delay_samples(&self) -> usize {
        match self.stream {
            Stream::Mask(stream) => (stream.lookahead_frames + OVERLAP - 1) * self.hop,
            Stream::Waveform(stream) => {
                let overlap_s = stream.overlap as f64 / f64::from(stream.sample_rate);
                (overlap_s * self.sample_rate).round() as usize
            }
            Stream::Notes(_) => {
                let frames = BAND_AHEAD_S * self.sample_rate / self.hop as f64;
                frames.round() as usize * self.hop
            }
        }
    }

    /// How long before the first sound the stems may sound: a band may begin with the beat in which
    /// the first sound lies.
    pub fn early_samples(&self) -> usize {
        if self.stream.has_band() {
            self.worker_delay_samples()
        } else {
            0
        }
    }

    /// How far ahead of real time a live host may be, in seconds.
    pub fn margin_s(&self) -> f64 {
        let latency_s = self.latency_samples() as f64 / self.sample_rate;
        MAX_MARGIN_S.min(latency_s / 2.0)
    }

    /// How long is heard after the last sound of the input, as far as hosts are told.
    pub fn tail_samples(&self) -> usize {
        let band_s = if self.stream.has_band() {
            BAND_TAIL_S
        } else {
            0.0
        };
        let band_samples = (band_s * self.sample_rate) as usize;
        self.latency_samples() + self.chunk_samples() + band_samples
    }

    /// How long the stems may sound after the last sound of the input.
    pub fn hold_samples(&self) -> usize {
        if self.stream.has_band() {
            (BAND_HOLD_S * self.sample_rate) as usize
        } else {
            0
        }
    }

    /// The time between a full chunk and the moment its stems are due.
    pub fn budget_samples(&self) -> usize {
        self.budget_frames * self.hop
    }

    /// The longest blocks of a live host in which every chunk can be there when it is looked for.
    pub fn max_live_block_samples(&self) -> usize {
        self.budget_samples() - self.fade_samples()
    }

    /// The latency told to the host: a chunk is collected, worked on, and comes out
    /// `worker_delay_samples` behind itself.
    pub fn latency_samples(&self) -> usize {
        self.chunk_samples() + self.budget_samples() + self.worker_delay_samples()
    }

    /// How long before a chunk's stems are due the audio thread looks for them, so that it can
    /// still fade out of the stems before it if they are missing.
    pub fn fade_samples(&self) -> usize {
        self.hop / 2
    }
}

/// The whole number nearest to `hop` that has no prime factor over 31, for which the Fourier
/// transform has no fast path. It is within 0.14 % of `hop` from 16 kHz up at every usual rate.
fn smooth_near(hop: f64) -> usize {
    let is_smooth = |mut n: usize| {
        for factor in [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31] {
            while n.is_multiple_of(factor) {
                n /= factor;
            }
        }
        n == 1
    };
    let nearest = (hop.round() as usize).max(2);
    (0..nearest)
        .flat_map(|distance| {
            // The side on which `hop` lies first.
            let (near, far) = if hop >= nearest as f64 {
                (1, -1)
            } else {
                (-1, 1)
            };
            [near, far].map(|side| nearest.saturating_add_signed(side * distance as isize))
        })
        .find(|&n| n >= 2 && is_smooth(n))
        .unwrap_or(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_is_one_constant_per_kind_rate_and_chunk() {
        let waveform = Stream::Waveform(WaveformStream {
            sample_rate: 22_050,
            channels: 1,
            overlap: 1024,
        });
        let notes = Stream::Notes(NotesStream {
            sample_rate: 44_100,
            hop: 1024,
        });
        #[rustfmt::skip]
        let table = [
            // stream          rate      hop    1 s     1/4 s   1/10 s  one hop
            (Stream::DEFAULT, 8_000.0,   186,   14136,  6138,   3534,   2604),
            (Stream::DEFAULT, 44_100.0,  1024,  77824,  33792,  19456,  14336),
            (Stream::DEFAULT, 48_000.0,  1116,  84816,  36828,  21204,  15624),
            (Stream::DEFAULT, 88_200.0,  2048,  155648, 67584,  38912,  28672),
            (Stream::DEFAULT, 96_000.0,  2232,  169632, 73656,  42408,  31248),
            (Stream::DEFAULT, 192_000.0, 4459,  338884, 147147, 84721,  62426),
            (waveform,        8_000.0,   93,    12369,  4464,   2046,   837),
            (waveform,        44_100.0,  512,   68096,  24576,  11264,  4608),
            (waveform,        48_000.0,  558,   74211,  26781,  12273,  5019),
            (waveform,        192_000.0, 2232,  296844, 107124, 49092,  20076),
            // A second more than a chunk and the time for it, in whole hops.
            (notes,           8_000.0,   186,   20088,  12090,  9486,   8556),
            (notes,           44_100.0,  1024,  110592, 66560,  52224,  47104),
            (notes,           48_000.0,  1116,  120528, 72540,  56916,  51336),
            (notes,           192_000.0, 4459,  481572, 289835, 227409, 205114),
        ];
        for (stream, rate, hop, one, quarter, tenth, one_hop) in table {
            let latencies = ChunkSetting::ALL.map(|setting| {
                let geometry = Geometry::new(&stream, rate, setting);
                assert_eq!(geometry.hop, hop, "hop at {rate} Hz");
                geometry.latency_samples()
            });
            assert_eq!(
                latencies,
                [one, quarter, tenth, one_hop],
                "latency at {rate} Hz, {stream:?}"
            );
        }
    }

    #[test]
    fn hop_lasts_as_long_as_the_models_at_every_rate() {
        let error_at = |rate: f64| {
            let geometry = Geometry::new(&Stream::DEFAULT, rate, ChunkSetting::Hop);
            (geometry.hop as f64 / rate * 44100.0 / 1024.0 - 1.0).abs()
        };
        for rate in [
            16e3, 22_050.0, 32e3, 44_100.0, 48e3, 88_200.0, 96e3, 176_400.0, 192e3,
        ] {
            assert!(error_at(rate) < 0.0014, "at {rate} Hz");
        }
        // Smooth numbers are rarer among small ones: 9,150 Hz is the worst with 1.16 %.
        for rate in (8_000..=384_000).step_by(50) {
            assert!(error_at(rate as f64) < 0.0117, "at {rate} Hz");
        }
    }
}
