//! Instances that go with their editor open, while their parameters are automated from a thread of
//! the host's and others live on, or not: the host lives, and nothing is left of them.

#![cfg(target_os = "linux")]

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use busbar_tests::child;
use busbar_tests::editor::clap::Clap;
use busbar_tests::editor::host::{Bundle, Host};
use busbar_tests::editor::open_things;
use busbar_tests::editor::player::Signal;
use busbar_tests::editor::plug::Plug;
use busbar_tests::editor::screen::screen;
use busbar_tests::editor::vst3::Vst3;
use busbar_tests::numbers::Numbers;

/// How many instances go in each format.
const FAREWELLS: usize = 1_000;
/// How many editors are open at a time: one alone, or some of which others live on.
const GROUPS: [usize; 4] = [1, 2, 1, 4];

#[test]
fn a_thousand_instances_go_with_their_editors_open_in_clap() {
    let name = "a_thousand_instances_go_with_their_editors_open_in_clap";
    in_a_child(name, farewells::<Clap>);
}

#[test]
fn a_thousand_instances_go_with_their_editors_open_in_vst3() {
    let name = "a_thousand_instances_go_with_their_editors_open_in_vst3";
    in_a_child(name, farewells::<Vst3>);
}

/// An abort of the host is then seen as a failure.
fn in_a_child(name: &str, body: fn()) {
    let output = child::run_long(name, 5, body);
    let said = child::said(&output);
    println!("{said}");
    assert!(output.status.success(), "{}\n{said}", output.status);
}

/// A thread that processes and automates whoever is in its list.
struct Audio<P: Plug> {
    list: Arc<Mutex<Vec<Option<P::Processor>>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl<P: Plug> Audio<P> {
    fn start(list: Vec<Option<P::Processor>>, ids: Vec<u32>) -> Self {
        let (list, stop) = (Arc::new(Mutex::new(list)), Arc::new(AtomicBool::new(false)));
        let (theirs, until) = (list.clone(), stop.clone());
        let run = move || {
            let signal = Signal::default();
            let mut time = 0u64;
            while !until.load(Relaxed) {
                for processor in theirs.lock().expect("no panic").iter_mut().flatten() {
                    let value = (time % 7) as f64 / 7.0;
                    ids.iter().for_each(|id| P::automate(processor, *id, value));
                    P::block(processor, &signal, time);
                }
                time += 1;
                std::thread::sleep(Duration::from_millis(2));
            }
        };
        let thread = std::thread::Builder::new().name("audio".into()).spawn(run);
        Self { list, stop, thread: Some(thread.expect("threads can be started")) }
    }

    /// The processor of an instance that goes, right after a block.
    fn take(&self, i: usize) -> Option<P::Processor> {
        self.list.lock().expect("no panic")[i].take()
    }
}

impl<P: Plug> Drop for Audio<P> {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        self.thread.take().expect("it runs").join().expect("no panic");
    }
}

fn farewells<P: Plug>() {
    let screen = screen();
    let bundle = Bundle::<P>::open();
    let violations = bundle.probe().violations();
    let mut numbers = Numbers::new(1);
    let (mut counts, mut gone) = (Vec::new(), 0);
    let began = Instant::now();
    for group in GROUPS.into_iter().cycle() {
        let mut hosts: Vec<_> = (0..group).map(|_| Host::<P>::new(&screen, &bundle)).collect();
        farewell(&bundle, &mut hosts, &mut numbers);
        drop(hosts);
        gone += group;
        if gone / 100 > counts.len() {
            counts.push(open_things());
        }
        if gone >= FAREWELLS {
            break;
        }
    }
    println!("{gone} in {:?}; descriptors, threads, kB: {counts:?}", began.elapsed());
    assert_eq!((bundle.probe().instances(), bundle.windows().count()), (0, 0));
    assert_eq!(bundle.probe().violations(), violations, "allocations inside blocks");
    let (first, last) = (counts[0], counts[counts.len() - 1]);
    assert!(last.0 <= first.0 && last.1 <= first.1, "{counts:?}");
}

/// All of them go, in any order, each with its editor open.
fn farewell<P: Plug>(bundle: &Bundle<P>, hosts: &mut [Host<'_, P>], numbers: &mut Numbers) {
    let ids = hosts[0].all_ids();
    let processors = hosts.iter_mut().map(|host| Some(host.plug().start())).collect();
    let audio = Audio::<P>::start(processors, ids);
    // Drawing takes most of an opening, so all but one are where nobody sees them.
    hosts[1..].iter().for_each(Host::hide_window);
    hosts.iter_mut().for_each(|host| host.open_only(1.0));
    assert_eq!(bundle.windows().count() as usize, hosts.len());
    if numbers.one_in(20) {
        hosts[0].until("it draws", |_| (bundle.windows().frames(0) > 0).then_some(()));
    }
    let mut left: Vec<usize> = (0..hosts.len()).collect();
    while !left.is_empty() {
        let i = left.swap_remove(numbers.below(left.len() as u32) as usize);
        for _ in 0..numbers.below(3) {
            left.iter().for_each(|other| hosts[*other].turn());
            std::thread::sleep(Duration::from_micros(numbers.below(1_500).into()));
        }
        let processor = audio.take(i).expect("it has not gone yet");
        hosts[i].plug().stop(processor);
        hosts[i].drop_plug();
        assert_eq!(bundle.windows().count() as usize, left.len());
    }
}
