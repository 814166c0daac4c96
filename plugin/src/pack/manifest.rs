//! `pack.toml`.

use serde::Deserialize;

use super::PackError;
use crate::bridge::NUM_STEMS;
use crate::geometry::{OVERLAP, Stream};

/// The stems by name, in the order of every array of stems.
pub const STEMS: [&str; NUM_STEMS] = ["drums", "bass", "piano", "other"];
/// The only schema there is.
const SCHEMA: u32 = 1;
/// The longest text field, in bytes.
const MAX_TEXT: usize = 2000;

/// What a pack does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Its networks give masks over the mix's spectrogram.
    Mask,
    /// Its networks give notes. Not played by this version.
    Notes,
    /// Its networks give samples. Not played by this version.
    Waveform,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(match self {
            Self::Mask => "mask",
            Self::Notes => "notes",
            Self::Waveform => "waveform",
        })
    }
}

/// One ONNX file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graph {
    /// Its name in the pack's folder.
    pub file: String,
    /// Its sum, in hex.
    pub sha256: String,
    /// The stems it gives, in the order of its output.
    pub stems: Vec<String>,
}

impl Graph {
    /// The indices of its stems in the order drums, bass, piano, other.
    pub fn stem_indices(&self) -> Vec<usize> {
        self.stems
            .iter()
            .filter_map(|stem| STEMS.iter().position(|name| name == stem))
            .collect()
    }
}

/// A `pack.toml` in order.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    schema: u32,
    /// The folder's name.
    pub id: String,
    /// For people.
    pub name: String,
    /// The pack's own version.
    pub version: String,
    /// What it does.
    pub kind: Kind,
    /// The licence of its networks.
    pub license: String,
    /// For people.
    pub description: String,
    /// What its networks were trained on.
    pub stream: Stream,
    /// Its ONNX files.
    #[serde(rename = "graph")]
    pub graphs: Vec<Graph>,
}

impl Manifest {
    /// Reads and checks the text of the `pack.toml` in the folder `id`.
    pub fn parse(id: &str, text: &str) -> Result<Self, PackError> {
        let manifest: Self = toml::from_str(text).map_err(|error| {
            let found = error.message().replace('\n', " ");
            PackError::refused(id, "pack.toml", "as models/README.md describes it", found)
        })?;
        manifest.check(id)?;
        Ok(manifest)
    }

    fn check(&self, id: &str) -> Result<(), PackError> {
        let check = |is_right: bool, field: &str, expected: &str, found: &dyn ToString| {
            let refused = || PackError::refused(id, field, expected, found.to_string());
            if is_right { Ok(()) } else { Err(refused()) }
        };
        check(self.schema == SCHEMA, "schema", "1", &self.schema)?;
        check(
            self.id == id,
            "id",
            &format!("the folder's name \"{id}\""),
            &self.id,
        )?;
        for (field, text) in [
            ("name", &self.name),
            ("version", &self.version),
            ("description", &self.description),
        ] {
            check(
                text.len() <= MAX_TEXT,
                field,
                "at most 2000 bytes",
                &text.len(),
            )?;
        }
        let stream = &self.stream;
        let rate = stream.sample_rate;
        check(
            (8000..=192_000).contains(&rate),
            "stream.sample_rate",
            "8000 to 192000",
            &rate,
        )?;
        check(
            (16..=4096).contains(&stream.hop),
            "stream.hop",
            "16 to 4096",
            &stream.hop,
        )?;
        let fft = OVERLAP * stream.hop;
        check(
            stream.fft == fft,
            "stream.fft",
            &format!("four hops, {fft}"),
            &stream.fft,
        )?;
        check(
            (1..=2).contains(&stream.channels),
            "stream.channels",
            "1 or 2",
            &stream.channels,
        )?;
        let lookahead = stream.lookahead_frames;
        check(
            lookahead <= 256,
            "stream.lookahead_frames",
            "at most 256",
            &lookahead,
        )?;
        for graph in &self.graphs {
            check(
                is_file_name(&graph.file),
                "graph.file",
                "a name in the folder",
                &graph.file,
            )?;
        }
        for stem in STEMS {
            let times = self
                .graphs
                .iter()
                .flat_map(|g| &g.stems)
                .filter(|s| *s == stem)
                .count();
            check(
                times == 1,
                &format!("the stem \"{stem}\""),
                "in one graph",
                &times,
            )?;
        }
        let num_stems: usize = self.graphs.iter().map(|graph| graph.stems.len()).sum();
        check(
            num_stems == NUM_STEMS,
            "the number of stems",
            "4",
            &num_stems,
        )?;
        Ok(())
    }
}

/// Whether `id` can be a pack's: a folder's name that is the same on every system.
pub fn is_id(id: &str) -> bool {
    let is_ok = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (1..=64).contains(&id.len()) && id.bytes().all(is_ok)
}

/// Whether `name` stays in its folder on every system.
fn is_file_name(name: &str) -> bool {
    let is_ok = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    name.ends_with(".onnx") && !name.starts_with('.') && name.bytes().all(is_ok)
}
