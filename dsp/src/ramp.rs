//! Gain ramps without state that advances: the value at a frame follows from the frame alone.
//!
//! That is what makes the output independent of how a host cuts its blocks: no step is added up,
//! so nothing drifts, and a block of 512 gives the same bits as 512 blocks of 1.

/// A ramp as seen from a frame on: what a loop over many frames at once needs of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub from: f32,
    pub to: f32,
    /// The step that the first frame takes.
    pub step: u32,
    /// Steps from `from` to `to`.
    pub length: u32,
}

/// A straight line from one value to another between two absolute frames.
#[derive(Clone, Copy, Debug)]
pub struct Ramp {
    from: f32,
    to: f32,
    start: u64,
    length: u32,
}

impl Ramp {
    /// At `value`, and staying there. Realtime-safe.
    pub fn steady(value: f32) -> Self {
        Self { from: value, to: value, start: 0, length: 0 }
    }

    /// From `frame` on, heads for `to` and arrives `length` frames later; from wherever it is, so
    /// there is never a step. Asking for where it is headed already changes nothing.
    /// Realtime-safe.
    pub fn head_for(&mut self, to: f32, frame: u64, length: u32) {
        if to != self.to {
            // The value heard last is the one before `frame`.
            let from = frame.checked_sub(1).map_or(self.from, |last| self.at(last));
            *self = Self { from, to, start: frame, length };
        }
    }

    /// Arrives `length` frames from now at the latest, by a steeper way if need be. Realtime-safe.
    pub fn hasten(&mut self, frame: u64, length: u32) {
        if self.remaining(frame) > length {
            let from = frame.checked_sub(1).map_or(self.from, |last| self.at(last));
            *self = Self { from, to: self.to, start: frame, length };
        }
    }

    /// The value at an absolute frame. Realtime-safe.
    pub fn at(&self, frame: u64) -> f32 {
        let step = frame.saturating_sub(self.start).saturating_add(1).min(self.length.into());
        self.after(step as u32)
    }

    /// Frames until it arrives; 0 when it has. Realtime-safe.
    pub fn remaining(&self, frame: u64) -> u32 {
        let passed = frame.saturating_sub(self.start).min(self.length.into());
        self.length - passed as u32
    }

    /// The constant value from `frame` on, if it has arrived there. Realtime-safe.
    pub fn settled(&self, frame: u64) -> Option<f32> {
        (self.remaining(frame) == 0).then_some(self.to)
    }

    /// The ramp from `frame` on: the value there is that of its `step`, and so on. Realtime-safe.
    pub(crate) fn line(&self, frame: u64) -> Line {
        if let Some(to) = self.settled(frame) {
            return Line { from: to, to, step: 1, length: 0 };
        }
        // Not settled, so fewer frames have passed than a `u32` holds.
        let step = (frame.saturating_sub(self.start) as u32).saturating_add(1);
        Line { from: self.from, to: self.to, step, length: self.length }
    }

    /// Writes the values of consecutive frames. Realtime-safe.
    pub fn fill(&self, frame: u64, values: &mut [f32]) {
        if let Some(value) = self.settled(frame) {
            values.fill(value);
            return;
        }
        for (value, step) in values.iter_mut().zip(self.line(frame).step..) {
            *value = self.after(step.min(self.length));
        }
    }

    /// The one formula: every way of asking gives the same bits.
    #[inline(always)]
    fn after(&self, step: u32) -> f32 {
        if step >= self.length {
            return self.to;
        }
        self.from + (self.to - self.from) * (step as f32 / self.length as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn arrives_exactly_and_stays() {
        let mut ramp = Ramp::steady(1.0);
        ramp.head_for(0.0, 100, 4);
        let heard: Vec<f32> = (98..106).map(|frame| ramp.at(frame)).collect();
        // Frames before the start are the caller's to have played already.
        assert_eq!(heard[2..], [0.75, 0.5, 0.25, 0.0, 0.0, 0.0]);
        assert_eq!((ramp.remaining(100), ramp.remaining(103), ramp.remaining(104)), (4, 1, 0));
        assert_eq!((ramp.settled(103), ramp.settled(104)), (None, Some(0.0)));
    }

    #[test]
    fn a_new_target_on_the_way_makes_no_step() {
        let mut ramp = Ramp::steady(0.0);
        ramp.head_for(1.0, 0, 480);
        let before = ramp.at(239);
        ramp.head_for(-1.0, 240, 480);
        assert!((ramp.at(240) - before).abs() <= 1.5 / 480.0 + 1e-6);
    }

    #[test]
    fn hastening_makes_it_steeper_and_never_longer() {
        let mut ramp = Ramp::steady(1.0);
        ramp.head_for(0.0, 0, 100);
        ramp.hasten(50, 200);
        assert_eq!(ramp.remaining(50), 50);
        let before = ramp.at(49);
        ramp.hasten(50, 10);
        assert_eq!((ramp.remaining(50), ramp.at(59)), (10, 0.0));
        assert!((ramp.at(50) - before).abs() <= before / 10.0 + 1e-6);
    }

    #[test]
    fn asking_again_does_not_start_over() {
        let mut ramp = Ramp::steady(0.0);
        ramp.head_for(1.0, 0, 100);
        ramp.head_for(1.0, 50, 100);
        assert_eq!(ramp.at(99), 1.0);
    }

    proptest! {
        #[test]
        fn fill_is_at_however_it_is_cut(
            from in -4f32..4.0, to in -4f32..4.0, start in 0u64..1 << 40, length in 0u32..2000,
            cuts in prop::collection::vec(0usize..300, 1..12),
        ) {
            let mut ramp = Ramp::steady(from);
            ramp.head_for(to, start, length);
            let mut frame = start;
            for cut in cuts {
                let mut values = vec![f32::NAN; cut];
                ramp.fill(frame, &mut values);
                for (value, at) in values.iter().zip(frame..) {
                    prop_assert_eq!(value.to_bits(), ramp.at(at).to_bits());
                }
                frame += cut as u64;
            }
        }

        #[test]
        fn steps_are_bounded(
            from in -4f32..4.0, to in -4f32..4.0, start in 1u64..1 << 40, length in 1u32..2000,
        ) {
            let mut ramp = Ramp::steady(from);
            ramp.head_for(to, start, length);
            let mut last = from;
            for frame in start..start + u64::from(length) + 2 {
                let now = ramp.at(frame);
                prop_assert!((now - last).abs() <= (to - from).abs() / length as f32 + 1e-6);
                last = now;
            }
            prop_assert_eq!(last, to);
        }
    }
}
