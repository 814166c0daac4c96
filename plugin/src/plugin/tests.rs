use nice_plug::params::persist::PersistentField;

use super::*;

/// A host's wrapper.
struct Wrapper(PluginApi);

impl ActivateContext<One2Four<Stereo>> for Wrapper {
    fn plugin_api(&self) -> PluginApi {
        self.0
    }

    fn execute(&self, _task: ()) {}

    fn set_latency_samples(&self, _samples: u32) {}

    fn set_current_voice_capacity(&self, _capacity: u32) {}
}

#[test]
fn only_clap_is_believed_that_it_renders_offline() {
    let config = BufferConfig {
        sample_rate: 48_000.0,
        min_buffer_size: None,
        max_buffer_size: 512,
        process_mode: ProcessMode::Offline,
    };
    for (api, is_believed) in [(PluginApi::Clap, true), (PluginApi::Vst3, false)] {
        let mut plugin = One2Four::<Stereo>::default();
        let layout = &One2Four::<Stereo>::AUDIO_IO_LAYOUTS[0];
        assert!(plugin.activate(layout, &config, &mut Wrapper(api)));
        let room = &mut plugin.engine.as_mut().unwrap().room;
        // What renders offline does not fade out.
        room.leave();
        assert_eq!(room.is_fading_out(), !is_believed, "{api}");
    }
}

#[test]
fn what_is_rendered_after_a_setting_changed_in_a_pause_does_not_fade_in() {
    let config = BufferConfig {
        sample_rate: 48_000.0,
        min_buffer_size: None,
        max_buffer_size: 512,
        process_mode: ProcessMode::Realtime,
    };
    let layout = &One2Four::<Stereo>::AUDIO_IO_LAYOUTS[0];
    let mut plugin = One2Four::<Stereo>::default();
    let wrapper = &mut Wrapper(PluginApi::Vst3);
    assert!(plugin.activate(layout, &config, wrapper));
    let mut channels = [[0.5; 512]; 2];
    let mut block = channels.each_mut().map(|channel| &mut channel[..]);
    let mix = plugin.params.mix();
    let room = &mut plugin.engine.as_mut().unwrap().room;
    room.process(&mut block, None, &mix, true);
    assert!(room.has_sound());
    plugin.params.pack.set("another".into());
    assert!(plugin.activate(layout, &config, wrapper));
    assert!(!plugin.engine.as_ref().unwrap().room.is_to_fade_in());
}
