//! Chords and keys as numbers: a chord is `quality * 12 + root`, a key `12 * minor + tonic`; 0 is C.

/// Chords that there are, with no chord.
pub const CHORDS: usize = 85;
/// No chord.
pub const NO_CHORD: u8 = 84;
/// Keys that there are.
pub const KEYS: usize = 24;

/// Pitch classes, a bit each.
pub type Classes = u16;

/// The tones of the qualities maj, m, 7, M7, m7, m7b5, sus4, as if the root were C.
const QUALITIES: [Classes; 7] = [
    classes(&[0, 4, 7]),
    classes(&[0, 3, 7]),
    classes(&[0, 4, 7, 10]),
    classes(&[0, 4, 7, 11]),
    classes(&[0, 3, 7, 10]),
    classes(&[0, 3, 6, 10]),
    classes(&[0, 5, 7]),
];
/// The major and the minor scale.
const SCALES: [Classes; 2] = [
    classes(&[0, 2, 4, 5, 7, 9, 11]),
    classes(&[0, 2, 3, 5, 7, 8, 10]),
];

const fn classes(steps: &[u8]) -> Classes {
    let (mut classes, mut idx) = (0, 0);
    while idx < steps.len() {
        classes |= 1 << steps[idx];
        idx += 1;
    }
    classes
}

/// The root of a chord; C where there is none.
pub fn root_of(chord: u8) -> u8 {
    if chord >= NO_CHORD { 0 } else { chord % 12 }
}

/// The tones of a chord; none where there is none.
pub fn tones(chord: u8) -> Classes {
    if chord >= NO_CHORD {
        return 0;
    }
    raised(QUALITIES[usize::from(chord / 12)], chord % 12)
}

/// The tones of a key.
pub fn scale(key: u8) -> Classes {
    raised(SCALES[usize::from(key / 12).min(1)], key % 12)
}

/// Whether a pitch is one of the classes.
pub fn has(classes: Classes, pitch: i32) -> bool {
    classes >> pitch.rem_euclid(12) & 1 == 1
}

fn raised(classes: Classes, steps: u8) -> Classes {
    let twice = u32::from(classes) << steps;
    ((twice | twice >> 12) & 0xfff) as Classes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chords_and_keys_hold_their_tones() {
        let names = |classes: Classes| (0..12).filter(|&class| has(classes, class)).collect();
        let of_chord = |chord: u8| -> Vec<i32> { names(tones(chord)) };
        assert_eq!(of_chord(9), [1, 4, 9], "A");
        assert_eq!(of_chord(12 + 9), [0, 4, 9], "Am");
        assert_eq!(of_chord(5 * 12 + 11), [2, 5, 9, 11], "Bm7b5");
        assert!(of_chord(NO_CHORD).is_empty());
        let of_key = |key: u8| -> Vec<i32> { names(scale(key)) };
        assert_eq!(of_key(7), [0, 2, 4, 6, 7, 9, 11], "G");
        assert_eq!(of_key(12 + 9), [0, 2, 4, 5, 7, 9, 11], "A minor");
    }
}
