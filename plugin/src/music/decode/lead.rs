//! From chord to chord: which inversion is played.

use std::ops::Range;

use super::pitches;

/// The inversion of a chord, a bit for each pitch, whose top note is nearest to `top`, that of the last
/// chord; a note moved by an octave counts as a semitone. Of equals the one that moves least, then the
/// lower. A note alone is no chord.
pub fn led(chord: u128, top: &mut Option<i32>, range: &Range<i32>) -> u128 {
    let count = chord.count_ones() as i32;
    if count < 2 {
        return chord;
    }
    let last = top.unwrap_or(highest(chord));
    let is_within = |own: &u128| {
        range.contains(&(own.trailing_zeros() as i32)) && range.contains(&highest(*own))
    };
    let inversions = (-count..=count).map(|moved| (moved, inverted(chord, moved)));
    let cost = |&(moved, own): &(i32, u128)| {
        let steps = (highest(own) - last).abs();
        (steps + moved.abs(), moved.abs(), moved)
    };
    let (_, best) = inversions
        .filter(|(moved, own)| *moved == 0 || is_within(own))
        .min_by_key(cost)
        .unwrap_or((0, chord));
    *top = Some(highest(best));
    best
}

/// With so many of its lowest notes an octave up, or, where less than 0, of its highest an octave down.
fn inverted(chord: u128, moved: i32) -> u128 {
    let count = chord.count_ones() as i32;
    let num_lower = if moved < 0 { count + moved } else { moved };
    let lower = pitches(chord).take(num_lower as usize);
    let lower = lower.fold(0, |lower, pitch| lower | 1 << pitch);
    let upper = chord & !lower;
    // What leaves the 128 pitches is out of any range.
    if moved < 0 {
        lower | upper >> 12
    } else {
        lower << 12 | upper
    }
}

fn highest(chord: u128) -> i32 {
    127 - chord.leading_zeros() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pitches: &[u8]) -> u128 {
        pitches.iter().fold(0, |chord, pitch| chord | 1 << pitch)
    }

    #[test]
    fn the_top_voice_of_a_song_moves_by_steps_within_the_range() {
        // C F G C Am Dm G C, each in root position above C3.
        let roots = [48, 53, 55, 48, 57, 50, 55, 48];
        let thirds = [4, 4, 4, 4, 3, 3, 4, 4];
        let (mut top, mut tops) = (None, Vec::new());
        for (root, third) in roots.into_iter().zip(thirds) {
            let chord = of(&[root, root + third, root + 7]);
            let range = i32::from(root) - 12..i32::from(root) + 24;
            let led = led(chord, &mut top, &range);
            let classes = |chord| pitches(chord).map(|pitch| 1 << (pitch % 12)).sum::<u32>();
            assert_eq!(classes(led), classes(chord), "the same chord");
            assert!(pitches(led).all(|pitch| range.contains(&pitch.into())));
            tops.push(highest(led));
        }
        let steps = tops.windows(2).map(|pair| (pair[1] - pair[0]).abs());
        let mean = f64::from(steps.sum::<i32>()) / 7.0;
        assert!(mean <= 2.0, "{mean} semitones: {tops:?}");
    }

    #[test]
    fn a_note_alone_and_a_first_chord_stay() {
        let (mut top, range) = (None, 36..72);
        assert_eq!(led(of(&[60]), &mut top, &range), of(&[60]));
        assert_eq!(top, None);
        assert_eq!(led(of(&[48, 52, 55]), &mut top, &range), of(&[48, 52, 55]));
        assert_eq!(inverted(of(&[48, 52, 55]), 1), of(&[52, 55, 60]));
        assert_eq!(inverted(of(&[48, 52, 55]), -2), of(&[48, 40, 43]));
    }
}
