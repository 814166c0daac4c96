//! When a change of a control acts.
//!
//! A host delays audio by the latency it was told and does not delay parameter events, so a change
//! is kept until the audio it arrived with comes out. A change that a person makes in the editor
//! acts at once and takes the place of what is still under way for that control.

use std::collections::VecDeque;

use crate::params::{Mix, NUM_CONTROLS};

/// Changes that can be under way at once. A host that sends more within the latency (in 1.7 s, one
/// every six samples) has the oldest act early.
const MAX_EVENTS: usize = 16384;

/// A change on its way.
struct Event {
    /// The input position it arrived with.
    position: i64,
    /// Its index in [`Mix`].
    control_idx: usize,
    /// The new value.
    value: f32,
}

/// The controls as they arrive and as they act.
pub struct Automation {
    /// As they arrived last; `None` until the first block after a reset.
    latest: Option<Mix>,
    /// As they act on what comes out now.
    now: Mix,
    /// Whether `now` changed since the last [`advance`](Self::advance).
    is_changed: bool,
    /// Changes under way, the oldest first.
    events: VecDeque<Event>,
    /// Per control, the position before which changes under way do not count any more.
    superseded: [i64; NUM_CONTROLS],
    /// Per control, the position until which it is in a person's hand.
    held_until: [i64; NUM_CONTROLS],
    /// How long a control stays in hand after a change: while it is dragged, several changes are
    /// under way between the editor, the host and here.
    hold_samples: i64,
}

impl Automation {
    /// Nothing under way. `hold_samples` is for how long a control that a person moved stays in
    /// hand.
    pub fn new(hold_samples: usize) -> Self {
        Self {
            latest: None,
            now: [0.0; NUM_CONTROLS],
            is_changed: false,
            events: VecDeque::with_capacity(MAX_EVENTS),
            superseded: [i64::MIN; NUM_CONTROLS],
            held_until: [i64::MIN; NUM_CONTROLS],
            hold_samples: hold_samples as i64,
        }
    }

    /// Forgets what is under way; the next block's controls act at once.
    pub fn reset(&mut self) {
        self.latest = None;
        self.events.clear();
        self.superseded = [i64::MIN; NUM_CONTROLS];
        self.held_until = [i64::MIN; NUM_CONTROLS];
    }

    /// Takes the controls as they are at the input `position`. Those with a bit in `touched` were
    /// moved in the editor.
    pub fn observe(&mut self, position: i64, mix: &Mix, touched: u64, align: bool) {
        let Some(latest) = &mut self.latest else {
            self.latest = Some(*mix);
            self.now = *mix;
            self.is_changed = true;
            // What a person moved before the first block has acted with that.
            return;
        };
        for (control_idx, held_until) in self.held_until.iter_mut().enumerate() {
            if touched & (1 << control_idx) != 0 {
                *held_until = position + self.hold_samples;
            }
        }
        if latest == mix {
            return;
        }
        let before = std::mem::replace(latest, *mix);
        for (control_idx, (&value, old_value)) in mix.iter().zip(before).enumerate() {
            if value == old_value {
                continue;
            }
            if align && position > self.held_until[control_idx] {
                self.push(Event {
                    position,
                    control_idx,
                    value,
                });
            } else {
                self.now[control_idx] = value;
                self.superseded[control_idx] = position;
                self.is_changed = true;
            }
        }
    }

    /// The controls as they arrived last.
    pub fn latest(&self) -> &Mix {
        self.latest.as_ref().unwrap_or(&self.now)
    }

    /// The controls as they act on what comes out now.
    pub fn now(&self) -> &Mix {
        &self.now
    }

    /// Samples from the output position until the next change acts, after
    /// [`advance`](Self::advance) at that position.
    pub fn samples_until_due(&self, output_position: i64) -> usize {
        self.events.front().map_or(usize::MAX, |event| {
            (event.position - output_position) as usize
        })
    }

    /// Lets the changes act that are due at the output position. Returns whether any control
    /// changed since the last call.
    pub fn advance(&mut self, output_position: i64) -> bool {
        while let Some(event) = self
            .events
            .pop_front_if(|event| event.position <= output_position)
        {
            self.apply(event);
        }
        std::mem::take(&mut self.is_changed)
    }

    fn push(&mut self, event: Event) {
        if self.events.len() == MAX_EVENTS
            && let Some(oldest) = self.events.pop_front()
        {
            self.apply(oldest);
        }
        self.events.push_back(event);
    }

    fn apply(&mut self, event: Event) {
        if event.position >= self.superseded[event.control_idx] {
            self.now[event.control_idx] = event.value;
            self.is_changed = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::gain_idx;

    fn mix(drums: f32) -> Mix {
        let mut mix = [1.0; NUM_CONTROLS];
        mix[gain_idx(1)] = drums;
        mix
    }

    #[test]
    fn a_dragged_fader_acts_at_once_and_outlives_older_automation() {
        let mut automation = Automation::new(0);
        automation.observe(0, &mix(1.0), 0, true);
        automation.observe(50, &mix(0.5), 0, true);
        automation.observe(80, &mix(0.2), 1 << gain_idx(1), true);
        automation.observe(90, &mix(0.3), 0, true);
        for (output_position, gain) in [(-20, 0.2), (50, 0.2), (89, 0.2), (90, 0.3)] {
            automation.advance(output_position);
            assert_eq!(automation.now()[gain_idx(1)], gain, "at {output_position}");
        }
    }

    #[test]
    fn changes_of_one_drag_all_act_at_once() {
        let mut automation = Automation::new(20);
        automation.observe(0, &mix(1.0), 0, true);
        automation.observe(80, &mix(0.2), 1 << gain_idx(1), true);
        automation.observe(90, &mix(0.3), 0, true);
        assert_eq!(automation.now()[gain_idx(1)], 0.3);
        automation.observe(101, &mix(0.4), 0, true);
        assert_eq!(automation.now()[gain_idx(1)], 0.3);
    }

    #[test]
    fn a_touch_that_changes_nothing_lets_later_automation_wait() {
        let mut automation = Automation::new(20);
        let drums = 1 << gain_idx(1);
        automation.observe(0, &mix(1.0), drums, true);
        automation.observe(10, &mix(0.5), 0, true);
        assert_eq!(
            automation.now()[gain_idx(1)],
            1.0,
            "touched before the first block"
        );
        automation.observe(100, &mix(0.5), drums, true);
        automation.observe(200, &mix(0.2), 0, true);
        assert_eq!(
            automation.now()[gain_idx(1)],
            1.0,
            "touched, and left as it was"
        );
    }

    #[test]
    fn a_flood_of_automation_ends_on_its_last_value() {
        let mut automation = Automation::new(0);
        for position in 0..3 * MAX_EVENTS as i64 {
            automation.observe(position, &mix(position as f32), 0, true);
        }
        assert_eq!(automation.events.capacity(), MAX_EVENTS);
        automation.advance(i64::MAX);
        assert_eq!(automation.now()[gain_idx(1)], (3 * MAX_EVENTS - 1) as f32);
    }
}
