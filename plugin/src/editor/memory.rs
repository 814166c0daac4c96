//! What a project remembers of the editor, made usable whatever the project says.

use egui::{Vec2, vec2};

use super::layout::{MAX_SIZE, MIN_SIZE};
use crate::params::EditorMemory;

/// The smallest scale of the window.
pub const MIN_ZOOM: f32 = 0.75;
/// The largest scale of the window.
pub const MAX_ZOOM: f32 = 2.0;

/// The window's size in points.
pub fn size(memory: &EditorMemory) -> Vec2 {
    let size = vec2(memory.width, memory.height);
    if size.is_finite() {
        size.clamp(MIN_SIZE, MAX_SIZE)
    } else {
        MIN_SIZE
    }
}

/// The scale of the window.
pub fn zoom(memory: &EditorMemory) -> f32 {
    if memory.zoom.is_finite() {
        memory.zoom.clamp(MIN_ZOOM, MAX_ZOOM)
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_cannot_make_the_window_unusable() {
        let memory = EditorMemory {
            width: f32::NAN,
            zoom: 1e9,
            ..EditorMemory::default()
        };
        assert_eq!(size(&memory), MIN_SIZE);
        assert_eq!(zoom(&memory), MAX_ZOOM);
    }
}
