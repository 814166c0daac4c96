//! The two classes of the binary.

use std::num::NonZeroU32;

use nice_plug::prelude::*;

/// What differs between the two classes of the binary.
pub trait Class: Send + 'static {
    /// Shown in hosts.
    const NAME: &'static str;
    /// Frozen: projects refer to it.
    const CLAP_ID: &'static str;
    /// Frozen: projects refer to it.
    const VST3_ID: [u8; 16];
    /// What hosts show beside the name.
    const DESCRIPTION: &'static str;
    /// The first is the default.
    const LAYOUTS: &'static [AudioIOLayout];
    /// Whether a band's notes go out.
    const NOTES: MidiConfig;
}

/// Stereo in, stereo out; no further bus, because hosts' and wrappers' handling of those is frail.
pub struct Stereo;

/// The same with a bus for every stem.
pub struct MultiOut;

const fn layout(channels: u32, buses: &'static [NonZeroU32], name: &'static str) -> AudioIOLayout {
    AudioIOLayout {
        main_input_channels: NonZeroU32::new(channels),
        main_output_channels: NonZeroU32::new(channels),
        aux_input_ports: &[],
        aux_output_ports: buses,
        names: PortNames {
            layout: Some(name),
            // One name for both: the wrapper shows the input's for the output as well.
            main_input: Some("Main"),
            main_output: Some("Main"),
            aux_inputs: &[],
            aux_outputs: &["Drums", "Bass", "Piano", "Other"],
        },
    }
}

impl Class for Stereo {
    const NAME: &'static str = "One2Four";
    const CLAP_ID: &'static str = "org.one2four.stereo";
    const VST3_ID: [u8; 16] = *b"One2Four::Stereo";
    const DESCRIPTION: &'static str = "Pulls drums, bass, piano and the rest of a mix apart";
    const LAYOUTS: &'static [AudioIOLayout] = &[layout(2, &[], "Stereo"), layout(1, &[], "Mono")];
    // Hosts keep the notes of a track from what has an output for them.
    const NOTES: MidiConfig = MidiConfig::None;
}

impl Class for MultiOut {
    const NAME: &'static str = "One2Four Multi-Out";
    const CLAP_ID: &'static str = "org.one2four.multiout";
    const VST3_ID: [u8; 16] = *b"One2Four:MultOut";
    const DESCRIPTION: &'static str = "One2Four with a bus for every stem";
    const LAYOUTS: &'static [AudioIOLayout] = &[
        layout(2, &[new_nonzero_u32(2); 4], "Stereo with stem buses"),
        layout(1, &[new_nonzero_u32(1); 4], "Mono with stem buses"),
    ];
    const NOTES: MidiConfig = MidiConfig::Basic;
}
