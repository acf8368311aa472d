//! The parameter changes and events of one piece of a block, as if the piece were the block.
//!
//! Where a block goes to the wrapper in one piece with no more events than it has room for, it
//! gets the host's own lists. Otherwise it gets this window onto them, with the times counted from
//! the piece's first frame.

use std::cell::Cell;

use nih_plug::wrapper::vst3::vst3::Steinberg::Vst::{
    Event, IEventList, IEventListTrait, IParamValueQueue, IParamValueQueueTrait, IParameterChanges,
    IParameterChangesTrait, ParamID, ParamValue,
};
use nih_plug::wrapper::vst3::vst3::Steinberg::{
    int32, kInvalidArgument, kNotImplemented, kResultOk, tresult,
};
use nih_plug::wrapper::vst3::vst3::{Class, ComRef, ComWrapper};

/// A stretch of a block in which events may fall. The first piece of a block also takes what comes
/// before it, and the last one what comes after it: hosts get times wrong, and nothing is lost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// The piece's first frame.
    pub from: usize,
    /// The frame after its last.
    pub to: usize,
    /// The block's length.
    pub whole: usize,
}

impl Span {
    /// Whether the piece is the block. Realtime-safe.
    pub fn is_whole(&self) -> bool {
        self.from == 0 && self.to == self.whole
    }

    /// The neighbours in a list that fall into the piece, found by bisection in a list that is
    /// sorted by time, as the standard wants it.
    ///
    /// In one that is not, each entry is still in exactly one piece, and the pieces go through the
    /// list in its order: in one and the same list, the search for a later time takes the same
    /// steps as one for an earlier time up to the first entry between them, and turns to later
    /// entries there. What cannot be read counts as early.
    fn run(&self, count: int32, time_of: impl Fn(int32) -> Option<int32>) -> Run {
        let count = count.max(0);
        let first_from = |frame: usize| {
            let is_before = |i| time_of(i).is_none_or(|time| i64::from(time) < frame as i64);
            let (mut before, mut after) = (0, count);
            while before < after {
                let middle = before + (after - before) / 2;
                if is_before(middle) { before = middle + 1 } else { after = middle }
            }
            before
        };
        let first = if self.from == 0 { 0 } else { first_from(self.from) };
        let end = if self.to >= self.whole { count } else { first_from(self.to) };
        Run { first, count: end - first }
    }
}

/// A run of neighbours in a list that is sorted by time.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    first: int32,
    count: int32,
}

/// The window; made once for an instance.
pub struct Window {
    changes: Cell<*mut IParameterChanges>,
    events: Cell<*mut IEventList>,
    span: Cell<Span>,
    event_run: Cell<Run>,
    /// All changes and events of the block, counted once.
    total: Cell<usize>,
    /// No frame can be cut in two: where one has more changes than there is room for, each
    /// parameter takes its last value, and what then is too much is not shown.
    only_last: Cell<bool>,
    /// So many of the host's queues are shown, from this one on.
    queues: Cell<int32>,
    first_queue: Cell<int32>,
    /// Whether the queues have pieces of their own, without a frame: see
    /// [`queues_are_waiting`](Self::queues_are_waiting).
    apart: Cell<bool>,
    /// Those from this one on have theirs still to come.
    waiting: Cell<int32>,
    /// How many queues the host has.
    all_queues: Cell<int32>,
    /// The queue handed out last. One is enough: the wrapper is done with a queue before it asks
    /// for the next.
    queue: Cell<*mut IParamValueQueue>,
    queue_run: Cell<Run>,
    /// The latest times handed out: what is out of order counts as happening then.
    latest_point: Cell<int32>,
    latest_event: Cell<int32>,
    /// This very object as the queue that stands for it.
    own_queue: Cell<*mut IParamValueQueue>,
}

impl Class for Window {
    type Interfaces = (IParameterChanges, IParamValueQueue, IEventList);
}

impl Window {
    /// Onto nothing yet.
    pub fn new() -> ComWrapper<Self> {
        let window = ComWrapper::new(Self {
            changes: Cell::new(std::ptr::null_mut()),
            events: Cell::new(std::ptr::null_mut()),
            span: Cell::default(),
            event_run: Cell::default(),
            total: Cell::new(0),
            only_last: Cell::new(false),
            queues: Cell::new(0),
            first_queue: Cell::new(0),
            apart: Cell::new(false),
            waiting: Cell::new(0),
            all_queues: Cell::new(0),
            queue: Cell::new(std::ptr::null_mut()),
            queue_run: Cell::default(),
            latest_point: Cell::new(0),
            latest_event: Cell::new(0),
            own_queue: Cell::new(std::ptr::null_mut()),
        });
        let own_queue = window.as_com_ref::<IParamValueQueue>().expect("in its list of interfaces");
        window.own_queue.set(own_queue.as_ptr());
        window
    }

    /// Looks at a block's lists, and counts what is in them. The wrapper has room for `room` changes
    /// and events at a time. Realtime-safe, as far as the host is.
    ///
    /// # Safety
    /// The lists are null or alive until the block ends.
    pub unsafe fn look_at(
        &self,
        changes: *mut IParameterChanges,
        events: *mut IEventList,
        room: usize,
    ) {
        self.changes.set(changes);
        self.events.set(events);
        // SAFETY: the caller's.
        unsafe {
            let queues =
                ComRef::from_raw(changes).map_or(0, |list| list.getParameterCount().max(0));
            self.all_queues.set(queues);
            let events = ComRef::from_raw(events).map_or(0, |list| list.getEventCount().max(0));
            self.total.set(events as usize + self.count_points(|_, count| count));
        }
        self.apart.set(self.total.get() > room && self.all_queues.get() as usize > room);
        self.waiting.set(if self.apart.get() { 0 } else { self.all_queues.get() });
    }

    /// How many changes and events there are in the whole block. Realtime-safe.
    pub fn total(&self) -> usize {
        self.total.get()
    }

    /// A list with more queues than there is room for events is not cut by time, which would take a
    /// look at every queue for each piece: no host of the standard makes it, because there is one
    /// queue for each parameter. Its queues come first, without a frame, as many at a time as there
    /// is room for, and each with its last value. Realtime-safe.
    pub fn queues_are_waiting(&self) -> bool {
        self.waiting.get() < self.all_queues.get()
    }

    /// # Safety
    /// The list is alive.
    unsafe fn count_points(
        &self,
        in_queue: impl Fn(ComRef<'_, IParamValueQueue>, int32) -> int32,
    ) -> usize {
        // SAFETY: the caller's.
        let Some(list) = (unsafe { ComRef::from_raw(self.changes.get()) }) else { return 0 };
        let count = |i| {
            // SAFETY: the host's queues live as long as its list.
            unsafe {
                let queue = ComRef::from_raw(list.getParameterData(i))?;
                Some(in_queue(queue, queue.getPointCount()).max(0) as usize)
            }
        };
        (0..self.all_queues.get()).filter_map(count).sum()
    }

    /// How many changes and events fall into a span. Realtime-safe, as far as the host is.
    ///
    /// # Safety
    /// The lists are alive.
    pub unsafe fn count(&self, span: Span) -> usize {
        // SAFETY: the caller's.
        unsafe {
            let events = run_of_events(self.events.get(), span).count as usize;
            if self.apart.get() {
                return events;
            }
            events + self.count_points(|queue, count| points_in(queue, count, span).count)
        }
    }

    /// Shows a span, at most `room` changes and events of it. Realtime-safe, as far as the host is.
    ///
    /// # Safety
    /// The lists are alive.
    pub unsafe fn show(&self, span: Span, room: usize) {
        self.span.set(span);
        self.latest_event.set(0);
        self.event_run.set(Run::default());
        self.first_queue.set(0);
        if self.queues_are_waiting() {
            // A block of no frames, in which everything is.
            self.span.set(Span::default());
            let first = self.waiting.get();
            let count = (self.all_queues.get() - first).min(room as int32);
            self.first_queue.set(first);
            self.queues.set(count);
            self.only_last.set(true);
            self.waiting.set(first + count);
            return;
        }
        // SAFETY: the caller's.
        let (mut run, count) =
            unsafe { (run_of_events(self.events.get(), span), self.count(span)) };
        let mut queues = if self.apart.get() { 0 } else { self.all_queues.get() };
        let crowded = count > room;
        if crowded {
            queues = queues.min(room as int32);
            run.count = run.count.min(room as int32 - queues);
        }
        self.only_last.set(crowded);
        self.queues.set(queues);
        self.event_run.set(run);
    }

    /// The time in the piece, no earlier than the `latest`, which it becomes. What comes after the
    /// block, the wrapper counts as its last frame.
    fn shift(&self, time: int32, latest: &Cell<int32>) -> int32 {
        let span = self.span.get();
        let last = (span.to - span.from).saturating_sub(1) as int32;
        let time = time.saturating_sub(span.from as int32).min(last).max(latest.get());
        latest.set(time);
        time
    }
}

fn points_in(queue: ComRef<'_, IParamValueQueue>, count: int32, span: Span) -> Run {
    // SAFETY: whoever has the reference sees to it that the queue is alive.
    span.run(count, |i| unsafe { point(queue, i) }.map(|(time, _)| time))
}

/// # Safety
/// The queue is alive.
unsafe fn point(queue: ComRef<'_, IParamValueQueue>, i: int32) -> Option<(int32, ParamValue)> {
    let (mut time, mut value) = (0, 0.0);
    // SAFETY: both places can be written.
    let result = unsafe { queue.getPoint(i, &mut time, &mut value) };
    (result == kResultOk).then_some((time, value))
}

/// # Safety
/// The list is null or alive.
unsafe fn run_of_events(events: *mut IEventList, span: Span) -> Run {
    // SAFETY: the caller's.
    let Some(events) = (unsafe { ComRef::from_raw(events) }) else { return Run::default() };
    // SAFETY: the list is alive.
    let count = unsafe { events.getEventCount() };
    // SAFETY: the list is alive.
    span.run(count, |i| unsafe { event(events, i) }.map(|event| event.sampleOffset))
}

/// # Safety
/// The list is alive.
unsafe fn event(events: ComRef<'_, IEventList>, i: int32) -> Option<Event> {
    // SAFETY: an event is plain numbers and a union of them, for which zeros are a value.
    let mut event: Event = unsafe { std::mem::zeroed() };
    // SAFETY: the caller's; the place can be written.
    let result = unsafe { events.getEvent(i, &mut event) };
    (result == kResultOk).then_some(event)
}

impl IParameterChangesTrait for Window {
    unsafe fn getParameterCount(&self) -> int32 {
        self.queues.get()
    }

    unsafe fn getParameterData(&self, i: int32) -> *mut IParamValueQueue {
        // SAFETY: the list is alive as long as the block that is looked at.
        let Some(list) = (unsafe { ComRef::from_raw(self.changes.get()) }) else {
            return std::ptr::null_mut();
        };
        if !(0..self.queues.get()).contains(&i) {
            return std::ptr::null_mut();
        }
        // SAFETY: as above.
        let queue = unsafe { list.getParameterData(self.first_queue.get() + i) };
        // SAFETY: as above; the host's queues live as long as its list.
        let mut run = unsafe { ComRef::from_raw(queue) }.map_or_else(Run::default, |queue| {
            // SAFETY: as above.
            points_in(queue, unsafe { queue.getPointCount() }, self.span.get())
        });
        if self.only_last.get() && run.count > 1 {
            run = Run { first: run.first + run.count - 1, count: 1 };
        }
        self.queue.set(queue);
        self.queue_run.set(run);
        self.latest_point.set(0);
        if queue.is_null() { queue } else { self.own_queue.get() }
    }

    unsafe fn addParameterData(&self, _: *const ParamID, _: *mut int32) -> *mut IParamValueQueue {
        std::ptr::null_mut()
    }
}

impl IParamValueQueueTrait for Window {
    unsafe fn getParameterId(&self) -> ParamID {
        // SAFETY: the queue handed out last is alive as long as its list.
        unsafe { ComRef::from_raw(self.queue.get()).map_or(0, |queue| queue.getParameterId()) }
    }

    unsafe fn getPointCount(&self) -> int32 {
        self.queue_run.get().count
    }

    unsafe fn getPoint(&self, i: int32, time: *mut int32, value: *mut ParamValue) -> tresult {
        let run = self.queue_run.get();
        // SAFETY: as above.
        let queue = unsafe { ComRef::from_raw(self.queue.get()) };
        let (Some(queue), true) = (queue, (0..run.count).contains(&i)) else {
            return kInvalidArgument;
        };
        // SAFETY: as above; the places are the wrapper's.
        match unsafe { (point(queue, run.first + i), time.as_mut(), value.as_mut()) } {
            (Some(point), Some(time), Some(value)) => {
                (*time, *value) = (self.shift(point.0, &self.latest_point), point.1);
                kResultOk
            }
            _ => kInvalidArgument,
        }
    }

    unsafe fn addPoint(&self, _: int32, _: ParamValue, _: *mut int32) -> tresult {
        kNotImplemented
    }
}

impl IEventListTrait for Window {
    unsafe fn getEventCount(&self) -> int32 {
        self.event_run.get().count
    }

    unsafe fn getEvent(&self, i: int32, to: *mut Event) -> tresult {
        let run = self.event_run.get();
        // SAFETY: the list is alive as long as the block that is looked at.
        let events = unsafe { ComRef::from_raw(self.events.get()) };
        let (Some(events), true) = (events, (0..run.count).contains(&i)) else {
            return kInvalidArgument;
        };
        // SAFETY: as above; the place is the wrapper's.
        match unsafe { (event(events, run.first + i), to.as_mut()) } {
            (Some(mut event), Some(to)) => {
                event.sampleOffset = self.shift(event.sampleOffset, &self.latest_event);
                *to = event;
                kResultOk
            }
            _ => kInvalidArgument,
        }
    }

    unsafe fn addEvent(&self, _: *mut Event) -> tresult {
        kNotImplemented
    }
}
