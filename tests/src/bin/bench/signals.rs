//! What benchmarks are fed with.

/// Bytes of a cache line, and of the widest register.
const LINE: usize = 64;

/// Samples whose first lies at the beginning of a cache line: otherwise each second load of the
/// widest registers crosses lines, for some buffers and not for others.
#[derive(Clone)]
pub struct Aligned {
    room: Vec<f32>,
    start: usize,
    length: usize,
}

impl Aligned {
    pub fn new(samples: impl ExactSizeIterator<Item = f32>) -> Self {
        let length = samples.len();
        let mut room = vec![0.0; length + LINE / size_of::<f32>()];
        let start = room.as_ptr().align_offset(LINE);
        for (place, sample) in room[start..].iter_mut().zip(samples) {
            *place = sample;
        }
        Self { room, start, length }
    }

    pub fn silence(length: usize) -> Self {
        Self::new((0..length).map(|_| 0.0))
    }

    /// White noise of one height, another for each seed.
    pub fn noise(length: usize, seed: u64) -> Self {
        let mut random = Random(seed);
        Self::new((0..length).map(move |_| 0.5 * random.next()))
    }

    pub fn get(&self) -> &[f32] {
        &self.room[self.start..self.start + self.length]
    }

    pub fn get_mut(&mut self) -> &mut [f32] {
        &mut self.room[self.start..self.start + self.length]
    }
}

/// The same numbers on every machine.
pub struct Random(pub u64);

impl Random {
    /// Between −1 and 1.
    pub fn next(&mut self) -> f32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as f32 / (1u64 << 30) as f32) - 1.0
    }
}
