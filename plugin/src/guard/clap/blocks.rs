//! What one block needs: the host's ports completed, and the events and the transport of its
//! pieces.

use clap_sys::audio_buffer::clap_audio_buffer;
use clap_sys::events::*;
use clap_sys::fixedpoint::{CLAP_BEATTIME_FACTOR, CLAP_SECTIME_FACTOR};
use clap_sys::process::{CLAP_PROCESS_ERROR, clap_process, clap_process_status};

use super::window::Window;
use crate::guard::pad::{self, HostBus, Pad, Present};

/// For the ports of the last activation.
pub struct Blocks {
    /// The host's ports, completed.
    pub pad: Pad,
    inputs: Box<[clap_audio_buffer]>,
    outputs: Box<[clap_audio_buffer]>,
    /// The events of the current piece.
    pub window: Window,
    /// Frames a second.
    rate: f64,
    /// The transport of the current piece.
    transport: Option<clap_event_transport>,
}

// SAFETY: raw pointers in here are rewritten before each use; whoever is in the `TryCell` is alone
// with them.
unsafe impl Send for Blocks {}

impl Blocks {
    /// For ports with these numbers of channels. Allocates.
    pub fn new(inputs: &[usize], outputs: &[usize], max_frames: usize, rate: f64) -> Self {
        Self {
            pad: Pad::new(inputs, outputs, max_frames),
            inputs: vec![clap_bus(HostBus::ABSENT); inputs.len()].into(),
            outputs: vec![clap_bus(HostBus::ABSENT); outputs.len()].into(),
            window: Window::new(),
            rate,
            transport: None,
        }
    }

    /// Completes the host's ports from frame `at` on. Realtime-safe.
    ///
    /// # Safety
    /// The host's promises for this block.
    pub unsafe fn wire(&mut self, host: &clap_process, at: usize) -> Present {
        // SAFETY: the caller's.
        let (ins, outs) = unsafe { (inputs(host), outputs(host)) };
        let bus = |list: &[clap_audio_buffer], i| list.get(i).map_or(HostBus::ABSENT, host_bus);
        // SAFETY: the caller's.
        unsafe { self.pad.wire(|i| bus(ins, i), |i| bus(outs, i), at) }
    }

    /// Lays the wired buses into `data`.
    pub fn lay_buses(&mut self, data: &mut clap_process) {
        for i in 0..self.pad.input_count() {
            self.inputs[i] = clap_bus(self.pad.input(i));
        }
        for i in 0..self.pad.output_count() {
            self.outputs[i] = clap_bus(self.pad.output(i));
        }
        data.audio_inputs = self.inputs.as_ptr();
        data.audio_inputs_count = self.inputs.len() as u32;
        data.audio_outputs = self.outputs.as_mut_ptr();
        data.audio_outputs_count = self.outputs.len() as u32;
    }

    /// Lays into `data` what the transport is at the piece that begins at frame `at`: what it was
    /// at the block's start, or at the last event that changed it, moved on since. Realtime-safe.
    ///
    /// # Safety
    /// The host's promises for this block.
    pub unsafe fn lay_transport(&mut self, data: &mut clap_process, at: u32) {
        let (given, since) = self.window.transport().unwrap_or((data.transport, 0));
        // SAFETY: the host's, or null.
        let given = unsafe { given.as_ref() };
        self.transport = given.map(|given| later(given, at.saturating_sub(since), self.rate));
        data.transport = self.transport.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    }
}

/// The transport `frames` later. What stands still stays where it is; a bar's start and number do
/// so as well, as in the wrapper's own cuts.
fn later(given: &clap_event_transport, frames: u32, rate: f64) -> clap_event_transport {
    let mut transport = *given;
    if given.flags & CLAP_TRANSPORT_IS_PLAYING == 0 || rate.is_nan() || rate <= 0.0 {
        return transport;
    }
    let (frames, minutes) = (f64::from(frames), f64::from(frames) / rate / 60.0);
    if given.flags & CLAP_TRANSPORT_HAS_TEMPO != 0 {
        // The tempo changes by so much from frame to frame: on the way it is the mean.
        transport.tempo += given.tempo_inc * frames;
        let beats = minutes * (given.tempo + transport.tempo) / 2.0;
        if given.flags & CLAP_TRANSPORT_HAS_BEATS_TIMELINE != 0 {
            transport.song_pos_beats = moved(given.song_pos_beats, beats, CLAP_BEATTIME_FACTOR);
        }
    }
    if given.flags & CLAP_TRANSPORT_HAS_SECONDS_TIMELINE != 0 {
        let seconds = frames / rate;
        transport.song_pos_seconds = moved(given.song_pos_seconds, seconds, CLAP_SECTIME_FACTOR);
    }
    transport
}

/// A fixed-point time, moved by so much; it ends where its numbers do.
fn moved(time: i64, by: f64, factor: i64) -> i64 {
    time.saturating_add((by * factor as f64).round() as i64)
}

/// # Safety
/// The host's promises for this block.
unsafe fn inputs(host: &clap_process) -> &[clap_audio_buffer] {
    if host.audio_inputs.is_null() {
        return &[];
    }
    // SAFETY: the caller's.
    unsafe { std::slice::from_raw_parts(host.audio_inputs, host.audio_inputs_count as usize) }
}

/// # Safety
/// The host's promises for this block.
unsafe fn outputs(host: &clap_process) -> &[clap_audio_buffer] {
    if host.audio_outputs.is_null() {
        return &[];
    }
    // SAFETY: the caller's.
    unsafe { std::slice::from_raw_parts(host.audio_outputs, host.audio_outputs_count as usize) }
}

/// A block that cannot be processed is silent. Realtime-safe.
///
/// # Safety
/// The host's promises for this block.
pub unsafe fn refuse(host: &clap_process) -> clap_process_status {
    // SAFETY: the caller's.
    for bus in unsafe { outputs(host) } {
        // SAFETY: the host's channels cover the block.
        unsafe { pad::silence(host_bus(bus), host.frames_count as usize) };
    }
    CLAP_PROCESS_ERROR
}

fn host_bus(bus: &clap_audio_buffer) -> HostBus {
    HostBus { channels: bus.data32, count: bus.channel_count as usize }
}

fn clap_bus(bus: HostBus) -> clap_audio_buffer {
    clap_audio_buffer {
        data32: bus.channels,
        data64: std::ptr::null_mut(),
        channel_count: bus.count as u32,
        latency: 0,
        constant_mask: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two beats and one second into the song, at 120 beats a minute.
    fn transport(flags: u32) -> clap_event_transport {
        // SAFETY: plain numbers, for which zeros are a value.
        let zeros: clap_event_transport = unsafe { std::mem::zeroed() };
        clap_event_transport {
            flags,
            song_pos_beats: 2 * CLAP_BEATTIME_FACTOR,
            song_pos_seconds: CLAP_SECTIME_FACTOR,
            tempo: 120.0,
            ..zeros
        }
    }

    const ALL: u32 = CLAP_TRANSPORT_HAS_TEMPO
        | CLAP_TRANSPORT_HAS_BEATS_TIMELINE
        | CLAP_TRANSPORT_HAS_SECONDS_TIMELINE
        | CLAP_TRANSPORT_IS_PLAYING;

    fn place(transport: &clap_event_transport) -> (f64, f64) {
        let beats = transport.song_pos_beats as f64 / CLAP_BEATTIME_FACTOR as f64;
        (beats, transport.song_pos_seconds as f64 / CLAP_SECTIME_FACTOR as f64)
    }

    #[test]
    fn the_song_goes_on_from_piece_to_piece() {
        let given = transport(ALL);
        assert_eq!(place(&later(&given, 0, 48_000.0)), (2.0, 1.0));
        assert_eq!(place(&later(&given, 24_000, 48_000.0)), (3.0, 1.5));
        assert_eq!(place(&later(&given, 96_000, 48_000.0)), (6.0, 3.0));
    }

    #[test]
    fn what_is_not_told_is_not_moved() {
        let place_with = |flags| place(&later(&transport(flags), 24_000, 48_000.0));
        assert_eq!(place_with(ALL & !CLAP_TRANSPORT_IS_PLAYING), (2.0, 1.0));
        assert_eq!(place_with(ALL & !CLAP_TRANSPORT_HAS_TEMPO), (2.0, 1.5));
        assert_eq!(place_with(ALL & !CLAP_TRANSPORT_HAS_BEATS_TIMELINE), (2.0, 1.5));
        assert_eq!(place_with(ALL & !CLAP_TRANSPORT_HAS_SECONDS_TIMELINE), (3.0, 1.0));
    }

    #[test]
    fn a_tempo_on_its_way_is_met_halfway() {
        let given = clap_event_transport { tempo_inc: 120.0 / 48_000.0, ..transport(ALL) };
        let found = later(&given, 48_000, 48_000.0);
        assert!((found.tempo - 240.0).abs() < 1e-9);
        // A second at 180 beats a minute on average.
        assert!((place(&found).0 - 5.0).abs() < 1e-9);
    }

    #[test]
    fn a_piece_begins_where_the_last_transport_has_come_to() {
        let mut blocks = Blocks::new(&[], &[], 64, 48_000.0);
        // SAFETY: plain numbers and pointers, for which zeros are a value.
        let mut piece: clap_process = unsafe { std::mem::zeroed() };
        let given = transport(ALL);
        let song = |piece: &clap_process| {
            // SAFETY: null, or laid by `blocks`, which lives.
            unsafe { piece.transport.as_ref() }.map(place)
        };
        piece.transport = &given;
        // SAFETY: the transport lives.
        unsafe { blocks.lay_transport(&mut piece, 24_000) };
        assert_eq!(song(&piece), Some((3.0, 1.5)));
        piece.transport = std::ptr::null();
        // SAFETY: there is none.
        unsafe { blocks.lay_transport(&mut piece, 24_000) };
        assert_eq!(song(&piece), None);

        // A jump of the song at frame 12,000.
        let header = clap_event_header {
            size: size_of::<clap_event_transport>() as u32,
            time: 12_000,
            space_id: CLAP_CORE_EVENT_SPACE_ID,
            type_: CLAP_EVENT_TRANSPORT,
            flags: 0,
        };
        let jump = clap_event_transport { header, ..given };
        unsafe extern "C" fn one(_: *const clap_input_events) -> u32 {
            1
        }
        unsafe extern "C" fn get(
            list: *const clap_input_events,
            _: u32,
        ) -> *const clap_event_header {
            // SAFETY: the list below.
            unsafe { (*list).ctx.cast() }
        }
        let ctx = std::ptr::from_ref(&jump).cast_mut().cast();
        let list = clap_input_events { ctx, size: Some(one), get: Some(get) };
        // SAFETY: the list lives.
        unsafe { blocks.window.look_at(&list) };
        blocks.window.advance(0, 24_000, false, 8);
        let shown = blocks.window.list();
        // SAFETY: the window stays where it is.
        unsafe { (shown.get.unwrap())(&shown, 0) };
        piece.transport = &given;
        // SAFETY: the transports live.
        unsafe { blocks.lay_transport(&mut piece, 24_000) };
        assert_eq!(song(&piece), Some((2.5, 1.25)), "half as far from the jump");
    }

    #[test]
    fn absurd_transports_overflow_nothing() {
        for tempo in [f64::NAN, f64::INFINITY, f64::MAX, -f64::MAX] {
            for place in [i64::MIN, i64::MAX] {
                let wild = clap_event_transport {
                    tempo,
                    tempo_inc: tempo,
                    song_pos_beats: place,
                    song_pos_seconds: place,
                    ..transport(ALL)
                };
                later(&wild, u32::MAX, f64::MIN_POSITIVE);
                later(&wild, 1, f64::NAN);
            }
        }
    }
}
