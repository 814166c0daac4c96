//! What the band does, on its way from the worker.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::{Cue, NUM_STEMS};

/// The most cues of a chunk.
pub const MAX_CUES: usize = 512;
/// The longest log in seconds.
pub const MAX_LOG_S: f64 = 600.0;
/// The most cues of a log.
const MAX_LOGGED: usize = 1 << 18;

/// The cues of a chunk, of which there is room for [`MAX_CUES`].
pub struct Cues {
    cues: Vec<Cue>,
    /// For which there was no room.
    num_dropped: u64,
    /// The programs that bass, piano and other play on from here on, where they change.
    programs: Option<[u8; NUM_STEMS - 1]>,
}

impl Cues {
    /// None; with room for some where the stream `has_band`.
    pub(super) fn new(has_band: bool) -> Self {
        Self {
            cues: Vec::with_capacity(if has_band { MAX_CUES } else { 0 }),
            num_dropped: 0,
            programs: None,
        }
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        self.cues.clear();
        self.num_dropped = 0;
        self.programs = None;
    }

    /// Says what bass, piano and other play on.
    pub fn set_programs(&mut self, programs: [u8; NUM_STEMS - 1]) {
        self.programs = Some(programs);
    }

    /// Adds one, or counts it where there is no room.
    pub fn add(&mut self, cue: Cue) {
        if self.cues.len() < self.cues.capacity() {
            self.cues.push(cue);
        } else {
            self.num_dropped += 1;
        }
    }

    /// All of them, in the order of their positions.
    pub fn all(&self) -> &[Cue] {
        &self.cues
    }

    /// For how many there was no room.
    pub fn num_dropped(&self) -> u64 {
        self.num_dropped
    }
}

/// The cues of the last minutes. Its lock is held for a moment by the worker and by whoever reads,
/// and never by the audio thread.
#[derive(Default)]
pub struct CueLog(Mutex<Log>);

#[derive(Default)]
struct Log {
    /// With their epochs.
    cues: VecDeque<(u32, Cue)>,
    /// The programs of bass, piano and other that were chosen last.
    programs: Option<[u8; NUM_STEMS - 1]>,
}

impl CueLog {
    /// Adds a chunk's cues, from the worker; the oldest go.
    pub(super) fn add(&self, epoch: u32, cues: &Cues, max_samples: i64) {
        let Ok(mut log) = self.0.lock() else {
            return;
        };
        log.programs = cues.programs.or(log.programs);
        let Some(last) = cues.all().last() else {
            return;
        };
        let log = &mut log.cues;
        log.extend(cues.all().iter().map(|cue| (epoch, *cue)));
        let oldest = last.position - max_samples;
        while log.len() > MAX_LOGGED
            || log
                .front()
                .is_some_and(|(of, cue)| *of != epoch || cue.position < oldest)
        {
            log.pop_front();
        }
    }

    /// Forgets them: positions count anew.
    pub(super) fn clear(&self) {
        if let Ok(mut log) = self.0.lock() {
            *log = Log::default();
        }
    }

    /// What the band did since the last reset, as long as it is remembered. Not for the audio thread.
    pub fn all(&self) -> Vec<Cue> {
        let Ok(log) = self.0.lock() else {
            return Vec::new();
        };
        log.cues.iter().map(|(_, cue)| *cue).collect()
    }

    /// What bass, piano and other play on. Not for the audio thread.
    pub fn programs(&self) -> Option<[u8; NUM_STEMS - 1]> {
        self.0.lock().ok()?.programs
    }
}
