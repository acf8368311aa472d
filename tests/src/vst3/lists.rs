//! What happens inside a block: parameter changes and notes.

use std::cell::Cell;

use vst3::Steinberg::Vst::{
    Event, Event_::EventTypes_, IEventList, IEventListTrait, IParamValueQueue,
    IParamValueQueueTrait, IParameterChanges, IParameterChangesTrait, NoteOffEvent, NoteOnEvent,
    ParamID, ParamValue,
};
use vst3::Steinberg::{int32, kInvalidArgument, kNotImplemented, kResultOk, tresult};
use vst3::{Class, ComWrapper};

thread_local! {
    static LOOKS: Cell<u64> = const { Cell::new(0) };
}

/// How often this thread has been asked for one point or one note.
pub fn looks() -> u64 {
    LOOKS.get()
}

/// A parameter takes a value at a frame: of a block, or of a whole performance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// When. A bad host's may be before the block, or after its end.
    pub frame: i64,
    /// Which parameter.
    pub id: u32,
    /// What value, normalised.
    pub value: f64,
}

impl Change {
    /// A parameter takes a value at a frame.
    pub fn at(frame: i64, id: u32, value: f64) -> Self {
        Self { frame, id, value }
    }
}

/// A block's parameter changes.
pub struct Changes(Vec<ComWrapper<Queue>>);

/// Those of one parameter.
pub struct Queue {
    id: ParamID,
    points: Vec<(int32, ParamValue)>,
}

impl Changes {
    /// In the order of their parameters' first appearance, each in the order given.
    pub fn new(changes: &[Change]) -> ComWrapper<Self> {
        let mut queues: Vec<Queue> = Vec::new();
        for change in changes {
            let point = (change.frame as int32, change.value);
            match queues.iter_mut().find(|queue| queue.id == change.id) {
                Some(queue) => queue.points.push(point),
                None => queues.push(Queue { id: change.id, points: vec![point] }),
            }
        }
        Self::of(queues)
    }

    /// With a queue for each change, as only a bad host makes them.
    pub fn apart(changes: &[Change]) -> ComWrapper<Self> {
        let queue = |change: &Change| {
            let point = (change.frame as int32, change.value);
            Queue { id: change.id, points: vec![point] }
        };
        Self::of(changes.iter().map(queue).collect())
    }

    fn of(queues: Vec<Queue>) -> ComWrapper<Self> {
        ComWrapper::new(Self(queues.into_iter().map(ComWrapper::new).collect()))
    }
}

impl Class for Changes {
    type Interfaces = (IParameterChanges,);
}

impl IParameterChangesTrait for Changes {
    unsafe fn getParameterCount(&self) -> int32 {
        self.0.len() as int32
    }

    unsafe fn getParameterData(&self, i: int32) -> *mut IParamValueQueue {
        let queue = usize::try_from(i).ok().and_then(|i| self.0.get(i));
        let queue = queue.and_then(|queue| queue.as_com_ref::<IParamValueQueue>());
        queue.map_or(std::ptr::null_mut(), |queue| queue.as_ptr())
    }

    unsafe fn addParameterData(&self, _: *const ParamID, _: *mut int32) -> *mut IParamValueQueue {
        std::ptr::null_mut()
    }
}

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.id
    }

    unsafe fn getPointCount(&self) -> int32 {
        self.points.len() as int32
    }

    unsafe fn getPoint(&self, i: int32, at: *mut int32, value: *mut ParamValue) -> tresult {
        LOOKS.set(LOOKS.get() + 1);
        let point = usize::try_from(i).ok().and_then(|i| self.points.get(i));
        // SAFETY: null or the caller's.
        match unsafe { (point, at.as_mut(), value.as_mut()) } {
            (Some(point), Some(at), Some(value)) => {
                (*at, *value) = *point;
                kResultOk
            }
            _ => kInvalidArgument,
        }
    }

    unsafe fn addPoint(&self, _: int32, _: ParamValue, _: *mut int32) -> tresult {
        kNotImplemented
    }
}

/// A block's notes.
pub struct Notes(Vec<Event>);

impl Notes {
    /// As given.
    pub fn new(events: &[Event]) -> ComWrapper<Self> {
        ComWrapper::new(Self(events.to_vec()))
    }
}

/// A note begins, or ends, at a frame of a block.
pub fn note(on: bool, frame: i32, channel: i16, pitch: i16) -> Event {
    // SAFETY: plain numbers, and a union of them, for which zeros are a value.
    let mut event: Event = unsafe { std::mem::zeroed() };
    event.sampleOffset = frame;
    if on {
        event.r#type = EventTypes_::kNoteOnEvent as u16;
        event.__field0.noteOn =
            NoteOnEvent { channel, pitch, tuning: 0.0, velocity: 0.8, length: 0, noteId: -1 };
    } else {
        event.r#type = EventTypes_::kNoteOffEvent as u16;
        event.__field0.noteOff =
            NoteOffEvent { channel, pitch, velocity: 0.0, noteId: -1, tuning: 0.0 };
    }
    event
}

impl Class for Notes {
    type Interfaces = (IEventList,);
}

impl IEventListTrait for Notes {
    unsafe fn getEventCount(&self) -> int32 {
        self.0.len() as int32
    }

    unsafe fn getEvent(&self, i: int32, to: *mut Event) -> tresult {
        LOOKS.set(LOOKS.get() + 1);
        let event = usize::try_from(i).ok().and_then(|i| self.0.get(i));
        // SAFETY: null or the caller's.
        match (event, unsafe { to.as_mut() }) {
            (Some(event), Some(to)) => {
                *to = *event;
                kResultOk
            }
            _ => kInvalidArgument,
        }
    }

    unsafe fn addEvent(&self, _: *mut Event) -> tresult {
        kNotImplemented
    }
}
