//! What holds whatever the numbers are: sizes and delays, blocks of any length, the queues.

// Of what the promises are played on, not everything is needed here.
#[path = "promises/deck.rs"]
#[allow(dead_code)]
mod deck;
#[path = "promises/doubles.rs"]
#[allow(dead_code)]
mod doubles;

use std::sync::Arc;

use one2four::bridge::{self, Chunk, Outcome, Status};
use one2four::geometry::{
    ChunkSetting, Geometry, MAX_BUDGET_S, MIN_BUDGET_S, MaskStream, NotesStream, Stream,
    WaveformStream,
};
use proptest::prelude::*;

use deck::{Deck, Pace, bits, noise_signal, with_stem_gain};
use doubles::Double;

prop_compose! {
    /// Any stream that the `pack.toml` of a `mask` pack may have.
    fn mask_stream()(
        sample_rate in 8_000_u32..=192_000,
        hop in 16_usize..=4096,
        channels in 1_usize..=2,
        lookahead_frames in 0_usize..=256,
    ) -> Stream {
        Stream::Mask(MaskStream { sample_rate, hop, channels, lookahead_frames })
    }
}

prop_compose! {
    /// Any stream that the `pack.toml` of a `waveform` pack may have.
    fn waveform_stream()(
        (sample_rate, overlap) in (8_000_u32..=192_000)
            .prop_flat_map(|rate| (Just(rate), 16_usize..=rate as usize / 2)),
        channels in 1_usize..=2,
    ) -> Stream {
        Stream::Waveform(WaveformStream { sample_rate, channels, overlap })
    }
}

prop_compose! {
    /// Any stream that the `pack.toml` of a `notes` pack may have.
    fn notes_stream()(sample_rate in 8_000_u32..=192_000, hop in 16_usize..=4096) -> Stream {
        Stream::Notes(NotesStream { sample_rate, hop })
    }
}

fn stream() -> impl Strategy<Value = Stream> {
    prop_oneof![mask_stream(), waveform_stream(), notes_stream()]
}

fn setting() -> impl Strategy<Value = ChunkSetting> {
    prop::sample::select(ChunkSetting::ALL.to_vec())
}

/// What the audio and the worker's thread do with the bridge.
#[derive(Debug, Clone, Copy)]
enum Step {
    Collect,
    Work,
    Receive,
    Seek,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop::sample::select(vec![Step::Collect, Step::Work, Step::Receive, Step::Seek]);
    prop::collection::vec(step, 0..200)
}

proptest! {
    #[test]
    fn a_chunk_and_the_time_for_it_last_what_the_setting_says(
        stream in stream(),
        rate in 8_000_f64..384_000.0,
        setting in setting(),
    ) {
        let geometry = Geometry::new(&stream, rate, setting);
        let hop_s = match stream {
            Stream::Mask(stream) => stream.hop as f64 / f64::from(stream.sample_rate),
            Stream::Notes(stream) => stream.hop as f64 / f64::from(stream.sample_rate),
            Stream::Waveform(_) => 512.0 / 44_100.0,
        };
        // The nearest hop whose Fourier transform is fast; those are rarest between 2 and 100.
        let hop_error = (geometry.hop as f64 - hop_s * rate).abs();
        prop_assert!(hop_error <= (0.02 * hop_s * rate).max(2.0), "hop {}", geometry.hop);
        let wished_s = [1.0, 0.25, 0.1, 0.0][setting as usize];
        let chunk_s = geometry.chunk_frames as f64 * hop_s;
        prop_assert!((chunk_s - wished_s).abs() <= hop_s, "a chunk of {chunk_s} s");
        let budget_s = geometry.budget_frames as f64 * hop_s;
        prop_assert!(budget_s <= MAX_BUDGET_S + 0.5 * hop_s, "a budget of {budget_s} s");
        prop_assert!(budget_s >= MIN_BUDGET_S - 1e-6 * hop_s, "a budget of {budget_s} s");
        // A missing chunk is noticed while the one before it can still fade out.
        prop_assert!((1..geometry.chunk_samples()).contains(&geometry.fade_samples()));
        let parts = [
            geometry.chunk_samples(),
            geometry.budget_samples(),
            geometry.worker_delay_samples(),
        ];
        prop_assert_eq!(geometry.latency_samples(), parts.iter().sum::<usize>());
    }

    #[test]
    fn chunks_come_back_once_in_order_and_in_their_epoch(steps in steps(), max_block in 1_usize..10_000) {
        let geometry = Geometry::new(&Stream::DEFAULT, 8_000.0, ChunkSetting::Hop);
        let (mut audio, worker, _owner, _editor) =
            bridge::open(&geometry, 1, max_block, Arc::new(Status::default()));
        let (mut sent, mut received, mut epoch, mut out) = (0, 0, 0, 0);
        for step in steps {
            match step {
                Step::Collect => if let Some(mut chunk) = audio.take_free() {
                    chunk.start = sent;
                    chunk.input_mut(0)[0] = sent as f32;
                    audio.send(chunk);
                    sent += 1;
                    out += 1;
                },
                Step::Work => if let Some(mut chunk) = worker.receive() {
                    chunk.outcome = if worker.is_stale(&chunk) { Outcome::Skipped } else { Outcome::Done };
                    worker.send(chunk);
                },
                Step::Receive => {
                    let before = audio.num_sent();
                    if let Some(chunk) = audio.receive() {
                        prop_assert_eq!((chunk.epoch, chunk.start), (epoch, received));
                        prop_assert_eq!(chunk.input(0)[0], received as f32);
                        received += 1;
                        audio.recycle(chunk);
                    }
                    out -= before - audio.num_sent();
                }
                Step::Seek => {
                    audio.start_epoch();
                    (sent, received, epoch) = (0, 0, epoch + 1);
                }
            }
            prop_assert_eq!(audio.num_sent(), out);
        }
        // Every chunk is somewhere.
        while let Some(chunk) = worker.receive() {
            worker.send(chunk);
        }
        while let Some(chunk) = audio.receive() {
            audio.recycle(chunk);
        }
        let free: Vec<Chunk> = std::iter::from_fn(|| audio.take_free()).collect();
        prop_assert_eq!(free.len(), audio.num_chunks());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn blocks_of_any_lengths_give_the_same_samples(lengths in prop::collection::vec(1_usize..=deck::MAX_BLOCK, 1..40)) {
        let input = noise_signal(1, 20_000);
        let mix = [(0, with_stem_gain(0, 0.0)), (9_000, with_stem_gain(1, 0.5))];
        let play = |blocks: &mut dyn FnMut() -> usize| {
            let load = Double::sound().load();
            let mut deck = Deck::new(44_100.0, ChunkSetting::Hop, 1, Pace::Offline, load);
            bits(&deck.play(&input, blocks, &mix).main)
        };
        let mut lengths = lengths.into_iter().cycle();
        prop_assert!(play(&mut || lengths.next().unwrap_or(1)) == play(&mut || 512));
    }
}
