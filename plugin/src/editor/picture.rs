//! The picture's memory: a texture that is written like a ring, a column at a time.

use egui::{Color32, ColorImage, Context, TextureHandle, TextureOptions};

use super::theme;
use crate::bridge::{Column, EditorEnd, NUM_BANDS, NUM_LANES, column_frames};

/// Seconds that the lanes show.
pub const SHOWN_S: f64 = 10.0;
/// Columns of the texture: more than the lanes show and the worker is ahead, at any hop.
const WIDTH: usize = 2048;
/// Rows of the texture: the lanes one after the other, the highest band first.
const HEIGHT: usize = 256;
/// How much of an error of the clock is corrected per second.
const CATCH_UP_PER_S: f64 = 4.0;
/// The largest error of the clock that is corrected gently, in seconds.
const MAX_ERROR_S: f64 = 0.3;

/// What the lanes show.
pub struct Picture {
    texture: TextureHandle,
    /// Per lane, the colour of every level.
    palettes: [Box<[Color32]>; NUM_LANES],
    /// The epoch of what is drawn.
    epoch: u32,
    /// Samples in a column.
    column_samples: f64,
    /// Hz.
    sample_rate: f64,
    /// The column after the last one that is drawn or known to be empty.
    next_column: i64,
    /// The column after the last one with anything in it.
    end_of_sound: i64,
    /// The position at the lanes' right edge.
    now: f64,
}

impl Picture {
    /// Black lanes.
    pub fn new(ctx: &Context) -> Self {
        let options = TextureOptions::LINEAR_REPEAT;
        Self {
            texture: ctx.load_texture("picture", black(WIDTH), options),
            palettes: std::array::from_fn(|lane| palette(theme::ACCENTS[lane])),
            epoch: 0,
            column_samples: 512.0,
            sample_rate: 44_100.0,
            next_column: i64::MIN,
            end_of_sound: i64::MIN,
            now: 0.0,
        }
    }

    /// Starts over with the next sound: what is shown is of another activation.
    pub fn forget(&mut self) {
        self.epoch = u32::MAX;
    }

    /// Draws the columns that came and moves on to what is heard now. While `is_frozen`, what is
    /// shown stays.
    pub fn update(&mut self, engine: &EditorEnd, passed_s: f64, is_frozen: bool) {
        let (epoch, audible) = engine.audible();
        let geometry = &engine.geometry;
        self.sample_rate = geometry.sample_rate;
        self.column_samples = (geometry.hop * column_frames(geometry)) as f64;
        if epoch != self.epoch && !is_frozen {
            self.restart(epoch, audible);
        }
        if !is_frozen {
            self.follow(audible as f64, passed_s);
        }
        self.draw(std::iter::from_fn(|| engine.next_column()));
        // The ring still holds old columns where none came.
        let now = (self.now / self.column_samples) as i64;
        self.clear(self.next_column, now);
        self.next_column = self.next_column.max(now);
    }

    /// The input position at the lanes' right edge.
    pub fn now(&self) -> f64 {
        self.now
    }

    /// The host's rate in Hz.
    pub fn sample_rate(&self) -> f64 {
        self.sample_rate
    }

    /// Whether the lanes show anything.
    pub fn is_empty(&self) -> bool {
        let oldest = (self.now - SHOWN_S * self.sample_rate) / self.column_samples;
        (self.end_of_sound as f64) < oldest
    }

    /// The texture, and the part of it that a lane shows: the whole time and the lane's bands.
    pub fn lane(&self, lane: usize) -> (egui::TextureId, egui::Rect) {
        let column = |position: f64| position / self.column_samples;
        let (start, end) = (
            column(self.now - SHOWN_S * self.sample_rate),
            column(self.now),
        );
        // Floats are exact enough near zero only; the ring repeats.
        let turns = (start / WIDTH as f64).floor() * WIDTH as f64;
        let u = |column: f64| ((column - turns) / WIDTH as f64) as f32;
        // Half a row inside, so that lanes do not bleed into each other.
        let row = |row: f64| ((row + (lane * NUM_BANDS) as f64) / HEIGHT as f64) as f32;
        let bands = NUM_BANDS as f64;
        let part = egui::Rect::from_min_max(
            egui::pos2(u(start), row(0.5)),
            egui::pos2(u(end), row(bands - 0.5)),
        );
        (self.texture.id(), part)
    }

    fn restart(&mut self, epoch: u32, audible: i64) {
        self.epoch = epoch;
        self.now = audible as f64;
        let options = TextureOptions::LINEAR_REPEAT;
        self.texture.set(black(WIDTH), options);
        self.next_column = i64::MIN;
        self.end_of_sound = i64::MIN;
    }

    /// Moves with the clock, and gently to where the audio is: it comes in blocks.
    fn follow(&mut self, audible: f64, passed_s: f64) {
        let error = audible - self.now;
        if error.abs() > MAX_ERROR_S * self.sample_rate {
            self.now = audible;
        } else {
            let error_after = error - passed_s * self.sample_rate;
            self.now +=
                passed_s * self.sample_rate + error_after * (CATCH_UP_PER_S * passed_s).min(1.0);
        }
    }

    fn draw(&mut self, columns: impl Iterator<Item = Column>) {
        let mut run: Vec<Column> = Vec::new();
        let mut run_start = 0;
        for column in columns {
            if column.epoch != self.epoch {
                continue;
            }
            let at = (column.position as f64 / self.column_samples).floor() as i64;
            if at != run_start + run.len() as i64 {
                self.upload(run_start, &run);
                run.clear();
            }
            if run.is_empty() {
                run_start = at;
            }
            run.push(column);
        }
        self.upload(run_start, &run);
    }

    /// Writes columns that follow each other.
    fn upload(&mut self, start: i64, columns: &[Column]) {
        if columns.is_empty() {
            return;
        }
        self.clear(self.next_column, start);
        let end = start + columns.len() as i64;
        self.next_column = self.next_column.max(end);
        let is_sound = |column: &Column| column.bands.iter().flatten().any(|&level| level > 0);
        if columns.iter().any(is_sound) {
            self.end_of_sound = self.end_of_sound.max(end);
        }
        let mut image = black(columns.len());
        for (x, column) in columns.iter().enumerate() {
            for (lane, bands) in column.bands.iter().enumerate() {
                for (band, &level) in bands.iter().rev().enumerate() {
                    let y = lane * NUM_BANDS + band;
                    image[(x, y)] = self.palettes[lane][level as usize];
                }
            }
        }
        self.write(start, &image);
    }

    fn clear(&mut self, start: i64, end: i64) {
        let start = start.max(end - WIDTH as i64);
        if end > start {
            self.write(start, &black((end - start) as usize));
        }
    }

    /// Writes into the ring, in two parts where it wraps.
    fn write(&mut self, start: i64, image: &ColorImage) {
        let mut done = 0;
        while done < image.width() {
            let x = (start + done as i64).rem_euclid(WIDTH as i64) as usize;
            let len = (image.width() - done).min(WIDTH - x);
            let part = image.region_by_pixels([done, 0], [len, HEIGHT]);
            self.texture
                .set_partial([x, 0], part, TextureOptions::LINEAR_REPEAT);
            done += len;
        }
    }
}

fn black(width: usize) -> ColorImage {
    ColorImage::filled([width, HEIGHT], theme::WELL)
}

/// From the background through the lane's colour to nearly white.
fn palette(accent: Color32) -> Box<[Color32]> {
    let bright = accent.lerp_to_gamma(Color32::WHITE, 0.75);
    (0..=255_u8)
        .map(|level| {
            let t = f32::from(level) / 255.0;
            if t < 0.7 {
                theme::WELL.lerp_to_gamma(accent, (t / 0.7).powf(1.2))
            } else {
                accent.lerp_to_gamma(bright, (t - 0.7) / 0.3)
            }
        })
        .collect()
}
