//! The editor's end of the bridge.
#![expect(
    clippy::disallowed_types,
    reason = "for the host's main thread and the editor"
)]

use std::sync::{Arc, Mutex};

use super::{Column, Cue, Recording, Shared, Status, Take};
use crate::geometry::Geometry;
use crate::params::Settings;

/// The editor's end.
#[derive(Clone)]
pub struct EditorEnd {
    pub(super) shared: Arc<Shared>,
    /// See [`Status`].
    pub status: Arc<Status>,
    /// The last stems.
    pub(super) recording: Arc<Recording>,
    /// The sizes of this activation.
    pub geometry: Geometry,
    /// Channels of this activation.
    pub(super) channels: usize,
}

impl EditorEnd {
    /// Says that a person is moving the control with this index in [`crate::params::Mix`], so that
    /// its change acts at once instead of with the audio it arrives with.
    pub fn touch(&self, control_idx: usize) {
        self.shared.signals.touch(control_idx);
    }

    /// Whether both are of one activation.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Whether there is one channel.
    pub fn is_mono(&self) -> bool {
        self.channels == 1
    }

    /// The epoch, and the input position of the sample that is heard now.
    pub fn audible(&self) -> (u32, i64) {
        let epoch = self.shared.signals.epoch();
        let position = self.shared.signals.position();
        (epoch, position - self.geometry.latency_samples() as i64)
    }

    /// The input position at which the host's transport started, if it did in this epoch.
    pub fn playing_since(&self) -> Option<i64> {
        self.shared.signals.playing_since()
    }

    /// The next column of the picture, in the order of their making.
    pub fn next_column(&self) -> Option<Column> {
        self.shared.columns.pop()
    }

    /// What the band does next, with its epoch, in the order of its doing; some come before they are
    /// heard. What it did is in `status.cues`.
    pub fn next_cue(&self) -> Option<(u32, Cue)> {
        self.shared.cues.pop()
    }

    /// The longest that is recorded, in seconds.
    pub fn max_recording_s(&self) -> f64 {
        self.recording.max_seconds()
    }

    /// The stems that are recorded, the oldest first.
    pub fn takes(&self) -> Vec<Arc<Take>> {
        self.recording.takes()
    }
}

/// Where the editor finds its end and the settings that play: every activation makes others. Never
/// locked by the audio thread.
#[derive(Default)]
pub struct EditorSlot(Mutex<Option<(EditorEnd, Settings)>>);

impl EditorSlot {
    /// Puts an activation's end and settings in, or takes them out.
    pub fn set(&self, activation: Option<(EditorEnd, Settings)>) {
        if let Ok(mut slot) = self.0.lock() {
            *slot = activation;
        }
    }

    /// The end and the settings, while the plugin is active.
    pub fn get(&self) -> Option<(EditorEnd, Settings)> {
        self.0.lock().ok().and_then(|slot| slot.clone())
    }
}
