//! The plugin as hosts see it: buses, and activate, reset, process as lists of steps.

mod class;
mod host;
#[cfg(test)]
mod tests;

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use nice_plug::prelude::*;
use nice_plug_egui::RepaintNotifier;

use crate::audio::Sounding;
use crate::bridge::{EditorSlot, Status};
use crate::dsp::flush_denormals;
use crate::editor::{Links, Window};
use crate::engine::{self, Engine, HostConfig};
use crate::geometry::{Geometry, Stream};
use crate::pack::{Pack, Places};
use crate::params::{One2FourParams, Settings};

pub use class::{Class, MultiOut, Stereo};
use host::{event, host_time};

/// The longest time that a VST3 host is made to wait for the networks.
const MAX_LOADING: Duration = Duration::from_secs(2);

/// An instance of the plugin.
pub struct One2Four<C: Class> {
    params: Arc<One2FourParams>,
    /// Counters and the fault, kept over activations.
    status: Arc<Status>,
    /// Where the editor finds the engine.
    slot: Arc<EditorSlot>,
    /// Wakes the editor.
    notifier: RepaintNotifier,
    /// `None` until activated, and where the system gave no thread.
    engine: Option<Engine>,
    /// What the engine was made with.
    active: Settings,
    /// What the next engine is to be made with, as the audio thread saw it last.
    wanted: Settings,
    /// Whether the host is still to be asked for a restart.
    is_restart_due: bool,
    /// Whether it was asked, in the middle of a sound perhaps, by the engine that plays.
    has_asked: bool,
    /// Whether the engine before was taken away in the middle of a sound for other settings, so that
    /// the next one fades in.
    fades_in: bool,
    /// The notes that the host was told the start of by an engine that is gone.
    owed_ends: Sounding,
    /// What the host is told that still sounds after the input ends.
    tail_samples: u32,
    class: PhantomData<C>,
}

impl<C: Class> Default for One2Four<C> {
    fn default() -> Self {
        crate::params::prepare_ranges();
        let params = Arc::new(One2FourParams::default());
        let status = Arc::new(Status::default());
        crate::report::register(C::CLAP_ID, &status);
        Self {
            active: Settings::of(&params),
            wanted: Settings::of(&params),
            params,
            status,
            slot: Arc::default(),
            notifier: RepaintNotifier::new(),
            engine: None,
            is_restart_due: false,
            has_asked: false,
            fades_in: false,
            owed_ends: Sounding::default(),
            tail_samples: 0,
            class: PhantomData,
        }
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
    const MIDI_OUTPUT: MidiConfig = C::NOTES;

    type Editor = Window;
    type SysExMessage = ();
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.params.clone()
    }

    fn filter_state(state: &mut PluginState) {
        crate::params::in_range(state);
    }

    fn editor(&mut self, _executor: AsyncExecutor<Self>) -> Option<Self::Editor> {
        let links = Links {
            params: self.params.clone(),
            status: self.status.clone(),
            slot: self.slot.clone(),
            places: Places::of_this_binary(),
        };
        Some(Window::new(links, self.notifier.clone()))
    }

    fn activate(
        &mut self,
        layout: &AudioIOLayout,
        config: &BufferConfig,
        context: &mut impl ActivateContext<Self>,
    ) -> bool {
        // Hosts activate twice without deactivating: the old worker ends first.
        self.drop_engine();
        self.active = Settings::of(&self.params);
        self.wanted = self.active;
        self.is_restart_due = false;

        let places = Places::of_this_binary();
        let pack_id = self.params.pack.get();
        let stream = self.find_pack(&places, &pack_id);
        let geometry = Geometry::new(&stream, config.sample_rate as f64, self.active.chunk);
        let host = HostConfig {
            channels: layout.main_input_channels.map_or(2, NonZeroU32::get) as usize,
            max_block_samples: config.max_buffer_size as usize,
            // Under VST3 the wrapper tells the mode of the setup before this one.
            is_offline: config.process_mode == ProcessMode::Offline
                && context.plugin_api() == PluginApi::Clap,
        };
        let load = engine::loader(places, pack_id, stream, geometry, self.status.clone());
        match Engine::start(geometry, host, self.status.clone(), load) {
            Ok(mut engine) => {
                // What a host renders is a whole of its own.
                if std::mem::take(&mut self.fades_in) && !host.is_offline {
                    engine.room.fade_in();
                }
                engine.room.owe_ends(std::mem::take(&mut self.owed_ends));
                self.slot.set(Some((engine.editor.clone(), self.active)));
                self.engine = Some(engine);
            }
            Err(error) => {
                let fault = format!("The system has no thread or no memory left: {error}");
                self.status.set_fault(Some(fault));
                return false;
            }
        }

        if context.plugin_api() == PluginApi::Vst3 {
            self.wait_for_networks();
        }
        let latency_samples = geometry.latency_samples() as u32;
        self.tail_samples = geometry.tail_samples() as u32;
        self.status
            .latency_samples
            .store(latency_samples, Ordering::Relaxed);
        self.status
            .sample_rate_bits
            .store(config.sample_rate.to_bits(), Ordering::Relaxed);
        context.set_latency_samples(latency_samples);
        self.reset();
        true
    }

    fn reset(&mut self) {
        if let Some(engine) = &mut self.engine {
            engine.room.reset();
        }
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        aux: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        self.follow_settings(context);
        let Some(engine) = &mut self.engine else {
            return ProcessStatus::Normal;
        };
        engine.room.set_time(&host_time(context.transport()));
        let align_automation = self.params.align_automation.value();
        engine
            .room
            .direct(self.params.band.direction(), align_automation);
        let mix = self.params.mix();
        let buses = match &mut aux.outputs {
            [drums, bass, piano, other] => Some([
                drums.as_slice(),
                bass.as_slice(),
                piano.as_slice(),
                other.as_slice(),
            ]),
            _ => None,
        };
        flush_denormals(|| {
            engine
                .room
                .process(buffer.as_slice(), buses, &mix, align_automation);
        });
        if C::NOTES != MidiConfig::None {
            for idx in 0..engine.room.notes().len() {
                let note = engine.room.notes()[idx];
                if context.try_send_event(event(note)).is_err() {
                    engine.room.note_not_taken(note);
                }
            }
        }
        if engine.room.wakes_editor() {
            self.notifier.request_repaint();
        }
        ProcessStatus::Tail(self.tail_samples)
    }

    fn deactivate(&mut self) {
        self.drop_engine();
    }
}

impl<C: Class> One2Four<C> {
    /// Gives the worker the time to load its networks. VST3 hosts activate the plugin anew for what they
    /// render and do not say that they render, and what is rendered may begin with sound.
    fn wait_for_networks(&self) {
        let since = Instant::now();
        let is_loading =
            || !self.status.is_ready.load(Ordering::Acquire) && self.status.fault().is_none();
        while is_loading() && since.elapsed() < MAX_LOADING {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Ends the worker and what the editor had of it.
    fn drop_engine(&mut self) {
        self.slot.set(None);
        if let Some(engine) = self.engine.take() {
            let is_cut = std::mem::take(&mut self.has_asked) && engine.room.has_sound();
            // A host restarts a second time for the latency that the first brought.
            self.fades_in |= engine.room.is_to_fade_in() || is_cut;
            self.owed_ends = engine.room.owed_ends();
        }
        self.status.is_ready.store(false, Ordering::Relaxed);
        self.status.is_playing.store(false, Ordering::Relaxed);
    }

    /// Fades out and asks for a restart where other settings are wanted than those that play.
    fn follow_settings(&mut self, context: &mut impl ProcessContext<Self>) {
        let Some(engine) = &mut self.engine else {
            return;
        };
        let wanted = Settings::of(&self.params);
        if wanted != self.wanted {
            self.wanted = wanted;
            self.is_restart_due = wanted != self.active;
            if self.is_restart_due {
                engine.room.leave();
            } else {
                engine.room.stay();
            }
        }
        if self.is_restart_due && !engine.room.is_fading_out() {
            self.is_restart_due = false;
            self.has_asked = true;
            context.request_restart();
        }
    }

    /// The stream of the pack with this id, or the default one where there is no such pack: one that comes
    /// later and has another is played after a restart.
    fn find_pack(&self, places: &Places, pack_id: &str) -> Stream {
        match Pack::find(places, pack_id) {
            Ok(pack) => {
                self.status.set_pack(Some(pack.identity()));
                self.status.set_fault(None);
                self.params
                    .band
                    .style_names
                    .set(pack.manifest.style_names());
                pack.manifest.stream
            }
            Err(error) => {
                self.params.band.style_names.set(Vec::new());
                self.status.set_pack(None);
                self.status
                    .set_fault(Some(format!("{error}; the input passes")));
                Stream::DEFAULT
            }
        }
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
                page.add_param(&self.params.bypass);
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
        let band = &self.params.band;
        context.add_section("Band", |section| {
            section.add_page("Playing", |page| {
                page.add_param(&band.style);
                page.add_param(&band.intensity);
                page.add_param(&band.complexity);
                page.add_param(&band.fills);
                page.add_param(&band.swing);
                page.add_param(&band.feel);
                page.add_param(&band.seed);
                page.add_param(&band.lock);
            });
            section.add_page("Players", |page| {
                for player in band.plays() {
                    page.add_param(player);
                }
            });
            section.add_page("Chord", |page| {
                page.add_param(&band.chord_root);
                page.add_param(&band.chord_kind);
            });
        });
    }
}

impl<C: Class> Vst3Plugin for One2Four<C> {
    const VST3_CLASS_ID: [u8; 16] = C::VST3_ID;
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] =
        &[Vst3SubCategory::Fx, Vst3SubCategory::Tools];
}
