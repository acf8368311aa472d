//! What the editor has changed, as events: into the wrapper, so that the framework's parameters
//! change as if the host had wanted it, and out to the host as gestures.

use clap_sys::events::*;
use clap_sys::ext::params::{clap_param_info, clap_plugin_params};
use clap_sys::plugin::clap_plugin;

use crate::guard::view::{Edit, Edits, Teller};

/// Entered by whoever has the wrapper's events to himself: a block or a flush.
pub struct Speaker {
    theirs: clap_plugin_params,
    teller: Teller,
    ids: Box<[Id]>,
    /// For the wrapper: room for each parameter once.
    values: Vec<clap_event_param_value>,
}

/// A parameter as the wrapper lists it.
#[derive(Clone, Copy)]
struct Id {
    id: u32,
    least: f64,
    span: f64,
}

impl Speaker {
    /// For the wrapper's list of parameters.
    ///
    /// # Safety
    /// The wrapper's plug-in, and its table of parameters.
    pub unsafe fn new(
        plugin: *const clap_plugin,
        theirs: clap_plugin_params,
        edits: &Edits,
    ) -> Self {
        let id = |i| {
            // SAFETY: plain numbers, characters and pointers, for which zeros are a value.
            let mut info: clap_param_info = unsafe { std::mem::zeroed() };
            // SAFETY: the place can be written.
            theirs.get_info.filter(|get| unsafe { get(plugin, i, &mut info) });
            Id { id: info.id, least: info.min_value, span: info.max_value - info.min_value }
        };
        let ids: Box<[Id]> = (0..edits.param_count() as u32).map(id).collect();
        let values = Vec::with_capacity(ids.len());
        Self { theirs, teller: Teller::new(edits), ids, values }
    }

    /// Tells the wrapper and the host what is new. What the host has no room for is told the next
    /// time. Realtime-safe, as far as the host and the wrapper are.
    ///
    /// The wrapper gets the values in a flush of their own, as many as there are parameters at the
    /// most, right before the block that they count for: what the host wants for its first frame
    /// then comes later, and wins.
    ///
    /// # Safety
    /// The host's plug-in and list, during its call; nobody is in the wrapper's `process`.
    pub unsafe fn speak(
        &mut self,
        edits: &Edits,
        plugin: *const clap_plugin,
        to: *const clap_output_events,
    ) {
        self.teller.look(edits);
        let (ids, values) = (&self.ids, &mut self.values);
        values.clear();
        self.teller.fresh_values(|i, value| values.push(value_event(ids[i], value)));
        if let (false, Some(flush)) = (values.is_empty(), self.theirs.flush) {
            let ctx = std::ptr::from_ref(values).cast_mut().cast();
            let list = clap_input_events { ctx, size: Some(size), get: Some(get) };
            // SAFETY: the caller's; the list lives during the call. Nothing can be asked back.
            unsafe { flush(plugin, &list, std::ptr::null()) };
        }
        // SAFETY: null or the host's.
        let push = unsafe { to.as_ref() }.and_then(|to| to.try_push);
        let push = |event: &clap_event_header| {
            // SAFETY: the host's own function and list; the event is a whole one.
            push.is_some_and(|push| unsafe { push(to, event) })
        };
        self.teller.tell(edits, |i, edit| match edit {
            Edit::Begin => push(&gesture(ids[i], CLAP_EVENT_PARAM_GESTURE_BEGIN).header),
            Edit::Set(value) => push(&value_event(ids[i], value).header),
            Edit::End => push(&gesture(ids[i], CLAP_EVENT_PARAM_GESTURE_END).header),
        });
    }
}

fn header<T>(kind: u16) -> clap_event_header {
    clap_event_header {
        size: size_of::<T>() as u32,
        time: 0,
        space_id: CLAP_CORE_EVENT_SPACE_ID,
        type_: kind,
        flags: CLAP_EVENT_IS_LIVE,
    }
}

fn gesture(param: Id, kind: u16) -> clap_event_param_gesture {
    let header = header::<clap_event_param_gesture>(kind);
    clap_event_param_gesture { header, param_id: param.id }
}

fn value_event(param: Id, normalized: f32) -> clap_event_param_value {
    clap_event_param_value {
        header: header::<clap_event_param_value>(CLAP_EVENT_PARAM_VALUE),
        param_id: param.id,
        cookie: std::ptr::null_mut(),
        note_id: -1,
        port_index: -1,
        channel: -1,
        key: -1,
        value: param.least + f64::from(normalized) * param.span,
    }
}

unsafe extern "C" fn size(list: *const clap_input_events) -> u32 {
    // SAFETY: `speak` made it, with its values as the context.
    unsafe { &*(*list).ctx.cast::<Vec<clap_event_param_value>>() }.len() as u32
}

unsafe extern "C" fn get(list: *const clap_input_events, i: u32) -> *const clap_event_header {
    // SAFETY: likewise.
    let values = unsafe { &*(*list).ctx.cast::<Vec<clap_event_param_value>>() };
    values.get(i as usize).map_or(std::ptr::null(), |event| &event.header)
}
