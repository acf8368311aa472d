//! Reads the true level of a signal: the largest magnitude between one frame and the next.
//!
//! The signal is interpolated at a quarter, a half and three quarters of the way, and a parabola
//! through three neighbours finds the crest of what goes up and down again: this is within 0.07 dB
//! of a sine at half of the sample rate, and better below. How much of what is just below half of
//! the rate an interpolator sees depends on its length, and no length is right: a long one sees all
//! of it, a short one, as in the standard and in most meters, sees less of it but something of its
//! mirror image. So three lengths are read, and the largest counts.

use crate::console::STEP;

/// Frames from the newest sample back to the one whose level is read.
pub const LATE: usize = LONGEST / 2;

/// Samples that an interpolator looks at, half of them on each side, with the shape of its window.
const KINDS: [(usize, f64); 3] = [(LONGEST, 3.0), (48, 5.0), (20, 5.0)];
const LONGEST: usize = 256;

/// Levels that are computed side by side.
const TILE: usize = 8;

/// One interval before the stretch, for the parabola at its beginning, and full tiles.
const INTERVALS: usize = (STEP + 1).next_multiple_of(TILE);

/// No crest is higher than this many times the largest sample around it: the parabola adds a half
/// to what is interpolated.
const CREST: f32 = 1.5;

/// The interpolators.
#[derive(Debug)]
pub struct Interpolators {
    kinds: [Box<[Tap]>; KINDS.len()],
    /// The largest crest that samples of 1 can have.
    reach: f32,
}

/// What is multiplied with the sum and with the difference of two samples equally far away. The
/// points at a quarter and at three quarters mirror each other: one is the sum of both products,
/// the other their difference.
#[derive(Clone, Copy, Debug)]
struct Tap {
    even: f32,
    odd: f32,
    half: f32,
}

impl Interpolators {
    /// Allocates.
    pub fn new() -> Self {
        let kinds = KINDS.map(|(length, shape)| taps(length, shape));
        let reach = |taps: &[Tap]| {
            let quarter = |tap: &Tap| (tap.even + tap.odd).abs() + (tap.even - tap.odd).abs();
            let quarter: f32 = taps.iter().map(quarter).sum();
            quarter.max(taps.iter().map(|tap| 2.0 * tap.half.abs()).sum())
        };
        // A little more, for the rounding of as many products.
        let reach = kinds.iter().map(|taps| reach(taps)).fold(1.0, f32::max) * CREST * 1.001;
        Self { kinds, reach }
    }
}

/// Half of an interpolator, nearest samples first. Each point's taps add up to 1.
fn taps(length: usize, shape: f64) -> Box<[Tap]> {
    let at = |distance: f64| sinc(distance) * kaiser(distance / (length / 2) as f64, shape);
    let pairs =
        |share: f64| (0..length / 2).map(move |i| (i as f64 + share, i as f64 + 1.0 - share));
    let sum = |share: f64| pairs(share).map(|(before, after)| at(before) + at(after)).sum::<f64>();
    let (quarter, half) = (sum(0.25), sum(0.5));
    let tap = |(before, after)| Tap {
        even: ((at(before) + at(after)) / (2.0 * quarter)) as f32,
        odd: ((at(before) - at(after)) / (2.0 * quarter)) as f32,
        half: (at(before.floor() + 0.5) / half) as f32,
    };
    pairs(0.25).map(tap).collect()
}

fn sinc(x: f64) -> f64 {
    let x = std::f64::consts::PI * x;
    if x == 0.0 { 1.0 } else { x.sin() / x }
}

/// Kaiser's window from −1 to 1.
fn kaiser(x: f64, shape: f64) -> f64 {
    bessel(shape * (1.0 - x * x).max(0.0).sqrt()) / bessel(shape)
}

/// The modified Bessel function of the first kind and order 0, by its series.
fn bessel(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let mut term = 1.0;
    (1..40).fold(1.0, |sum, i| {
        term *= quarter / f64::from(i * i);
        sum + term
    })
}

/// One side's samples, as far back as they are needed.
#[derive(Debug)]
pub struct Reader {
    samples: [f32; LONGEST + INTERVALS],
}

/// The three points between each sample and the next.
type Points = [[f32; INTERVALS]; 3];

impl Reader {
    /// After silence.
    pub fn new() -> Self {
        Self { samples: [0.0; LONGEST + INTERVALS] }
    }

    /// Forgets what it has seen. Realtime-safe.
    pub fn clear(&mut self) {
        self.samples.fill(0.0);
    }

    /// Takes a stretch in. Raises `levels` to those of the intervals that began [`LATE`] frames
    /// ago; what is below `floor` may be left out. Realtime-safe.
    pub fn read(&mut self, with: &Interpolators, input: &[f32], floor: f32, levels: &mut [f32]) {
        let frames = input.len();
        self.samples[LONGEST..][..frames].copy_from_slice(input);
        let largest = crate::meter::peak(&self.samples[..LONGEST + frames]);
        if largest * with.reach >= floor {
            for taps in &with.kinds {
                let points = self.interpolate(taps, frames + 1);
                self.raise(&points, levels);
            }
        }
        self.samples.copy_within(frames..LONGEST + frames, 0);
    }

    fn interpolate(&self, taps: &[Tap], intervals: usize) -> Points {
        let mut points = [[0.0; INTERVALS]; 3];
        for start in (0..intervals).step_by(TILE) {
            let (mut even, mut odd, mut half) = ([0.0; TILE], [0.0; TILE], [0.0; TILE]);
            for (i, tap) in taps.iter().enumerate() {
                let before = &self.samples[start + LATE - 1 - i..][..TILE];
                let after = &self.samples[start + LATE + i..][..TILE];
                for lane in 0..TILE {
                    let (sum, difference) =
                        (before[lane] + after[lane], before[lane] - after[lane]);
                    even[lane] += tap.even * sum;
                    odd[lane] += tap.odd * difference;
                    half[lane] += tap.half * sum;
                }
            }
            for lane in 0..TILE {
                points[0][start + lane] = even[lane] + odd[lane];
                points[1][start + lane] = half[lane];
                points[2][start + lane] = even[lane] - odd[lane];
            }
        }
        points
    }

    /// Looks for the largest crest of each interval.
    fn raise(&self, [quarter, half, last]: &Points, levels: &mut [f32]) {
        // Interval 0 is the one before the first that is read.
        for (i, level) in (1..).zip(levels) {
            let (this, next) = (self.samples[LATE - 1 + i], self.samples[LATE + i]);
            let crests = [
                crest(last[i - 1], this, quarter[i]),
                crest(this, quarter[i], half[i]),
                crest(quarter[i], half[i], last[i]),
                crest(half[i], last[i], next),
            ];
            *level = crests.into_iter().fold(*level, f32::max);
        }
    }
}

/// The magnitude of a point, or of the crest of a parabola through it and its neighbours if it is
/// the highest of them.
#[inline(always)]
fn crest(before: f32, here: f32, after: f32) -> f32 {
    let magnitude = here.abs();
    let (before, after) = (before * here.signum(), after * here.signum());
    let slope = after - before;
    let bend = (magnitude - before) + (magnitude - after);
    // The steeper slope would belong to a crest further away than the neighbours.
    if bend > 0.0 && slope.abs() <= bend {
        magnitude + slope * slope / (8.0 * bend)
    } else {
        magnitude
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::testing::{in_stretches, noise};
    use proptest::prelude::*;

    fn read(signal: &[f32], cuts: &[usize], floor: f32) -> Vec<f32> {
        let with = Interpolators::new();
        let mut reader = Reader::new();
        let mut levels = vec![0.0; signal.len()];
        in_stretches(signal.len() as u64, 1 << 40, cuts, |frame, length| {
            let range = frame as usize..frame as usize + length;
            reader.read(&with, &signal[range.clone()], floor, &mut levels[range]);
        });
        levels
    }

    #[test]
    fn sines_are_read_within_a_tenth_of_a_decibel() {
        for cycles in [0.001, 0.01, 0.1, 0.2, 0.25, 1.0 / 3.0, 0.4, 0.45, 0.48] {
            for phase in [0.0, 0.3, 0.7, 1.1] {
                let angle = |i: usize| std::f64::consts::TAU * cycles * i as f64 + phase;
                let signal: Vec<f32> = (0..6000).map(|i| angle(i).sin() as f32).collect();
                let levels = read(&signal, &[STEP], 0.0);
                let largest = levels[2000..].iter().copied().fold(0.0, f32::max);
                let error = 20.0 * largest.log10();
                assert!((-0.02..0.12).contains(&error), "{error} dB at {cycles} of the rate");
            }
        }
    }

    #[test]
    fn an_impulse_has_its_own_height_and_place() {
        let mut signal = vec![0.0; 600];
        signal[200] = -0.5;
        let levels = read(&signal, &[STEP], 0.0);
        for (i, level) in levels.iter().enumerate() {
            match i.checked_sub(LATE) {
                // The interval that begins with it, and the one that ends with it.
                Some(200) => assert_eq!(*level, 0.5),
                Some(199) => assert!((0.45..0.5).contains(level), "{level}"),
                _ => assert!(*level < 0.25, "{level} at {i}"),
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn neither_cuts_nor_leaving_out_can_be_read(
            seed in any::<u64>(), cuts in prop::collection::vec(1usize..=STEP, 1..8),
            bursts in prop::collection::vec((1usize..400, 0f32..1.0), 1..6), floor in 0.01f32..2.0,
        ) {
            let mut noise = noise(seed);
            let signal: Vec<f32> = bursts
                .iter()
                .flat_map(|(length, level)| vec![*level; *length])
                .map(|level| level * noise())
                .collect();
            let (all, cut) = (read(&signal, &[STEP], 0.0), read(&signal, &cuts, floor));
            for (all, cut) in all.iter().zip(cut) {
                prop_assert!(*all == cut || (*all < floor && cut == 0.0), "{all}, {cut}, {floor}");
            }
        }
    }
}
