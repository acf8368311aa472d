//! Every queue between the audio thread and the others. One constructor returns both sides; an end
//! can be moved to its thread but neither shared nor copied, so the compiler checks the wiring.
//!
//! | queue    | from → to     | holds                           | when it is full                        |
//! |----------|---------------|---------------------------------|----------------------------------------|
//! | meters   | audio → outer | [`METER_FRAMES`], 60 a second   | readings fold until there is room      |
//! | orders   | outer → audio | [`ORDERS`] to decks             | given back; whoever sends tries again  |
//! | installs | pump → audio  | [`INSTALLS`] clips for slots    | given back; the newest for a slot waits |
//! | retired  | audio → pump  | [`RETIRED`] clips to be freed   | the audio thread lets nothing go before there is room |
//! | decks    | audio → outer | where each slot is, in atomics  | overwritten                            |
//! | reductions | audio → outer | how far down duckers and limiter are, in atomics | overwritten       |
//! | monitor  | all           | where one listens, in atomics   | overwritten                            |

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

use busbar_dsp::{Clip, Gain};
use rtrb::{Consumer, Producer, RingBuffer};

use crate::deck::{Deck, Loaded, Order};
use crate::decks::Decks;
use crate::meters::{MeterReader, MeterWriter};
use crate::monitor::Monitor;
use crate::{BUSES, SLOTS};

/// A quarter of a second of meter frames: longer than an editor ever takes to draw.
pub const METER_FRAMES: usize = 16;

/// More orders than a hand gives in the time that a fade takes.
pub const ORDERS: usize = 256;

/// Several for each slot.
pub const INSTALLS: usize = 64;

/// One for each slot that can be fading out, and as many on their way.
pub const RETIRED: usize = 64;

/// Where a clip can be: on one of the decks, each of which plays into the bus of its number, or as
/// the reference, which is heard on the monitor only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(u8);

impl Slot {
    /// The reference's.
    pub const REFERENCE: Self = Self(BUSES as u8);

    /// Deck `i`, counted from 0; `None` from 8 on.
    pub fn deck(i: usize) -> Option<Self> {
        (i < BUSES).then_some(Self(i as u8))
    }

    /// All of them: the decks, then the reference.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..SLOTS as u8).map(Self)
    }

    /// Its place among all of them.
    pub fn index(self) -> usize {
        self.0.into()
    }
}

/// A clip for a slot, or none to empty it.
#[derive(Clone, Debug)]
pub struct Install {
    /// Where it goes.
    pub slot: Slot,
    /// What goes there.
    pub loaded: Option<Loaded>,
}

/// What the audio thread does not hold any more; it is freed by whoever gets it.
#[derive(Debug)]
pub struct Retired(pub Arc<Clip>);

/// Where a slot is, as the audio thread said last.
#[derive(Debug, Default)]
pub struct SlotView {
    position: AtomicU64,
    /// The ticket plus one; 0 is an empty slot.
    ticket: AtomicU64,
    playing: AtomicBool,
}

impl SlotView {
    /// The clip frame that comes next.
    pub fn position(&self) -> u64 {
        self.position.load(Relaxed)
    }

    /// Which load is there.
    pub fn ticket(&self) -> Option<u64> {
        self.ticket.load(Relaxed).checked_sub(1)
    }

    /// Whether it plays.
    pub fn is_playing(&self) -> bool {
        self.playing.load(Relaxed)
    }

    /// Realtime-safe.
    pub(crate) fn show(&self, deck: &Deck) {
        self.position.store(deck.position(), Relaxed);
        self.ticket.store(deck.ticket().map_or(0, |ticket| ticket + 1), Relaxed);
        self.playing.store(deck.is_playing(), Relaxed);
    }
}

/// One view for each slot.
pub type SlotViews = Arc<[SlotView; SLOTS]>;

/// How far down the duckers and the limiter were in the last block.
#[derive(Debug, Default)]
pub struct Reductions {
    /// What is missing to 1, so that 0 bits are no reduction.
    missing: [AtomicU32; BUSES + 1],
}

impl Reductions {
    /// A bus's ducker, or with [`MASTER`](crate::meters::MASTER) the limiter: the lowest gain.
    pub fn gain(&self, point: usize) -> Gain {
        let missing = self.missing.get(point).map_or(0, |missing| missing.load(Relaxed));
        Gain(1.0 - f32::from_bits(missing))
    }

    /// Realtime-safe.
    pub(crate) fn show(&self, buses: [Gain; BUSES], master: Gain) {
        for (missing, gain) in self.missing.iter().zip(buses.iter().chain([&master])) {
            missing.store((1.0 - gain.0).to_bits(), Relaxed);
        }
    }
}

/// What the audio thread holds.
#[derive(Debug)]
pub struct AudioEnds {
    pub(crate) meters: MeterWriter,
    pub(crate) decks: Decks,
    pub(crate) monitor: Arc<Monitor>,
    pub(crate) reductions: Arc<Reductions>,
}

/// What the editor, or whoever else looks at an instance, holds.
#[derive(Debug)]
pub struct OuterEnds {
    /// What the meters say.
    pub meters: MeterReader,
    /// What the decks are told.
    pub orders: Producer<(Slot, Order)>,
    /// Where the decks are.
    pub slots: SlotViews,
    /// Where one listens.
    pub monitor: Arc<Monitor>,
    /// How far down the duckers and the limiter are.
    pub reductions: Arc<Reductions>,
}

/// What the pump holds.
#[derive(Debug)]
pub struct PumpEnds {
    /// Clips on their way to the decks.
    pub installs: Producer<Install>,
    /// Clips on their way home.
    pub retired: Consumer<Retired>,
    /// Where the decks are.
    pub slots: SlotViews,
    /// Where one listens, for as long as the pump allows.
    pub monitor: Arc<Monitor>,
}

/// Makes the queues of one instance.
pub fn wire() -> (AudioEnds, OuterEnds, PumpEnds) {
    let (meters_in, meters_out) = RingBuffer::new(METER_FRAMES);
    let (orders_in, orders_out) = RingBuffer::new(ORDERS);
    let (installs_in, installs_out) = RingBuffer::new(INSTALLS);
    let (retired_in, retired_out) = RingBuffer::new(RETIRED);
    let slots = SlotViews::default();
    let monitor = Arc::<Monitor>::default();
    let reductions = Arc::<Reductions>::default();
    (
        AudioEnds {
            meters: MeterWriter::new(meters_in),
            decks: Decks::new(orders_out, installs_out, retired_in, slots.clone()),
            monitor: monitor.clone(),
            reductions: reductions.clone(),
        },
        OuterEnds {
            meters: MeterReader::new(meters_out),
            orders: orders_in,
            slots: slots.clone(),
            monitor: monitor.clone(),
            reductions,
        },
        PumpEnds { installs: installs_in, retired: retired_out, slots, monitor },
    )
}
