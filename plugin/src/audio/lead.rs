//! How far the host is ahead of real time, and what follows for waiting.
//!
//! Hosts announce offline rendering unreliably. A host that has processed more audio than time has
//! passed since the reset cannot be live, and is not made late by a wait of that length.

use std::time::{Duration, Instant};

use crate::geometry::Geometry;

/// How far ahead a live host may be, in seconds; half the latency if that is less.
const MAX_MARGIN_S: f64 = 0.5;
/// The longest wait in a host that says it renders offline.
pub const OFFLINE_TIMEOUT: Duration = Duration::from_secs(60);

/// The host's lead over real time.
pub struct Lead {
    /// When the first block after the last reset came.
    started: Option<Instant>,
    /// Whether the host said that it renders offline.
    is_offline: bool,
    /// The lead up to which a host may be live, in seconds.
    margin_s: f64,
    /// Hz.
    sample_rate: f64,
}

impl Lead {
    /// `is_offline` is what the host said.
    pub fn new(geometry: &Geometry, is_offline: bool) -> Self {
        let latency_s = geometry.latency_samples() as f64 / geometry.sample_rate;
        Self {
            started: None,
            is_offline,
            margin_s: MAX_MARGIN_S.min(latency_s / 2.0),
            sample_rate: geometry.sample_rate,
        }
    }

    /// Whether the host said that it renders offline.
    pub fn is_offline(&self) -> bool {
        self.is_offline
    }

    /// Forgets when the host started.
    pub fn reset(&mut self) {
        self.started = None;
    }

    /// Says that a block has come.
    pub fn start(&mut self) {
        self.started.get_or_insert_with(Instant::now);
    }

    /// Whether process() may go on waiting, having processed `position` samples since the reset
    /// and waited since `waiting_since`.
    pub fn may_wait(&self, position: i64, waiting_since: Instant) -> bool {
        if self.is_offline {
            return waiting_since.elapsed() < OFFLINE_TIMEOUT;
        }
        self.started.is_some_and(|started| {
            let lead_s = position as f64 / self.sample_rate - started.elapsed().as_secs_f64();
            lead_s > self.margin_s
        })
    }
}
