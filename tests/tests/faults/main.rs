//! What happens when something goes wrong: each fault is made in a process of its own, and what came of
//! it is the table in `docs/faults.md`.
//!
//! `UPDATE_FAULTS=1 cargo test --workspace --test faults` writes the table; without it the test checks that
//! the table is what happens.
#![cfg(target_os = "linux")]

// Of what the other tests play on, not everything is needed here.
#[path = "../promises/deck.rs"]
#[allow(dead_code)]
mod deck;
#[path = "../promises/doubles.rs"]
#[allow(dead_code)]
mod doubles;
mod engine;
mod files;
mod heard;
mod host;
mod killed;
#[path = "../editor/rig.rs"]
#[allow(dead_code)]
mod rig;

use std::fmt::Write;
use std::fs;
use std::process::Command;

use stage::paths;

stage::count_system_allocations!();

/// Names the fault that a child process shall make.
const FAULT: &str = "ONE2FOUR_FAULT";
/// Before what a child found, and before what a person reads of it.
const FOUND: &str = "found: ";
const SAYS: &str = "says: ";

/// Faults of which more is expected than is found, with what happens and why.
const SHORTFALLS: [(&str, &str, &str); 1] = [(
    "The host processes what was never activated",
    "the host's process ends",
    "nice-plug 0.4.2 panics where a host breaks this rule of CLAP",
)];

/// Something that goes wrong.
struct Fault {
    name: &'static str,
    expected: &'static str,
    /// Makes it, and tells what happened.
    make: fn() -> Found,
}

/// What happened.
pub struct Found {
    /// In the words of `expected`.
    what: String,
    /// What a person reads of it in the editor, in the host, or on the terminal.
    says: Option<String>,
}

fn faults() -> Vec<Fault> {
    let fault = |name, expected, make| Fault {
        name,
        expected,
        make,
    };
    const GAP: &str = "stems, input, stems; misses are counted";
    const PASSES: &str = "stems, input; misses are counted";
    vec![
        fault("The worker stalls for a second", GAP, engine::stalls),
        fault("The networks fail in three chunks", GAP, engine::fails),
        fault(
            "The networks give no numbers in three chunks",
            GAP,
            engine::no_numbers,
        ),
        fault("The worker panics in three chunks", GAP, engine::panics),
        fault(
            "The networks fail from a chunk on",
            PASSES,
            engine::fails_for_good,
        ),
        fault(
            "The networks take more than twenty times as long as the audio from a chunk on",
            PASSES,
            engine::far_too_slow,
        ),
        fault("The worker's thread ends", PASSES, engine::ends),
        fault(
            "The networks cannot be loaded",
            "input; misses are counted",
            engine::not_loaded,
        ),
        fault(
            "The runtime's library is removed",
            "input",
            files::no_runtime,
        ),
        fault(
            "The runtime's library is cut short",
            "input",
            files::short_runtime,
        ),
        fault(
            "The runtime's library is another",
            "input",
            files::other_runtime,
        ),
        fault(
            "The runtime's library is another, and so is the sum beside it",
            "input",
            files::other_runtime_with_its_sum,
        ),
        fault(
            "The host has loaded another copy of the runtime",
            "stems",
            files::second_runtime,
        ),
        fault(
            "The pack is deleted while it plays",
            "stems; after a restart: input",
            files::pack_deleted,
        ),
        fault(
            "The pack is deleted and put back",
            "input, stems",
            files::pack_comes_back,
        ),
        fault(
            "The disk is full while stems are exported",
            "no file is left",
            files::disk_full_in_export,
        ),
        fault(
            "The disk is full in a bounce",
            "no file is left",
            files::disk_full_in_bounce,
        ),
        fault(
            "The system gives no thread at activation",
            "the host is told; the next try plays stems",
            host::no_thread,
        ),
        fault(
            "The system gives too little memory at activation, from 16 KiB to a byte too little",
            "the host is told; the next try plays stems",
            host::no_memory,
        ),
        fault(
            "64 instances come and go on four threads",
            "two others play on, every sample right",
            host::crowd,
        ),
        fault(
            "The host activates twice, and deactivates, resets and stops what rests",
            "stems",
            host::disorder,
        ),
        fault(
            "The host processes what was never activated",
            "the call fails",
            host::process_at_rest,
        ),
        fault(
            "The host restores a state while it plays",
            "stems",
            host::state_while_playing,
        ),
        fault(
            "The host is killed while it plays and saves",
            "the project opens; no other file has changed",
            killed::killed_at_any_moment,
        ),
    ]
}

/// Not a test: what a child process does.
#[test]
#[ignore = "is run by the other test, a fault at a time"]
fn child() {
    let Ok(name) = std::env::var(FAULT) else {
        return;
    };
    if name == killed::VICTIM {
        killed::play_until_killed();
    }
    if name == "abort" {
        std::process::abort();
    }
    let faults = faults();
    let fault = faults.iter().find(|fault| fault.name == name).unwrap();
    let found = (fault.make)();
    println!("\n{FOUND}{}", found.what);
    if let Some(says) = found.says {
        println!("{SAYS}{says}");
    }
}

/// Makes a fault in a process of its own.
fn make(name: &str) -> Found {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "child",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(FAULT, name)
        .env_remove("XDG_DATA_HOME")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let line = |start: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(start))
            .map(str::to_owned)
    };
    match line(FOUND) {
        Some(what) if output.status.success() => Found {
            what,
            says: line(SAYS),
        },
        _ => {
            eprintln!(
                "{name}: {}\n{}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            );
            Found {
                what: "the host's process ends".into(),
                says: None,
            }
        }
    }
}

#[test]
fn every_fault_does_what_docs_faults_md_says() {
    let mut table = String::from(
        "# Faults\n\nWhat happens on the worst day. `UPDATE_FAULTS=1 cargo test --workspace --test faults` makes each of these\n\
         faults and writes this page; without `UPDATE_FAULTS` it checks it, as `cargo xtask test` does.\n\n\
         Input is the aligned input, at the latency that was reported; in a list things come one after the other.\n\n\
         | fault | expected | found | a person reads |\n| --- | --- | --- | --- |\n",
    );
    let mut unexpected = Vec::new();
    for Fault { name, expected, .. } in faults() {
        let found = make(name);
        let shortfall = SHORTFALLS.iter().find(|shortfall| shortfall.0 == name);
        let will_be_found = shortfall.map_or(expected, |shortfall| shortfall.1);
        if found.what != will_be_found {
            unexpected.push(format!(
                "{name}: expected \"{expected}\", found \"{}\"",
                found.what
            ));
        }
        let reason = shortfall.map(|(_, _, reason)| format!("nothing: {reason}"));
        let says = found.says.or(reason).unwrap_or_default();
        writeln!(table, "| {name} | {expected} | {} | {says} |", found.what).unwrap();
    }
    let path = paths::workspace().join("docs/faults.md");
    if std::env::var_os("UPDATE_FAULTS").is_some() {
        fs::write(&path, &table).unwrap();
    }
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    assert_eq!(
        fs::read_to_string(&path).unwrap_or_default(),
        table,
        "docs/faults.md is old"
    );
}

/// The table is worth something only if it would show a dead host.
#[test]
fn a_host_that_dies_is_seen() {
    assert_eq!(make("abort").what, "the host's process ends");
}
