//! The built plugin makes no allocation on the host's audio thread, its wrapper included.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

use stage::{Binary, Change, Mode, Setup, alloc, paths};

stage::count_system_allocations!();

#[test]
fn the_built_plugin_never_allocates_on_the_audio_thread() {
    let binary = Binary::open(&paths::clap()).unwrap();

    // The gate is worth something only if it fires inside the plugin file: making an instance
    // allocates there.
    let (instance, planted) = alloc::count(|| binary.instantiate("org.one2four.multiout"));
    assert!(planted > 10, "counted {planted} allocations of an instance");

    let mut instance = instance.unwrap();
    instance.set_mode(Mode::Offline).unwrap();
    instance.set_text("chunk", "hop").unwrap();
    let gain = instance.param("bass_gain").unwrap().clap_id;
    let mut player = instance
        .activate(Setup {
            sample_rate: 48_000.0,
            max_block: 1024,
        })
        .unwrap();
    for block_idx in 0..400 {
        let frames = [1, 17, 64, 511, 1024][block_idx % 5];
        let block: Vec<f32> = (0..frames).map(|n| (n as f32 * 0.1).sin() * 0.5).collect();
        let change = Change {
            at: frames / 2,
            param: gain,
            value: (block_idx % 7) as f64 / 7.0,
        };
        player.play(&[&block, &block], &[change]).unwrap();
        if block_idx % 100 == 50 {
            let ((), in_reset) = alloc::count(|| player.reset());
            assert_eq!(in_reset, 0, "in reset");
        }
        assert_eq!(
            player.allocations(),
            0,
            "in block {block_idx} of {frames} samples"
        );
    }
    assert!(
        binary.report().unwrap().instances[0].chunks_done > 0,
        "nothing was played"
    );
    instance.deactivate(player);
}
