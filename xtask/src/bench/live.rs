//! What is measured in this process: the worker, the audio thread, a bounce.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use indicatif::ProgressBar;
use stage::{Binary, MULTI_OUT, Metre, Mode, Reader, Setup, Transport, read_audio};

use super::Row;
use super::song::Song;
use crate::bounce::Block;
use crate::bounce::feed::Feed;
use crate::bounce::output::Output;
use crate::bounce::render::Render;
use crate::measure::Percentiles;
use crate::workspace::Workspace;

const RATE: u32 = 48_000;
const SETUP: Setup = Setup {
    sample_rate: RATE as f64,
    max_block: 512,
};
/// In a block that is played in real time.
const FRAMES: usize = 64;
/// For how long blocks are played in real time, in seconds.
const PACED_S: usize = 20;
/// Chunk settings and the worker's target in ms per second, where there is one.
const CHUNKS: [(&str, Option<f64>); 4] = [
    ("1s", Some(40.0)),
    ("250ms", None),
    ("100ms", None),
    ("hop", Some(350.0)),
];
/// The class whose work is measured, except where stems are looked at.
const STEREO: &str = "org.one2four.stereo";

/// The worker's time for a second of audio, at each chunk setting.
pub fn worker(workspace: &Workspace) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (chunk, target) in CHUNKS {
        let binary = Binary::open(&workspace.clap())?;
        let mut instance = binary.instantiate(STEREO)?;
        instance.set_mode(Mode::Offline)?;
        instance.set_text("chunk", chunk)?;
        let mut player = instance.activate(SETUP)?;
        let mut song = Song::read(workspace)?;
        for _ in 0..20 * RATE / 512 {
            song.play(&mut player, 512)?;
        }
        let what = format!("worker, chunk {chunk}, 48 kHz stereo");
        let row = Row::new(what, worker_ms_per_second(&binary)?, "ms/s");
        rows.push(target.map_or(row.clone(), |target| row.at_most(target)));
        instance.deactivate(player);
    }
    Ok(rows)
}

/// The same with a band around a solo: networks and sampler, in a style in which all stems have much to play.
pub fn band(workspace: &Workspace) -> Result<Vec<Row>> {
    const BPM: f64 = 140.0;
    const SOUL: &str = "10";
    let (solo, rate) = read_audio(&workspace.root.join("examples/solo-guitar-140.ogg"))?;
    let sample_rate = f64::from(rate);
    let mut rows = Vec::new();
    for chunk in ["1s", "hop"] {
        let binary = Binary::open(&workspace.clap())?;
        let mut instance = binary.instantiate(STEREO)?;
        let mut state = instance.save()?;
        state.set_field("pack", "accompany");
        instance.load(&state)?;
        instance.set_mode(Mode::Offline)?;
        instance.set_text("chunk", chunk)?;
        instance.set_text("style", SOUL)?;
        let mut player = instance.activate(Setup {
            sample_rate,
            max_block: 512,
        })?;
        player.set_transport(Some(Transport::new(sample_rate, BPM, Metre::COMMON)));
        for block in solo[0].chunks(512) {
            player.play(&[block, block], &[])?;
        }
        let what = format!("worker of a band at {BPM} per minute, chunk {chunk}");
        rows.push(Row::new(what, worker_ms_per_second(&binary)?, "ms/s").at_most(60.0));
        instance.deactivate(player);
    }
    Ok(rows)
}

fn worker_ms_per_second(binary: &Binary) -> Result<f64> {
    let report = binary.report()?.instances.pop();
    let report = report.context("the plugin reports no instance")?;
    if let Some(fault) = report.fault {
        bail!("there is nothing to measure: {fault}");
    }
    ensure!(report.worker_ms_per_second > 0.0, "no chunk was separated");
    Ok(report.worker_ms_per_second)
}

/// A bounce of the example.
pub fn bounce(workspace: &Workspace) -> Result<Vec<Row>> {
    let reader = Reader::open(&workspace.example())?;
    let host_rate = reader.format().sample_rate;
    let folder = tempfile::tempdir()?;
    let mut output = Output::create(folder.path(), reader.format())?;
    let mut instance = Binary::open(&workspace.clap())?.instantiate(MULTI_OUT)?;
    instance.set_mode(Mode::Offline)?;
    let player = instance.activate(Setup {
        sample_rate: host_rate.into(),
        max_block: 512,
    })?;
    let latency = instance.latency()?;
    let render = Render {
        feed: Feed::new(reader, host_rate)?,
        player,
        automation: Vec::new(),
        latency,
        host_rate,
        mode: Mode::Offline,
    };
    let (player, rendered) = render.run(Block::Fixed(512), &mut output, &ProgressBar::hidden())?;
    instance.deactivate(player);
    let factor = rendered.wall.as_secs_f64() / rendered.seconds;
    Ok(vec![
        Row::new("bounce of the example, part of real time", factor, "").at_most(0.06),
    ])
}

/// How far the stems' first sound is from where the latency puts it.
pub fn first_stem(workspace: &Workspace) -> Result<Vec<Row>> {
    let mut instance = Binary::open(&workspace.clap())?.instantiate(MULTI_OUT)?;
    instance.set_mode(Mode::Offline)?;
    let mut player = instance.activate(SETUP)?;
    let latency = instance.latency()?;
    let onset = 10_007;
    let sound = |n: usize| {
        if n < onset {
            0.0
        } else {
            0.5 * ((n - onset) as f32 * 0.3).cos()
        }
    };
    let mut first = None;
    for block_idx in 0..(onset + latency) / 512 + 2 {
        let block: Vec<f32> = (0..512).map(|n| sound(block_idx * 512 + n)).collect();
        player.play(&[&block, &block], &[])?;
        let stems: Vec<_> = (1..player.num_buses())
            .map(|bus_idx| player.bus(bus_idx)[0])
            .collect();
        let heard = (0..512).find(|&n| stems.iter().map(|stem| stem[n]).sum::<f32>().abs() > 1e-3);
        first = first.or(heard.map(|n| block_idx * 512 + n));
    }
    instance.deactivate(player);
    let first = first.context("no stem was heard")?;
    let error = first.abs_diff(onset + latency) as f64;
    Ok(vec![
        Row::new(
            "reported latency, chunk 1s, 48 kHz",
            latency as f64,
            "samples",
        ),
        Row::new(
            "first stem, distance from the reported latency",
            error,
            "samples",
        )
        .at_most(0.0),
    ])
}

/// The time of process(), paced like a sound card, as a part of the block's time.
pub fn process(workspace: &Workspace) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for chunk in ["1s", "hop"] {
        let mut instance = Binary::open(&workspace.clap())?.instantiate(STEREO)?;
        instance.set_mode(Mode::Realtime)?;
        instance.set_text("chunk", chunk)?;
        let mut player = instance.activate(SETUP)?;
        let mut song = Song::read(workspace)?;
        let percent = paced(|| {
            song.play(&mut player, FRAMES)?;
            Ok(player.last_process())
        })?;
        instance.deactivate(player);
        let name =
            |part: &str| format!("process(), {FRAMES} frames, chunk {chunk}, {part} of the block");
        rows.push(Row::new(name("p50"), percent.p50, "%"));
        rows.push(Row::new(name("p99"), percent.p99, "%"));
        rows.push(Row::new(name("p99.9"), percent.p999, "%").at_most(3.0));
        rows.push(Row::new(name("max"), percent.max, "%"));
    }
    let percent = paced(|| Ok(counting()))?;
    let name = |part: &str| format!("the machine alone: counting instead, {part}");
    rows.push(Row::new(name("p50"), percent.p50, "%"));
    rows.push(Row::new(name("p99.9"), percent.p999, "%"));
    Ok(rows)
}

/// How long it takes to count to a number that is always the same: what differs is the machine's.
fn counting() -> Duration {
    let start = Instant::now();
    for count in 0..20_000_u32 {
        black_box(count);
    }
    start.elapsed()
}

/// Does something for every block in real time, and tells the part of the block's time that it took, in
/// percent.
fn paced(mut block: impl FnMut() -> Result<Duration>) -> Result<Percentiles> {
    let block_s = FRAMES as f64 / f64::from(RATE);
    let mut percent = Vec::new();
    let start = Instant::now();
    for block_idx in 0..PACED_S * RATE as usize / FRAMES {
        let due = Duration::from_secs_f64(block_idx as f64 * block_s);
        std::thread::sleep(due.saturating_sub(start.elapsed()));
        percent.push(block()?.as_secs_f64() / block_s * 100.0);
    }
    Ok(Percentiles::of(percent))
}
