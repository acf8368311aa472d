//! A programme's loudness: momentary, short-term, integrated, and its range.

use super::{Histogram, LoudnessUnits, Lufs, MOMENTARY, SHORT_TERM, TruePeakLevel, Windows};

/// A gating block begins each 0.1 s.
const BLOCK: u64 = 10;

/// Integrated loudness counts what is not more than this below the mean.
const RELATIVE_GATE: f64 = -10.0;

/// Loudness range counts what is not more than this below the mean.
const RANGE_GATE: f64 = -20.0;

/// Between these parts of the short-term loudnesses lies the range.
const RANGE: [f64; 2] = [0.1, 0.95];

/// Before 60 s a range says little.
const STABLE: u64 = 6000;

/// How much loudness varies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoudnessRange {
    /// The range.
    pub range: LoudnessUnits,
    /// Whether a minute was measured, which EBU Tech 3342 asks for.
    pub stable: bool,
}

/// What is known by now. What is not defined (yet) is `None`: silence has no loudness.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Readings {
    /// Over the last 0.4 s.
    pub momentary: Option<Lufs>,
    /// Over the last 3 s.
    pub short_term: Option<Lufs>,
    /// The highest momentary since the start.
    pub max_momentary: Option<Lufs>,
    /// The highest short-term since the start.
    pub max_short_term: Option<Lufs>,
    /// Of the programme since the start, gated.
    pub integrated: Option<Lufs>,
    /// Of the programme since the start.
    pub range: Option<LoudnessRange>,
    /// The highest true peak since the start.
    pub true_peak: Option<TruePeakLevel>,
    /// True peak above integrated: PLR.
    pub peak_to_loudness: Option<LoudnessUnits>,
    /// The true peak of the last 3 s above short-term: PSR.
    pub peak_to_short_term: Option<LoudnessUnits>,
}

impl Readings {
    /// The same with a true peak that was found otherwise. Realtime-safe.
    pub fn with_true_peak(self, peak: f32) -> Self {
        let true_peak = TruePeakLevel::of_peak(peak);
        Self { true_peak, peak_to_loudness: above(true_peak, self.integrated), ..self }
    }
}

/// How far a peak is above a loudness.
fn above(peak: Option<TruePeakLevel>, loudness: Option<Lufs>) -> Option<LoudnessUnits> {
    Some(LoudnessUnits(peak?.0 - loudness?.0))
}

/// Measures one programme, fed with hops of 10 ms. Its memory is fixed, and what takes longer is
/// done in different hops, in others for each programme that measures at the same time.
#[derive(Clone, Debug)]
pub struct Programme {
    windows: Windows,
    /// The true peak of each of the last hops.
    peaks: Vec<f32>,
    next: usize,
    running: bool,
    /// Hops since it last began or went on.
    unbroken: u64,
    /// Hops that were measured.
    measured: u64,
    blocks: Histogram,
    short_terms: Histogram,
    peak: f32,
    max_momentary: f64,
    max_short_term: f64,
    turn: u64,
    integrated: Option<Lufs>,
    range: Option<LoudnessUnits>,
}

impl Programme {
    /// Runs from the beginning. `turn` says in which of ten hops it does what takes longer.
    pub fn new(turn: usize) -> Self {
        Self {
            windows: Windows::new(SHORT_TERM),
            peaks: vec![0.0; SHORT_TERM],
            next: 0,
            running: true,
            unbroken: 0,
            measured: 0,
            blocks: Histogram::new(),
            short_terms: Histogram::new(),
            peak: 0.0,
            max_momentary: 0.0,
            max_short_term: 0.0,
            turn: turn as u64 % BLOCK,
            integrated: None,
            range: None,
        }
    }

    /// Stops measuring. Momentary and short-term go on: they say what is heard. Realtime-safe.
    pub fn pause(&mut self) {
        self.running = false;
    }

    /// Goes on measuring. No gating block reaches over the pause. Realtime-safe.
    pub fn resume(&mut self) {
        if !self.running {
            self.running = true;
            self.unbroken = 0;
        }
    }

    /// Whether it measures. Realtime-safe.
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// Starts over: what was measured is gone, what is heard stays. Realtime-safe.
    pub fn restart(&mut self) {
        self.unbroken = 0;
        self.measured = 0;
        self.blocks.clear();
        self.short_terms.clear();
        (self.peak, self.max_momentary, self.max_short_term) = (0.0, 0.0, 0.0);
        (self.integrated, self.range) = (None, None);
    }

    /// The signal was interrupted: what was measured stays, what was heard is gone. Realtime-safe.
    pub fn interrupt(&mut self) {
        self.windows.clear();
        self.peaks.fill(0.0);
        self.unbroken = 0;
    }

    /// The next 10 ms: the mean square after weighting, summed over the channels by their weights,
    /// and the highest true peak of any channel. Realtime-safe.
    pub fn hop(&mut self, power: f64, peak: f32) {
        self.windows.push(power);
        self.peaks[self.next] = peak;
        self.next = (self.next + 1) % SHORT_TERM;
        if self.running {
            self.measure(peak);
        }
    }

    fn measure(&mut self, peak: f32) {
        self.unbroken += 1;
        self.measured += 1;
        self.peak = self.peak.max(peak);
        let momentary = self.windows.mean(MOMENTARY).filter(|_| self.spans(MOMENTARY));
        let short_term = self.windows.mean(SHORT_TERM).filter(|_| self.spans(SHORT_TERM));
        self.max_momentary = self.max_momentary.max(momentary.unwrap_or(0.0));
        self.max_short_term = self.max_short_term.max(short_term.unwrap_or(0.0));
        if self.unbroken.is_multiple_of(BLOCK) {
            if let Some(power) = momentary {
                self.blocks.add(power);
            }
            if let Some(power) = short_term {
                self.short_terms.add(power);
            }
        }
        match (self.measured + self.turn) % BLOCK {
            1 => self.integrated = self.integrate(),
            6 => self.range = self.range(),
            _ => {}
        }
    }

    /// Whether a window lies within what was measured without a break.
    fn spans(&self, hops: usize) -> bool {
        self.unbroken >= hops as u64
    }

    fn integrate(&self) -> Option<Lufs> {
        let mean = Lufs::of_power(self.blocks.mean()?)?;
        Lufs::of_power(self.blocks.mean_from(Lufs(mean.0 + RELATIVE_GATE))?)
    }

    fn range(&self) -> Option<LoudnessUnits> {
        let mean = Lufs::of_power(self.short_terms.mean()?)?;
        let threshold = Lufs(mean.0 + RANGE_GATE);
        let at = |part| self.short_terms.percentile_from(threshold, part);
        Some(LoudnessUnits(at(RANGE[1])?.0 - at(RANGE[0])?.0))
    }

    /// What is known, at most 0.1 s old. Realtime-safe.
    pub fn readings(&self) -> Readings {
        self.with(self.integrated, self.range)
    }

    /// What is known to the last hop. It takes longer than [`Self::readings`]: for files, and for a
    /// report at the end. Realtime-safe.
    pub fn final_readings(&self) -> Readings {
        self.with(self.integrate(), self.range())
    }

    fn with(&self, integrated: Option<Lufs>, range: Option<LoudnessUnits>) -> Readings {
        let recent = self.peaks.iter().copied().fold(0.0, f32::max);
        let short_term = self.windows.short_term();
        let readings = Readings {
            momentary: self.windows.momentary(),
            short_term,
            max_momentary: Lufs::of_power(self.max_momentary),
            max_short_term: Lufs::of_power(self.max_short_term),
            integrated,
            range: range.map(|range| LoudnessRange { range, stable: self.measured >= STABLE }),
            true_peak: None,
            peak_to_loudness: None,
            peak_to_short_term: above(TruePeakLevel::of_peak(recent), short_term),
        };
        readings.with_true_peak(self.peak)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(programme: &mut Programme, loudness: f64, hops: usize) {
        (0..hops).for_each(|_| programme.hop(Lufs(loudness).power(), 0.5));
    }

    fn near(a: Option<Lufs>, b: f64) -> bool {
        a.is_some_and(|a| (a.0 - b).abs() < 1e-6)
    }

    #[test]
    fn nothing_is_defined_before_its_time() {
        let mut programme = Programme::new(0);
        feed(&mut programme, -20.0, 39);
        assert_eq!(programme.final_readings().momentary, None);
        assert_eq!(programme.final_readings().integrated, None);
        feed(&mut programme, -20.0, 1);
        let readings = programme.final_readings();
        assert!(near(readings.momentary, -20.0) && near(readings.integrated, -20.0));
        assert_eq!((readings.short_term, readings.range), (None, None));
        feed(&mut programme, -20.0, 260);
        let readings = programme.final_readings();
        assert!(near(readings.short_term, -20.0));
        assert_eq!(readings.range.unwrap().range, LoudnessUnits(0.0));
        assert!(!readings.range.unwrap().stable);
        feed(&mut programme, -20.0, 5700);
        assert!(programme.readings().range.unwrap().stable);
    }

    #[test]
    fn silence_has_no_loudness_and_leaves_what_was_measured() {
        let mut programme = Programme::new(3);
        (0..400).for_each(|_| programme.hop(0.0, 0.0));
        assert_eq!(programme.final_readings(), Readings::default());
        feed(&mut programme, -30.0, 500);
        (0..400).for_each(|_| programme.hop(0.0, 0.0));
        let readings = programme.readings();
        assert_eq!((readings.momentary, readings.short_term), (None, None));
        assert!(readings.integrated.is_some_and(|l| l.0 < -30.0 && l.0 > -30.5));
        assert!((readings.true_peak.unwrap().0 + 6.02).abs() < 0.01);
    }

    #[test]
    fn a_pause_is_not_measured_and_no_block_reaches_over_it() {
        let mut programme = Programme::new(0);
        feed(&mut programme, -20.0, 500);
        programme.pause();
        feed(&mut programme, -5.0, 500);
        assert!(near(programme.readings().momentary, -5.0));
        programme.resume();
        feed(&mut programme, -20.0, 39);
        assert!(near(programme.final_readings().integrated, -20.0));
        feed(&mut programme, -20.0, 500);
        let readings = programme.final_readings();
        assert!(near(readings.integrated, -20.0) && near(readings.max_momentary, -20.0));
        assert_eq!(readings.range.unwrap().range, LoudnessUnits(0.0));
    }

    #[test]
    fn restarting_forgets_what_was_measured_and_interrupting_what_was_heard() {
        let mut programme = Programme::new(0);
        feed(&mut programme, -20.0, 500);
        let before = programme.final_readings();
        programme.interrupt();
        let after = programme.final_readings();
        assert_eq!((after.momentary, after.peak_to_short_term), (None, None));
        assert_eq!((after.integrated, after.true_peak), (before.integrated, before.true_peak));
        feed(&mut programme, -20.0, 300);
        programme.restart();
        let after = programme.readings();
        assert!(near(after.momentary, -20.0) && near(after.short_term, -20.0));
        assert_eq!((after.integrated, after.range, after.max_momentary), (None, None, None));
    }

    #[test]
    fn the_quick_readings_follow_within_a_tenth_of_a_second_whatever_the_turn() {
        for turn in 0..10 {
            let mut programme = Programme::new(turn);
            feed(&mut programme, -20.0, 400);
            feed(&mut programme, -10.0, 400);
            let last = programme.final_readings();
            feed(&mut programme, -60.0, 10);
            assert!(
                (programme.readings().integrated.unwrap().0 - last.integrated.unwrap().0).abs()
                    < 0.3
            );
            assert!(programme.readings().range.is_some());
        }
    }
}
