//! Audio and the transport.

use clack_host::events::event_types::{TransportEvent, TransportFlags};
use clack_host::events::{EventFlags, EventHeader};
use clack_host::prelude::*;
use clack_host::utils::{BeatTime, SecondsTime};
use stage::Setup;

use super::{CLASSES, SETUP, check, instance, noise, play};

#[test]
fn process_audio_basic_out_of_place() {
    for class in CLASSES {
        let mut instance = instance(class);
        let mut player = instance.activate(SETUP).unwrap();
        play(&mut player, 2, 512, 40, &[]);
        instance.deactivate(player);
    }
}

/// Plays the same noise with each of its ways and compares what comes out of the main bus.
#[test]
fn process_audio_basic_in_place() {
    for class in CLASSES {
        let play_all = |is_in_place| {
            let mut instance = instance(class);
            let mut player = instance.activate(SETUP).unwrap();
            player.set_in_place(is_in_place);
            let mut heard = Vec::new();
            for _ in 0..80 {
                play(&mut player, 2, 512, 1, &[]);
                heard.extend(player.bus(0).concat());
            }
            instance.deactivate(player);
            heard
        };
        assert!(play_all(true) == play_all(false), "in place and beside");
    }
}

#[test]
fn process_audio_denormals() {
    for class in CLASSES {
        let mut instance = instance(class);
        let mut player = instance.activate(SETUP).unwrap();
        for _ in 0..80 {
            player.play(&[&[1e-40; 512], &[-1e-41; 512]], &[]).unwrap();
            check(&player);
        }
        instance.deactivate(player);
    }
}

#[test]
fn process_sleep_constant_mask() {
    for class in CLASSES {
        let mut instance = instance(class);
        let mut player = instance.activate(SETUP).unwrap();
        let delay_blocks = (instance.latency().unwrap() + player.tail().unwrap() as usize) / 512;
        for (num_blocks, is_silent) in [(4, true), (20, false), (delay_blocks + 4, true)] {
            player.set_constant(if is_silent { 0b11 } else { 0 });
            for block_idx in 0..num_blocks {
                if is_silent {
                    player.play(&[&[0.0; 512], &[0.0; 512]], &[]).unwrap();
                    check(&player);
                } else {
                    play(&mut player, 2, 512, 1 + block_idx, &[]);
                }
                // A flag for a constant channel is right or not set.
                for (channel_idx, channel) in player.bus(0).iter().enumerate() {
                    let is_flagged = player.constant() >> channel_idx & 1 == 1;
                    assert!(!is_flagged || channel.iter().all(|&sample| sample == channel[0]));
                }
            }
            let is_quiet = player
                .bus(0)
                .iter()
                .all(|channel| channel.iter().all(|s| *s == 0.0));
            assert!(
                is_quiet || !is_silent,
                "silence stays silence, or becomes it"
            );
        }
        instance.deactivate(player);
    }
}

#[test]
fn process_sleep_process_status() {
    for class in CLASSES {
        let mut instance = instance(class);
        let mut player = instance.activate(SETUP).unwrap();
        let latency = instance.latency().unwrap();
        play(&mut player, 2, 512, 4, &[]);
        // While anything still has to come out, the plugin must not let its host sleep.
        let silence = [0.0; 512];
        for _ in 0..latency / 512 + 4 {
            assert_ne!(player.status(), Some(ProcessStatus::Sleep));
            player.play(&[&silence, &silence], &[]).unwrap();
        }
        instance.deactivate(player);
    }
}

#[test]
fn process_varying_sample_rates() {
    for (idx, sample_rate) in [
        1_000.0, 8_000.0, 22_050.5, 44_100.0, 88_200.0, 192_000.25, 768_000.0,
    ]
    .into_iter()
    .enumerate()
    {
        let mut instance = instance(CLASSES[idx % 2]);
        let mut player = instance
            .activate(Setup {
                sample_rate,
                ..SETUP
            })
            .unwrap();
        play(&mut player, 2, 512, 30, &[]);
        instance.deactivate(player);
    }
}

#[test]
fn process_varying_block_sizes() {
    for (idx, max_block) in [1, 8, 256, 1025, 4096, 16_384].into_iter().enumerate() {
        let mut instance = instance(CLASSES[idx % 2]);
        let mut player = instance.activate(Setup { max_block, ..SETUP }).unwrap();
        play(&mut player, 2, max_block, 5, &[]);
        instance.deactivate(player);
    }
}

#[test]
fn process_random_block_sizes() {
    for class in CLASSES {
        let mut instance = instance(class);
        let mut player = instance
            .activate(Setup {
                max_block: 2048,
                ..SETUP
            })
            .unwrap();
        for random in noise(60, 3) {
            play(&mut player, 2, 1 + (random.abs() * 2047.0) as usize, 1, &[]);
        }
        instance.deactivate(player);
    }
}

#[test]
fn process_reset_reactivate() {
    for class in CLASSES {
        let mut instance = instance(class);
        for _ in 0..3 {
            let mut player = instance.activate(SETUP).unwrap();
            play(&mut player, 2, 512, 10, &[]);
            player.reset();
            play(&mut player, 2, 512, 10, &[]);
            instance.deactivate(player);
        }
    }
}

#[test]
fn layout_audio_ports_config() {
    for class in CLASSES {
        for channels in [1, 2] {
            let mut instance = instance(class);
            instance.select_channels(channels).unwrap();
            let mut player = instance.activate(SETUP).unwrap();
            play(&mut player, channels as usize, 512, 30, &[]);
            instance.deactivate(player);
        }
    }
}

// Transport. `transport-null` is what every other case does.

fn transport(at: u32, seed: u32) -> TransportEvent {
    let random = noise(4, seed);
    let (beats, seconds) = (
        BeatTime::from_int(random[0] as i64),
        SecondsTime::from_int(random[1] as i64),
    );
    TransportEvent {
        header: EventHeader::new_core(at, EventFlags::empty()),
        flags: TransportFlags::from_bits_truncate(seed),
        song_pos_beats: beats,
        song_pos_seconds: seconds,
        tempo: f64::from(random[0].abs()) * 300.0,
        tempo_inc: f64::from(random[1]) * 0.01,
        loop_start_beats: beats,
        loop_end_beats: beats,
        loop_start_seconds: seconds,
        loop_end_seconds: seconds,
        bar_start: beats,
        bar_number: (random[2] * 100.0) as i32,
        time_signature_numerator: (seed % 13) as u16,
        time_signature_denominator: (seed % 9) as u16,
    }
}

/// Also `transport-fuzz-sample-accurate`: it changes inside of blocks as well.
#[test]
fn transport_fuzz() {
    for class in CLASSES {
        let mut instance = instance(class);
        let mut player = instance.activate(SETUP).unwrap();
        for seed in 0..100 {
            let mut events = EventBuffer::new();
            for at in [0, 10, 110] {
                events.push(&transport(at, seed + at));
            }
            player
                .play_events(
                    &[&noise(512, seed), &noise(512, seed)],
                    &events,
                    Some(&transport(0, seed)),
                )
                .unwrap();
            check(&player);
        }
        instance.deactivate(player);
    }
}
