//! What the window shows of the band of a `notes` pack.
//!
//! | file | what |
//! | --- | --- |
//! | `roll` | the notes and beats of the last seconds |
//! | `lane` | a stem's notes, and the lines of bars and beats |
//! | `chords` | the chord, the next one, the key; chords along the lanes |
//! | `chooser` | sets a chord in place of the one that is heard |
//! | `controls`, `cell` | what a person asks of the band |

mod cell;
mod chooser;
pub mod chords;
pub mod controls;
pub mod lane;
mod roll;

pub use roll::Roll;
