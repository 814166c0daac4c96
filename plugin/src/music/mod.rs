//! The music of `notes` packs (models/README.md): pure functions, no thread, no file, no clock.

pub mod chords;
pub mod decode;
mod dice;
pub mod grid;
pub mod hear;
pub mod plan;
pub mod pulse;

pub use dice::Dice;
