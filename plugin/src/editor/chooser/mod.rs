//! Which file to load: what the chooser inside the window knows. There is no dialog of the
//! system's, because those block hosts, or need what is not there in a host.
//!
//! | part      | what                                                                      |
//! |-----------|---------------------------------------------------------------------------|
//! | `errand`  | threads for what a dead disk may hold up, and no more than a few of them  |
//! | `listing` | a folder's contents                                                       |
//! | `places`  | where files are likely to be                                              |

mod errand;
pub mod listing;
pub mod places;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError};

use busbar_engine::Slot;
use errand::ERRANDS;
pub use listing::Entry;
use listing::{Listing, News};
pub use places::Place;

/// Folders that files were loaded from, the last one first.
const RECENT: usize = 4;

/// The chooser. It keeps its folder as long as the instance lives.
#[derive(Debug, Default)]
pub struct Chooser {
    open_for: Option<Slot>,
    folder: PathBuf,
    /// What is typed.
    pub typed_path: String,
    /// Likewise: only names with these words in them are shown.
    pub filter: String,
    /// Files that have no sound by their names, too.
    pub all_files: bool,
    entries: Vec<Entry>,
    /// Places in `entries` of what is shown, and for which filter.
    shown: Vec<usize>,
    shown_for: (String, bool),
    selected: usize,
    /// A name to select when it comes.
    look_for: Option<PathBuf>,
    listing: Option<Listing>,
    state: State,
    places: Vec<Place>,
    places_to_come: Option<Receiver<Vec<Place>>>,
    recent: Vec<PathBuf>,
    chosen: Option<PathBuf>,
}

/// How far the folder is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// More may come.
    #[default]
    Reading,
    /// All of it is there; or as much as is shown, where it is cut.
    Read {
        /// Some of it was left out.
        is_cut: bool,
    },
    /// Why it is not.
    Trouble(String),
}

impl Chooser {
    /// Opens to choose a file for a slot, beside the one that is there.
    pub fn open(&mut self, slot: Slot, present: &str) {
        self.open_for = Some(slot);
        self.filter.clear();
        if self.places.is_empty() && self.places_to_come.is_none() {
            self.places_to_come = places::look(&ERRANDS);
        }
        let beside = Path::new(present).parent().filter(|folder| folder.is_absolute());
        let folder = match (beside, self.folder.as_os_str().is_empty()) {
            (Some(beside), _) => beside.to_owned(),
            (None, false) => self.folder.clone(),
            (None, true) => places::home().unwrap_or_else(|| PathBuf::from("/")),
        };
        self.go(folder);
    }

    /// Closes without a choice.
    pub fn close(&mut self) {
        self.open_for = None;
        self.listing = None;
        self.chosen = None;
    }

    /// The slot for which it is open.
    pub fn slot(&self) -> Option<Slot> {
        self.open_for
    }

    /// Shows another folder, or chooses what is no folder.
    pub fn go(&mut self, to: PathBuf) {
        self.typed_path = to.display().to_string();
        self.entries.clear();
        self.filter.clear();
        self.show_entries();
        self.selected = 0;
        self.state = State::Reading;
        // The one before is given up.
        self.listing = None;
        match Listing::start(&ERRANDS, to.clone()) {
            Ok(listing) => self.listing = Some(listing),
            Err(why) => self.state = State::Trouble(why),
        }
        self.folder = to;
    }

    /// Goes where the typed path leads.
    pub fn go_to_typed(&mut self) {
        let typed = self.typed_path.trim();
        let path = match (typed.strip_prefix('~'), places::home()) {
            (Some(inside), Some(home)) => home.join(inside.trim_start_matches(['/', '\\'])),
            _ => self.folder.join(typed),
        };
        self.go(path);
    }

    /// The folder around this one.
    pub fn go_up(&mut self) {
        if let Some(parent) = self.folder.parent().map(Path::to_owned) {
            self.look_for = Some(std::mem::take(&mut self.folder));
            self.go(parent);
        }
    }

    /// Takes in what the threads have found; whether there is something new to be seen.
    pub fn take_news(&mut self) -> bool {
        let mut is_new = false;
        match self.places_to_come.as_ref().map(Receiver::try_recv) {
            None | Some(Err(TryRecvError::Empty)) => {}
            Some(places) => {
                (self.places, self.places_to_come) = (places.unwrap_or_default(), None);
                is_new = true;
            }
        }
        let mut found = vec![];
        while let Some(news) = self.listing.as_ref().and_then(Listing::news) {
            is_new = true;
            if let News::Entries(entries) = news {
                found.extend(entries);
                continue;
            }
            // Before the end, which is when nothing is looked for any more.
            self.add(std::mem::take(&mut found));
            match news {
                News::Entries(_) => {}
                News::End { is_cut } => self.end(State::Read { is_cut }),
                News::Trouble(why) => self.end(State::Trouble(why)),
                News::File => {
                    let file = self.folder.clone();
                    self.folder.pop();
                    self.end(State::Read { is_cut: false });
                    self.choose(file);
                }
            }
        }
        self.add(found);
        is_new
    }

    fn end(&mut self, state: State) {
        self.state = state;
        self.listing = None;
        self.look_for = None;
    }

    fn add(&mut self, entries: Vec<Entry>) {
        if entries.is_empty() {
            return;
        }
        let selected = self.selected_entry().filter(|_| self.selected > 0);
        let wanted = self.look_for.clone().or_else(|| selected.map(|entry| entry.path.clone()));
        self.entries.extend(entries);
        self.entries.sort_by(Entry::order);
        self.show_entries();
        let is_wanted = |at: &usize| Some(&self.entries[*at].path) == wanted.as_ref();
        if let Some(at) = self.shown.iter().position(is_wanted) {
            self.selected = at;
        }
    }

    /// Looks at the filter again.
    pub fn refilter(&mut self) {
        if (&self.shown_for.0, self.shown_for.1) != (&self.filter, self.all_files) {
            self.selected = 0;
            self.show_entries();
        }
    }

    fn show_entries(&mut self) {
        let words: Vec<String> =
            self.filter.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let passes = |entry: &Entry| {
            (entry.is_folder || entry.is_audio || self.all_files)
                && (words.is_empty() || {
                    let name = entry.name.to_lowercase();
                    words.iter().all(|word| name.contains(word))
                })
        };
        let all = self.entries.iter().enumerate();
        self.shown = all.filter(|(_, entry)| passes(entry)).map(|(at, _)| at).collect();
        self.shown_for = (self.filter.clone(), self.all_files);
        self.selected = self.selected.min(self.shown.len().saturating_sub(1));
    }

    /// How many entries are shown.
    pub fn count(&self) -> usize {
        self.shown.len()
    }

    /// Files that are there and not shown because they have no sound by their names.
    pub fn left_out(&self) -> usize {
        match self.all_files {
            true => 0,
            false => {
                self.entries.iter().filter(|entry| !entry.is_folder && !entry.is_audio).count()
            }
        }
    }

    /// One of what is shown.
    pub fn entry(&self, at: usize) -> Option<&Entry> {
        self.entries.get(*self.shown.get(at)?)
    }

    /// Which one is selected.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// That one.
    pub fn selected_entry(&self) -> Option<&Entry> {
        self.entry(self.selected)
    }

    /// Selects another.
    pub fn select(&mut self, at: usize) {
        self.selected = at.min(self.shown.len().saturating_sub(1));
    }

    /// So many further down, or up.
    pub fn move_selection(&mut self, by: isize) {
        self.select(self.selected.saturating_add_signed(by));
    }

    /// Goes into the selected folder, or chooses the selected file.
    pub fn activate(&mut self) {
        let Some(entry) = self.selected_entry().cloned() else { return };
        if entry.is_folder { self.go(entry.path) } else { self.choose(entry.path) }
    }

    fn choose(&mut self, file: PathBuf) {
        if let Some(folder) = file.parent().map(Path::to_owned) {
            self.recent.retain(|recent| *recent != folder);
            self.recent.insert(0, folder);
            self.recent.truncate(RECENT);
        }
        self.chosen = Some(file);
    }

    /// What was chosen, and for which slot; once.
    pub fn take_choice(&mut self) -> Option<(Slot, PathBuf)> {
        let (slot, file) = (self.open_for?, self.chosen.take()?);
        self.close();
        Some((slot, file))
    }

    /// How far the folder is read.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The folder that is shown.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where to go at once: what the system has, then where files came from before.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        let recent = self.recent.iter().map(|path| {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            Place { name, path: path.clone() }
        });
        let known = |place: &Place| !self.places.iter().any(|other| other.path == place.path);
        self.places.iter().cloned().chain(recent.filter(known))
    }
}

#[cfg(test)]
mod tests;
