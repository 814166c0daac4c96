//! Chords and keys by their numbers (models/README.md), as people write them.

use crate::music::chords::NO_CHORD;

/// The letters in the order of fifths, from F.
const LETTERS: [char; 7] = ['F', 'C', 'G', 'D', 'A', 'E', 'B'];
/// What stands behind a root, by quality.
const SUFFIXES: [&str; 7] = ["", "m", "7", "maj7", "m7", "m7b5", "sus4"];
/// MusicXML's names of the qualities.
const KINDS: [&str; 7] = [
    "major",
    "minor",
    "dominant",
    "major-seventh",
    "minor-seventh",
    "half-diminished",
    "suspended-fourth",
];

/// A key by its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Sharps, or flats below zero: -5 to 6.
    pub fifths: i8,
    /// Whether it is minor.
    pub is_minor: bool,
}

impl Key {
    /// The key with this number: `12 * minor + tonic`.
    pub fn of(key: u8) -> Self {
        let is_minor = key >= 12;
        let major_tonic = (i32::from(key % 12) + if is_minor { 3 } else { 0 }) % 12;
        let fifths = (major_tonic * 7 + 5).rem_euclid(12) - 5;
        Self {
            fifths: fifths as i8,
            is_minor,
        }
    }

    /// The pitch class as this key spells it: the letter, and how many semitones it is raised.
    pub fn spell(self, pitch_class: u8) -> (char, i32) {
        // C is 0 and F is -1. From five fifths below the key to six above it every class is once; in minor
        // from three below, where the leading tone is eight above.
        let lowest = i32::from(self.fifths) - if self.is_minor { 3 } else { 5 };
        let fifth = (i32::from(pitch_class % 12) * 7 - lowest).rem_euclid(12) + lowest;
        // Nobody reads F flat or B sharp on a lead sheet.
        let fifth = match fifth {
            ..-6 => fifth + 12,
            12.. => fifth - 12,
            _ => fifth,
        };
        let letter = LETTERS[(fifth + 1).rem_euclid(7) as usize];
        (letter, (fifth + 1).div_euclid(7))
    }

    /// The pitch class's name in ASCII, such as `Bb`.
    fn name(self, pitch_class: u8) -> String {
        let (letter, alter) = self.spell(pitch_class);
        let sign = match alter {
            0 => "",
            ..0 => "b",
            _ => "#",
        };
        format!("{letter}{sign}")
    }
}

/// What a chord is made of, or `None` for no chord: the root's pitch class and the quality's index.
pub fn parts(chord: u8) -> Option<(u8, usize)> {
    (chord < NO_CHORD).then_some((chord % 12, usize::from(chord / 12)))
}

/// MusicXML's name of a quality.
pub fn kind(quality_idx: usize) -> &'static str {
    KINDS[quality_idx]
}

/// What stands behind the root of a chord of this quality.
pub fn suffix(quality_idx: usize) -> &'static str {
    SUFFIXES[quality_idx]
}

/// A chord's name in ASCII, spelled for the key with this number: `Bbmaj7`, or `N.C.`.
pub fn chord_name(chord: u8, key: u8) -> String {
    match parts(chord) {
        Some((root, quality_idx)) => Key::of(key).name(root) + suffix(quality_idx),
        None => "N.C.".into(),
    }
}

/// The name of the key with this number: `Bb major`.
pub fn key_name(key: u8) -> String {
    let parsed = Key::of(key);
    let mode = if parsed.is_minor { "minor" } else { "major" };
    format!("{} {mode}", parsed.name(key % 12))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chords_are_spelled_as_their_key_has_them() {
        let (c, f, e_flat, a_minor, f_sharp, d_flat) = (0, 5, 3, 12 + 9, 6, 1);
        for (chord, key, expected) in [
            (0, c, "C"),
            (2 * 12 + 10, f, "Bb7"),
            (3 * 12 + 8, e_flat, "Abmaj7"),
            (12 + 6, c, "F#m"),
            (1, c, "Db"),
            (5 * 12 + 11, a_minor, "Bm7b5"),
            (5 * 12 + 5, f_sharp, "E#m7b5"),
            (0, f_sharp, "C"),
            (4 * 12 + 9, d_flat, "Am7"),
            (6 * 12 + 2, c, "Dsus4"),
            (NO_CHORD, c, "N.C."),
        ] {
            assert_eq!(chord_name(chord, key), expected, "{chord} in {key}");
        }
        let names: Vec<_> = [0, 1, 6, 8, 11, 12, 13, 18, 23].map(key_name).into();
        let expected = [
            "C major", "Db major", "F# major", "Ab major", "B major", "C minor", "C# minor",
            "F# minor", "B minor",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn signatures_have_few_accidentals() {
        let fifths = [0, 1, 5, 6, 8, 10, 12, 21].map(|key| Key::of(key).fifths);
        assert_eq!(fifths, [0, -5, -1, 6, -4, -2, -3, 0]);
    }
}
