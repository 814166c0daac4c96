//! `picture`: a bounce as spectrograms, one above the other; of a band, the notes it played.

pub mod canvas;
mod roll;
mod spectrogram;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use stage::read_audio;

use canvas::{Align, Canvas, Rgb};
use roll::Roll;
use spectrogram::Spectrogram;

use crate::workspace;

/// Draws the mix and the four stems of a bounce as spectrograms, or the notes of its band
#[derive(clap::Args)]
pub struct Args {
    /// The folder that bounce wrote
    #[arg(value_name = "DIR", value_parser = workspace::path())]
    bounce: PathBuf,
    /// What `bounce --midi` wrote: draws the solo, the mix, and the notes of each stem
    #[arg(long, value_name = "FILE.mid", value_parser = workspace::path())]
    midi: Option<PathBuf>,
    /// The picture
    #[arg(long, value_name = "FILE.png", value_parser = workspace::path())]
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
/// What is between them.
const SPAN: usize = WIDTH - LEFT - RIGHT;
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
    let mut lanes = Vec::new();
    for (name, file) in LANES {
        let (samples, sample_rate) = read(&args.bounce.join(file))?;
        lanes.push(Lane {
            name,
            samples,
            sample_rate,
        });
    }
    let seconds = lanes[0].samples.len() as f64 / f64::from(lanes[0].sample_rate);
    let roll = args.midi.as_deref().map(|path| Roll::read(path, seconds));
    let roll = roll.transpose()?;
    if roll.is_some() {
        lanes = solo_and_mix(lanes);
    }
    let mut spectrograms = Vec::new();
    for lane in &lanes {
        spectrograms.push(Spectrogram::new(
            &lane.samples,
            lane.sample_rate,
            SPAN,
            LANE_HEIGHT,
        )?);
    }
    let top_db = spectrograms.iter().map(Spectrogram::loudest_db);
    let top_db = top_db.fold(f32::NEG_INFINITY, f32::max);

    let roll_top = TOP + lanes.len() * (LANE_HEIGHT + LANE_GAP);
    let axis = roll_top + roll.as_ref().map_or(0, |_| Roll::HEIGHT);
    let mut canvas = Canvas::new(WIDTH, axis + AXIS_HEIGHT, BACKGROUND)?;
    for (lane_idx, (lane, spectrogram)) in lanes.iter().zip(&spectrograms).enumerate() {
        let top = TOP + lane_idx * (LANE_HEIGHT + LANE_GAP);
        draw_lane(&mut canvas, top, lane.name, spectrogram, top_db);
    }
    if let Some(roll) = roll {
        roll.draw(&mut canvas, roll_top, seconds);
    }
    draw_time(&mut canvas, seconds, SPAN, axis - LANE_GAP);
    canvas.save(&args.out)?;
    println!("{}", args.out.display());
    Ok(())
}

/// A file of the bounce.
struct Lane {
    name: &'static str,
    samples: Vec<f32>,
    sample_rate: u32,
}

/// Of a mix and the stems that joined the input: the input, which is what they leave of it, and the mix.
fn solo_and_mix(lanes: Vec<Lane>) -> Vec<Lane> {
    let mut lanes = lanes.into_iter();
    let Some(mix) = lanes.next() else {
        return Vec::new();
    };
    let mut samples = mix.samples.clone();
    for stem in lanes {
        let pairs = samples.iter_mut().zip(&stem.samples);
        pairs.for_each(|(left, stem)| *left -= stem);
    }
    let sample_rate = mix.sample_rate;
    let solo = Lane {
        name: "Solo",
        samples,
        sample_rate,
    };
    vec![solo, mix]
}

/// Names a lane whose middle row is `middle`.
fn write_name(canvas: &mut Canvas, name: &str, middle: usize) {
    let x = LEFT as f32 - 24.0;
    canvas.text(name, x, middle as f32, 36.0, NAME_COLOUR, Align::Right);
}

fn draw_lane(canvas: &mut Canvas, top: usize, name: &str, spectrogram: &Spectrogram, top_db: f32) {
    for row in 0..LANE_HEIGHT {
        for column in 0..SPAN {
            let level = 1.0 + (spectrogram.db(column, row) - top_db) / RANGE_DB;
            canvas.set(LEFT + column, top + row, canvas::magma(level));
        }
    }
    write_name(canvas, name, top + LANE_HEIGHT / 2);
    for (frequency, label) in FREQUENCIES {
        if let Some(row) = spectrogram.row_of(frequency) {
            let (x, y) = ((WIDTH - RIGHT) as f32, (top + row) as f32);
            canvas.line(WIDTH - RIGHT, top + row, 8, 2, AXIS_COLOUR);
            canvas.text(label, x + 14.0, y, 20.0, AXIS_COLOUR, Align::Left);
        }
    }
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
    let (channels, sample_rate) = read_audio(path)?;
    let sum_at = |n: usize| channels.iter().map(|channel| channel[n]).sum::<f32>();
    let samples = (0..channels[0].len()).map(|n| sum_at(n) / channels.len() as f32);
    Ok((samples.collect(), sample_rate))
}
