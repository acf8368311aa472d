//! Completes a host's buffers: every declared channel of every declared bus gets a valid pointer.
//!
//! Nothing here knows VST3 or CLAP. A [`Pad`] owns one table of channel pointers, inputs first; a
//! front end builds its bus structs upon rows of that table. Per block only the table is
//! rewritten: no allocation, no copy of audio.

/// No longer piece is given to the wrappers, however long a block a host announces: their buffers
/// grow with it. Longer blocks are processed in pieces.
pub const MAX_FRAMES: usize = 1 << 16;

/// One bus as the host passed it.
#[derive(Clone, Copy, Debug)]
pub struct HostBus {
    /// The host's list of channel pointers, or null.
    pub channels: *mut *mut f32,
    /// How many pointers there are in it.
    pub count: usize,
}

impl HostBus {
    /// A bus that the host did not pass.
    pub const ABSENT: Self = Self { channels: std::ptr::null_mut(), count: 0 };

    /// The host's pointer for channel `i`, null where it gave none.
    ///
    /// # Safety
    /// `channels` is null or points to `count` pointers.
    unsafe fn channel(&self, i: usize) -> *mut f32 {
        if self.channels.is_null() || i >= self.count {
            return std::ptr::null_mut();
        }
        // SAFETY: checked against `count` above.
        unsafe { *self.channels.add(i) }
    }
}

/// Bit i stands for bus i: at least one of its channels is the host's.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Present {
    /// Input buses.
    pub inputs: u32,
    /// Output buses.
    pub outputs: u32,
}

impl Present {
    /// Not one channel: some hosts flush parameters that way, with a length all the same.
    pub fn nothing(self) -> bool {
        self == Self::default()
    }
}

/// A bus's part of the table.
#[derive(Clone, Copy, Debug)]
struct Row {
    start: usize,
    count: usize,
}

/// The table, and the scratch it points to where the host has nothing.
#[derive(Debug)]
pub struct Pad {
    rows: Box<[Row]>,
    inputs: usize,
    /// Channels of all inputs: so many places of the table are theirs.
    input_channels: usize,
    table: Box<[*mut f32]>,
    /// Shared by all absent input channels: it is only read, since both wrappers copy inputs.
    silence: Box<[f32]>,
    /// One stretch for each output channel: outputs become `&mut [f32]` and must not overlap.
    sink: Box<[f32]>,
    /// One stretch for each input channel: for inputs that the host wants overwritten by another
    /// channel's output.
    copies: Box<[f32]>,
    max_frames: usize,
}

// SAFETY: the raw pointers in `table` are rewritten before each use and never outlive a block.
unsafe impl Send for Pad {}

impl Pad {
    /// For buses with these numbers of channels. Allocates.
    pub fn new(inputs: &[usize], outputs: &[usize], max_frames: usize) -> Self {
        let max_frames = max_frames.clamp(1, MAX_FRAMES);
        let mut total = 0;
        let rows = inputs.iter().chain(outputs).map(|&count| {
            let start = total;
            total += count;
            Row { start, count }
        });
        let rows: Box<[Row]> = rows.collect();
        Self {
            rows,
            inputs: inputs.len(),
            input_channels: inputs.iter().sum(),
            table: vec![std::ptr::null_mut(); total].into(),
            silence: vec![0.0; max_frames].into(),
            sink: vec![0.0; max_frames * outputs.iter().sum::<usize>()].into(),
            copies: vec![0.0; max_frames * inputs.iter().sum::<usize>()].into(),
            max_frames,
        }
    }

    /// The longest piece that may be processed at once.
    pub fn max_frames(&self) -> usize {
        self.max_frames
    }

    /// How many input buses there are.
    pub fn input_count(&self) -> usize {
        self.inputs
    }

    /// How many output buses there are.
    pub fn output_count(&self) -> usize {
        self.rows.len() - self.inputs
    }

    /// Input bus `i` as the wrapper shall see it, until the next `wire`. Realtime-safe.
    pub fn input(&mut self, i: usize) -> HostBus {
        let Row { start, count } = self.rows[i];
        HostBus { channels: self.table[start..start + count].as_mut_ptr(), count }
    }

    /// Output bus `i` as the wrapper shall see it, until the next `wire`. Realtime-safe.
    pub fn output(&mut self, i: usize) -> HostBus {
        self.input(self.inputs + i)
    }

    /// Points the table at the host's channels from frame `at` on, and at scratch where the host
    /// gave none. A mono signal on a stereo input is heard on both sides. Realtime-safe.
    ///
    /// # Safety
    /// Every non-null channel pointer covers the frames up to `at` plus what will be processed.
    pub unsafe fn wire(
        &mut self,
        host_input: impl Fn(usize) -> HostBus,
        host_output: impl Fn(usize) -> HostBus,
        at: usize,
    ) -> Present {
        let mut present = Present::default();
        for bus in 0..self.inputs {
            // SAFETY: the caller's.
            present.inputs |=
                u32::from(unsafe { self.wire_input(bus, host_input(bus), at) }) << bus;
        }
        let mut sink = self.sink.as_mut_ptr();
        for bus in 0..self.output_count() {
            let Row { start, count } = self.rows[self.inputs + bus];
            let host = host_output(bus);
            for channel in 0..count {
                // SAFETY: the caller's.
                let given = unsafe { host.channel(channel) };
                self.table[start + channel] = if given.is_null() {
                    sink
                } else {
                    present.outputs |= 1 << bus;
                    // SAFETY: the host's channel covers frame `at`.
                    unsafe { given.add(at) }
                };
                // SAFETY: the sink has a stretch for each output channel.
                sink = unsafe { sink.add(self.max_frames) };
            }
        }
        present
    }

    /// Parts what hosts lay onto one another: of outputs in the same place all but the first go to
    /// the sink, and inputs that another channel's output would overwrite are read from a copy. The
    /// main bus may work in place, each channel on itself. Realtime-safe.
    ///
    /// # Safety
    /// `wire` has been called for this block, and every channel covers `frames`, which are at most
    /// [`max_frames`](Self::max_frames).
    pub unsafe fn part(&mut self, frames: usize) {
        let (inputs, outputs) = self.table.split_at_mut(self.input_channels);
        for i in 1..outputs.len() {
            if outputs[..i].contains(&outputs[i]) {
                outputs[i] = self.sink[i * self.max_frames..].as_mut_ptr();
            }
        }
        let in_place = self.rows.first().map_or(0, |main| main.count);
        for (i, input) in inputs.iter_mut().enumerate() {
            let taken = outputs
                .iter()
                .enumerate()
                .any(|(o, output)| output == input && !(o == i && i < in_place));
            if taken {
                let copy = self.copies[i * self.max_frames..].as_mut_ptr();
                // SAFETY: the caller's; the copy has room for `max_frames`, and nobody else's.
                unsafe { std::ptr::copy_nonoverlapping(*input, copy, frames) };
                *input = copy;
            }
        }
    }

    /// # Safety
    /// As for [`wire`](Self::wire).
    unsafe fn wire_input(&mut self, bus: usize, host: HostBus, at: usize) -> bool {
        let Row { start, count } = self.rows[bus];
        // SAFETY: the caller's.
        let first = unsafe { host.channel(0) };
        let mut present = false;
        for channel in 0..count {
            // SAFETY: the caller's.
            let own = unsafe { host.channel(channel) };
            let mono = host.count == 1 && !first.is_null();
            let given = if own.is_null() && mono { first } else { own };
            self.table[start + channel] = if given.is_null() {
                self.silence.as_mut_ptr()
            } else {
                present = true;
                // SAFETY: the host's channel covers frame `at`.
                unsafe { given.add(at) }
            };
        }
        present
    }
}

/// Fills a host's bus with zeros: for blocks that are refused. Realtime-safe.
///
/// # Safety
/// Non-null channels cover `frames` frames.
pub unsafe fn silence(bus: HostBus, frames: usize) {
    for i in 0..bus.count {
        // SAFETY: within `count`.
        let channel = unsafe { bus.channel(i) };
        if !channel.is_null() {
            // SAFETY: the caller's.
            unsafe { std::ptr::write_bytes(channel, 0, frames) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_on_one_another_are_parted() {
        let mut pad = Pad::new(&[2, 2], &[2, 2], 4);
        let (mut left, mut right) = ([1.0f32; 4], [2.0f32; 4]);
        let mut straight = [left.as_mut_ptr(), right.as_mut_ptr()];
        let mut crossed = [right.as_mut_ptr(), left.as_mut_ptr()];
        let bus =
            |channels: &mut [*mut f32; 2]| HostBus { channels: channels.as_mut_ptr(), count: 2 };
        let (straight, crossed) = (bus(&mut straight), bus(&mut crossed));
        // SAFETY: the channels have four frames each, and the table four places for inputs.
        let inputs = |pad: &Pad| unsafe { [0, 1].map(|i| *pad.table[i]) };

        // SAFETY: as above. In place, each channel on itself: nothing to part.
        unsafe {
            pad.wire(|i| if i == 0 { straight } else { HostBus::ABSENT }, |_| straight, 0);
            pad.part(4);
        }
        assert_eq!(pad.table[0], pad.table[4]);
        let outputs = &pad.table[4..];
        assert!(
            (0..4).all(|i| !outputs[..i].contains(&outputs[i])),
            "main and monitor in one place"
        );

        // SAFETY: as above. Left and right crossed: read before they are overwritten.
        unsafe {
            pad.wire(|i| if i == 0 { straight } else { HostBus::ABSENT }, |_| crossed, 0);
            pad.part(4);
        }
        assert!(pad.table[..2].iter().all(|input| !pad.table[4..].contains(input)));
        assert_eq!(inputs(&pad), [1.0, 2.0]);
    }

    #[test]
    fn every_channel_has_a_place_of_its_own() {
        let mut pad = Pad::new(&[2, 2], &[2, 2], 8);
        let mut audio = [1.0f32, 2.0, 3.0, 4.0];
        let mut channels = [audio.as_mut_ptr()];
        let mono = HostBus { channels: channels.as_mut_ptr(), count: 1 };
        let only_first = |i| if i == 0 { mono } else { HostBus::ABSENT };
        // SAFETY: the buffer has more than two frames.
        let present = unsafe { pad.wire(only_first, only_first, 2) };
        assert_eq!(present, Present { inputs: 1, outputs: 1 });
        let rows: Vec<HostBus> = (0..4).map(|i| pad.input(i)).collect();
        // SAFETY: the rows point into the pad's table, two pointers each.
        let pointers = rows.iter().flat_map(|row| (0..2).map(|i| unsafe { row.channel(i) }));
        let pointers: Vec<*mut f32> = pointers.collect();
        assert_eq!(pointers[0], pointers[1], "mono is heard on both sides");
        // SAFETY: points to the third of four samples.
        assert_eq!(unsafe { *pointers[0] }, 3.0);
        assert_eq!(pointers[2], pointers[3], "silence is shared");
        let mut outputs = pointers[4..].to_vec();
        outputs.sort();
        outputs.dedup();
        assert_eq!(outputs.len(), 4, "outputs never overlap");
    }
}
