//! Why there are no networks. Every message is one sentence for the person who reads it.

use std::path::PathBuf;

/// The longest part of a sentence that a pack has a say in, in characters.
const MAX_WORDS: usize = 300;

/// Why a pack or the runtime cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// No place has the pack.
    #[error("The pack \"{id}\" is not installed; put its folder into {}", folder.display())]
    Missing {
        /// The id looked for.
        id: String,
        /// Where a pack may be put: the user's folder, which a new version of the plugin leaves alone.
        folder: PathBuf,
    },
    /// The plugin's file was copied without what belongs to it.
    #[error("The folder {} that belongs to the plugin is missing; copy it with the plugin or install it again", dir.display())]
    Alone {
        /// Where the resources were looked for.
        dir: PathBuf,
    },
    /// A file of the pack cannot be read.
    #[error("The pack \"{id}\" is incomplete: {file} cannot be read ({reason}); install it again")]
    Unreadable {
        /// The pack.
        id: String,
        /// The file's name.
        file: String,
        /// The system's words.
        reason: String,
    },
    /// Something in the pack is not as it must be.
    #[error(
        "The pack \"{id}\" is refused: {field} must be {expected}, but is {found}; install it again, or choose another"
    )]
    Refused {
        /// The pack.
        id: String,
        /// What is wrong.
        field: String,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// ONNX Runtime's library cannot be used.
    #[error("ONNX Runtime cannot be used: {reason} (looked for {}); install the plugin again, with all that belongs to it", path.display())]
    Runtime {
        /// Where it was looked for.
        path: PathBuf,
        /// The loader's words.
        reason: String,
    },
    /// The runtime refused a graph or failed to run it.
    #[error("The pack \"{id}\" does not run: {reason}; install it again, or choose another")]
    DoesNotRun {
        /// The pack.
        id: String,
        /// The runtime's words.
        reason: String,
    },
}

impl PackError {
    /// A [`PackError::Refused`].
    pub fn refused(
        id: &str,
        field: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Refused {
            id: readable(id),
            field: readable(&field.into()),
            expected: readable(&expected.into()),
            found: readable(&found.into()),
        }
    }
}

/// A stranger's words in one line of a bearable length.
pub fn readable(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut readable: String = text.chars().take(MAX_WORDS).map(plain).collect();
    if text.chars().nth(MAX_WORDS).is_some() {
        readable.push('…');
    }
    readable
}
