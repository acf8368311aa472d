//! The high-passes of all buses. Those whose ramps have arrived run side by side, as lanes.

use super::{Corner, HighPass, step};
use crate::SampleRate;
use crate::console::svf::{Coefficients, State};
use crate::console::{STEP, Sides};

/// Filters in a bank: one for each bus.
pub const BUSES: usize = 8;

/// Both sides of all of them.
const LANES: usize = 2 * BUSES;

/// From this many on they run as lanes; fewer are quicker one by one.
const ENOUGH: usize = 5;

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

    /// A bus's filter heads from `frame` on for another corner. Realtime-safe.
    pub fn head_for(
        &mut self,
        bus: usize,
        corner: Option<Corner>,
        rate: SampleRate,
        frame: u64,
        length: u32,
    ) {
        self.filters[bus].head_for(corner, rate, frame, length);
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
        let mut steady = [0; BUSES];
        let mut count = 0;
        for bus in (0..BUSES).filter(|bus| present[*bus]) {
            if self.filters[bus].steady(frame).is_some() {
                steady[count] = bus;
                count += 1;
            } else {
                self.filters[bus].run(frame, &mut buses[bus], frames);
            }
        }
        match &steady[..count] {
            steady if count >= ENOUGH => self.run_lanes(frame, buses, steady, frames),
            steady => {
                for bus in steady {
                    self.filters[*bus].run(frame, &mut buses[*bus], frames);
                }
            }
        }
    }

    fn run_lanes(
        &mut self,
        frame: u64,
        buses: &mut [Sides; BUSES],
        steady: &[usize],
        frames: usize,
    ) {
        // Lanes that nobody has keep silent.
        let mut with = [Coefficients::<LANES>::new(0.0, 0.0); 2];
        let mut sections = [State::<LANES>::default(); 2];
        let mut steep = [false; LANES];
        for (pair, bus) in steady.iter().enumerate() {
            let filter = &self.filters[*bus];
            let Some((own, is_steep)) = filter.steady(frame) else { continue };
            for section in 0..2 {
                with[section].set_pair(pair, &own[section]);
                sections[section].set_pair(pair, &filter.sections[section]);
            }
            steep[2 * pair..][..2].fill(is_steep);
        }
        let mut lanes = [[0.0; LANES]; STEP];
        for (pair, bus) in steady.iter().enumerate() {
            for (i, lanes) in lanes[..frames].iter_mut().enumerate() {
                lanes[2 * pair] = buses[*bus][0][i].into();
                lanes[2 * pair + 1] = buses[*bus][1][i].into();
            }
        }
        for lanes in &mut lanes[..frames] {
            *lanes = step(&mut sections, &with, steep, *lanes);
        }
        for (pair, bus) in steady.iter().enumerate() {
            for (i, lanes) in lanes[..frames].iter().enumerate() {
                buses[*bus][0][i] = lanes[2 * pair] as f32;
                buses[*bus][1][i] = lanes[2 * pair + 1] as f32;
            }
            let filter = &mut self.filters[*bus];
            filter.sections = sections.each_ref().map(|section| section.pair(pair));
            filter.sections.iter_mut().for_each(State::heal);
        }
    }
}
