//! The chooser without a window: what it lists, and how it is walked through.

use std::time::{Duration, Instant};

use super::*;
use busbar_tests::files::Folder;

/// Only so that a test that has failed ends.
const PATIENCE: Duration = Duration::from_secs(30);

impl Chooser {
    fn settle(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while self.listing.is_some() {
            self.take_news();
            assert!(Instant::now() < deadline, "{:?}", self.state);
            std::thread::yield_now();
        }
    }

    fn names(&self) -> Vec<&str> {
        (0..self.count()).map(|at| self.entry(at).unwrap().name.as_str()).collect()
    }
}

fn folder() -> Folder {
    let folder = Folder::new();
    for name in ["b 10.wav", "b 9.FLAC", "a.mp3", "notes.txt", ".hidden.wav", "cover.jpg"] {
        std::fs::write(folder.path(name), "").unwrap();
    }
    std::fs::create_dir(folder.path("Stems")).unwrap();
    std::fs::write(folder.path("Stems/drums.wav"), "").unwrap();
    folder
}

fn open(folder: &Folder) -> Chooser {
    let mut chooser = Chooser::default();
    let present = folder.path("a.mp3");
    chooser.open(Slot::REFERENCE, present.to_str().unwrap());
    chooser.settle();
    chooser
}

#[test]
fn it_opens_beside_what_is_there_and_shows_folders_and_sound() {
    let folder = folder();
    let mut chooser = open(&folder);
    assert_eq!(chooser.names(), ["Stems", "a.mp3", "b 9.FLAC", "b 10.wav"]);
    assert_eq!((chooser.left_out(), chooser.state()), (2, &State::Read { is_cut: false }));
    chooser.all_files = true;
    chooser.refilter();
    assert_eq!((chooser.count(), chooser.left_out()), (6, 0));
    chooser.filter = "B wav".to_owned();
    chooser.refilter();
    assert_eq!(chooser.names(), ["b 10.wav"]);
}

#[test]
fn it_is_walked_through_and_remembers_where_it_was() {
    let folder = folder();
    let mut chooser = open(&folder);
    chooser.move_selection(99);
    assert_eq!(chooser.selected(), 3);
    chooser.move_selection(-99);
    chooser.activate();
    chooser.settle();
    assert_eq!(chooser.names(), ["drums.wav"]);
    chooser.go_up();
    chooser.settle();
    assert_eq!(chooser.selected_entry().map(|entry| entry.name.as_str()), Some("Stems"));
    chooser.activate();
    chooser.settle();
    chooser.activate();
    let chosen = chooser.take_choice();
    assert_eq!(chosen, Some((Slot::REFERENCE, folder.path("Stems/drums.wav"))));
    assert_eq!((chooser.slot(), chooser.take_choice()), (None, None), "once");
    let deck = Slot::deck(2).unwrap();
    chooser.open(deck, "");
    chooser.settle();
    assert_eq!(chooser.folder(), folder.path("Stems"));
    assert!(chooser.places().any(|place| place.path == folder.path("Stems")));
}

#[test]
fn a_typed_path_leads_to_a_folder_a_file_or_a_reason() {
    let folder = folder();
    let mut chooser = open(&folder);
    for typed in ["Stems".to_owned(), folder.path("Stems").display().to_string()] {
        chooser.typed_path = typed;
        chooser.go_to_typed();
        chooser.settle();
        assert_eq!(chooser.names(), ["drums.wav"]);
        chooser.go_up();
        chooser.settle();
    }
    chooser.typed_path = folder.path("nowhere").display().to_string();
    chooser.go_to_typed();
    chooser.settle();
    assert!(matches!(chooser.state(), State::Trouble(why) if why.contains("no such file")));
    assert_eq!(chooser.count(), 0);
    // What is no sound by its name is tried all the same.
    chooser.typed_path = folder.path("notes.txt").display().to_string();
    chooser.go_to_typed();
    chooser.settle();
    assert_eq!(chooser.take_choice(), Some((Slot::REFERENCE, folder.path("notes.txt"))));
}

#[test]
fn places_are_looked_for_once_however_often_it_opens_meanwhile() {
    let folder = folder();
    let mut chooser = Chooser::default();
    let (sender, places) = std::sync::mpsc::channel();
    chooser.places_to_come = Some(places);
    for _ in 0..3 {
        chooser.open(Slot::REFERENCE, folder.path("a.mp3").to_str().unwrap());
        chooser.close();
    }
    let place = Place { name: "late".to_owned(), path: folder.path("Stems") };
    assert!(sender.send(vec![place.clone()]).is_ok(), "nobody waits for them any more");
    assert!(chooser.take_news());
    assert_eq!(chooser.places().collect::<Vec<_>>(), [place]);
    // Whoever looks may have come to grief: then the next opening looks again.
    let (sender, places) = std::sync::mpsc::channel();
    (chooser.places, chooser.places_to_come) = (vec![], Some(places));
    drop(sender);
    assert!(chooser.take_news() && chooser.places_to_come.is_none());
}

#[test]
fn what_is_selected_stays_selected_while_more_comes() {
    let folder = folder();
    let mut chooser = open(&folder);
    chooser.select(2);
    chooser.add(vec![Entry::new(folder.path("aa.wav"), false)]);
    assert_eq!(chooser.selected_entry().unwrap().name, "b 9.FLAC");
}

#[test]
fn closing_gives_the_folder_up() {
    let folder = folder();
    let mut chooser = open(&folder);
    chooser.go(folder.path("Stems"));
    chooser.close();
    assert!(!chooser.take_news() && chooser.take_choice().is_none());
}
