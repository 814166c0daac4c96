//! The plugin as hosts see it: buses, and activate, reset, process as lists of steps.

use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::sync::Arc;

use nice_plug::prelude::*;

use crate::params::One2FourParams;

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
}

/// An instance of the plugin.
pub struct One2Four<C: Class> {
    params: Arc<One2FourParams>,
    class: PhantomData<C>,
}

impl<C: Class> Default for One2Four<C> {
    fn default() -> Self {
        Self { params: Arc::default(), class: PhantomData }
    }
}

impl<C: Class> Plugin for One2Four<C> {
    const NAME: &'static str = C::NAME;
    const VENDOR: &'static str = "One2Four";
    const URL: &'static str = "";
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = C::LAYOUTS;
    const SAMPLE_ACCURATE_AUTOMATION: bool = true;

    type Editor = ();
    type SysExMessage = ();
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.params.clone()
    }

    fn process(
        &mut self,
        _buffer: &mut Buffer,
        _aux: &mut AuxiliaryBuffers,
        _context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        ProcessStatus::Normal
    }
}

impl<C: Class> ClapPlugin for One2Four<C> {
    const CLAP_ID: &'static str = C::CLAP_ID;
    const CLAP_DESCRIPTION: Option<&'static str> = Some(C::DESCRIPTION);
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] = &[
        ClapFeature::AudioEffect,
        ClapFeature::Stereo,
        ClapFeature::Mono,
        ClapFeature::Mixing,
        ClapFeature::Utility,
    ];

    fn remote_controls(&self, context: &mut impl RemoteControlsContext) {
        context.add_section("Stems", |section| {
            section.add_page("Gains", |page| {
                for strip in self.params.strips() {
                    page.add_param(&strip.gain);
                }
                page.add_spacer();
                page.add_spacer();
                page.add_param(&self.params.output_gain);
            });
            section.add_page("Mutes", |page| {
                for strip in self.params.strips() {
                    page.add_param(&strip.mute);
                }
            });
            section.add_page("Solos", |page| {
                for strip in self.params.strips() {
                    page.add_param(&strip.solo);
                }
            });
        });
    }
}

impl<C: Class> Vst3Plugin for One2Four<C> {
    const VST3_CLASS_ID: [u8; 16] = C::VST3_ID;
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] =
        &[Vst3SubCategory::Fx, Vst3SubCategory::Tools];
}
