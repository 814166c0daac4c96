//! Random numbers that are the same for the same place in the song.

/// 2^64 over the golden ratio.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The numbers of one bar.
#[derive(Debug, Clone, Copy)]
pub struct Dice(u64);

impl Dice {
    /// Those of a seed in a bar.
    pub fn new(seed: u32, bar: i64) -> Self {
        Self(next(
            mixed(u64::from(seed).wrapping_add(GOLDEN)),
            bar as u64,
        ))
    }

    /// -1 to 1, for a cell of the bar, a stem, and a class of its.
    pub fn roll(self, cell: usize, stem: usize, class: usize) -> f64 {
        let parts = [cell, stem, class];
        let value = parts
            .iter()
            .fold(self.0, |value, &part| next(value, part as u64));
        (value >> 40) as f64 / f64::from(1 << 23) - 1.0
    }
}

fn next(value: u64, part: u64) -> u64 {
    mixed(value.wrapping_add(GOLDEN.wrapping_mul(part.wrapping_add(1))))
}

/// The finaliser of splitmix64 (Steele, Lea and Flood 2014).
fn mixed(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
