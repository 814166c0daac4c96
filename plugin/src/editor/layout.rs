//! Where everything lies, from the size of the window alone.

use egui::{Rect, Vec2, pos2, vec2};

use crate::params::NUM_STRIPS;

/// The smallest window in points.
pub const MIN_SIZE: Vec2 = vec2(900.0, 480.0);
/// The largest window in points.
pub const MAX_SIZE: Vec2 = vec2(2400.0, 1400.0);

/// Between things, and around them.
const GAP: f32 = 8.0;
/// Between the strips.
const STRIP_GAP: f32 = 4.0;
const HEADER_HEIGHT: f32 = 48.0;
const AXIS_HEIGHT: f32 = 20.0;
const OUTPUT_HEIGHT: f32 = 64.0;
const FOOTER_HEIGHT: f32 = 32.0;
/// Width and height of the corner that resizes the window.
const CORNER: f32 = 20.0;
/// The controls of a strip; its lane takes the rest.
const CONTROLS_WIDTH: f32 = 352.0;
/// What is asked of a band, in one row.
const BAND_HEIGHT: f32 = 30.0;
/// The chords that it hears, in another.
const CHORDS_HEIGHT: f32 = 24.0;
/// Below each of the two.
const BAND_GAP: f32 = 3.0;

/// The parts of the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layout {
    /// Name, menus and buttons.
    pub header: Rect,
    /// Where there is a band, what is asked of it, and its chords.
    pub band: Option<BandLayout>,
    /// The controls of the strips.
    pub strips: [Rect; NUM_STRIPS],
    /// The lanes beside them.
    pub lanes: [Rect; NUM_STRIPS],
    /// Below the strips: the scale of faders and meters.
    pub scale: Rect,
    /// Below the lanes: seconds.
    pub time_axis: Rect,
    /// The controls of the output.
    pub output: Rect,
    /// Beside them: numbers.
    pub facts: Rect,
    /// One sentence.
    pub footer: Rect,
    /// What resizes the window.
    pub corner: Rect,
}

/// The parts of the window that are there for a band, between header and strips.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandLayout {
    /// What a person asks of it.
    pub controls: Rect,
    /// The chord now, over the strips.
    pub chord: Rect,
    /// The last chords, over the lanes.
    pub chords: Rect,
}

impl Layout {
    /// The parts of a window that fills `window`.
    pub fn of(window: Rect, has_band: bool) -> Self {
        let row = |left: f32, right: f32, top: f32, height: f32| {
            Rect::from_min_max(pos2(left, top), pos2(right, top + height))
        };
        let (left, right) = (window.left() + GAP, window.right() - GAP);
        let middle = left + CONTROLS_WIDTH;
        let header_bottom = window.top() + HEADER_HEIGHT;
        let chords_top = header_bottom + BAND_HEIGHT + BAND_GAP;
        let band = has_band.then(|| BandLayout {
            controls: row(left, right, header_bottom, BAND_HEIGHT),
            chord: row(left, middle, chords_top, CHORDS_HEIGHT),
            chords: row(middle, right, chords_top, CHORDS_HEIGHT),
        });
        let top = match band {
            Some(band) => band.chords.bottom() + BAND_GAP,
            None => header_bottom,
        };
        let bottom = window.bottom() - FOOTER_HEIGHT - OUTPUT_HEIGHT - AXIS_HEIGHT;
        let pitch = (bottom - top + STRIP_GAP) / NUM_STRIPS as f32;
        let strip = |idx: usize| {
            // Whole points, so that edges are sharp.
            let strip_top = (top + pitch * idx as f32).round();
            let strip_bottom = (top + pitch * (idx + 1) as f32).round() - STRIP_GAP;
            (strip_top, strip_bottom - strip_top)
        };
        let row_of = |idx: usize, left: f32, right: f32| {
            let (top, height) = strip(idx);
            row(left, right, top, height)
        };
        Self {
            header: row(left, right, window.top(), HEADER_HEIGHT),
            band,
            strips: std::array::from_fn(|idx| row_of(idx, left, middle)),
            lanes: std::array::from_fn(|idx| row_of(idx, middle, right)),
            scale: row(left, middle, bottom, AXIS_HEIGHT),
            time_axis: row(middle, right, bottom, AXIS_HEIGHT),
            output: row(left, middle, bottom + AXIS_HEIGHT, OUTPUT_HEIGHT),
            facts: row(middle, right, bottom + AXIS_HEIGHT, OUTPUT_HEIGHT),
            footer: row(
                left,
                right - CORNER,
                window.bottom() - FOOTER_HEIGHT,
                FOOTER_HEIGHT,
            ),
            corner: Rect::from_min_max(window.max - vec2(CORNER, CORNER), window.max),
        }
    }
}

/// The parts of a strip's controls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StripLayout {
    /// The stripe in the strip's colour.
    pub accent: Rect,
    /// Its name.
    pub name: Rect,
    /// Mute.
    pub mute: Rect,
    /// Solo.
    pub solo: Rect,
    /// The fader.
    pub fader: Rect,
    /// The fader's value.
    pub value: Rect,
    /// The meter, under the fader and on its scale.
    pub meter: Rect,
    /// The meter's peak and clip light.
    pub peak: Rect,
}

impl StripLayout {
    /// The parts in `strip`.
    pub fn of(strip: Rect) -> Self {
        let part = |x: f32, y: f32, width: f32, height: f32| {
            Rect::from_center_size(
                pos2(strip.left() + x + width / 2.0, strip.center().y + y),
                vec2(width, height),
            )
        };
        let (upper, lower) = (-11.0, 16.0);
        Self {
            accent: Rect::from_min_size(strip.min, vec2(4.0, strip.height())),
            name: part(16.0, 0.0, 60.0, 24.0),
            mute: part(76.0, 0.0, 28.0, 28.0),
            solo: part(108.0, 0.0, 28.0, 28.0),
            fader: part(148.0, upper, 144.0, 24.0),
            value: part(296.0, upper, 48.0, 24.0),
            meter: part(148.0, lower, 144.0, 12.0),
            peak: part(296.0, lower, 48.0, 16.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lie_inside_the_window_and_do_not_overlap() {
        let sizes = [MIN_SIZE, vec2(900.0, 520.0), MAX_SIZE];
        for (size, has_band) in sizes
            .into_iter()
            .flat_map(|size| [(size, false), (size, true)])
        {
            let window = Rect::from_min_size(pos2(0.0, 0.0), size);
            let layout = Layout::of(window, has_band);
            let mut parts = vec![
                layout.header,
                layout.scale,
                layout.time_axis,
                layout.output,
                layout.facts,
                layout.footer,
                layout.corner,
            ];
            parts.extend(layout.strips.iter().chain(&layout.lanes));
            if let Some(band) = layout.band {
                parts.extend([band.controls, band.chord, band.chords]);
            }
            for (i, a) in parts.iter().enumerate() {
                assert!(window.contains_rect(*a), "{a:?} in {window:?}");
                for b in &parts[i + 1..] {
                    assert!(!a.shrink(0.1).intersects(b.shrink(0.1)), "{a:?} {b:?}");
                }
            }
            for strip in layout.strips.iter().chain([&layout.output]) {
                let parts = StripLayout::of(*strip);
                assert!(strip.contains_rect(parts.fader), "{size:?}");
                assert!(strip.contains_rect(parts.peak), "{size:?}");
            }
        }
    }
}
