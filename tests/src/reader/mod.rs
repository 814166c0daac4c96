//! Reading audio files, packet by packet.

mod ogg;

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, ReadOnlySource};

/// Audio as channels of samples.
pub type Planar = Vec<Vec<f32>>;

/// What a file says about its audio.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// Hz.
    pub sample_rate: u32,
    /// 1 or 2.
    pub channels: usize,
    /// The declared length, where the file declares one.
    pub frames: Option<u64>,
}

/// The samples of a mono or stereo file, and their rate in Hz.
pub fn read_audio(path: &Path) -> Result<(Planar, u32)> {
    let mut reader = Reader::open(path)?;
    let format = reader.format();
    let mut planar = vec![Vec::new(); format.channels];
    while let Some(packet) = reader.read()? {
        for (channel, more) in planar.iter_mut().zip(packet) {
            channel.extend(more);
        }
    }
    Ok((planar, format.sample_rate))
}

/// The format of a file, or none where it is none that is known.
fn probe(hint: &Hint, file: Box<dyn MediaSource>) -> Option<Box<dyn FormatReader>> {
    let stream = MediaSourceStream::new(file, Default::default());
    symphonia::default::get_probe()
        .probe(hint, stream, Default::default(), Default::default())
        .ok()
}

/// An open audio file.
pub struct Reader {
    path: PathBuf,
    source: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track_id: u32,
    format: Format,
    /// Samples per channel read so far.
    frames_read: u64,
    /// The last packet, decoded.
    packet: Planar,
}

impl Reader {
    /// Opens a mono or stereo file and reads as far as its first audio.
    pub fn open(path: &Path) -> Result<Self> {
        let name = path.display();
        if path.is_dir() {
            bail!("{name} is a folder; give an audio file");
        }
        let mut file = File::open(path).with_context(|| format!("cannot open {name}"))?;
        if file.metadata()?.len() == 0 {
            bail!("{name} is empty: 0 bytes");
        }
        if ogg::is_cut_off(&mut file)? {
            bail!("{name} is cut off: its last Ogg page is not the end of its stream");
        }
        let unknown =
            || format!("{name} is no audio that can be read; give WAV, MP3, FLAC or Ogg Vorbis");
        let mut hint = Hint::new();
        if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
            hint.with_extension(extension);
        }
        let mut source = probe(&hint, Box::new(file)).with_context(unknown)?;
        if source.format_info().short_name == "mp3" {
            // Where an MP3 tells no length the reader guesses one from the file's size, and cuts the song there:
            // unless it cannot seek.
            let file = File::open(path).with_context(|| format!("cannot open {name}"))?;
            let forwards = Box::new(ReadOnlySource::new(file));
            source = probe(&hint, forwards).with_context(unknown)?;
        }
        let track = source
            .default_track(TrackType::Audio)
            .with_context(unknown)?;
        let codec = track
            .codec_params
            .as_ref()
            .and_then(|params| params.audio())
            .with_context(unknown)?;
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(codec, &Default::default())
            .ok()
            .with_context(unknown)?;
        let (track_id, frames) = (track.id, track.num_frames);
        let declared = (
            codec.sample_rate,
            codec.channels.as_ref().map(|channels| channels.count()),
        );
        let mut reader = Self {
            path: path.into(),
            source,
            decoder,
            track_id,
            format: Format {
                sample_rate: declared.0.unwrap_or(0),
                channels: declared.1.unwrap_or(0),
                frames,
            },
            frames_read: 0,
            packet: Planar::new(),
        };
        if frames == Some(0) || !reader.read_packet()? {
            bail!("{name} holds no audio: 0 samples");
        }
        let Format {
            sample_rate,
            channels,
            ..
        } = reader.format;
        if !(1..=2).contains(&channels) {
            bail!("{name} has {channels} channels; One2Four takes mono and stereo");
        }
        if !(8000..=384_000).contains(&sample_rate) {
            bail!("{name} has a sample rate of {sample_rate} Hz; One2Four takes 8000 to 384000 Hz");
        }
        Ok(reader)
    }

    /// What the file says about itself.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The next samples, or none at the end. A file that ends before its declared length is an
    /// error.
    pub fn read(&mut self) -> Result<Option<Planar>> {
        if self.packet.is_empty() && !self.read_packet()? {
            return Ok(None);
        }
        Ok(Some(std::mem::take(&mut self.packet)))
    }

    /// Decodes the next packet that holds samples; false at the end.
    fn read_packet(&mut self) -> Result<bool> {
        loop {
            let packet = match self.source.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track_id => packet,
                Ok(Some(_)) => continue,
                Ok(None) => break,
                Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    break;
                }
                Err(error) => bail!("{}: {error}, {}", self.path.display(), self.so_far()),
            };
            let decoded = match self.decoder.decode(&packet) {
                Ok(decoded) => decoded,
                Err(error) => bail!("{}: {error}, {}", self.path.display(), self.so_far()),
            };
            if decoded.frames() == 0 {
                continue;
            }
            let (sample_rate, channels) =
                (decoded.spec().rate(), decoded.spec().channels().count());
            decoded.copy_to_vecs_planar(&mut self.packet);
            if self.frames_read == 0 {
                (self.format.sample_rate, self.format.channels) = (sample_rate, channels);
            } else if (sample_rate, channels) != (self.format.sample_rate, self.format.channels) {
                bail!(
                    "{} changes its format, {}",
                    self.path.display(),
                    self.so_far()
                );
            }
            self.frames_read += self.packet[0].len() as u64;
            return Ok(true);
        }
        match self.format.frames {
            Some(declared) if self.frames_read < declared => bail!(
                "{} is cut off: it declares {declared} samples and ends {}",
                self.path.display(),
                self.so_far()
            ),
            _ => Ok(false),
        }
    }

    /// How much could be read, in words.
    fn so_far(&self) -> String {
        let seconds = self.frames_read as f64 / f64::from(self.format.sample_rate.max(1));
        format!("after {} samples ({seconds:.2} s)", self.frames_read)
    }
}
