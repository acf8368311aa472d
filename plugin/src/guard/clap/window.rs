//! The events of one piece of a block, as if the piece were the block: at most as many as the
//! wrapper has room for, and none outside the piece, where the wrapper would read and write past
//! the host's buffers.

use std::cell::{Cell, UnsafeCell};
use std::ffi::c_void;

use clap_sys::events::*;

/// Room for every event of the standard that has a time worth changing.
const SLOT_BYTES: usize = 256;

/// Stands for an event that the wrapper must not see. Not null: in a flush it looks at each.
static NOTHING: clap_event_header = clap_event_header {
    size: size_of::<clap_event_header>() as u32,
    time: 0,
    space_id: u16::MAX,
    type_: u16::MAX,
    flags: 0,
};

/// A copy of an event with another time.
#[repr(C, align(8))]
struct Slot(UnsafeCell<[u8; SLOT_BYTES]>);

/// The window; its place in memory must not change while a list of it is in use.
pub struct Window {
    host: Cell<*const clap_input_events>,
    /// The piece's events: this many from this one on.
    first: Cell<u32>,
    count: Cell<u32>,
    /// The piece's first frame, and its length.
    start: Cell<u32>,
    length: Cell<u32>,
    /// The latest time handed out in this piece: the wrapper subtracts it from those that follow.
    latest: Cell<u32>,
    /// The event handed out last.
    event: Slot,
    /// The wrapper keeps pointers to transports: to the one in force while it looks at the next.
    transports: [Slot; 2],
    /// Which event is in which of them.
    in_transports: [Cell<u32>; 2],
    newest_transport: Cell<usize>,
    /// The host's own last one in the block so far, and its frame.
    given_transport: Cell<*const clap_event_header>,
    given_at: Cell<u32>,
}

impl Window {
    /// Onto nothing yet.
    pub fn new() -> Self {
        let slot = || Slot(UnsafeCell::new([0; SLOT_BYTES]));
        Self {
            host: Cell::new(std::ptr::null()),
            first: Cell::new(0),
            count: Cell::new(0),
            start: Cell::new(0),
            length: Cell::new(0),
            latest: Cell::new(0),
            event: slot(),
            transports: [slot(), slot()],
            in_transports: [Cell::new(u32::MAX), Cell::new(u32::MAX)],
            newest_transport: Cell::new(0),
            given_transport: Cell::new(std::ptr::null()),
            given_at: Cell::new(0),
        }
    }

    /// Looks at a block's events, from the first one on. Realtime-safe.
    ///
    /// # Safety
    /// The list is null or alive until the block ends.
    pub unsafe fn look_at(&self, host: *const clap_input_events) {
        self.host.set(host);
        self.first.set(0);
        self.count.set(0);
        self.given_transport.set(std::ptr::null());
        self.in_transports.iter().for_each(|slot| slot.set(u32::MAX));
    }

    /// Goes on to the piece that begins at `start`, and is `length` long at the most. Returns how
    /// long it is: shorter where more than `room` events would fall into it, 0 where they fall
    /// onto one frame. What is late counts as soon as it is seen, and with the end of the block
    /// (`is_last`) comes all that is left. Realtime-safe, as far as the host is.
    pub fn advance(&self, start: u32, length: u32, is_last: bool, room: u32) -> u32 {
        self.first.set(self.first.get() + self.count.get());
        self.start.set(start);
        self.latest.set(0);
        let end = start + length;
        let left = self.size().saturating_sub(self.first.get());
        let time = |i: u32| self.time(self.first.get() + i);
        let mut count = 0;
        while count < left && (is_last || time(count) < end) {
            if count == room {
                let stop = time(count).clamp(start, end);
                // Those on the frame where the piece now ends belong to the next one.
                let before = (0..count).rev().find(|i| time(*i) < stop).map_or(0, |i| i + 1);
                let (length, count) =
                    if stop == start { (0, room) } else { (stop - start, before) };
                self.count.set(count);
                self.length.set(length);
                return length;
            }
            count += 1;
        }
        self.count.set(count);
        self.length.set(length);
        length
    }

    /// Whether every event has been in a piece. Realtime-safe, as far as the host is.
    pub fn is_done(&self) -> bool {
        self.first.get() + self.count.get() >= self.size()
    }

    /// The piece's list, valid while the window stays where it is. Realtime-safe.
    pub fn list(&self) -> clap_input_events {
        clap_input_events {
            ctx: std::ptr::from_ref(self).cast_mut().cast(),
            size: Some(size),
            get: Some(get),
        }
    }

    /// The last transport among the events that the wrapper has seen in this block, and its frame.
    /// Realtime-safe.
    pub fn transport(&self) -> Option<(*const clap_event_transport, u32)> {
        let given = self.given_transport.get();
        (!given.is_null()).then(|| (given.cast(), self.given_at.get()))
    }

    fn size(&self) -> u32 {
        // SAFETY: null, or alive until the block ends.
        let host = unsafe { self.host.get().as_ref() };
        // SAFETY: the list's own function.
        host.and_then(|host| host.size).map_or(0, |size| unsafe { size(self.host.get()) })
    }

    fn host_event(&self, i: u32) -> *const clap_event_header {
        // SAFETY: null, or alive until the block ends.
        let host = unsafe { self.host.get().as_ref() };
        let get = host.and_then(|host| host.get);
        // SAFETY: the list's own function.
        get.map_or(std::ptr::null(), |get| unsafe { get(self.host.get(), i) })
    }

    fn time(&self, i: u32) -> u32 {
        // SAFETY: null, or alive until the block ends.
        unsafe { self.host_event(i).as_ref() }.map_or(0, |event| event.time)
    }

    /// The piece's event `i`: the host's own where its time is right, else a copy.
    fn event(&self, i: u32) -> *const clap_event_header {
        if i >= self.count.get() {
            return &NOTHING;
        }
        let i = self.first.get() + i;
        let given = self.host_event(i);
        // SAFETY: null, or alive until the block ends.
        let Some(header) = (unsafe { given.as_ref() }) else { return &NOTHING };
        let last = self.length.get().saturating_sub(1);
        let time = header.time.saturating_sub(self.start.get()).min(last).max(self.latest.get());
        let size = header.size as usize;
        if size < least_size(header) {
            return &NOTHING;
        }
        self.latest.set(time);
        if is_transport(header) {
            self.given_transport.set(given);
            self.given_at.set(self.start.get() + time);
        }
        if time == header.time {
            return given;
        }
        if size > SLOT_BYTES {
            // Nothing of the standard is that large.
            return &NOTHING;
        }
        let copy = self.slot_for(i, header).0.get().cast::<u8>();
        // SAFETY: the event has `size` bytes, which fit into the slot; nobody else is in the slot,
        // and its alignment is that of an event.
        unsafe {
            std::ptr::copy_nonoverlapping(given.cast::<u8>(), copy, size);
            let copy = copy.cast::<clap_event_header>();
            (*copy).time = time;
            copy
        }
    }

    fn slot_for(&self, i: u32, header: &clap_event_header) -> &Slot {
        if !is_transport(header) {
            return &self.event;
        }
        let slot = match self.in_transports.iter().position(|held| held.get() == i) {
            Some(slot) => slot,
            None => 1 - self.newest_transport.get(),
        };
        self.newest_transport.set(slot);
        self.in_transports[slot].set(i);
        &self.transports[slot]
    }
}

fn is_transport(header: &clap_event_header) -> bool {
    (header.space_id, header.type_) == (CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_TRANSPORT)
}

/// What the wrapper reads of an event without a look at its size.
fn least_size(header: &clap_event_header) -> usize {
    if header.space_id != CLAP_CORE_EVENT_SPACE_ID {
        return size_of::<clap_event_header>();
    }
    match header.type_ {
        CLAP_EVENT_NOTE_ON | CLAP_EVENT_NOTE_OFF | CLAP_EVENT_NOTE_CHOKE => {
            size_of::<clap_event_note>()
        }
        CLAP_EVENT_NOTE_EXPRESSION => size_of::<clap_event_note_expression>(),
        CLAP_EVENT_PARAM_VALUE => size_of::<clap_event_param_value>(),
        CLAP_EVENT_PARAM_MOD => size_of::<clap_event_param_mod>(),
        CLAP_EVENT_TRANSPORT => size_of::<clap_event_transport>(),
        CLAP_EVENT_MIDI => size_of::<clap_event_midi>(),
        CLAP_EVENT_MIDI_SYSEX => size_of::<clap_event_midi_sysex>(),
        _ => size_of::<clap_event_header>(),
    }
}

unsafe extern "C" fn size(list: *const clap_input_events) -> u32 {
    // SAFETY: `list()` made it, with the window as its context.
    unsafe { &*(*list).ctx.cast::<Window>() }.count.get()
}

unsafe extern "C" fn get(list: *const clap_input_events, i: u32) -> *const clap_event_header {
    // SAFETY: `list()` made it, with the window as its context.
    unsafe { &*(*list).ctx.cast::<c_void>().cast::<Window>() }.event(i)
}
