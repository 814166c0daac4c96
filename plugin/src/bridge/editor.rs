//! The editor's end of the bridge.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use super::{Column, Shared, Status, Take};
use crate::geometry::Geometry;

/// The editor's end.
#[derive(Clone)]
pub struct EditorEnd {
    pub(super) shared: Arc<Shared>,
    /// See [`Status`].
    pub status: Arc<Status>,
    /// The sizes of this activation.
    pub geometry: Geometry,
    /// Channels of this activation.
    pub(super) channels: usize,
}

impl EditorEnd {
    /// Says that a person is moving the control with this index in [`crate::params::Mix`], so that
    /// its change acts at once instead of with the audio it arrives with.
    pub fn touch(&self, control_idx: usize) {
        self.shared
            .touched
            .fetch_or(1 << control_idx, Ordering::AcqRel);
    }

    /// Says that a person changed what makes the host restart the plugin, so that the sound fades
    /// out before it.
    pub fn leave(&self) {
        self.shared.leaving.store(true, Ordering::Release);
    }

    /// Whether `other` is an end of the same activation.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Whether there is one channel.
    pub fn is_mono(&self) -> bool {
        self.channels == 1
    }

    /// The epoch, and the input position of the sample that is heard now.
    pub fn audible(&self) -> (u32, i64) {
        let epoch = self.shared.epoch.load(Ordering::Acquire);
        let position = self.shared.position.load(Ordering::Acquire);
        (epoch, position - self.geometry.latency_samples() as i64)
    }

    /// The input position at which the host's transport started, if it did in this epoch.
    pub fn playing_since(&self) -> Option<i64> {
        let since = self.shared.playing_since.load(Ordering::Acquire);
        (since >= 0).then_some(since)
    }

    /// The next column of the picture, in the order of their making.
    pub fn next_column(&self) -> Option<Column> {
        self.shared.columns.pop()
    }

    /// The stems that are recorded, the oldest first.
    pub fn takes(&self) -> Vec<Arc<Take>> {
        self.shared.recording.takes()
    }
}

/// Where the editor finds its end: every activation makes another one. Never locked by the audio
/// thread.
#[derive(Default)]
pub struct EditorSlot(Mutex<Option<EditorEnd>>);

impl EditorSlot {
    /// Puts an activation's end in, or takes it out.
    pub fn set(&self, end: Option<EditorEnd>) {
        if let Ok(mut slot) = self.0.lock() {
            *slot = end;
        }
    }

    /// The end, while the plugin is active.
    pub fn get(&self) -> Option<EditorEnd> {
        self.0.lock().ok().and_then(|slot| slot.clone())
    }
}
