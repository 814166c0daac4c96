//! Processing.

use stage::vst3::{Block, Effect, Vst3Param};
use vst3::Steinberg::Vst::IProcessContextRequirements_::Flags_;

use super::{MAX_BLOCK, each, noise, play, playing};

#[test]
fn process_test() {
    each(|_, effect| {
        playing(effect, 44_100.0, |block| {
            (0..40).for_each(|seed| play(effect, block, MAX_BLOCK, seed));
        });
    });
}

#[test]
fn process_format() {
    each(|_, effect| {
        assert_eq!(effect.sample_sizes(), [true, false]);
        for rate in [
            22_050.0, 32_000.0, 44_100.0, 48_000.0, 88_200.0, 96_000.0, 192_000.0, 384_000.0,
        ] {
            playing(effect, rate, |block| play(effect, block, MAX_BLOCK, 2));
        }
    });
}

#[test]
fn variable_block_size() {
    each(|_, effect| {
        playing(effect, 44_100.0, |block| {
            for frames in (0..=MAX_BLOCK).step_by(73) {
                play(effect, block, frames, frames as u32);
            }
        });
    });
}

#[test]
fn process_function_running_in_another_thread() {
    each(|_, effect| {
        playing(effect, 44_100.0, |block| {
            std::thread::scope(|scope| {
                scope.spawn(|| (0..10).for_each(|seed| play(effect, block, MAX_BLOCK, seed)));
            });
        });
    });
}

/// Plays the same noise with each of its ways and compares what comes out of the main bus.
#[test]
fn process_input_overwriting() {
    each(|_, effect| {
        let play_all = |is_in_place| {
            let mut heard = Vec::new();
            playing(effect, 44_100.0, |block| {
                block.is_in_place = is_in_place;
                for seed in 0..90 {
                    block.inputs[0]
                        .iter_mut()
                        .for_each(|channel| *channel = noise(MAX_BLOCK, seed));
                    let input = block.inputs.clone();
                    block.frames = MAX_BLOCK;
                    assert!(effect.process(block));
                    assert!(
                        is_in_place || block.inputs == input,
                        "the input is written to"
                    );
                    heard.extend(block.outputs[0].concat());
                }
            });
            heard
        };
        assert!(play_all(true) == play_all(false), "in place and beside");
    });
}

#[test]
fn silence_processing_and_flags() {
    each(|_, effect| {
        playing(effect, 44_100.0, |block| {
            block.frames = MAX_BLOCK;
            block.silence[0] = 0b11;
            for _ in 0..100 {
                assert!(effect.process(block));
                let main = &block.outputs[0];
                assert!(
                    main.iter().flatten().all(|&sample| sample == 0.0),
                    "silence stays silence"
                );
            }
            // A flag for silence is right or not set.
            block.silence[0] = 0;
            for seed in 0..100 {
                play(effect, block, MAX_BLOCK, seed);
                for (channel_idx, channel) in block.outputs[0].iter().enumerate() {
                    let is_flagged = block.silence[1] >> channel_idx & 1 == 1;
                    assert!(!is_flagged || channel.iter().all(|&sample| sample == 0.0));
                }
            }
        });
    });
}

#[test]
fn check_tail_processing() {
    each(|_, effect| {
        playing(effect, 44_100.0, |block| {
            play(effect, block, MAX_BLOCK, 3);
            let (latency, tail) = (effect.latency() as usize, effect.tail() as usize);
            assert!(tail >= latency, "what is under way is part of the tail");
            let mut last_sound = 0;
            block
                .inputs
                .iter_mut()
                .flatten()
                .for_each(|channel| channel.fill(0.0));
            for block_idx in 0..(tail + latency) / MAX_BLOCK + 4 {
                assert!(effect.process(block));
                if block
                    .outputs
                    .iter()
                    .flatten()
                    .flatten()
                    .any(|&sample| sample != 0.0)
                {
                    last_sound = (block_idx + 1) * MAX_BLOCK;
                }
            }
            assert!(
                (latency..=tail + 2 * MAX_BLOCK).contains(&last_sound),
                "{last_sound} of {tail}"
            );
        });
    });
}

/// What a band needs to be told of the host's song.
#[test]
fn process_context_requirements() {
    let needed = Flags_::kNeedTempo
        | Flags_::kNeedTimeSignature
        | Flags_::kNeedProjectTimeMusic
        | Flags_::kNeedBarPositionMusic
        | Flags_::kNeedTransportState;
    each(|_, effect| {
        let wanted = effect.context_requirements().expect("it says so");
        assert_eq!(wanted & needed, needed);
    });
}

fn automatable(effect: &Effect) -> Vec<Vst3Param> {
    let params = effect.params().into_iter();
    params.filter(|param| param.is_automatable).collect()
}

/// Sets every parameter in a call like `flush`, which plays nothing.
fn flush(effect: &Effect, flush: &Block, value: f64) {
    let params = automatable(effect);
    let changes = params.iter().map(|param| (param.id, 0, value)).collect();
    let mut flush = Block {
        changes,
        ..flush.clone()
    };
    assert!(effect.process(&mut flush));
    for param in &params {
        assert_eq!(effect.value(param.id), value, "{}", param.title);
    }
}

/// Each parameter changes at samples of a block, or in a call without buffers.
#[test]
fn automation_and_parameters_flush() {
    each(|_, effect| {
        let params = automatable(effect);
        playing(effect, 44_100.0, |block| {
            for param in &params {
                for value in [0.0, 1.0] {
                    block.changes = vec![(param.id, 0, 0.5), (param.id, 100, value)];
                    play(effect, block, MAX_BLOCK, param.id);
                    assert_eq!(effect.value(param.id), value, "{}", param.title);
                }
            }
            flush(effect, &Block::default(), 0.0);
        });
    });
}

/// Parameters Flush 2, which is two: with buffers of no channels on buses that are not counted, and
/// without buffers and without a change. Both amid the audio, which goes on.
#[test]
fn parameters_flush_2() {
    each(|_, effect| {
        playing(effect, 44_100.0, |block| {
            let no_channels = |buses: usize| vec![Vec::new(); buses];
            let flushed = Block {
                inputs: no_channels(block.inputs.len()),
                outputs: no_channels(block.outputs.len()),
                hides_buses: true,
                ..Block::default()
            };
            for value in [0.0, 1.0] {
                play(effect, block, MAX_BLOCK, 5);
                flush(effect, &flushed, value);
                assert!(effect.process(&mut Block::default()));
            }
            play(effect, block, MAX_BLOCK, 6);
            for param in automatable(effect) {
                assert_eq!(effect.value(param.id), 1.0, "{}", param.title);
            }
        });
    });
}
