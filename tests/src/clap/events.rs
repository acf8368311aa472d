//! The bad host's events: of any kind, size and time, in any order.

use std::ffi::c_void;

use clap_sys::events::*;

/// Bytes that are there for each event, whatever size it claims.
const ROOM: usize = 256;

/// One event, in more room than any needs.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
pub struct Event([u8; ROOM]);

impl Event {
    fn of<T: Copy>(time: u32, type_: u16, mut event: T) -> Self {
        const { assert!(size_of::<T>() <= ROOM && align_of::<T>() <= 8) };
        let header = clap_event_header {
            size: size_of::<T>() as u32,
            time,
            space_id: CLAP_CORE_EVENT_SPACE_ID,
            type_,
            flags: 0,
        };
        let mut room = [0u8; ROOM];
        // SAFETY: every event begins with a header; it fits into the room, see above.
        unsafe {
            (&raw mut event).cast::<clap_event_header>().write(header);
            room.as_mut_ptr().cast::<T>().write_unaligned(event);
        }
        Self(room)
    }

    fn empty<T>() -> T {
        // SAFETY: only used for C structs of numbers and pointers, which zeros are values of.
        unsafe { std::mem::zeroed() }
    }

    /// A parameter's new value.
    pub fn param(time: u32, id: u32, value: f64) -> Self {
        let event = clap_event_param_value { param_id: id, value, ..Self::empty() };
        let everywhere =
            clap_event_param_value { note_id: -1, port_index: -1, channel: -1, key: -1, ..event };
        Self::of(time, CLAP_EVENT_PARAM_VALUE, everywhere)
    }

    /// A new place in the song, in seconds, which may be before its start.
    pub fn transport(time: u32, seconds: i64) -> Self {
        let event = clap_event_transport {
            flags: CLAP_TRANSPORT_HAS_SECONDS_TIMELINE
                | CLAP_TRANSPORT_HAS_TEMPO
                | CLAP_TRANSPORT_IS_PLAYING,
            song_pos_seconds: seconds << 31,
            tempo: 120.0,
            ..Self::empty()
        };
        Self::of(time, CLAP_EVENT_TRANSPORT, event)
    }

    /// A key goes down.
    pub fn note(time: u32, key: i16) -> Self {
        let event = clap_event_note {
            note_id: -1,
            port_index: 0,
            channel: 0,
            key,
            velocity: 1.0,
            ..Self::empty()
        };
        Self::of(time, CLAP_EVENT_NOTE_ON, event)
    }

    /// When it is.
    pub fn time(&self) -> u32 {
        // SAFETY: the room begins with a header, and is aligned for one.
        unsafe { (*self.0.as_ptr().cast::<clap_event_header>()).time }
    }

    /// The same, but at another time.
    pub fn at(self, time: u32) -> Self {
        self.edit(|header| header.time = time)
    }

    /// The same, but of another type.
    pub fn with_type(self, type_: u16) -> Self {
        self.edit(|header| header.type_ = type_)
    }

    /// The same, but of a space that nobody has registered.
    pub fn with_space(self, space_id: u16) -> Self {
        self.edit(|header| header.space_id = space_id)
    }

    /// The same, but claiming another size.
    pub fn with_size(self, size: u32) -> Self {
        self.edit(|header| header.size = size)
    }

    fn edit(mut self, change: impl FnOnce(&mut clap_event_header)) -> Self {
        // SAFETY: the room begins with a header, and is aligned for one.
        change(unsafe { &mut *self.0.as_mut_ptr().cast() });
        self
    }
}

/// A list as the plug-in gets it; its place in memory must not change while it is used.
pub struct List<'a> {
    events: &'a [Event],
    raw: clap_input_events,
}

impl<'a> List<'a> {
    /// A list of these, in this order.
    pub fn of(events: &'a [Event]) -> Box<Self> {
        let raw = clap_input_events {
            ctx: std::ptr::null_mut(),
            size: Some(list_size),
            get: Some(list_get),
        };
        let mut list = Box::new(Self { events, raw });
        list.raw.ctx = (&raw mut list.events).cast();
        list
    }

    /// For the plug-in, as long as the list lives.
    pub fn raw(&self) -> *const clap_input_events {
        &self.raw
    }
}

unsafe extern "C" fn list_size(list: *const clap_input_events) -> u32 {
    // SAFETY: made by `List::of`.
    unsafe { events_of(list) }.len() as u32
}

unsafe extern "C" fn list_get(list: *const clap_input_events, i: u32) -> *const clap_event_header {
    // SAFETY: made by `List::of`.
    let event = unsafe { events_of(list) }.get(i as usize);
    event.map_or(std::ptr::null(), |event| event.0.as_ptr().cast())
}

/// # Safety
/// The list was made by `List::of`, and lives.
unsafe fn events_of<'a>(list: *const clap_input_events) -> &'a [Event] {
    // SAFETY: the caller's.
    unsafe { *(*list).ctx.cast::<c_void>().cast::<&[Event]>() }
}

/// Where the plug-in's own events go: nowhere.
pub fn swallow() -> clap_output_events {
    unsafe extern "C" fn take(_: *const clap_output_events, _: *const clap_event_header) -> bool {
        true
    }
    clap_output_events { ctx: std::ptr::null_mut(), try_push: Some(take) }
}
