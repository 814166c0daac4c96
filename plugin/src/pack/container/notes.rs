//! The tensors of a `notes` pack's graphs; each has a `state` and a `next_state` besides.

use super::{FLOAT, INT64};

/// The tensors of a graph.
pub struct Tensors {
    /// Names, types and shapes.
    pub inputs: &'static [(&'static str, i32, &'static [i64])],
    /// Names and shapes; all are floats.
    pub outputs: &'static [(&'static str, &'static [i64])],
}

/// Of the graph without stems.
pub const PLAN: Tensors = Tensors {
    inputs: &[
        ("features", FLOAT, &[18, 42]),
        ("heard", FLOAT, &[1]),
        ("phase", FLOAT, &[12, 34]),
    ],
    outputs: &[("chords", &[85]), ("keys", &[24]), ("styles", &[28])],
};

/// Of the graph with the stems.
pub const BAND: Tensors = Tensors {
    inputs: &[
        ("features", FLOAT, &[18, 42]),
        ("heard", FLOAT, &[1]),
        ("phase", FLOAT, &[12, 34]),
        ("controls", FLOAT, &[12, 31]),
        ("chords", INT64, &[2]),
        ("key", INT64, &[1]),
        ("confidence", FLOAT, &[1]),
    ],
    outputs: &[
        ("drums_onset", &[6, 9]),
        ("drums_velocity", &[6, 9]),
        ("bass_note", &[6, 27]),
        ("bass_velocity", &[6, 1]),
        ("piano_onset", &[6, 36]),
        ("piano_sustain", &[6, 36]),
        ("piano_velocity", &[6, 1]),
        ("other_onset", &[6, 36]),
        ("other_sustain", &[6, 36]),
        ("other_velocity", &[6, 1]),
    ],
};
