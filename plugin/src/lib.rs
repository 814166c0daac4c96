//! One2Four takes a mix apart into drums, bass, piano and other, and lets you mix it again.
//!
//! An audio plugin (VST3 and CLAP). Audio goes in chunks of a second or less to a worker thread that runs
//! the networks of a pack, and comes back as four stems, delayed by exactly the latency told
//! to the host. Those of a `mask` pack add up to what went in; those of a `waveform` pack join it, and
//! those of a `notes` pack are a band that plays along.
//!
//! # One sample's way
//!
//! ```text
//! host block
//!   -> audio::capture      collects a chunk of input               [audio thread]
//!   -> bridge              full chunk out, through an ArrayQueue
//!   -> worker::separate    the way of the pack's kind              [worker thread]
//!        mask:     STFT; pack::onnx; masks that add up to one; inverse STFT, the last stem is
//!                  what the others leave
//!        waveform: to the model's rate; pack::onnx; back, and faded into the window before
//!        notes:    STFT; for each beat of the host's song pack::onnx twice, chords and notes;
//!                  instrument
//!   -> bridge              chunk back
//!   -> audio::collect      stems that are due, or a gap             [audio thread]
//!   -> audio::mixer        gains, crossfade to the aligned input
//! main bus, and the stem buses of Multi-Out
//! ```
//!
//! # Rooms
//!
//! | room | thread | what |
//! | --- | --- | --- |
//! | [`geometry`] | any | every size and delay; the latency equation |
//! | [`params`] | any | the parameters, with frozen ids |
//! | [`dsp`] | any | pure functions on samples |
//! | [`audio`] | host's audio thread | never allocates, locks, logs or panics (`clippy.toml`) |
//! | [`bridge`] | all | queues and counters; the only room where threads meet |
//! | [`music`] | any | pure functions on beats, chords and notes |
//! | [`instrument`] | worker | plays notes on a SoundFont |
//! | [`network`] | worker | what a pack gives to the worker |
//! | [`worker`] | one per instance | makes stems of chunks |
//! | [`pack`] | worker, host's main thread | `pack.toml`, checks, ONNX Runtime |
//! | [`engine`] | host's main thread | puts one activation together |
//! | `plugin` | host's | buses; activate, reset, process |
//! | [`editor`] | host's main thread, under X11 the window's | the window; imports bridge, params, geometry, pack, score |
//! | [`score`] | any but audio | what the band played, as MIDI and as a lead sheet |
//! | [`report`] | any but audio | counters as JSON |
//!
//! Imports go one way: a room imports only rooms of the lines above its own. `bridge` and `params` import
//! each other too.
//!
//! ```text
//! geometry, music
//! bridge, params, dsp
//! audio, instrument, report
//! network, score
//! pack, worker
//! engine, editor
//! plugin
//! ```

pub mod audio;
pub mod bridge;
pub mod dsp;
pub mod editor;
pub mod engine;
pub mod geometry;
pub mod instrument;
pub mod music;
pub mod network;
pub mod pack;
pub mod params;
mod plugin;
pub mod report;
pub mod score;
pub mod worker;

pub use plugin::{Class, MultiOut, One2Four, Stereo};

use nice_plug::prelude::*;

nice_export_clap!(One2Four<Stereo>, One2Four<MultiOut>);
nice_export_vst3!(One2Four<Stereo>, One2Four<MultiOut>);
