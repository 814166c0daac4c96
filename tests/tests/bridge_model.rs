//! What the threads tell each other beside the queues, in every order in which a processor may show it:
//! `bridge/signals.rs` on loom's atomics, which play them all. The queues are crossbeam's, and tested
//! there; what the bridge asks of them is the last test. The orders of whole calls are `bridge_order`'s.

use std::sync::Arc;

use loom::sync::atomic;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;

#[path = "../../plugin/src/bridge/signals.rs"]
mod signals;

use signals::Signals;

#[test]
fn who_sees_an_epoch_sees_no_number_of_an_older_one() {
    loom::model(|| {
        let signals = Arc::new(Signals::new());
        let audio = signals.clone();
        let audio = thread::spawn(move || {
            audio.set_position(100);
            audio.set_playing_since(50);
            audio.start_epoch();
            audio.set_position(1);
        });
        let epoch = signals.epoch();
        let (position, since) = (signals.position(), signals.playing_since());
        if epoch == 1 {
            assert!(position <= 1, "the position is of the epoch before");
            assert_eq!(since, None, "the start is of the epoch before");
        }
        audio.join().unwrap();
        assert_eq!((signals.epoch(), signals.position()), (1, 1));
    });
}

#[test]
fn a_touch_is_seen_once_and_with_the_value_it_is_of() {
    loom::model(|| {
        let signals = Arc::new(Signals::new());
        let values = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
        let editor = {
            let (signals, values) = (signals.clone(), values.clone());
            thread::spawn(move || {
                for (control_idx, value) in values.iter().enumerate() {
                    value.store(7, Ordering::Relaxed);
                    signals.touch(control_idx);
                }
            })
        };
        let look = || {
            let touched = signals.take_touched();
            for (control_idx, value) in values.iter().enumerate() {
                let is_touched = touched >> control_idx & 1 == 1;
                assert!(!is_touched || value.load(Ordering::Relaxed) == 7);
            }
            touched
        };
        let seen = [look(), look()];
        editor.join().unwrap();
        let seen = seen.into_iter().chain([look()]);
        assert_eq!(seen.sum::<u64>(), 0b11, "lost, or seen twice");
    });
}

/// A queue hands a chunk over together with all that its sender did before: the one thing that the bridge
/// relies on. Then no chunk of a new epoch seems stale, or late by the position of the epoch before.
#[test]
fn a_chunk_comes_with_its_epoch() {
    const NOTHING: u32 = u32::MAX;
    loom::model(|| {
        let signals = Arc::new(Signals::new());
        let queue = Arc::new(AtomicU32::new(NOTHING));
        let worker = {
            let (signals, queue) = (signals.clone(), queue.clone());
            thread::spawn(move || {
                let chunk_epoch = queue.load(Ordering::Acquire);
                if chunk_epoch != NOTHING {
                    assert_eq!(signals.epoch(), chunk_epoch, "it seems stale");
                    assert!(signals.position() <= 1, "it seems late");
                    assert!(!signals.is_stopped());
                }
            })
        };
        signals.set_position(100);
        signals.start_epoch();
        queue.store(signals.epoch(), Ordering::Release);
        signals.set_position(1);
        worker.join().unwrap();
        signals.stop();
        assert!(signals.is_stopped());
    });
}
