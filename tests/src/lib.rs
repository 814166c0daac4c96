//! The stage: an in-process CLAP host on which the tests, `bounce` and `bench` play the plugin.
//!
//! ```text
//! Binary::open(path)             a plugin file: what it offers, what it reports
//!   Binary::instantiate(id)      an Instance: parameters, state, ports          [main thread]
//!     Instance::activate(...)    a Player: blocks of audio, events on their sample [audio thread]
//!   Instance::deactivate(player)
//! ```
//!
//! A [`Desk`] and a [`Canvas`] stand in for the host's and the system's side of an editor's window.
//!
//! A [`Reader`] reads what is played from a file.
//!
//! A [`Transport`] is the host's song for a band that plays along.
//!
//! A [`Player`] may move to another thread, as a DAW's audio callback does.

pub mod alloc;
mod binary;
mod canvas;
mod desk;
mod host;
mod instance;
mod noise;
mod params;
pub mod paths;
mod player;
mod reader;
mod report;
mod state;
pub mod syscalls;
mod transport;
#[cfg(target_os = "linux")]
pub mod vst3;
mod window;

pub use binary::{Binary, Description};
pub use canvas::Canvas;
pub use desk::{Desk, Gesture};
pub use host::Requests;
pub use instance::{Instance, Mode, OutOfOrder, Setup};
pub use noise::{noise, xorshift};
pub use params::{Param, RemotePage};
pub use player::{Change, Note, Player, Touch};
pub use reader::{Format, Planar, Reader, read_audio};
pub use report::{InstanceReport, PackReport, Report};
pub use state::SavedState;
pub use transport::{Metre, Transport};

/// The class with one output, by its CLAP id.
pub const STEREO: &str = "org.one2four.stereo";
/// The class with a bus for every stem.
pub const MULTI_OUT: &str = "org.one2four.multiout";
/// Both classes.
pub const CLASSES: [&str; 2] = [STEREO, MULTI_OUT];

/// Why a host's wish did not come true.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The file is not a loadable CLAP plugin.
    #[error("{path} is not a loadable CLAP plugin: {reason}")]
    Load {
        /// What was opened.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// The plugin lacks an extension or refused a call.
    #[error("the plugin refused to {0}")]
    Refused(String),
    /// There is no such parameter.
    #[error("there is no parameter `{asked}`; there are {known}")]
    UnknownParam {
        /// The id asked for.
        asked: String,
        /// The ids there are.
        known: String,
    },
    /// The parameter takes no such value.
    #[error("`{id}` does not take the value `{value}`: {expected}")]
    Value {
        /// The parameter.
        id: String,
        /// The refused text.
        value: String,
        /// What would have been taken.
        expected: String,
    },
    /// What the plugin wrote is not what its contract says.
    #[error("the plugin's {what} cannot be read: {reason}")]
    Unreadable {
        /// Report or state.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// The stage's results.
pub type Result<T, E = StageError> = std::result::Result<T, E>;
