//! `pack.toml`.

use serde::Deserialize;

use super::notes::{BandManifest, DecodeTable, PlanTable, SoundFile, Style};
use super::{PackError, stream};
use crate::bridge::NUM_STEMS;
use crate::geometry::Stream;

/// The stems by name, in the order of every array of stems.
pub const STEMS: [&str; NUM_STEMS] = ["drums", "bass", "piano", "other"];
/// The only schema there is.
const SCHEMA: u32 = 1;
/// Characters of a text.
pub const MAX_TEXT: usize = 2000;
/// Characters of a name: what a menu has room for.
pub const MAX_NAME: usize = 60;

/// What a pack does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Its networks give masks over the mix's spectrogram.
    Mask,
    /// Its networks give notes.
    Notes,
    /// Its networks give samples.
    Waveform,
}

impl Kind {
    /// Whether its stems join the input instead of replacing it: the Input strip is then heard
    /// unless a person mutes it.
    pub fn joins_input(self) -> bool {
        self != Self::Mask
    }
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

/// A `pack.toml` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: u32,
    id: String,
    name: String,
    version: String,
    kind: Kind,
    license: String,
    description: String,
    stream: stream::Table,
    graph: Vec<Graph>,
    plan: Option<PlanTable>,
    decode: Option<DecodeTable>,
    sound: Option<SoundFile>,
    #[serde(default)]
    style: Vec<Style>,
}

/// A `pack.toml` in order.
#[derive(Debug, Clone)]
pub struct Manifest {
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
    pub graphs: Vec<Graph>,
    /// What only a `notes` pack has; there if it is one.
    pub band: Option<BandManifest>,
}

impl Manifest {
    /// What a `notes` pack calls its styles; none of another.
    pub fn style_names(&self) -> Vec<String> {
        let styles = self.band.iter().flat_map(|band| &band.styles);
        styles.map(|style| style.name.clone()).collect()
    }

    /// Reads and checks the text of the `pack.toml` in the folder `id`.
    pub fn parse(id: &str, text: &str) -> Result<Self, PackError> {
        let file: File = toml::from_str(text).map_err(|error| {
            let expected = "as models/README.md describes it";
            PackError::refused(id, "pack.toml", expected, in_line(text, &error))
        })?;
        let check = Check { id };
        check.that(file.schema == SCHEMA, "schema", "1", &file.schema)?;
        let folder = format!("the folder's name \"{id}\"");
        check.that(file.id == id, "id", &folder, &file.id)?;
        check.line("name", &file.name, MAX_NAME)?;
        check.line("version", &file.version, MAX_NAME)?;
        check.line("license", &file.license, MAX_TEXT)?;
        check.line("description", &file.description, MAX_TEXT)?;
        check.graphs(&file.graph, file.kind)?;
        let stream = file.stream.of_kind(file.kind, &check)?;
        let has_tables = file.plan.is_some()
            || file.decode.is_some()
            || file.sound.is_some()
            || !file.style.is_empty();
        let band = if file.kind == Kind::Notes {
            let (plan, decode) = (file.plan, file.decode);
            Some(BandManifest::new(
                &check, plan, decode, file.sound, file.style,
            )?)
        } else {
            let field = "[plan], [decode], [sound] or [[style]]";
            let expected = format!("left out with the kind {}", file.kind);
            check.that(!has_tables, field, &expected, &"there")?;
            None
        };
        Ok(Self {
            stream,
            band,
            id: file.id,
            name: file.name,
            version: file.version,
            kind: file.kind,
            license: file.license,
            description: file.description,
            graphs: file.graph,
        })
    }
}

/// Checks the `pack.toml` in the folder `id`.
pub struct Check<'a> {
    /// The pack's.
    pub id: &'a str,
}

impl Check<'_> {
    /// Refuses the field unless it is right.
    pub fn that(
        &self,
        is_right: bool,
        field: &str,
        expected: &str,
        found: &dyn ToString,
    ) -> Result<(), PackError> {
        let refused = || PackError::refused(self.id, field, expected, found.to_string());
        if is_right { Ok(()) } else { Err(refused()) }
    }

    /// Refuses text that is longer than so many characters, or more than a line.
    pub fn line(&self, field: &str, text: &str, most: usize) -> Result<(), PackError> {
        let found = text.chars().count();
        let expected = format!("at most {most} characters");
        self.that(found <= most, field, &expected, &found)?;
        let is_line = !text.chars().any(char::is_control);
        let found = "a line break or another control character";
        self.that(is_line, field, "one line of text", &found)
    }

    fn graphs(&self, graphs: &[Graph], kind: Kind) -> Result<(), PackError> {
        for Graph { file, .. } in graphs {
            self.that(
                is_file_name(file, ".onnx"),
                "graph.file",
                "letters, digits, -, _ and ., and end in .onnx",
                file,
            )?;
        }
        let stems: Vec<_> = graphs.iter().flat_map(|graph| &graph.stems).collect();
        for stem in STEMS {
            let times = stems.iter().filter(|name| **name == stem).count();
            let field = format!("the stem \"{stem}\"");
            self.that(times == 1, &field, "in one graph", &times)?;
        }
        let is_all = stems.len() == NUM_STEMS;
        self.that(is_all, "the number of stems", "4", &stems.len())?;
        let is_bare = |graph: &&Graph| graph.stems.is_empty();
        if kind != Kind::Notes {
            let found = graphs.iter().find(is_bare).map(|graph| &graph.file);
            let field = "the stems of each [[graph]]";
            let expected = "one or more";
            let found = found.map_or(String::new(), |file| format!("none of {file}"));
            self.that(found.is_empty(), field, expected, &found)?;
        } else {
            let num_plans = graphs.iter().filter(is_bare).count();
            let field = "the number of graphs without stems, of two,";
            let is_pair = graphs.len() == 2 && num_plans == 1;
            let found = format!("{num_plans} of {}", graphs.len());
            self.that(is_pair, field, "1", &found)?;
        }
        Ok(())
    }
}

/// Whether `id` can be a pack's: a folder's name that is the same on every system.
pub fn is_id(id: &str) -> bool {
    let is_ok = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (1..=64).contains(&id.len()) && id.bytes().all(is_ok)
}

/// Whether `name` stays in its folder on every system.
pub fn is_file_name(name: &str, ending: &str) -> bool {
    let is_ok = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    name.ends_with(ending) && !name.starts_with('.') && name.bytes().all(is_ok)
}

/// What is wrong with a file's text, after the line in which it is.
fn in_line(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next().unwrap_or_default().trim();
    match line {
        "" => error.message().into(),
        _ => format!("`{line}`: {}", error.message()),
    }
}
