//! The editor's hands on the decks and the monitor. What is wanted is written down for the pump;
//! orders go to the audio thread, and those that its queue has no room for wait here.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use busbar_engine::session::{MAX_PATH, Source};
use busbar_engine::{Monitor, Order, OuterEnds, SLOTS, Slot};

use super::Shared;
use super::model::Listening;
use crate::decks::{Carrier, DeckStatus, Wanted};
use crate::guard::Link;

/// Everything a user can do with the decks.
pub struct Desk {
    wanted: Arc<Wanted>,
    carrier: Arc<Carrier>,
    monitor: Arc<Monitor>,
    link: Arc<Link>,
    outer: Arc<Mutex<OuterEnds>>,
    /// In the order in which they were given.
    waiting: VecDeque<(Slot, Order)>,
}

impl Desk {
    /// The hands of an instance.
    pub fn new(shared: &Shared) -> Self {
        let outer = shared.outer.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let monitor = outer.monitor.clone();
        drop(outer);
        Self {
            wanted: shared.params.wanted.clone(),
            carrier: shared.carrier.clone(),
            monitor,
            link: shared.link.clone(),
            outer: shared.outer.clone(),
            waiting: VecDeque::new(),
        }
    }

    /// Loads a file, which begins to play as soon as there is sound.
    ///
    /// # Errors
    /// Says why the file cannot even be asked for.
    pub fn load(&mut self, slot: Slot, file: &Path) -> Result<(), String> {
        let path = file.to_str().ok_or_else(|| {
            let name = file.display();
            format!("{name}: the name is not valid text, and cannot be saved. Rename the file.")
        })?;
        if path.len() > MAX_PATH {
            return Err(format!("the path has {} bytes, more than any file's", path.len()));
        }
        self.wanted.load(slot, path.to_owned());
        self.link.edit();
        Ok(())
    }

    /// Loads several files, the first where it was dropped. What could not be loaded is said.
    pub fn drop_files(&mut self, files: &[PathBuf], at: Option<Slot>) -> Option<String> {
        let wanted = self.wanted.all();
        let is_empty = |slot: Slot| wanted[slot.index()].source.path.is_empty();
        let places = places(files.len(), at, is_empty);
        let refused =
            files.iter().zip(&places).find_map(|(file, slot)| self.load(*slot, file).err());
        let left = &files[places.len()..];
        let [first, rest @ ..] = left else { return refused };
        let name = first.file_name().unwrap_or(first.as_os_str()).to_string_lossy();
        let more =
            if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        Some(format!(
            "No deck is empty for {name}{more}: drop it onto a deck to replace what is there."
        ))
    }

    /// The same file once more: it may be there by now.
    pub fn try_again(&mut self, slot: Slot) {
        self.wanted.try_again(slot);
    }

    /// Empties a slot.
    pub fn remove(&mut self, slot: Slot) {
        self.stop(slot);
        if slot == Slot::REFERENCE {
            self.monitor.hear_reference(false);
        }
        self.wanted.put(slot, Source::default());
        self.link.edit();
    }

    /// Begins again at the end, or not.
    pub fn set_looping(&mut self, slot: Slot, looping: bool) {
        self.wanted.set_looping(slot, looping);
        self.link.edit();
    }

    /// Plays on.
    pub fn play(&mut self, slot: Slot) {
        self.give(slot, Order::Play);
    }

    /// Stays where it is.
    pub fn stop(&mut self, slot: Slot) {
        self.carrier.hold_back(slot);
        self.give(slot, Order::Stop);
    }

    /// Goes to a place, in seconds.
    pub fn seek(&mut self, slot: Slot, seconds: f64) {
        if let Some(frame) = self.carrier.frame_at(slot, seconds) {
            self.give(slot, Order::Seek(frame));
        }
    }

    /// B: the reference, which plays if it did not. A: the mix.
    pub fn hear_reference(&mut self, on: bool) {
        self.monitor.hear_reference(on);
        if on {
            self.play(Slot::REFERENCE);
        }
    }

    /// How the slots are doing.
    pub fn statuses(&self) -> [DeckStatus; SLOTS] {
        self.carrier.statuses()
    }

    /// Where one listens.
    pub fn listening(&self) -> Listening {
        Listening {
            asks_for_reference: self.monitor.asks_for_reference(),
            heard: self.monitor.heard(),
            dismissal: self.monitor.dismissal(),
        }
    }

    /// Sends what waits, as far as there is room now.
    pub fn send_orders(&mut self) {
        let mut outer = self.outer.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        while let Some(order) = self.waiting.pop_front() {
            if let Err(rtrb::PushError::Full(order)) = outer.orders.push(order) {
                self.waiting.push_front(order);
                return;
            }
        }
    }

    fn give(&mut self, slot: Slot, order: Order) {
        // Of what waits for a host that does not process, the last word counts.
        self.waiting.retain(|(other, waiting)| *other != slot || !is_outdated_by(*waiting, order));
        self.waiting.push_back((slot, order));
        self.send_orders();
    }
}

fn is_outdated_by(waiting: Order, order: Order) -> bool {
    match order {
        Order::Play | Order::Stop => matches!(waiting, Order::Play | Order::Stop),
        Order::Seek(_) => matches!(waiting, Order::Seek(_)),
        Order::Loop(_) => matches!(waiting, Order::Loop(_)),
    }
}

/// Where dropped files go: the first to the slot that it was dropped on, the others to the empty
/// decks after that, then to those before it. Fewer places than files where there is no room.
pub fn places(files: usize, at: Option<Slot>, is_empty: impl Fn(Slot) -> bool) -> Vec<Slot> {
    let after = |slot: &Slot| at.is_none_or(|at| at == Slot::REFERENCE || *slot > at);
    let decks = || Slot::all().filter(|slot| *slot != Slot::REFERENCE && is_empty(*slot));
    let others = decks().filter(after).chain(decks().filter(|slot| !after(slot)));
    at.into_iter().chain(others.filter(|slot| Some(*slot) != at)).take(files).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropped_files_find_their_places() {
        let all: Vec<Slot> = Slot::all().collect();
        // Decks 1, 4 and the reference are taken.
        let is_empty = |slot: Slot| ![0, 3, 8].contains(&slot.index());
        let indices = |files, at: Option<usize>| -> Vec<usize> {
            places(files, at.map(|at| all[at]), is_empty).into_iter().map(Slot::index).collect()
        };
        assert_eq!(indices(1, None), [1]);
        assert_eq!(indices(4, None), [1, 2, 4, 5]);
        assert_eq!(indices(99, None), [1, 2, 4, 5, 6, 7]);
        assert_eq!(indices(1, Some(3)), [3], "what is there is replaced");
        assert_eq!(indices(6, Some(3)), [3, 4, 5, 6, 7, 1]);
        assert_eq!(indices(2, Some(5)), [5, 6]);
        assert_eq!(indices(3, Some(8)), [8, 1, 2]);
        assert!(places(2, None, |_| false).is_empty());
        assert!(places(0, Some(all[2]), |_| true).is_empty());
    }
}
