//! All the decks and the reference, with their ends of the queues.

use busbar_dsp::SampleRate;
use rtrb::{Consumer, Producer};

use crate::deck::{Deck, FADE_SECONDS, Order};
use crate::strip::Sides;
use crate::wiring::{Install, Retired, Slot, SlotViews};
use crate::{BUSES, SLOTS};

/// The audio thread's decks.
#[derive(Debug)]
pub(crate) struct Decks {
    decks: [Deck; SLOTS],
    orders: Consumer<(Slot, Order)>,
    installs: Consumer<Install>,
    retired: Producer<Retired>,
    views: SlotViews,
    rate: Option<SampleRate>,
    fade: u32,
}

impl Decks {
    /// Empty decks, for a rate yet to come.
    pub fn new(
        orders: Consumer<(Slot, Order)>,
        installs: Consumer<Install>,
        retired: Producer<Retired>,
        views: SlotViews,
    ) -> Self {
        let decks = Default::default();
        Self { decks, orders, installs, retired, views, rate: None, fade: 0 }
    }

    /// Goes on at another rate: what plays keeps its pitch and its place.
    pub fn set_rate(&mut self, rate: SampleRate) {
        self.rate = Some(rate);
        self.fade = rate.frames_in(FADE_SECONDS);
        self.decks.iter_mut().for_each(|deck| deck.set_rate(rate));
    }

    /// Takes clips and orders that have arrived, as far as the decks are free for them and there is
    /// a way home for what they replace. No order overtakes a clip that was there before it: a stop
    /// would come too early for one that begins to play by itself. Realtime-safe.
    pub fn take_news(&mut self, frame: u64) {
        let Some(rate) = self.rate else { return };
        while let Some(slot) = self.installs.peek().ok().map(|install| install.slot)
            && self.can_turn(slot)
            && let Ok(install) = self.installs.pop()
        {
            self.decks[slot.index()].install(install.loaded, rate, frame, self.fade);
        }
        // The clips are looked at after the order, so that whatever came before it is seen.
        while let Some(slot) = self.orders.peek().ok().map(|(slot, _)| *slot)
            && self.installs.is_empty()
            && self.can_turn(slot)
            && let Ok((_, order)) = self.orders.pop()
        {
            self.decks[slot.index()].order(order, frame, self.fade);
        }
    }

    /// Whether a deck can let go of what it plays: nothing else of it is on its way out, and there
    /// is room in the queue for that and for whatever else is.
    fn can_turn(&self, slot: Slot) -> bool {
        let leaving = self.decks.iter().filter(|deck| !deck.is_free()).count();
        self.decks[slot.index()].is_free() && self.retired.slots() > leaving
    }

    /// Frames until something changes its kind on a deck. Realtime-safe.
    pub fn next_turn(&self, frame: u64) -> Option<u32> {
        self.decks.iter().filter_map(|deck| deck.next_turn(frame, self.fade)).min()
    }

    /// Whether deck `bus` has anything to add to its bus. Realtime-safe.
    pub fn feeds(&self, bus: usize) -> bool {
        self.decks[bus].has_clip()
    }

    /// Adds deck `bus` to its bus. Realtime-safe.
    pub fn play(&mut self, bus: usize, frame: u64, into: &mut Sides, frames: usize) {
        self.decks[bus].play(frame, self.fade, into, frames);
    }

    /// Plays the reference. Realtime-safe.
    pub fn play_reference(&mut self, frame: u64, into: &mut Sides, frames: usize) {
        self.play(BUSES, frame, into, frames);
    }

    /// Sends home what has faded out. Realtime-safe.
    pub fn send_home(&mut self, frame: u64) {
        for deck in &mut self.decks {
            if let Some(retired) = deck.take_retired(frame) {
                // There is room: `can_turn` has kept it. If there were none, freeing it here would
                // be the lesser evil, and a test counts that it never happens.
                let sent = self.retired.push(retired);
                debug_assert!(sent.is_ok());
            }
        }
    }

    /// Shows the outer world where the decks are. Realtime-safe.
    pub fn show(&self) {
        for (deck, view) in self.decks.iter().zip(self.views.iter()) {
            view.show(deck);
        }
    }
}
