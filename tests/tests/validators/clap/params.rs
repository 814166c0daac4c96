//! Parameters and state.

use clack_host::events::event_types::ParamModEvent;
use clack_host::prelude::*;
use stage::{Change, Setup};

use super::{CLASSES, SETUP, binary, check, instance, noise, play, random_changes, values};

#[test]
fn param_default_values() {
    for class in CLASSES {
        let mut instance = binary().instantiate(class).unwrap();
        for param in instance.params().to_vec() {
            assert_eq!(
                instance.value(&param.id).unwrap(),
                param.default_value,
                "{}",
                param.id
            );
        }
    }
}

#[test]
fn param_conversions() {
    for class in CLASSES {
        let mut instance = instance(class);
        for param in instance.params().to_vec() {
            for part in [0.0, 0.3, 0.5, 1.0] {
                let value = param.max_value * part;
                let value = if param.is_stepped {
                    value.round()
                } else {
                    value
                };
                let text = instance.text_of(&param.id, value).unwrap();
                let back = instance.value_of(&param.id, &text).unwrap();
                assert_eq!(
                    instance.text_of(&param.id, back).unwrap(),
                    text,
                    "{} at {value}",
                    param.id
                );
            }
        }
    }
}

/// Also `param-set-no-cookies`: the stage sends none.
#[test]
fn param_set_events() {
    for class in CLASSES {
        let (mut flushed, mut played) = (instance(class), instance(class));
        let changes = random_changes(&flushed, 5, false);
        let pairs: Vec<_> = changes
            .iter()
            .map(|change| (change.param, change.value))
            .collect();
        flushed.set(&pairs).unwrap();
        let mut player = played.activate(SETUP).unwrap();
        play(&mut player, 2, 512, 1, &changes);
        assert_eq!(values(&mut played), values(&mut flushed));
        played.deactivate(player);
    }
}

#[test]
fn param_set_wrong_namespace() {
    for class in CLASSES {
        let mut instance = instance(class);
        let before = values(&mut instance);
        let mut player = instance.activate(SETUP).unwrap();
        let changes = random_changes(&instance, 6, false);
        player
            .play_in_namespace(&[&[0.1; 512], &[0.1; 512]], &changes, 0xb33f)
            .unwrap();
        assert_eq!(values(&mut instance), before);
        instance.deactivate(player);
    }
}

fn param_fuzz(snaps: bool) {
    for class in CLASSES {
        let mut instance = instance(class);
        let mut player = instance.activate(SETUP).unwrap();
        for seed in 0..50 {
            let changes = random_changes(&instance, seed, snaps);
            play(&mut player, 2, 512, 5, &changes);
        }
        instance.deactivate(player);
    }
}

#[test]
fn param_fuzz_basic() {
    param_fuzz(false);
}

#[test]
fn param_fuzz_bounds() {
    param_fuzz(true);
}

#[test]
fn param_fuzz_sample_accurate() {
    for class in CLASSES {
        let mut instance = instance(class);
        let mut player = instance
            .activate(Setup {
                max_block: 2000,
                ..SETUP
            })
            .unwrap();
        for interval in [10, 100, 1000] {
            for seed in 0..4 {
                let changes: Vec<_> = (0..2000)
                    .step_by(interval)
                    .flat_map(|at| {
                        let changes = random_changes(&instance, seed + at as u32, false);
                        changes
                            .into_iter()
                            .take(1 + at % 3)
                            .map(move |change| Change { at, ..change })
                    })
                    .collect();
                play(&mut player, 2, 2000, 2, &changes);
            }
        }
        instance.deactivate(player);
    }
}

#[test]
fn param_fuzz_modulation() {
    for class in CLASSES {
        let mut instance = instance(class);
        let mut player = instance.activate(SETUP).unwrap();
        for seed in 0..20 {
            let mut events = EventBuffer::new();
            for (idx, change) in random_changes(&instance, seed, false)
                .into_iter()
                .enumerate()
            {
                let at = 10 * idx as u32; // within the block
                let everything = Pckn::match_all();
                events.push(&ParamModEvent::new(
                    at,
                    change.param,
                    everything,
                    change.value - 0.5,
                ));
            }
            player
                .play_events(&[&noise(512, seed), &noise(512, seed)], &events, None)
                .unwrap();
            check(&player);
        }
        instance.deactivate(player);
    }
}

// State.

#[test]
fn state_invalid_empty() {
    for class in CLASSES {
        assert!(instance(class).load_bytes(&[]).is_err());
    }
}

#[test]
fn state_invalid_random() {
    for class in CLASSES {
        let mut instance = instance(class);
        for seed in 0..3 {
            let bytes: Vec<u8> = noise(1 << 20, seed)
                .iter()
                .map(|n| n.to_bits() as u8)
                .collect();
            assert!(instance.load_bytes(&bytes).is_err());
        }
    }
}

/// Also `state-reproducibility-binary`.
#[test]
fn state_reproducibility_basic() {
    for class in CLASSES {
        let (mut saved_from, mut loaded_into) =
            (instance(class), binary().instantiate(class).unwrap());
        let changes = random_changes(&saved_from, 8, false);
        let mut player = saved_from.activate(SETUP).unwrap();
        play(&mut player, 2, 512, 1, &changes);
        saved_from.deactivate(player);
        let state = saved_from.save_bytes().unwrap();
        loaded_into.load_bytes(&state).unwrap();
        assert_eq!(values(&mut loaded_into), values(&mut saved_from));
        assert_eq!(loaded_into.save_bytes().unwrap(), state);
    }
}

#[test]
fn state_reproducibility_buffered() {
    for class in CLASSES {
        let (mut saved_from, mut loaded_into) =
            (instance(class), binary().instantiate(class).unwrap());
        saved_from.set_text("bass_gain", "-7.5").unwrap();
        let state = saved_from.save_in_parts(2).unwrap();
        assert_eq!(state, saved_from.save_bytes().unwrap());
        loaded_into.load_in_parts(&state, 3).unwrap();
        assert_eq!(values(&mut loaded_into), values(&mut saved_from));
    }
}
