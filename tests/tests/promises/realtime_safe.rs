use std::alloc::{GlobalAlloc, Layout, System};
use std::time::Duration;

use one2four::geometry::ChunkSetting;
use one2four::params::gain_idx;

use crate::deck::*;
use crate::doubles::{Double, Trouble};

/// Engine and host are one program here, so that one allocator counts for both.
struct Counting;

// SAFETY: every call is passed on to the system's allocator as it came.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        stage::alloc::note();
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        stage::alloc::note();
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn the_audio_thread_never_allocates_or_frees() {
    // The gate is worth something only if it fires.
    let (_, planted) = stage::alloc::count(|| drop(std::hint::black_box(vec![0_u8; 100])));
    assert!(
        planted >= 2,
        "counted {planted} of a planted allocation and its free"
    );

    let input = noise_signal(2, 60_000);
    let mix: Vec<_> = (0..600)
        .map(|i| (100 * i, with_stem_gain(i % 4, (i % 7) as f32 / 7.0)))
        .collect();
    let stalls = Double::troubled(Trouble::Slow(Duration::from_millis(400)), 5..8);
    for (pace, double) in [(Pace::Offline, Double::sound()), (Pace::Live, stalls)] {
        for setting in [ChunkSetting::Tenth, ChunkSetting::Hop] {
            let mut deck = Deck::new(48_000.0, setting, 2, pace, double.load());
            let played = deck.play(&input, random_blocks(1), &mix);
            assert_eq!(played.allocations, 0, "{setting:?}, {pace:?}");
            deck.engine.editor.touch(gain_idx(1));
            let ((), allocations) = stage::alloc::count(|| deck.engine.room.reset());
            assert_eq!(allocations, 0, "reset");
            assert_eq!(
                deck.play_only(&input, blocks_of(1_111), &mix).allocations,
                0
            );
        }
    }
}
