//! An editor and whoever tells the host, on two threads.

use std::sync::Arc;

use loom::thread::yield_now;

use super::super::sync::beside;
use super::*;

/// A host that believes nothing.
#[derive(Default)]
struct Host {
    open: bool,
    value: Option<f32>,
    gestures: usize,
}

impl Host {
    fn take(&mut self, edit: Edit) {
        match edit {
            Edit::Begin => {
                assert!(!self.open, "a gesture in a gesture");
                self.open = true;
                self.gestures += 1;
            }
            Edit::Set(value) => {
                assert!(self.open, "a value outside of a gesture");
                assert!(self.value <= Some(value), "an older value after a newer one");
                self.value = Some(value);
            }
            Edit::End => {
                assert!(self.open, "an end without a beginning");
                self.open = false;
            }
        }
    }

    /// Looks, and takes no more than so many changes. Returns the value that the plug-in hears of.
    fn look(&mut self, teller: &mut Teller, edits: &Edits, mut room: usize) -> Option<f32> {
        let mut fresh = None;
        teller.look(edits);
        teller.fresh_values(|_, value| fresh = Some(value));
        teller.tell(edits, |_, edit| {
            let takes = room > 0;
            if takes {
                room -= 1;
                self.take(edit);
            }
            takes
        });
        fresh
    }
}

fn bounded() -> loom::model::Builder {
    // More interleavings than anybody can wait for.
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model
}

/// Whatever the host has room for at its first looks: with the last one it knows everything.
#[test]
fn gestures_are_well_formed_and_neither_the_last_value_nor_an_end_is_lost() {
    for room in [0, 1, 2, usize::MAX] {
        bounded().check(move || {
            let edits = Arc::new(Edits::new(1, Bell::new(|| ())));
            let (mut teller, mut host) = (Teller::new(&edits), Host::default());
            let editor = {
                let edits = edits.clone();
                beside(move || {
                    edits.begin(0);
                    edits.set(0, 0.25);
                    edits.end(0);
                    edits.begin(0);
                    edits.set(0, 0.5);
                    edits.end(0);
                })
            };
            let fresh = [(); 2].map(|()| host.look(&mut teller, &edits, room));
            editor.join().unwrap();
            let last = host.look(&mut teller, &edits, usize::MAX);
            assert!(!edits.are_pending());
            assert_eq!((host.value, host.open), (Some(0.5), false));
            assert!((1..=2).contains(&host.gestures));
            assert_eq!(fresh.into_iter().chain([last]).flatten().last(), Some(0.5));
        });
    }
}

/// A change while the host has no room for an older one: it is not told with that one's news only.
#[test]
fn what_comes_while_something_is_left_over_is_seen_with_the_next_look() {
    loom::model(|| {
        let edits = Arc::new(Edits::new(1, Bell::new(|| ())));
        let (mut teller, mut host) = (Teller::new(&edits), Host::default());
        edits.set(0, 0.25);
        let editor = {
            let edits = edits.clone();
            beside(move || edits.set(0, 0.5))
        };
        let mut looks = [0, usize::MAX].map(|room| host.look(&mut teller, &edits, room));
        while edits.are_pending() {
            looks[1] = host.look(&mut teller, &edits, usize::MAX).or(looks[1]);
        }
        let seen = looks.into_iter().flatten().last();
        editor.join().unwrap();
        let last = host.look(&mut teller, &edits, usize::MAX);
        assert_eq!((last.or(seen), host.value, host.open), (Some(0.5), Some(0.5), false));
    });
}

/// The model itself fails when the last change rings for nobody.
#[test]
fn who_looks_only_when_it_rings_sees_everything() {
    bounded().check(|| {
        let rings = Arc::new(AtomicU64::new(0));
        let bell = Bell::new({
            let rings = rings.clone();
            move || _ = rings.fetch_add(1, AcqRel)
        });
        let edits = Arc::new(Edits::new(1, bell));
        let (mut teller, mut host) = (Teller::new(&edits), Host::default());
        let editor = {
            let edits = edits.clone();
            beside(move || {
                edits.set(0, 0.25);
                edits.set(0, 0.5);
            })
        };
        let mut heard = 0;
        while host.value != Some(0.5) || host.open {
            let rung = rings.load(Acquire);
            if rung > heard {
                heard = rung;
                host.look(&mut teller, &edits, usize::MAX);
            }
            yield_now();
        }
        editor.join().unwrap();
    });
}
