//! `picture`: a bounce as five spectrograms, one above the other.

mod canvas;
mod spectrogram;

use std::path::{Path, PathBuf, absolute};

use anyhow::{Context, Result, bail};

use crate::bounce::input::{Planar, Reader};
use canvas::{Align, Canvas, Rgb};
use spectrogram::Spectrogram;

/// Draws the mix and the four stems of a bounce as spectrograms
#[derive(clap::Args)]
pub struct Args {
    /// The folder that bounce wrote
    #[arg(value_name = "DIR", value_parser = |path: &str| absolute(path))]
    bounce: PathBuf,
    /// The picture
    #[arg(long, value_name = "FILE.png", value_parser = |path: &str| absolute(path))]
    out: PathBuf,
}

/// The lanes from top to bottom.
const LANES: [(&str, &str); 5] = [
    ("Mix", "mix.wav"),
    ("Drums", "stems/drums.wav"),
    ("Bass", "stems/bass.wav"),
    ("Piano", "stems/piano.wav"),
    ("Other", "stems/other.wav"),
];
// Sizes in pixels; twice what a page shows.
const WIDTH: usize = 1600;
const LEFT: usize = 140;
const RIGHT: usize = 90;
const TOP: usize = 36;
const LANE_HEIGHT: usize = 176;
const LANE_GAP: usize = 18;
const AXIS_HEIGHT: usize = 64;
const BACKGROUND: Rgb = [13, 13, 18];
const NAME_COLOUR: Rgb = [236, 232, 240];
const AXIS_COLOUR: Rgb = [138, 134, 150];
/// From the loudest part of the mix to black, in dB.
const RANGE_DB: f32 = 72.0;
/// Frequencies with a label, in Hz.
const FREQUENCIES: [(f64, &str); 3] = [(100.0, "100 Hz"), (1_000.0, "1 kHz"), (10_000.0, "10 kHz")];

pub fn run(args: &Args) -> Result<()> {
    let width = WIDTH - LEFT - RIGHT;
    let mut spectrograms = Vec::new();
    let mut seconds = 0.0;
    for (_, file) in LANES {
        let (samples, sample_rate) = read(&args.bounce.join(file))?;
        seconds = samples.len() as f64 / f64::from(sample_rate);
        spectrograms.push(Spectrogram::new(&samples, sample_rate, width, LANE_HEIGHT)?);
    }
    let top_db = spectrograms[0].loudest_db();

    let height = TOP + LANES.len() * (LANE_HEIGHT + LANE_GAP) + AXIS_HEIGHT;
    let mut canvas = Canvas::new(WIDTH, height, BACKGROUND)?;
    for (lane_idx, ((name, _), spectrogram)) in LANES.into_iter().zip(&spectrograms).enumerate() {
        let top = TOP + lane_idx * (LANE_HEIGHT + LANE_GAP);
        for row in 0..LANE_HEIGHT {
            for column in 0..width {
                let level = 1.0 + (spectrogram.db(column, row) - top_db) / RANGE_DB;
                canvas.set(LEFT + column, top + row, canvas::magma(level));
            }
        }
        let middle = (top + LANE_HEIGHT / 2) as f32;
        canvas.text(
            name,
            LEFT as f32 - 24.0,
            middle,
            36.0,
            NAME_COLOUR,
            Align::Right,
        );
        for (frequency, label) in FREQUENCIES {
            if let Some(row) = spectrogram.row_of(frequency) {
                let (x, y) = ((WIDTH - RIGHT) as f32, (top + row) as f32);
                canvas.line(WIDTH - RIGHT, top + row, 8, 2, AXIS_COLOUR);
                canvas.text(label, x + 14.0, y, 20.0, AXIS_COLOUR, Align::Left);
            }
        }
    }
    draw_time(&mut canvas, seconds, width, height - AXIS_HEIGHT - LANE_GAP);
    canvas.save(&args.out)?;
    println!("{}", args.out.display());
    Ok(())
}

/// The time axis below the lanes.
fn draw_time(canvas: &mut Canvas, seconds: f64, width: usize, top: usize) {
    let steps = [
        0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0,
    ];
    let step = steps
        .into_iter()
        .find(|step| seconds / step <= 12.0)
        .unwrap_or(600.0);
    let mut tick = 0;
    while tick as f64 * step <= seconds {
        let time = tick as f64 * step;
        let x = LEFT + (time / seconds * width as f64) as usize;
        canvas.line(x, top, 2, 10, AXIS_COLOUR);
        let label = if step < 1.0 {
            format!("{time:.1} s")
        } else {
            format!("{time:.0} s")
        };
        canvas.text(
            &label,
            x as f32,
            top as f32 + 32.0,
            22.0,
            AXIS_COLOUR,
            Align::Centre,
        );
        tick += 1;
    }
}

/// The mean of a file's channels, and its sample rate.
fn read(path: &Path) -> Result<(Vec<f32>, u32)> {
    if !path.is_file() {
        bail!(
            "{} is missing; give a folder that `cargo xtask bounce` wrote",
            path.display()
        );
    }
    let mut reader = Reader::open(path)?;
    let mut samples = Vec::new();
    while let Some(packet) = reader.read()? {
        samples.extend(mean(&packet));
    }
    let sample_rate = reader.format().sample_rate;
    samples
        .first()
        .with_context(|| format!("{} is empty", path.display()))?;
    Ok((samples, sample_rate))
}

fn mean(packet: &Planar) -> impl Iterator<Item = f32> {
    let sum_at = |n: usize| packet.iter().map(|channel| channel[n]).sum::<f32>();
    (0..packet[0].len()).map(move |n| sum_at(n) / packet.len() as f32)
}
