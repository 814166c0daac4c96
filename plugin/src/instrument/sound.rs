//! A SoundFont, shared between instances.
#![expect(clippy::disallowed_types, reason = "for the worker, while it loads")]

use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rustysynth::SoundFont;

use super::riff;

/// The largest SoundFont that is read, in bytes.
pub const MAX_SOUND_BYTES: u64 = 32 << 20;

/// The most zones that a note of one preset is looked for in, those of its instruments counted each time.
const MAX_ZONES: usize = 1 << 14;

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
        check_zones(&font)?;
        let sound = Arc::new(Self {
            font: Arc::new(font),
            sha256: sha256.into(),
        });
        live.push(Arc::downgrade(&sound));
        Ok(sound)
    }
}

/// Refuses presets whose notes would be looked for without end: a zone of a preset has a whole instrument.
fn check_zones(font: &SoundFont) -> Result<(), String> {
    let instruments = font.get_instruments();
    for preset in font.get_presets() {
        let of_instrument = |id: usize| instruments.get(id).map_or(0, |of| of.get_regions().len());
        let zones = preset.get_regions().iter();
        let num_zones: usize = zones
            .map(|zone| of_instrument(zone.get_instrument_id()))
            .sum();
        if num_zones > MAX_ZONES {
            return Err(format!(
                "one whose preset {:?} has {num_zones} zones, more than {MAX_ZONES}",
                preset.get_name()
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [id, &(body.len() as u32).to_le_bytes(), body].concat()
    }

    fn list(id: &[u8; 4], chunks: &[Vec<u8>]) -> Vec<u8> {
        chunk(b"LIST", &[id.as_slice(), &chunks.concat()].concat())
    }

    /// A preset of so many zones, each with an instrument of as many.
    fn font(num_zones: u16) -> Vec<u8> {
        let named = |size: usize, first: u16| {
            let mut record = vec![0; size];
            let at = if size == 38 { 24 } else { 20 };
            record[at..at + 2].copy_from_slice(&first.to_le_bytes());
            record
        };
        // A zone's one generator says which instrument or sample it has: the first. Every list ends with a
        // record that nobody reads.
        let zones: Vec<u8> = (0..=num_zones)
            .flat_map(|first| [first.to_le_bytes(), [0; 2]].concat())
            .collect();
        let generators = |kind: u16| -> Vec<u8> {
            (0..=num_zones)
                .flat_map(|_| [kind.to_le_bytes(), [0; 2]].concat())
                .collect()
        };
        let sample: Vec<u8> = [0, 48, 8, 40, 44_100_u32]
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect();
        let headers = [&[0; 20], sample.as_slice(), &[60, 0, 0, 0, 1, 0], &[0; 46]].concat();
        let parts = [
            chunk(b"phdr", &[named(38, 0), named(38, num_zones)].concat()),
            chunk(b"pbag", &zones),
            chunk(b"pmod", &[0; 10]),
            chunk(b"pgen", &generators(41)),
            chunk(b"inst", &[named(22, 0), named(22, num_zones)].concat()),
            chunk(b"ibag", &zones),
            chunk(b"imod", &[0; 10]),
            chunk(b"igen", &generators(53)),
            chunk(b"shdr", &headers),
        ];
        let lists = [
            list(b"INFO", &[chunk(b"ifil", &[2, 0, 1, 0])]),
            list(b"sdta", &[chunk(b"smpl", &[0; 200])]),
            list(b"pdta", &parts),
        ];
        chunk(b"RIFF", &[b"sfbk".as_slice(), &lists.concat()].concat())
    }

    #[test]
    fn a_preset_whose_notes_would_be_looked_for_without_end_is_refused() {
        assert!(Sound::shared("few", &font(16)).is_ok());
        let error = Sound::shared("many", &font(200)).err().unwrap();
        assert!(error.contains("40000 zones"), "{error}");
    }
}
