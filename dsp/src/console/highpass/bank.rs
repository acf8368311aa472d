//! The high-passes of all buses. Those that are at rest run side by side as lanes: one filter alone
//! waits for its own last result most of the time.

use super::{Corner, HighPass, step};
use crate::SampleRate;
use crate::console::Sides;
use crate::console::svf::{Coefficients, State};

/// Filters in a bank: one for each bus.
pub const BUSES: usize = 8;

/// Both sides of all buses.
const LANES: usize = 2 * BUSES;

/// From this many on they run as lanes.
const ENOUGH: usize = 3;

/// The high-passes of all buses.
#[derive(Clone, Debug)]
pub struct Bank {
    pub(super) filters: [HighPass; BUSES],
}

impl Bank {
    /// Where they are wanted, without ramps. Realtime-safe.
    pub fn settled_at(corners: [Option<Corner>; BUSES], rate: SampleRate) -> Self {
        Self { filters: corners.map(|corner| HighPass::settled_at(corner, rate)) }
    }

    /// Head from `frame` on for other corners. Realtime-safe.
    pub fn head_for(
        &mut self,
        corners: [Option<Corner>; BUSES],
        rate: SampleRate,
        frame: u64,
        length: u32,
    ) {
        for (filter, corner) in self.filters.iter_mut().zip(corners) {
            filter.head_for(corner, rate, frame, length);
        }
    }

    /// Whether anything of a bus's filter is heard. Realtime-safe.
    pub fn is_on(&self, bus: usize, frame: u64) -> bool {
        self.filters[bus].is_on(frame)
    }

    /// Frames until the next ramp arrives; `None` when all have. Realtime-safe.
    pub fn next_arrival(&self, frame: u64) -> Option<u32> {
        self.filters.iter().filter_map(|filter| filter.next_arrival(frame)).min()
    }

    /// Filters a stretch of the buses that are there, in place. Realtime-safe.
    pub fn run(
        &mut self,
        frame: u64,
        buses: &mut [Sides; BUSES],
        present: &[bool; BUSES],
        frames: usize,
    ) {
        let is_here = |bus: &usize| present[*bus] && self.filters[*bus].is_on(frame);
        let is_steady = |bus: usize| self.filters[bus].steady(frame).is_some();
        let here: [bool; BUSES] = std::array::from_fn(|bus| is_here(&bus));
        let lanes: [bool; BUSES] = std::array::from_fn(|bus| here[bus] && is_steady(bus));
        let side_by_side = lanes.iter().filter(|steady| **steady).count() >= ENOUGH;
        if side_by_side {
            self.run_lanes(frame, buses, &lanes, frames);
        }
        for bus in (0..BUSES).filter(|bus| here[*bus] && !(side_by_side && lanes[*bus])) {
            self.filters[bus].run(frame, &mut buses[bus], frames);
        }
    }

    #[expect(clippy::needless_range_loop, reason = "one index runs through all buses")]
    fn run_lanes(
        &mut self,
        frame: u64,
        buses: &mut [Sides; BUSES],
        lanes: &[bool; BUSES],
        frames: usize,
    ) {
        let mut with = [Coefficients::<LANES>::new(0.0, 0.0); 2];
        let mut sections = [State::<LANES>::default(); 2];
        let mut steep = [false; LANES];
        for bus in (0..BUSES).filter(|bus| lanes[*bus]) {
            let filter = &self.filters[bus];
            let Some((own, is_steep)) = filter.steady(frame) else { continue };
            for section in 0..2 {
                with[section].set_pair(bus, &own[section]);
                sections[section].set_pair(bus, &filter.sections[section]);
            }
            steep[2 * bus..][..2].fill(is_steep);
        }
        for i in 0..frames {
            let input = std::array::from_fn(|lane| f64::from(buses[lane / 2][lane % 2][i]));
            let out = step(&mut sections, &with, steep, input);
            // Lanes of buses that are not here pass through: their second section is not heard, and
            // their first has nothing to multiply with but zeros.
            for bus in (0..BUSES).filter(|bus| lanes[*bus]) {
                buses[bus][0][i] = out[2 * bus] as f32;
                buses[bus][1][i] = out[2 * bus + 1] as f32;
            }
        }
        for bus in (0..BUSES).filter(|bus| lanes[*bus]) {
            let filter = &mut self.filters[bus];
            filter.sections[0] = sections[0].pair(bus);
            if steep[2 * bus] {
                filter.sections[1] = sections[1].pair(bus);
            }
            filter.sections.iter_mut().for_each(State::heal);
        }
    }
}
