//! How far the host is ahead of real time, and what follows for waiting.
//!
//! Hosts announce offline rendering unreliably. A host that has processed more audio than time has
//! passed since the reset cannot be live, and is not made late by a wait of that length. But a host that
//! keeps pace with real time by itself is live again, whatever it did before; and a sound card's clock is
//! not this one: what it gains in hours is not a lead.

use std::time::{Duration, Instant};

use crate::geometry::Geometry;

/// Time after which the gain over real time is looked at, in seconds.
const DRIFT_S: f64 = 5.0;
/// A smaller share gained or lost is the difference of two clocks: with a pull-up of film's 0.1 %.
const MAX_DRIFT: f64 = 0.01;
/// The longest wait, which only a worker that hangs takes.
pub const MAX_WAIT: Duration = Duration::from_secs(60);

/// The host's lead over real time.
pub struct Lead {
    /// When the first block after the last reset came, by the host's clock.
    started: Option<Instant>,
    /// When the gain over real time was looked at last, and the position then.
    looked: (Instant, i64),
    /// Whether it was made to wait since then.
    has_waited: bool,
    /// Whether the host said that it renders offline.
    is_offline: bool,
    /// See [`Geometry::margin_s`].
    margin_s: f64,
    /// Hz.
    sample_rate: f64,
}

impl Lead {
    /// `is_offline` is what the host said.
    pub fn new(geometry: &Geometry, is_offline: bool) -> Self {
        Self {
            started: None,
            looked: (Instant::now(), 0),
            has_waited: false,
            is_offline,
            margin_s: geometry.margin_s(),
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

    /// Says that a block has come `now`, `position` samples after the reset.
    pub fn start_block(&mut self, position: i64, now: Instant) {
        let Some(started) = self.started else {
            self.started = Some(now);
            self.looked = (now, position);
            return;
        };
        let lead_s = self.lead_s(position, now);
        if lead_s < 0.0 {
            // Whoever stood still for a while may still hurry afterwards.
            self.started = now.checked_sub(Duration::from_secs_f64(self.played_s(position)));
            self.looked = (now, position);
            return;
        }
        let (looked_at, from) = self.looked;
        let passed_s = now.saturating_duration_since(looked_at).as_secs_f64();
        if passed_s < DRIFT_S {
            return;
        }
        self.looked = (now, position);
        let gained_s = (position - from) as f64 / self.sample_rate - passed_s;
        if gained_s.abs() < MAX_DRIFT * passed_s && !self.has_waited {
            let earlier = started.checked_sub(Duration::from_secs_f64(lead_s));
            self.started = earlier.or(self.started);
        }
        self.has_waited = false;
    }

    /// How far ahead of real time the host is `now`, `position` samples after the reset, in seconds.
    fn lead_s(&self, position: i64, now: Instant) -> f64 {
        self.started.map_or(0.0, |started| {
            let passed = now.saturating_duration_since(started);
            self.played_s(position) - passed.as_secs_f64()
        })
    }

    fn played_s(&self, position: i64) -> f64 {
        position as f64 / self.sample_rate
    }

    /// Whether process() may go on waiting, having processed `position` samples since the reset before this
    /// block, and waited since `waiting_since`.
    pub fn may_wait(&mut self, position: i64, waiting_since: Instant) -> bool {
        let is_ahead = self.is_offline || self.lead_s(position, Instant::now()) > self.margin_s;
        let may_wait = is_ahead && waiting_since.elapsed() < MAX_WAIT;
        self.has_waited |= may_wait;
        may_wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{ChunkSetting, Stream};

    /// The lead after so many seconds of a host that plays `speed` times as fast as time passes.
    fn lead_after(seconds: f64, speed: f64) -> f64 {
        lead_of(&[(seconds, speed)], false)
    }

    /// The same of a host that plays at one speed after the other, and waits in every block or never.
    fn lead_of(parts: &[(f64, f64)], waits: bool) -> f64 {
        const BLOCK: i64 = 480;
        let geometry = Geometry::new(&Stream::DEFAULT, 48_000.0, ChunkSetting::OneSecond);
        let (mut lead, mut now) = (Lead::new(&geometry, false), Instant::now());
        let mut position = 0;
        for &(seconds, speed) in parts {
            let block_s = BLOCK as f64 / geometry.sample_rate / speed;
            for _ in 0..(seconds / block_s) as usize {
                lead.start_block(position, now);
                lead.has_waited |= waits;
                position += BLOCK;
                now += Duration::from_secs_f64(block_s);
            }
        }
        lead.lead_s(position, now)
    }

    #[test]
    fn a_host_that_renders_and_then_plays_on_is_live_again() {
        let parts = [(10.0, 18.0), (20.0, 1.0)];
        assert!(lead_of(&parts, false) < 0.02);
        assert!(
            lead_of(&parts, true) > 160.0,
            "it keeps pace because it waits"
        );
    }

    #[test]
    fn a_host_that_stood_still_may_hurry_afterwards() {
        let geometry = Geometry::new(&Stream::DEFAULT, 48_000.0, ChunkSetting::OneSecond);
        let (mut lead, begin) = (Lead::new(&geometry, false), Instant::now());
        lead.start_block(0, begin);
        let pause = begin + Duration::from_secs(3600);
        lead.start_block(480, pause);
        assert!(lead.lead_s(480, pause).abs() < 1e-6);
        let ahead = pause + Duration::from_secs(1);
        lead.start_block(480 + 10 * 48_000, ahead);
        assert!(lead.lead_s(480 + 10 * 48_000, ahead) > 8.9);
    }

    #[test]
    fn a_host_is_made_to_wait_from_the_margin_on_or_where_it_says_that_it_renders() {
        let geometry = Geometry::new(&Stream::DEFAULT, 48_000.0, ChunkSetting::OneSecond);
        assert!(
            geometry.margin_s() > 0.05,
            "as far as live hosts work ahead"
        );
        let may_wait = |ahead_s: f64, is_offline| {
            let (mut lead, now) = (Lead::new(&geometry, is_offline), Instant::now());
            lead.start_block(0, now);
            lead.may_wait((ahead_s * geometry.sample_rate) as i64, now)
        };
        assert!(!may_wait(geometry.margin_s() - 0.005, false));
        assert!(may_wait(geometry.margin_s() + 10.0, false));
        assert!(may_wait(0.0, true));
    }

    #[test]
    fn a_sound_card_with_a_fast_clock_is_not_ahead() {
        assert!(
            lead_after(4.0 * 3600.0, 1.001) < 0.02,
            "a pull-up, four hours"
        );
        assert!(lead_after(600.0, 1.0) < 0.02);
        assert!(lead_after(4.0, 30.0) > 100.0, "a bounce");
        assert!(lead_after(60.0, 1.2) > 11.0, "a slow bounce");
    }
}
