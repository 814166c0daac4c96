//! What the plugin never does on the host's audio thread, its wrapper included: allocate, free, or
//! call the system, be it for a lock, a file or a rest. Played as it is released, and as it is built
//! for tests, with the checks of a debug build.
//!
//! A lock that nobody else holds is not seen here. `plugin/clippy.toml` keeps locks out of our own part
//! of the audio thread, held or not; this keeps out those that the wrapper shares with other threads.
#![cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use stage::syscalls::{self, Watch};
use stage::{
    Binary, CLASSES, Change, MULTI_OUT, Metre, Mode, Player, STEREO, Setup, Transport, alloc, paths,
};

stage::count_system_allocations!();

const MAX_BLOCK: usize = 4096;
/// How far the sweep plays ahead of time: less than a host that may be made to wait.
const MAX_LEAD: Duration = Duration::from_millis(50);
/// The same at one hop in the longest blocks. A known fault: the wrapper cuts a block at automation, each part counts
/// as a block that came as early as the first, and with these 43 ms more the host would be made to wait.
const MAX_LEAD_OF_CUT_BLOCKS: Duration = Duration::from_millis(20);

/// What is played, once per row of the sweep.
#[derive(Debug, Clone, Copy)]
struct Piece {
    class: &'static str,
    chunk: &'static str,
    rate: f64,
    block: usize,
    /// The pack, where it is not the default one.
    pack: Option<&'static str>,
}

/// Every rate with every length of blocks, and either with each class and chunk in turn.
fn pieces() -> Vec<Piece> {
    const CHUNKS: [&str; 3] = ["hop", "100ms", "250ms"];
    const BLOCKS: [usize; 6] = [1, 17, 64, 441, 1024, MAX_BLOCK];
    let rates = [44_100.0, 48_000.0, 88_200.0, 96_000.0, 192_000.0];
    let mut pieces = Vec::new();
    for (rate_idx, rate) in rates.into_iter().enumerate() {
        for (block_idx, block) in BLOCKS.into_iter().enumerate() {
            pieces.push(Piece {
                class: CLASSES[(rate_idx + block_idx) % 2],
                chunk: CHUNKS[(rate_idx + block_idx) % 3],
                rate,
                block,
                pack: None,
            });
        }
    }
    // A band, whose notes go out.
    pieces.push(Piece {
        class: MULTI_OUT,
        chunk: "hop",
        rate: 48_000.0,
        block: 441,
        pack: Some("accompany"),
    });
    pieces
}

fn tone(len: usize) -> Vec<f32> {
    (0..len).map(|n| (n as f32 * 0.1).sin() * 0.5).collect()
}

/// What came out of a piece.
#[derive(Debug, Default)]
struct Heard {
    stems: bool,
    notes: bool,
}

/// Plays for a moment like a sound card, with automation and a seek in the middle: so long that stems come
/// out before it and after it, but for blocks of one sample.
fn play(player: &mut Player, piece: Piece, instance_gain: clack_host::prelude::ClapId) -> Heard {
    let seconds = match (piece.pack, piece.chunk) {
        _ if piece.block == 1 => 0.05,
        (Some(_), _) => 4.0,
        (None, "hop") => 0.9,
        (None, "100ms") => 1.2,
        _ => 2.0,
    };
    let num_blocks = (seconds * piece.rate) as usize / piece.block + 2;
    let block = tone(piece.block);
    let max_lead = if piece.block == MAX_BLOCK && piece.chunk == "hop" {
        MAX_LEAD_OF_CUT_BLOCKS
    } else {
        MAX_LEAD
    };
    let mut heard = Heard::default();
    let mut started = Instant::now();
    for block_idx in 0..num_blocks {
        let change = Change {
            at: piece.block / 2,
            param: instance_gain,
            value: (block_idx % 7) as f64 / 7.0,
        };
        let changes = if block_idx % 8 == 3 {
            &[change][..]
        } else {
            &[]
        };
        player.play(&[&block, &block], changes).unwrap();
        if block_idx == num_blocks / 2 {
            player.reset();
        }
        let is_loud = |bus_idx| player.bus(bus_idx)[0].iter().any(|sample| *sample != 0.0);
        heard.stems |= (1..player.num_buses()).any(is_loud);
        heard.notes |= !player.notes().is_empty();
        let played = Duration::from_secs_f64((block_idx * piece.block) as f64 / piece.rate);
        // What a sound card did not get in time is lost: it does not hurry afterwards.
        started += started.elapsed().saturating_sub(played);
        std::thread::sleep(played.saturating_sub(started.elapsed() + max_lead));
    }
    heard
}

/// The audio thread of one piece, and a main thread that asks for everything meanwhile.
fn perform(binary: &Binary, piece: Piece) -> Heard {
    let mut instance = binary.instantiate(piece.class).unwrap();
    instance.set_mode(Mode::Realtime).unwrap();
    instance.set_text("chunk", piece.chunk).unwrap();
    if let Some(pack) = piece.pack {
        let mut state = instance.save().unwrap();
        state.set_field("pack", pack);
        instance.load(&state).unwrap();
    }
    let gain = instance.param("bass_gain").unwrap().clap_id;
    let setup = Setup {
        sample_rate: piece.rate,
        max_block: MAX_BLOCK,
    };
    let mut player = instance.activate(setup).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while !binary.report().unwrap().instances.last().unwrap().ready {
        assert!(
            Instant::now() < deadline,
            "the pack is not loaded, {piece:?}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    if piece.pack.is_some() {
        player.set_transport(Some(Transport::new(piece.rate, 120.0, Metre::COMMON)));
    }
    let (player, heard) = std::thread::scope(|scope| {
        let audio = scope.spawn(move || {
            // In a thread's first block the system makes room for the thread's own variables in a file
            // that was loaded late, whatever the file.
            let change = Change {
                at: 0,
                param: gain,
                value: 0.5,
            };
            player.play(&[&[0.1], &[0.1]], &[change]).unwrap();
            alloc::abort_on_this_thread();
            let _watch = Watch::start().expect("Linux 5.11 or newer");
            let heard = play(&mut player, piece, gain);
            (player, heard)
        });
        while !audio.is_finished() {
            instance.save().unwrap();
            instance.run_main_thread();
            binary.report().unwrap();
        }
        audio.join().unwrap()
    });
    let calls: Vec<_> = player
        .system_calls()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(calls.is_empty(), "system calls {calls:?}, {piece:?}");
    instance.deactivate(player);
    heard
}

/// Plays every piece on a machine whose cores are all busy and whose plugin's locks are held by
/// others most of the time. What came out of any.
fn sweep(clap: &Path) -> Heard {
    let is_over = AtomicBool::new(false);
    let binary = Binary::open(clap).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::black_box(tone(4096));
                }
            });
        }
        scope.spawn(|| {
            let binary = Binary::open(clap).unwrap();
            while !is_over.load(Ordering::Relaxed) {
                binary.report().unwrap();
            }
        });
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let heard: Vec<_> = pieces()
                .into_iter()
                .map(|piece| perform(&binary, piece))
                .collect();
            Heard {
                stems: heard.iter().any(|heard| heard.stems),
                notes: heard.iter().any(|heard| heard.notes),
            }
        }));
        is_over.store(true, Ordering::Relaxed);
        ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

#[test]
fn the_released_plugin_keeps_the_audio_thread_free() {
    let heard = sweep(&paths::clap());
    assert!(heard.stems && heard.notes, "{heard:?} came out");
}

#[test]
fn the_plugin_with_the_checks_of_a_debug_build_keeps_the_audio_thread_free() {
    let folder = tempfile::tempdir().unwrap();
    sweep(&paths::debug_clap(folder.path()));
}

/// Names the CLAP in which a child process shall allocate where it must not.
const PLANT: &str = "ONE2FOUR_PLANT";

/// Not a test: what a child process does.
#[test]
#[ignore = "is run by the test of the allocator"]
fn plant_an_allocation() {
    let Some(clap) = std::env::var_os(PLANT) else {
        return;
    };
    let binary = Binary::open(Path::new(&clap)).unwrap();
    alloc::abort_on_this_thread();
    let _ = alloc::count(|| binary.instantiate(STEREO));
}

#[test]
fn an_allocation_inside_the_plugin_file_aborts() {
    const SIGABRT: i32 = 6;
    let folder = tempfile::tempdir().unwrap();
    for clap in [paths::clap(), paths::debug_clap(folder.path())] {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "plant_an_allocation", "--ignored"])
            .env(PLANT, clap)
            .output()
            .unwrap();
        assert_eq!(child.status.signal(), Some(SIGABRT), "{child:?}");
    }
}

/// An offline host is made to wait for its stems: there process() sleeps.
#[test]
fn a_wait_inside_the_plugin_file_is_seen() {
    // A file of its own: reports of the sweep's are of its instances.
    let folder = tempfile::tempdir().unwrap();
    let binary = Binary::open(&paths::debug_clap(folder.path())).unwrap();
    let mut instance = binary.instantiate(MULTI_OUT).unwrap();
    instance.set_mode(Mode::Offline).unwrap();
    let mut player = instance
        .activate(Setup {
            sample_rate: 48_000.0,
            max_block: MAX_BLOCK,
        })
        .unwrap();
    let _watch = Watch::start().expect("Linux 5.11 or newer");
    let block = tone(MAX_BLOCK);
    for _ in 0..60 {
        player.play(&[&block, &block], &[]).unwrap();
    }
    let names: Vec<_> = player
        .system_calls()
        .iter()
        .filter_map(|call| call.name())
        .collect();
    assert!(
        names.contains(&"futex") || names.contains(&"clock_nanosleep"),
        "{names:?}"
    );
    instance.deactivate(player);
}

#[test]
fn a_lock_that_another_thread_holds_is_seen() {
    let _watch = Watch::start().expect("Linux 5.11 or newer");
    let lock = Mutex::new(());
    let (_, free) = syscalls::watch(|| drop(lock.lock().unwrap()));
    assert_eq!(free, None, "nobody holds it");
    let is_held = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _held = lock.lock().unwrap();
            is_held.store(true, Ordering::Release);
            std::thread::sleep(Duration::from_millis(100));
        });
        while !is_held.load(Ordering::Acquire) {
            std::hint::spin_loop();
        }
        let (_, taken) = syscalls::watch(|| drop(lock.lock().unwrap()));
        assert_eq!(taken.and_then(|call| call.name()), Some("futex"));
    });
}

#[test]
fn a_write_is_seen_and_made() {
    let _watch = Watch::start().expect("Linux 5.11 or newer");
    let mut file = tempfile::tempfile().unwrap();
    let (written, call) = syscalls::watch(|| std::io::Write::write(&mut file, b"log line"));
    assert_eq!(written.unwrap(), 8);
    assert_eq!(call.and_then(|call| call.name()), Some("write"));
}
