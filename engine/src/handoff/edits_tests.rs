//! Whatever is edited, and however little a host takes at a time: gestures are well-formed, the
//! last value arrives, and nothing is lost.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use proptest::prelude::*;

use super::*;

const PARAMS: usize = 3;

/// What a test does next.
#[derive(Clone, Debug)]
enum Step {
    Begin(usize),
    Set(usize, f32),
    End(usize),
    /// The host looks, and takes no more than so many changes.
    Look(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let param = 0..PARAMS;
    prop_oneof![
        param.clone().prop_map(Step::Begin),
        (param.clone(), 0.0f32..=1.0).prop_map(|(i, value)| Step::Set(i, value)),
        param.prop_map(Step::End),
        (0usize..6).prop_map(Step::Look),
    ]
}

/// A host that believes nothing.
#[derive(Default)]
struct Host {
    open: [bool; PARAMS],
    values: [Option<f32>; PARAMS],
    gestures: [usize; PARAMS],
}

impl Host {
    fn take(&mut self, i: usize, edit: Edit) {
        match edit {
            Edit::Begin => {
                assert!(!self.open[i], "a gesture in a gesture");
                self.open[i] = true;
                self.gestures[i] += 1;
            }
            Edit::Set(value) => {
                assert!(self.open[i], "a value outside of a gesture");
                self.values[i] = Some(value);
            }
            Edit::End => {
                assert!(self.open[i], "an end without a beginning");
                self.open[i] = false;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn gestures_are_well_formed_and_the_last_value_arrives(
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let rung = Arc::new(AtomicUsize::new(0));
        let bell = Bell::new({
            let rung = rung.clone();
            move || _ = rung.fetch_add(1, Relaxed)
        });
        let edits = Edits::new(PARAMS, bell);
        let (mut teller, mut host) = (Teller::new(&edits), Host::default());
        let (mut held, mut begun) = ([false; PARAMS], [0; PARAMS]);
        let (mut wanted, mut plugin) = ([None; PARAMS], [None; PARAMS]);
        let mut look = |teller: &mut Teller, host: &mut Host, room: usize| {
            teller.look(&edits);
            teller.fresh_values(|i, value| plugin[i] = Some(value));
            let mut left = room;
            teller.tell(&edits, |i, edit| {
                let takes = left > 0;
                if takes {
                    left -= 1;
                    host.take(i, edit);
                }
                takes
            });
        };
        for step in &steps {
            let before = (edits.are_pending(), rung.load(Relaxed));
            match *step {
                Step::Begin(i) => {
                    edits.begin(i);
                    begun[i] += usize::from(!std::mem::replace(&mut held[i], true));
                }
                Step::Set(i, value) => {
                    edits.set(i, value);
                    wanted[i] = Some(value);
                    begun[i] += usize::from(!held[i]);
                }
                Step::End(i) => {
                    edits.end(i);
                    held[i] = false;
                }
                Step::Look(room) => {
                    look(&mut teller, &mut host, room);
                    continue;
                }
            }
            prop_assert!(edits.are_pending());
            prop_assert!(before.0 || rung.load(Relaxed) > before.1, "the first change rings");
        }
        look(&mut teller, &mut host, usize::MAX);
        prop_assert!(!edits.are_pending());
        prop_assert_eq!(host.values, wanted);
        prop_assert_eq!(plugin, wanted);
        prop_assert_eq!(host.open, held);
        for (told, begun) in host.gestures.into_iter().zip(begun) {
            prop_assert!(told <= begun, "no gesture that was none");
            prop_assert_eq!(told > 0, begun > 0, "none is lost as a whole");
        }
    }
}

#[test]
fn a_change_in_the_middle_of_a_look_is_told_with_the_next() {
    let edits = Edits::new(1, Bell::new(|| ()));
    let mut teller = Teller::new(&edits);
    edits.begin(0);
    teller.look(&edits);
    edits.set(0, 0.25);
    let mut told = Vec::new();
    teller.tell(&edits, |_, edit| {
        told.push(edit);
        true
    });
    assert!(edits.are_pending());
    edits.end(0);
    teller.look(&edits);
    teller.tell(&edits, |_, edit| {
        told.push(edit);
        true
    });
    assert_eq!(told, [Edit::Begin, Edit::Set(0.25), Edit::End]);
}

/// An editor and a host on two threads, for as long as a second of frantic work takes.
#[test]
fn two_threads_agree_in_the_end() {
    let edits = Edits::new(1, Bell::new(|| ()));
    let (mut teller, mut host) = (Teller::new(&edits), Host::default());
    std::thread::scope(|scope| {
        let editor = scope.spawn(|| {
            for round in 0..20_000u32 {
                edits.begin(0);
                edits.set(0, round as f32 / 40_000.0);
                edits.set(0, (round + 1) as f32 / 40_000.0);
                edits.end(0);
            }
        });
        let mut over = false;
        loop {
            teller.look(&edits);
            teller.tell(&edits, |i, edit| {
                host.take(i, edit);
                true
            });
            if over {
                break;
            }
            over = editor.is_finished();
        }
    });
    assert_eq!((host.values[0], host.open[0]), (Some(0.5), false));
}

#[test]
fn what_is_no_value_and_no_parameter_is_nothing() {
    let edits = Edits::new(1, Bell::new(|| ()));
    edits.set(0, f32::NAN);
    edits.set(1, 0.5);
    edits.begin(7);
    assert!(!edits.are_pending());
}
