//! One2Four takes a mix apart into drums, bass, piano and other, and lets you mix it again.

pub mod geometry;
pub mod params;
mod plugin;

pub use plugin::{MultiOut, One2Four, Stereo};

use nice_plug::prelude::*;

nice_export_clap!(One2Four<Stereo>, One2Four<MultiOut>);
nice_export_vst3!(One2Four<Stereo>, One2Four<MultiOut>);
