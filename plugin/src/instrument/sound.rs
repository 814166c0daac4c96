//! A SoundFont, shared between instances.
#![expect(clippy::disallowed_types, reason = "for the worker, while it loads")]

use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rustysynth::SoundFont;

use super::riff;

/// The largest SoundFont that is read, in bytes.
pub const MAX_SOUND_BYTES: u64 = 32 << 20;

/// A SoundFont.
pub struct Sound {
    pub(super) font: Arc<SoundFont>,
    /// Of its file.
    sha256: String,
}

impl Sound {
    /// Reads a file that has this sum, or takes what another instance read. The error says what the
    /// file is instead of a SoundFont.
    pub fn shared(sha256: &str, bytes: &[u8]) -> Result<Arc<Self>, String> {
        static LIVE: Mutex<Vec<Weak<Sound>>> = Mutex::new(Vec::new());
        let mut live = LIVE.lock().unwrap_or_else(PoisonError::into_inner);
        live.retain(|sound| sound.strong_count() > 0);
        let mut sounds = live.iter().filter_map(Weak::upgrade);
        if let Some(sound) = sounds.find(|sound| sound.sha256 == sha256) {
            return Ok(sound);
        }
        riff::check(bytes)?;
        // The reader takes indices for granted.
        let font = catch_unwind(|| SoundFont::new(&mut &bytes[..]))
            .map_err(|_| "one whose lists don't fit each other".to_owned())?
            .map_err(|error| error.to_string())?;
        let sound = Arc::new(Self {
            font: Arc::new(font),
            sha256: sha256.into(),
        });
        live.push(Arc::downgrade(&sound));
        Ok(sound)
    }
}
