//! What is heard of the solo in each cell.

/// Numbers of a cell.
pub const FEATURES: usize = 42;

/// Bands of the spectrum.
const BANDS: usize = 8;
/// Their borders in Hz.
const BAND_EDGES_HZ: [f64; BANDS + 1] = [
    40.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0, 16_000.0,
];
/// Powers added before a logarithm.
const BAND_FLOOR: f64 = 1e-7;
const LEVEL_FLOOR: f64 = 1e-10;
/// The band's level before the stream, in dB.
const BAND_FLOOR_DB: f64 = -70.0;
/// Frames between those that the flux compares.
pub const FLUX_FRAMES: usize = 2;
/// Spectral peaks in Hz: the lowest, the highest of the low chroma, the highest.
const PEAK_HZ: (f64, f64, f64) = (55.0, 250.0, 1200.0);
/// The weakest peak, of the frame's largest magnitude and by itself.
const PEAK_BELOW_LOUDEST: f64 = 0.01;
const PEAK_LOWEST: f64 = 1e-5;
/// How a peak counts: its magnitude's power, and the frequency above which overtones count less.
const PEAK_POWER: f64 = 0.7;
const PEAK_SLOPE_HZ: f64 = 300.0;
/// Added to the sum of a frame's chroma.
const CHROMA_FLOOR: f64 = 0.002;
/// How much each band's flux counts for a stroke.
const STROKE_WEIGHTS: [f64; BANDS] = [4.0, 4.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0];
/// The column of the loudest level.
const LOUDEST: usize = 1;
/// The columns of the flux.
const FLUX: std::ops::Range<usize> = 10..18;

/// What is heard of one frame.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// In dB.
    level: f64,
    /// Each band's in dB.
    bands: [f64; BANDS],
    /// How much louder each band is than two frames before.
    flux: [f64; BANDS],
    /// Below 250 Hz, from C on.
    low: [f64; 12],
    /// From C on.
    full: [f64; 12],
}

impl Frame {
    /// How strongly something is struck: the mean flux, in which the bass counts more, because it falls on
    /// beats more often than what is played over it.
    pub fn stroke(&self) -> f64 {
        let weighted = self.flux.iter().zip(STROKE_WEIGHTS);
        weighted.map(|(flux, weight)| flux * weight).sum::<f64>()
            / STROKE_WEIGHTS.iter().sum::<f64>()
    }
}

/// Hears frames, one after the other.
pub struct Ear {
    /// The first bin of each band, and the one after the last.
    edges: [usize; BANDS + 1],
    /// Bins between which peaks are looked for.
    peak_bins: usize,
    hz_per_bin: f64,
    /// The bands of the last frames, the oldest first.
    before: [[f64; BANDS]; FLUX_FRAMES],
}

impl Ear {
    /// For magnitudes of `fft / 2 + 1` bins at `sample_rate`.
    pub fn new(sample_rate: f64, fft: usize) -> Self {
        let hz_per_bin = sample_rate / fft as f64;
        let num_bins = fft / 2 + 1;
        let first_bin = |hz: f64| ((hz / hz_per_bin).ceil() as usize).min(num_bins);
        Self {
            edges: BAND_EDGES_HZ.map(first_bin),
            peak_bins: ((PEAK_HZ.2 / hz_per_bin) as usize + 2).min(num_bins),
            hz_per_bin,
            before: [[BAND_FLOOR_DB; BANDS]; FLUX_FRAMES],
        }
    }

    /// Silence before the next frame.
    pub fn reset(&mut self) {
        self.before = [[BAND_FLOOR_DB; BANDS]; FLUX_FRAMES];
    }

    /// Hears a frame's magnitudes, in which a full-scale sine reads 1.
    pub fn hear(&mut self, magnitude: &[f32]) -> Frame {
        let power = |range: &[f32]| range.iter().map(|&m| f64::from(m).powi(2)).sum::<f64>();
        let powers: [f64; BANDS] =
            std::array::from_fn(|i| power(&magnitude[self.edges[i]..self.edges[i + 1]]));
        let bands = powers.map(|power| 10.0 * (power + BAND_FLOOR).log10());
        let before = self.before[0];
        self.before.rotate_left(1);
        self.before[FLUX_FRAMES - 1] = bands;
        let (low, full) = self.chroma(magnitude);
        Frame {
            level: 10.0 * (powers.iter().sum::<f64>() + LEVEL_FLOOR).log10(),
            bands,
            flux: std::array::from_fn(|i| ((bands[i] - before[i]).max(0.0) / 20.0).min(2.0)),
            low,
            full,
        }
    }

    /// Low and full chroma: each peak counts by how loud, how low and how well in tune it is.
    fn chroma(&self, magnitude: &[f32]) -> ([f64; 12], [f64; 12]) {
        let (mut low, mut full) = ([0.0; 12], [0.0; 12]);
        let loudest = magnitude.iter().copied().fold(0.0, f32::max);
        let weakest = PEAK_LOWEST.max(PEAK_BELOW_LOUDEST * f64::from(loudest));
        for (idx, sides) in magnitude[..self.peak_bins].windows(3).enumerate() {
            let [left, middle, right] = [sides[0], sides[1], sides[2]].map(f64::from);
            if !(middle > left && middle >= right && middle > weakest) {
                continue;
            }
            let [a, b, c] = [left, middle, right].map(|m| (m + 1e-12).ln());
            let bin = (idx + 1) as f64 + 0.5 * (a - c) / (a - 2.0 * b + c);
            let hz = bin * self.hz_per_bin;
            if !(PEAK_HZ.0..=PEAK_HZ.2).contains(&hz) {
                continue;
            }
            let pitch = 69.0 + 12.0 * (hz / 440.0).log2();
            let nearest = pitch.round_ties_even();
            let in_tune = (std::f64::consts::PI * (pitch - nearest)).cos();
            let value = middle.powf(PEAK_POWER) / (hz / PEAK_SLOPE_HZ).max(1.0) * in_tune;
            let class = (nearest as i64).rem_euclid(12) as usize;
            full[class] += value;
            if hz < PEAK_HZ.1 {
                low[class] += value;
            }
        }
        (low, full)
    }
}

/// The numbers of a cell.
pub type Cell = [f32; FEATURES];

/// Fills `cells` from frames that come in order, each with the number of its cell; others than those
/// of `cells` do not count. A cell without a frame is like the one before it, before the first like
/// silence.
pub fn fill_cells<'a>(frames: impl Iterator<Item = (i64, &'a Frame)>, cells: &mut [Cell]) {
    let mut pools = vec![Pool::default(); cells.len()];
    for (cell, frame) in frames {
        let pool = usize::try_from(cell).ok().and_then(|c| pools.get_mut(c));
        if let Some(pool) = pool {
            pool.add(frame);
        }
    }
    let mut last = silence();
    for (cell, pool) in cells.iter_mut().zip(&pools) {
        if pool.frames > 0 {
            last = pool.cell();
        }
        *cell = last;
    }
}

/// What a cell is in which there is nothing.
pub fn silence() -> Cell {
    let mut pool = Pool::default();
    pool.add(&Frame {
        level: 10.0 * LEVEL_FLOOR.log10(),
        bands: [BAND_FLOOR_DB; BANDS],
        flux: [0.0; BANDS],
        low: [0.0; 12],
        full: [0.0; 12],
    });
    pool.cell()
}

/// The loudest level in a cell, in dB.
pub fn loudest_db(cell: &Cell) -> f64 {
    30.0 * f64::from(cell[LOUDEST]) - 60.0
}

/// The mean flux of a cell: over 0.25 something is struck there.
pub fn mean_flux(cell: &Cell) -> f64 {
    let flux = &cell[FLUX];
    flux.iter().copied().map(f64::from).sum::<f64>() / flux.len() as f64
}

/// The frames of a cell.
#[derive(Clone)]
struct Pool {
    frames: usize,
    level: f64,
    loudest: f64,
    bands: [f64; BANDS],
    flux: [f64; BANDS],
    low: [f64; 12],
    full: [f64; 12],
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            frames: 0,
            level: 0.0,
            loudest: f64::NEG_INFINITY,
            bands: [0.0; BANDS],
            flux: [0.0; BANDS],
            low: [0.0; 12],
            full: [0.0; 12],
        }
    }
}

impl Pool {
    fn add(&mut self, frame: &Frame) {
        let add = |sums: &mut [f64], values: &[f64]| {
            sums.iter_mut()
                .zip(values)
                .for_each(|(sum, value)| *sum += value);
        };
        self.frames += 1;
        self.level += frame.level;
        self.loudest = self.loudest.max(frame.level);
        add(&mut self.bands, &frame.bands);
        add(&mut self.low, &frame.low);
        add(&mut self.full, &frame.full);
        for (most, flux) in self.flux.iter_mut().zip(frame.flux) {
            *most = most.max(flux);
        }
    }

    fn cell(&self) -> Cell {
        let count = self.frames as f64;
        let mean = self.level / count;
        let level = [mean, self.loudest].map(|db| ((db + 60.0) / 30.0).clamp(-1.5, 2.0));
        let tilt = self
            .bands
            .map(|band| ((band / count - mean) / 20.0).clamp(-3.0, 0.5));
        let shares = |sums: &[f64; 12]| {
            let whole = sums.iter().sum::<f64>() + CHROMA_FLOOR * count;
            sums.map(|sum| sum / whole)
        };
        let mut cell = [0.0; FEATURES];
        let values = level.into_iter().chain(tilt).chain(self.flux);
        let values = values.chain(shares(&self.low)).chain(shares(&self.full));
        cell.iter_mut()
            .zip(values)
            .for_each(|(number, value)| *number = value as f32);
        cell
    }
}
