//! Instances with decks, one pump, one loader and real files, while the engines run on a thread
//! that may not make a system call. Ten thousand times a file is loaded, replaced or removed, or an
//! instance gets another rate or goes; the blocks and orders in between are not counted in.
#![cfg(all(target_os = "linux", not(feature = "probe")))]

use std::alloc::{GlobalAlloc, Layout as Memory};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicIsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use busbar::decks::{Carrier, Kind, Membership, Wanted, join};
use busbar::guard::Link;
use busbar_dsp::SampleRate;
use busbar_engine::block::StereoMut;
use busbar_engine::session::Source;
use busbar_engine::{
    Block, Config, Engine, Layout, Order, OuterEnds, RenderMode, SIDECHAINS, Slot, Targets, wire,
};
use busbar_tests::files::Folder;
use busbar_tests::numbers::Numbers;
use busbar_tests::seccomp::{NO_FILTER, under_the_filter};
use busbar_tests::{child, soak};
use rtrb::{Consumer, Producer, RingBuffer};

/// Counts what is held, and has what allocates in the callback reported, which is death there.
struct Counting;

static HELD: AtomicIsize = AtomicIsize::new(0);

// SAFETY: passes everything on.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Memory) -> *mut u8 {
        HELD.fetch_add(layout.size() as isize, Relaxed);
        // SAFETY: the caller's.
        unsafe { AllocDisabler.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Memory) {
        HELD.fetch_sub(layout.size() as isize, Relaxed);
        // SAFETY: the caller's.
        unsafe { AllocDisabler.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Loads, replacements, removals, changes of rate and drops of instances, for each time that a soak
/// asks for.
const EVENTS: u32 = 10_000;
const INSTANCES: usize = 5;
const RATES: [f64; 4] = [44_100.0, 48_000.0, 88_200.0, 96_000.0];
const LONGEST: usize = 700;

/// How loud the files are, and how steep at 44.1 kHz: a tone of 10 Hz that begins and ends at rest.
const LEVEL: f32 = 0.5;
const STEEPNESS: f32 = LEVEL * 0.5 * std::f32::consts::TAU * 10.0 / 44_100.0;
/// All decks at once over the shortest fade, what goes and what comes, and what is in the files.
const STEEPEST: f32 = 8.0 * (LEVEL * 2.0 / 176.0 + STEEPNESS * 1.1);

/// How the child ends.
const FINE: i32 = 0;
const RUNNING: i32 = -1;
const FAILED: i32 = 6;

/// What goes to the audio thread and comes back: an engine with the blocks it is to play.
struct Trip {
    engine: Engine,
    targets: Targets,
    frames: usize,
    cut: usize,
    last: [f32; 4],
    steepest: f32,
    sides: [[f32; LONGEST]; 4],
}

impl Trip {
    /// Realtime-safe.
    fn run(&mut self) {
        let mut at = 0;
        while at < self.frames {
            let end = self.frames.min(at + self.cut);
            let [left, right, monitor_left, monitor_right] =
                self.sides.each_mut().map(|side| &mut side[at..end]);
            left.fill(0.0);
            right.fill(0.0);
            let mut block = Block {
                main: StereoMut { left, right: Some(right) },
                sidechains: [None; SIDECHAINS],
                monitor: Some(StereoMut { left: monitor_left, right: Some(monitor_right) }),
                mode: RenderMode::Realtime,
            };
            self.engine.process(&self.targets, &mut block);
            at = end;
        }
        for (side, last) in self.sides.iter().zip(&mut self.last) {
            for sample in &side[..self.frames] {
                // NaN is steeper than anything.
                self.steepest = self.steepest.max((sample - *last).abs());
                if !sample.is_finite() {
                    self.steepest = f32::INFINITY;
                }
                *last = *sample;
            }
        }
    }
}

/// One instance as its host has it.
struct Instance {
    wanted: Arc<Wanted>,
    membership: Membership,
    outer: OuterEnds,
    /// At home, or on its way.
    trip: Option<Box<Trip>>,
    rate: SampleRate,
}

impl Instance {
    fn new(rate: f64, hear_reference: bool) -> Self {
        let (audio, outer, pump) = wire();
        let link = Arc::<Link>::default();
        let wanted = Wanted::new(link.clone(), outer.monitor.clone());
        let membership = join(Carrier::new(wanted.clone(), link, pump));
        let rate = SampleRate::new(rate).unwrap();
        membership.carrier.set_rate(rate);
        let trip = Trip {
            engine: Engine::new(Config { rate, layout: Layout::Stereo }, audio),
            // Not changed later: at a new rate an engine begins with what its controls ask for.
            targets: Targets { hear_reference, ..Targets::default() },
            frames: 0,
            cut: 1,
            last: [0.0; 4],
            steepest: 0.0,
            sides: [[0.0; LONGEST]; 4],
        };
        Self { wanted, membership, outer, trip: Some(Box::new(trip)), rate }
    }
}

/// Engines on their way there and back.
type Ring = (Producer<Errand>, Consumer<Errand>);
type Errand = (usize, Box<Trip>);

/// What the host holds.
struct Host<'a> {
    instances: [Instance; INSTANCES],
    there: &'a mut Producer<Errand>,
    back: &'a mut Consumer<Errand>,
    files: Vec<PathBuf>,
    numbers: Numbers,
    happened: Happened,
}

/// How often.
#[derive(Debug, Default)]
struct Happened {
    loads: u32,
    replacements: u32,
    removals: u32,
    rates: u32,
    drops: u32,
    /// What happens in between.
    orders: u32,
    sends: u32,
    /// Sends at whose end something was heard.
    heard: u32,
}

impl Happened {
    /// Without what only happens in between.
    fn events(&self) -> u32 {
        self.loads + self.replacements + self.removals + self.rates + self.drops
    }
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}

impl Host<'_> {
    /// An instance with its engine at home.
    fn home(&mut self, which: usize) -> &mut Instance {
        let Self { instances, back, happened, .. } = self;
        until("an engine comes back", || {
            while let Ok((from, trip)) = back.pop() {
                assert!(trip.steepest <= STEEPEST, "a click: {} in one sample", trip.steepest);
                happened.heard += u32::from(trip.last[0] != 0.0);
                instances[from].trip = Some(trip);
            }
            instances[which].trip.is_some()
        });
        &mut self.instances[which]
    }

    fn happen(&mut self) {
        let which = self.numbers.below(INSTANCES as u32) as usize;
        let slot = *self.numbers.pick(&Slot::all().collect::<Vec<_>>());
        let hertz = *self.numbers.pick(&RATES);
        match self.numbers.below(20) {
            0..9 => self.load(which, slot),
            9 => self.remove(which, slot),
            10..13 => self.order(which, slot),
            13 => self.set_rate(which, hertz),
            14 if self.numbers.one_in(4) => {
                let hear_reference = self.numbers.one_in(2);
                *self.home(which) = Instance::new(hertz, hear_reference);
                self.happened.drops += 1;
            }
            _ => self.send(which),
        }
    }

    /// Into a slot, as a state does, or as a hand does that drops a file or tries once more;
    /// sometimes everything else waits until the file has been loaded.
    fn load(&mut self, which: usize, slot: Slot) {
        let path = self.numbers.pick(&self.files).to_str().unwrap().to_owned();
        let instance = &mut self.instances[which];
        let is_empty = instance.wanted.get(slot).path.is_empty();
        match self.numbers.below(4) {
            0 => {
                instance.wanted.put(slot, Source { path, looping: self.numbers.one_in(2) });
                _ = instance.outer.orders.push((slot, Order::Play));
            }
            1 if !is_empty => instance.wanted.try_again(slot),
            _ => instance.wanted.load(slot, path),
        }
        let happened = &mut self.happened;
        *if is_empty { &mut happened.loads } else { &mut happened.replacements } += 1;
        if self.numbers.one_in(30) {
            let carrier = &instance.membership.carrier;
            until("a file is loaded", || {
                !matches!(carrier.statuses()[slot.index()].kind, Kind::Waiting | Kind::Loading(_))
            });
        }
    }

    fn remove(&mut self, which: usize, slot: Slot) {
        let wanted = self.instances[which].wanted.clone();
        self.happened.removals += u32::from(!wanted.get(slot).path.is_empty());
        if self.numbers.one_in(2) {
            self.stop(which, slot);
        }
        wanted.put(slot, Source::default());
    }

    /// As a hand does.
    fn stop(&mut self, which: usize, slot: Slot) {
        let instance = &mut self.instances[which];
        instance.membership.carrier.hold_back(slot);
        // A full queue gives back what it does not take.
        _ = instance.outer.orders.push((slot, Order::Stop));
    }

    fn order(&mut self, which: usize, slot: Slot) {
        self.happened.orders += 1;
        let looping = self.numbers.one_in(2);
        let order = match self.numbers.below(9) {
            0..4 => Order::Play,
            4 => return self.stop(which, slot),
            5 => return self.instances[which].wanted.set_looping(slot, looping),
            6 => Order::Loop(looping),
            _ => Order::Seek(self.numbers.below(50_000).into()),
        };
        _ = self.instances[which].outer.orders.push((slot, order));
    }

    fn set_rate(&mut self, which: usize, hertz: f64) {
        let rate = SampleRate::new(hertz).unwrap();
        let instance = self.home(which);
        let is_new = std::mem::replace(&mut instance.rate, rate) != rate;
        instance.membership.carrier.set_rate(rate);
        let trip = *instance.trip.take().unwrap();
        let engine = trip.engine.reconfigured(Config { rate, layout: Layout::Stereo });
        instance.trip = Some(Box::new(Trip { engine, ..trip }));
        self.happened.rates += u32::from(is_new);
    }

    fn send(&mut self, which: usize) {
        let mut trip = self.home(which).trip.take().unwrap();
        trip.frames = self.numbers.below(LONGEST as u32 + 1) as usize;
        trip.cut = 1 + self.numbers.below(LONGEST as u32) as usize;
        assert!(self.there.push((which, trip)).is_ok(), "there is room for every engine");
        self.happened.sends += 1;
    }
}

/// Files that can be played, and some that cannot.
fn files(folder: &Folder) -> Vec<PathBuf> {
    let mut files = vec![folder.path("missing.wav")];
    for (number, (rate, tenths)) in
        [(44_100, 1), (48_000, 3), (48_000, 12), (96_000, 7), (44_100, 30), (8_000, 5)]
            .into_iter()
            .enumerate()
    {
        let wave = |i: u32| {
            let phase = f64::from(i) / f64::from(rate) * 10.0 * std::f64::consts::TAU;
            LEVEL * (0.5 - 0.5 * phase.cos()) as f32
        };
        let side: Vec<f32> = (0..rate / 10 * tenths).map(wave).collect();
        files.push(folder.wav(&format!("{number}.wav"), rate, &[side.clone(), side]));
    }
    let cut = folder.path("cut.wav");
    let whole = std::fs::read(&files[3]).unwrap();
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    let noise = folder.path("noise.mp3");
    std::fs::write(&noise, b"this is no sound").unwrap();
    files.extend([cut, noise]);
    files
}

/// Threads and open files.
fn census() -> [usize; 2] {
    ["task", "fd"].map(|what| std::fs::read_dir(format!("/proc/self/{what}")).unwrap().count())
}

/// So many random things happen to new instances, which then go.
fn history(seed: u64, events: u32, (there, back): &mut Ring) -> Happened {
    let folder = Folder::new();
    let files = files(&folder);
    let instances = std::array::from_fn(|_| Instance::new(48_000.0, true));
    let numbers = Numbers::new(seed);
    let happened = Happened::default();
    let mut host = Host { instances, there, back, files, numbers, happened };
    while host.happened.events() < events {
        host.happen();
    }
    (0..INSTANCES).for_each(|which| _ = host.home(which));
    host.happened
}

/// The host's thread: a short history, to have made what is made once; then the long one, after
/// which there must be nothing more than after the short one.
fn host(events: u32, mut ring: Ring) {
    history(1, 500, &mut ring);
    let (threads_and_files, held) = settled();
    let happened = history(2, events, &mut ring);
    until("everything ends that was begun", || settled().0 == threads_and_files);
    let more = settled().1 - held;
    println!("seeds 1 and 2, {events} events, {more} bytes more than before: {happened:?}");
    assert!(happened.heard > happened.sends / 4, "hardly anything was heard: {happened:?}");
    assert!(more.abs() < 4_096, "{more} bytes are still held");
}

/// Threads and files, and bytes held.
fn settled() -> ([usize; 2], isize) {
    (census(), HELD.load(Relaxed))
}

#[test]
fn ten_thousand_loads_removals_rates_and_drops_leave_nothing_and_make_no_click() {
    let times = soak::times(soak::CASES);
    let test = "ten_thousand_loads_removals_rates_and_drops_leave_nothing_and_make_no_click";
    let output = child::run_long(test, times, || {
        let (there, there_out) = RingBuffer::new(INSTANCES);
        let (back_in, back) = RingBuffer::new(INSTANCES);
        let verdict = Arc::new(AtomicI32::new(RUNNING));
        let told = verdict.clone();
        let thread = |name: &str| std::thread::Builder::new().name(name.into());
        let host = thread("host").spawn(move || host(EVENTS * times, (there, back)));
        let watcher = thread("watcher").spawn(move || {
            let fine = host.is_ok_and(|host| host.join().is_ok());
            told.store(if fine { FINE } else { FAILED }, Relaxed);
        });
        watcher.expect("a thread");
        under_the_filter(move || audio(there_out, back_in, &verdict));
    });
    let said = child::said(&output);
    let signal = std::os::unix::process::ExitStatusExt::signal(&output.status);
    assert_eq!(signal, None, "31 is a system call in the callback\n{said}");
    assert_ne!(output.status.code(), Some(NO_FILTER), "the kernel takes no filter");
    assert_eq!(output.status.code(), Some(FINE), "{said}");
    println!("{said}");
}

/// The audio thread: plays what comes and sends it back, until the host is done. Realtime-safe.
fn audio(mut there: Consumer<Errand>, mut back: Producer<Errand>, verdict: &AtomicI32) -> i32 {
    loop {
        if let Ok((which, mut trip)) = there.pop() {
            assert_no_alloc(|| trip.run());
            // There is room for every engine there is.
            std::mem::forget(back.push((which, trip)));
        }
        match verdict.load(Relaxed) {
            RUNNING => std::hint::spin_loop(),
            verdict => return verdict,
        }
    }
}
