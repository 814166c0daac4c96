//! Pixels, writing, PNG.

use std::io::BufWriter;
use std::path::Path;

use ab_glyph::{Font, FontRef, ScaleFont, point};
use anyhow::Result;

use crate::files;

/// Red, green, blue.
pub type Rgb = [u8; 3];

/// Which part of a text stands at its place.
#[derive(Clone, Copy, PartialEq)]
pub enum Align {
    /// Its left edge.
    Left,
    /// Its middle.
    Centre,
    /// Its right edge.
    Right,
}

/// A picture under way.
pub struct Canvas {
    width: usize,
    pixels: Vec<u8>,
    font: FontRef<'static>,
}

impl Canvas {
    /// Of one colour.
    pub fn new(width: usize, height: usize, background: Rgb) -> Result<Self> {
        let font = FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT)?;
        Ok(Self {
            width,
            pixels: background.repeat(width * height),
            font,
        })
    }

    /// Colours a pixel.
    pub fn set(&mut self, x: usize, y: usize, colour: Rgb) {
        self.blend(x, y, colour, 1.0);
    }

    /// Fills a rectangle.
    pub fn line(&mut self, x: usize, y: usize, width: usize, height: usize, colour: Rgb) {
        for y in y..y + height {
            for x in x..x + width {
                self.set(x, y, colour);
            }
        }
    }

    /// Writes `text` so that its middle is at the height `y`.
    pub fn text(&mut self, text: &str, x: f32, y: f32, size: f32, colour: Rgb, align: Align) {
        let font = self.font.clone();
        let scaled = font.as_scaled(size);
        let length: f32 = text
            .chars()
            .map(|c| scaled.h_advance(scaled.glyph_id(c)))
            .sum();
        let mut caret = match align {
            Align::Left => x,
            Align::Centre => x - length / 2.0,
            Align::Right => x - length,
        };
        let baseline = y + 0.35 * size; // the middle of a small letter with an ascender
        for character in text.chars() {
            let id = scaled.glyph_id(character);
            let glyph = id.with_scale_and_position(size, point(caret, baseline));
            caret += scaled.h_advance(id);
            if let Some(outline) = font.outline_glyph(glyph) {
                let corner = outline.px_bounds().min;
                outline.draw(|dx, dy, coverage| {
                    let (x, y) = (corner.x + dx as f32, corner.y + dy as f32);
                    if x >= 0.0 && y >= 0.0 {
                        self.blend(x as usize, y as usize, colour, coverage);
                    }
                });
            }
        }
    }

    /// Writes the PNG.
    pub fn save(&self, path: &Path) -> Result<()> {
        write_png(path, self.width, &self.pixels)
    }

    fn blend(&mut self, x: usize, y: usize, colour: Rgb, coverage: f32) {
        let at = 3 * (y * self.width + x);
        if x >= self.width || at + 3 > self.pixels.len() {
            return;
        }
        for (old, new) in self.pixels[at..at + 3].iter_mut().zip(colour) {
            *old = (f32::from(*old) * (1.0 - coverage) + f32::from(new) * coverage).round() as u8;
        }
    }
}

/// Writes rows of pixels, three bytes each.
pub fn write_png(path: &Path, width: usize, rgb: &[u8]) -> Result<()> {
    let height = rgb.len() / 3 / width;
    files::write_whole(path, |file| {
        let mut encoder = png::Encoder::new(BufWriter::new(file), width as u32, height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(rgb)?;
        Ok(writer.finish()?)
    })
}

/// Shades of a level.
const STEPS: f32 = 48.0;

/// The colour of a level from 0 to 1: black, violet, red, yellow, after matplotlib's magma.
pub fn magma(level: f32) -> Rgb {
    const STOPS: [Rgb; 9] = [
        [0, 0, 4],
        [28, 16, 68],
        [79, 18, 123],
        [129, 37, 129],
        [181, 54, 122],
        [229, 80, 100],
        [251, 135, 97],
        [254, 194, 135],
        [252, 253, 191],
    ];
    // Steps that the eye does not see halve the PNG.
    let level = (level.clamp(0.0, 1.0) * STEPS).round() / STEPS;
    let place = level * (STOPS.len() - 1) as f32;
    let stop = (place as usize).min(STOPS.len() - 2);
    let part = place - stop as f32;
    let mix = |from: u8, to: u8| (f32::from(from) * (1.0 - part) + f32::from(to) * part) as u8;
    std::array::from_fn(|channel| mix(STOPS[stop][channel], STOPS[stop + 1][channel]))
}
