//! The built bundle, as hosts meet it.

use std::fs;
use std::path::Path;

use stage::{Binary, Instance, MULTI_OUT, Mode, STEREO, Setup, paths};

/// Projects and automation are saved under these ids, and hosts number parameters in this order.
const PARAM_IDS: [&str; 33] = [
    "input_gain",
    "input_mute",
    "input_solo",
    "drums_gain",
    "drums_mute",
    "drums_solo",
    "bass_gain",
    "bass_mute",
    "bass_solo",
    "piano_gain",
    "piano_mute",
    "piano_solo",
    "other_gain",
    "other_mute",
    "other_solo",
    "output_gain",
    "chunk",
    "align_automation",
    "style",
    "intensity",
    "complexity",
    "fills",
    "swing",
    "feel",
    "seed",
    "lock",
    "drums_on",
    "bass_on",
    "piano_on",
    "other_on",
    "chord_root",
    "chord_kind",
    "bypass",
];

fn instance(id: &str) -> (Binary, Instance) {
    let binary = Binary::open(&paths::clap()).unwrap();
    let instance = binary.instantiate(id).unwrap();
    (binary, instance)
}

#[test]
fn a_scan_finds_both_classes() {
    let classes = Binary::open(&paths::clap()).unwrap().describe();
    let found: Vec<_> = classes
        .iter()
        .map(|class| (class.id.as_str(), class.name.as_str()))
        .collect();
    assert_eq!(
        found,
        [(STEREO, "One2Four"), (MULTI_OUT, "One2Four Multi-Out")]
    );
    for class in classes {
        assert_eq!(class.version, env!("CARGO_PKG_VERSION"));
        assert!(
            class
                .features
                .iter()
                .any(|feature| feature == "audio-effect")
        );
    }
}

#[test]
fn both_bundles_hold_packs_and_runtime() {
    let library = format!(
        "{}onnxruntime{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    );
    let in_vst3 = paths::bundled().join("One2Four.vst3/Contents/Resources");
    for resources in [paths::resources(), in_vst3] {
        for file in [
            "runtime/LICENSE",
            "packs/remix/pack.toml",
            "packs/remix/remix.onnx",
            "packs/accompany/plan.onnx",
            "packs/accompany/band.onnx",
            "packs/accompany/band.sf2",
        ] {
            assert!(
                resources.join(file).is_file(),
                "{} lacks {file}",
                resources.display()
            );
        }
        assert!(resources.join("runtime").join(&library).is_file());
        let files = fs::read_dir(resources.join("packs/accompany")).unwrap();
        let sizes = files.map(|file| file.unwrap().metadata().unwrap().len());
        let bytes: u64 = sizes.sum();
        assert!(bytes <= 30_000_000, "a band is {bytes} bytes");
    }
}

#[test]
fn ports_are_stereo_or_mono_with_a_bus_for_every_stem() {
    for channels in [2, 1] {
        let port = |name: &str| (name.to_string(), channels as usize);
        let (_binary, mut multi_out) = instance(MULTI_OUT);
        multi_out.select_channels(channels).unwrap();
        assert_eq!(multi_out.ports(true).unwrap(), [port("Main")]);
        let buses = ["Main", "Drums", "Bass", "Piano", "Other"].map(port);
        assert_eq!(multi_out.ports(false).unwrap(), buses);

        let (_binary, mut stereo) = instance(STEREO);
        stereo.select_channels(channels).unwrap();
        assert_eq!(stereo.ports(false).unwrap(), [port("Main")]);
    }
}

#[test]
fn parameter_ids_and_their_order_are_frozen() {
    for class in [STEREO, MULTI_OUT] {
        let (_binary, instance) = instance(class);
        let ids: Vec<_> = instance
            .params()
            .iter()
            .map(|param| param.id.as_str())
            .collect();
        assert_eq!(ids, PARAM_IDS);
        for param in instance.params() {
            assert_eq!(param.is_automatable, param.id != "chunk", "{}", param.id);
        }
    }
}

#[test]
fn every_value_survives_its_own_text() {
    let (_binary, mut instance) = instance(STEREO);
    for param in instance.params().to_vec() {
        for step in 0..=64 {
            let value = param.max_value * f64::from(step) / 64.0;
            let value = if param.is_stepped {
                value.round()
            } else {
                value
            };
            let text = instance.text_of(&param.id, value).unwrap();
            let read = instance.value_of(&param.id, &text).unwrap();
            let text_again = instance.text_of(&param.id, read).unwrap();
            assert_eq!(
                text_again, text,
                "{} at {value} reads back as {read}",
                param.id
            );
        }
    }
    let gain = |instance: &mut Instance, text: &str| {
        let value = instance.value_of("bass_gain", text).unwrap();
        instance.text_of("bass_gain", value).unwrap()
    };
    assert_eq!(gain(&mut instance, "-6"), "-6.00 dB");
    assert_eq!(gain(&mut instance, "0 dB"), "0.00 dB");
    assert_eq!(gain(&mut instance, "-3,5"), "-3.50 dB");
    assert_eq!(gain(&mut instance, "−6 dB"), "-6.00 dB");
    assert_eq!(gain(&mut instance, "-inf"), "-inf dB");
}

#[test]
fn a_state_from_before_the_band_loads_and_asks_for_nothing_special() {
    let (_binary, mut instance) = instance(STEREO);
    instance.set_text("bass_gain", "-3").unwrap();
    let mut state = instance.save().unwrap();
    for id in &PARAM_IDS[18..] {
        assert!(state.remove_param(id), "{id} is not in the state");
    }
    // An instance that another project has used.
    let (_binary, mut instance) = self::instance(STEREO);
    for (id, text) in [("bypass", "on"), ("fills", "Off"), ("bass_on", "off")] {
        instance.set_text(id, text).unwrap();
    }
    instance.load(&state).unwrap();
    for id in &PARAM_IDS[18..] {
        let default = instance.param(id).unwrap().default_value;
        assert_eq!(instance.value(id).unwrap(), default, "{id}");
    }
    let gain = instance.value("bass_gain").unwrap();
    let text = instance.text_of("bass_gain", gain).unwrap();
    assert_eq!(text, "-3.00 dB");
}

#[test]
fn a_project_finds_its_settings_and_its_pack_again() {
    let (binary, mut saved_from) = instance(MULTI_OUT);
    let settings = [
        ("bass_gain", "-7.5"),
        ("drums_mute", "on"),
        ("chunk", "hop"),
        ("other_solo", "on"),
    ];
    for (id, text) in settings {
        saved_from.set_text(id, text).unwrap();
    }
    let mut state = saved_from.save().unwrap();
    assert_eq!(state.field("pack").as_deref(), Some("remix"));
    // A pack that this machine lacks: its name is kept for the machine that has it.
    state.set_field("pack", "not-here");

    let mut loaded_into = binary.instantiate(MULTI_OUT).unwrap();
    loaded_into.load(&state).unwrap();
    for param in saved_from.params().to_vec() {
        let (saved, loaded) = (
            saved_from.value(&param.id).unwrap(),
            loaded_into.value(&param.id).unwrap(),
        );
        assert_eq!(saved, loaded, "{}", param.id);
    }
    let setup = Setup {
        sample_rate: 44100.0,
        max_block: 512,
    };
    let player = loaded_into.activate(setup).unwrap();
    // Other tests have instances of their own.
    let instances = binary.report().unwrap().instances.into_iter();
    let faults: Vec<_> = instances.filter_map(|instance| instance.fault).collect();
    assert!(
        faults.iter().any(|fault| fault.contains("not-here")),
        "{faults:?}"
    );
    loaded_into.deactivate(player);
    assert_eq!(
        loaded_into.save().unwrap().field("pack").as_deref(),
        Some("not-here")
    );
}

#[test]
fn a_state_that_is_none_is_refused_and_changes_nothing() {
    let (_binary, mut instance) = instance(STEREO);
    instance.set_text("bass_gain", "-3").unwrap();
    let before = instance.save().unwrap();
    for bytes in [
        &b""[..],
        b"\x04\0\0\0\0\0\0\0nope",
        b"\xff\xff\xff\xff\xff\xff\xff\xff{}",
    ] {
        assert!(instance.load_bytes(bytes).is_err(), "{bytes:?} was taken");
        assert_eq!(instance.save().unwrap(), before);
    }
}

#[test]
fn controllers_find_every_strip_on_their_pages() {
    let (_binary, mut instance) = instance(STEREO);
    let pages = instance.remote_pages().unwrap();
    let on_pages: Vec<_> = pages
        .iter()
        .flat_map(|page| page.param_ids.iter().flatten())
        .collect();
    for strip in ["input", "drums", "bass", "piano", "other"] {
        for control in ["gain", "mute", "solo"] {
            let id = format!("{strip}_{control}");
            assert!(on_pages.contains(&&id), "{id} is on no page: {pages:?}");
        }
    }
    for id in &PARAM_IDS[18..] {
        assert!(on_pages.iter().any(|on_page| on_page == id), "{id}");
    }
}

#[test]
fn a_plugin_file_copied_alone_passes_its_input_and_says_what_it_misses() {
    let folder = tempfile::tempdir().unwrap();
    let alone = folder.path().join("One2Four.clap");
    copy_without_resources(&paths::clap(), &alone);
    let binary = Binary::open(&alone).unwrap();
    let mut instance = binary.instantiate(STEREO).unwrap();
    instance.set_mode(Mode::Offline).unwrap();
    let mut player = instance
        .activate(Setup {
            sample_rate: 48000.0,
            max_block: 512,
        })
        .unwrap();
    let latency = instance.latency().unwrap();

    let song: Vec<f32> = (0..2 * latency)
        .map(|n| (n as f32 * 0.05).sin() * 0.5)
        .collect();
    let mut heard = Vec::new();
    for block in song.chunks(512) {
        player.play(&[block, block], &[]).unwrap();
        heard.extend_from_slice(player.bus(0)[0]);
    }
    let error = heard[latency..]
        .iter()
        .zip(&song)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, |worst: f32, error| {
            worst.max(if error.is_nan() { f32::INFINITY } else { error })
        });
    assert!(error < 1e-6, "the input does not pass: {error}");

    let fault = binary
        .report()
        .unwrap()
        .instances
        .pop()
        .unwrap()
        .fault
        .unwrap();
    let place = folder.path().to_string_lossy().into_owned();
    assert!(
        fault.contains(&place) && fault.contains("missing"),
        "{fault}"
    );
    assert_eq!(fault.lines().count(), 1, "{fault}");
    instance.deactivate(player);
}

/// Copies a plugin's binary, and where it is a bundle, what makes it one; but no resources.
fn copy_without_resources(from: &Path, to: &Path) {
    if from.is_file() {
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != "Resources" {
            copy_without_resources(&entry.path(), &to.join(entry.file_name()));
        }
    }
}
