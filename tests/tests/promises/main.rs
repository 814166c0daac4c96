//! The seven promises of One2Four, a file each, on the engine with model doubles.
//!
//! | file | promise |
//! | --- | --- |
//! | [`null`] | 1. All stems at 0 dB and the input muted give the delayed input. |
//! | [`bounce_equals_playback`] | 2. A bounce and a live run give the same samples, bit for bit. |
//! | [`automation_on_time`] | 3. A gain event acts on the audio it arrived with. |
//! | [`never_silent`] | 4. A late or failing worker: aligned input, counted, recovered. |
//! | [`realtime_safe`] | 5. No allocation on the audio thread. |
//! | [`waits_only_ahead`] | 6. Ahead of real time the host waits; live it never does. |
//! | [`repeatable`] | 7. The same song twice gives the same stems. |
//! | [`idle`] | Nothing runs while nothing can be heard. |
//! | [`waveform`] | The same for stems that join the input instead of replacing it. |
//! | [`notes`] | The same for a band that plays along, in the time of the host's song. |
//! | [`asked`] | 3. What a person asks of it acts on the bar that it comes with. |
//! | [`own_beat`] | Where the host's transport stands still, in the time of the player. |
//!
//! [`deck`] plays an engine as a host would, [`doubles`] stand in for the networks.

mod asked;
mod automation_on_time;
mod bounce_equals_playback;
mod deck;
mod doubles;
mod idle;
mod never_silent;
mod notes;
mod null;
mod own_beat;
mod realtime_safe;
mod repeatable;
mod waits_only_ahead;
mod waveform;
