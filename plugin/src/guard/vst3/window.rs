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

    fn holds(&self, time: int32) -> bool {
        let time = i64::from(time);
        let after_start = self.from == 0 || time >= self.from as i64;
        let before_end = self.to >= self.whole || time < self.to as i64;
        after_start && before_end
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
    /// No frame can be cut in two: where one has more changes than there is room for, each
    /// parameter takes its last value, and what then is too much is not shown.
    only_last: Cell<bool>,
    /// So many of the host's queues are shown.
    queues: Cell<int32>,
    /// The queue handed out last. One is enough: the wrapper is done with a queue before it asks
    /// for the next.
    queue: Cell<*mut IParamValueQueue>,
    queue_run: Cell<Run>,
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
            only_last: Cell::new(false),
            queues: Cell::new(0),
            queue: Cell::new(std::ptr::null_mut()),
            queue_run: Cell::default(),
            own_queue: Cell::new(std::ptr::null_mut()),
        });
        let own_queue = window.as_com_ref::<IParamValueQueue>().expect("in its list of interfaces");
        window.own_queue.set(own_queue.as_ptr());
        window
    }

    /// Looks at a block's lists. Realtime-safe, as far as the host is.
    ///
    /// # Safety
    /// The lists are null or alive until the block ends.
    pub unsafe fn look_at(&self, changes: *mut IParameterChanges, events: *mut IEventList) {
        self.changes.set(changes);
        self.events.set(events);
    }

    /// How many changes and events there are in the whole block. Realtime-safe, as far as the host
    /// is.
    ///
    /// # Safety
    /// The lists are alive.
    pub unsafe fn total(&self) -> usize {
        // SAFETY: the caller's.
        unsafe {
            let points = ComRef::from_raw(self.changes.get()).map_or(0, |list| {
                let queues = (0..list.getParameterCount()).map(|i| list.getParameterData(i));
                queues.filter_map(|queue| ComRef::from_raw(queue)).map(|q| q.getPointCount()).sum()
            });
            let events = ComRef::from_raw(self.events.get()).map_or(0, |list| list.getEventCount());
            usize::try_from(points.saturating_add(events)).unwrap_or(0)
        }
    }

    /// How many changes and events fall into a span. Realtime-safe, as far as the host is.
    ///
    /// # Safety
    /// The lists are alive.
    pub unsafe fn count(&self, span: Span) -> usize {
        // SAFETY: the caller's.
        unsafe {
            let queues = ComRef::from_raw(self.changes.get()).map_or(0, |list| {
                (0..list.getParameterCount())
                    .map(|i| run_of_points(list.getParameterData(i), span).count as usize)
                    .sum()
            });
            queues + run_of_events(self.events.get(), span).count as usize
        }
    }

    /// Shows a span, at most `room` changes and events of it. Realtime-safe, as far as the host is.
    ///
    /// # Safety
    /// The lists are alive.
    pub unsafe fn show(&self, span: Span, room: usize) {
        self.span.set(span);
        // SAFETY: the caller's.
        unsafe {
            let mut run = run_of_events(self.events.get(), span);
            let mut queues =
                ComRef::from_raw(self.changes.get()).map_or(0, |list| list.getParameterCount());
            let crowded = self.count(span) > room;
            if crowded {
                queues = queues.clamp(0, room as int32);
                run.count = run.count.min(room as int32 - queues);
            }
            self.only_last.set(crowded);
            self.queues.set(queues);
            self.event_run.set(run);
        }
    }

    fn shift(&self, time: int32) -> int32 {
        time.saturating_sub(self.span.get().from as int32)
    }
}

/// The neighbours in a list that fall into a span.
fn run(count: int32, span: Span, time_of: impl Fn(int32) -> Option<int32>) -> Run {
    let holds = |i: &int32| time_of(*i).is_some_and(|time| span.holds(time));
    let count = count.max(0);
    let first = (0..count).find(holds).unwrap_or(count);
    Run { first, count: (first..count).take_while(holds).count() as int32 }
}

/// # Safety
/// The queue is null or alive.
unsafe fn run_of_points(queue: *mut IParamValueQueue, span: Span) -> Run {
    // SAFETY: the caller's.
    let Some(queue) = (unsafe { ComRef::from_raw(queue) }) else { return Run::default() };
    // SAFETY: the queue is alive.
    let count = unsafe { queue.getPointCount() };
    // SAFETY: the queue is alive.
    run(count, span, |i| unsafe { point(queue, i) }.map(|(time, _)| time))
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
    run(count, span, |i| unsafe { event(events, i) }.map(|event| event.sampleOffset))
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
        // SAFETY: as above.
        let queue = unsafe { list.getParameterData(i) };
        // SAFETY: as above; the host's queues live as long as its list.
        let mut run = unsafe { run_of_points(queue, self.span.get()) };
        if self.only_last.get() && run.count > 1 {
            run = Run { first: run.first + run.count - 1, count: 1 };
        }
        self.queue.set(queue);
        self.queue_run.set(run);
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
                (*time, *value) = (self.shift(point.0), point.1);
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
                event.sampleOffset = self.shift(event.sampleOffset);
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
