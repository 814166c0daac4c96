//! The cases of clap-validator, by their names.

mod audio;
mod params;

use stage::{Binary, CLASSES, Change, Instance, Mode, Player, Setup, paths};

use super::{is_sound, noise};

const SETUP: Setup = Setup {
    sample_rate: 44_100.0,
    max_block: 512,
};

fn binary() -> Binary {
    Binary::open(&paths::clap()).unwrap()
}

fn instance(class: &str) -> Instance {
    let mut instance = binary().instantiate(class).unwrap();
    instance.set_mode(Mode::Offline).unwrap();
    instance.set_text("chunk", "hop").unwrap();
    instance
}

/// Plays noise in blocks and checks every sample that comes out.
fn play(player: &mut Player, channels: usize, block: usize, num_blocks: usize, changes: &[Change]) {
    for block_idx in 0..num_blocks {
        let noise: Vec<_> = (0..channels)
            .map(|c| noise(block, (block_idx * 2 + c) as u32))
            .collect();
        let input: Vec<_> = noise.iter().map(Vec::as_slice).collect();
        player.play(&input, changes).unwrap();
        check(player);
    }
}

fn check(player: &Player) {
    let buses = (0..player.num_buses()).flat_map(|bus_idx| player.bus(bus_idx));
    assert!(buses.flatten().all(|&sample| is_sound(sample)));
}

/// A random value of every parameter but `chunk`, which asks for a restart.
fn random_changes(instance: &Instance, seed: u32, snaps: bool) -> Vec<Change> {
    let params = instance
        .params()
        .iter()
        .filter(|param| param.is_automatable);
    let random = noise(params.clone().count(), seed);
    let change = |(param, random): (&stage::Param, f32)| {
        let part = f64::from(random).abs();
        let part = if snaps { part.round() } else { part };
        let value = part * param.max_value;
        Change {
            at: 0,
            param: param.clap_id,
            value: if param.is_stepped {
                value.round()
            } else {
                value
            },
        }
    };
    params.zip(random).map(change).collect()
}

fn values(instance: &mut Instance) -> Vec<f64> {
    let ids: Vec<_> = instance
        .params()
        .iter()
        .map(|param| param.id.clone())
        .collect();
    ids.iter().map(|id| instance.value(id).unwrap()).collect()
}

// The library.

#[test]
fn create_id_with_trailing_garbage() {
    let binary = binary();
    for class in CLASSES {
        assert!(binary.instantiate(&format!("{class}garbage")).is_err());
    }
}

#[test]
fn query_nonexistent_factory() {
    assert!(!binary().has_factory(c"org.one2four.no-such-factory"));
    assert!(binary().has_factory(c"clap.plugin-factory"));
}

#[test]
#[allow(unsafe_code)]
fn scan_rtld_now() {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
    // SAFETY: the project's own plugin, whose loading runs nothing of its own.
    unsafe { Library::open(Some(paths::clap()), RTLD_LOCAL | RTLD_NOW) }.unwrap();
}

// The descriptor.

#[test]
fn descriptor_consistency() {
    let binary = binary();
    for described in binary.describe() {
        assert_eq!(
            binary.instantiate(&described.id).unwrap().description(),
            Some(described)
        );
    }
}

#[test]
fn features_categories() {
    for class in binary().describe() {
        assert!(
            class
                .features
                .iter()
                .any(|feature| feature == "audio-effect")
        );
    }
}

#[test]
fn features_duplicates() {
    for class in binary().describe() {
        let mut features = class.features.clone();
        features.sort();
        features.dedup();
        assert_eq!(features.len(), class.features.len());
    }
}
