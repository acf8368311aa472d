//! The chooser in the window, by keyboard and by mouse.

use super::*;

/// Where everything about it is looked for.
fn settled(bench: &mut Bench) {
    bench.until("the folder is read", |bench| {
        bench.harness.run();
        !bench.sees("reading …")
    });
}

fn bench() -> (Bench, Folder) {
    let folder = Folder::new();
    folder.wav("one.wav", 0.5, 4800);
    folder.wav("two.wav", 0.25, 4800);
    fs::create_dir(folder.path("inside")).unwrap();
    let bench = Bench::new();
    let present = folder.path("gone.wav").to_str().unwrap().to_owned();
    let source = busbar_engine::session::Source { path: present, looping: false };
    bench.params.wanted.put(Slot::deck(1).unwrap(), source);
    (bench, folder)
}

#[test]
fn a_file_is_chosen_with_the_mouse() {
    let (mut bench, _folder) = bench();
    bench.harness.state_mut().tick();
    bench.harness.run();
    bench.click("Deck 2 load");
    settled(&mut bench);
    assert!(bench.sees("Load into") || bench.sees("3 entries"));
    assert!(bench.sees("Folder inside") && bench.sees("two.wav"));
    bench.click("two.wav");
    assert_eq!(bench.status(1).name(), "two.wav");
    assert!(!bench.sees("Show all files"), "it has closed");
}

#[test]
fn a_file_is_chosen_with_the_keyboard() {
    let (mut bench, folder) = bench();
    bench.harness.state_mut().tick();
    bench.harness.run();
    bench.click("Deck 2 load");
    settled(&mut bench);
    bench.harness.get_by_role_and_label(egui::Role::TextInput, "Filter");
    // Into the folder and out again.
    bench.press(Modifiers::NONE, Key::Enter);
    settled(&mut bench);
    assert!(bench.sees("nothing to load here"));
    bench.press(Modifiers::NONE, Key::Backspace);
    settled(&mut bench);
    bench.press(Modifiers::NONE, Key::ArrowDown);
    bench.press(Modifiers::NONE, Key::ArrowDown);
    bench.press(Modifiers::NONE, Key::Enter);
    assert_eq!(bench.status(1).name(), "two.wav");
    // Typed: first what filters, then a path.
    bench.click("Deck 2 load");
    settled(&mut bench);
    bench.type_text("one");
    assert!(!bench.sees("two.wav") && bench.sees("one.wav"));
    bench.press(Modifiers::NONE, Key::Escape);
    assert!(!bench.sees("Show all files") && bench.status(1).name() == "two.wav");
    assert!(!bench.monitor.asks_for_reference());
    bench.click("Deck 3: drop an audio file here, or click to choose");
    settled(&mut bench);
    bench.harness.get_by_role_and_label(egui::Role::TextInput, "Path").focus();
    bench.harness.run();
    bench.press(Modifiers::COMMAND, Key::A);
    bench.type_text(folder.path("one.wav").to_str().unwrap());
    bench.press(Modifiers::NONE, Key::Enter);
    bench.until("it is chosen", |bench| {
        bench.harness.run();
        bench.status(2).name() == "one.wav"
    });
}

#[test]
fn of_ten_thousand_files_only_those_that_are_seen_are_drawn() {
    let (mut bench, folder) = bench();
    for i in 0..10_000 {
        fs::write(folder.path(&format!("take {i}.wav")), "").unwrap();
    }
    bench.harness.state_mut().tick();
    bench.harness.run();
    bench.click("Deck 2 load");
    settled(&mut bench);
    assert!(bench.sees("10003 entries"));
    let drawn = bench.harness.query_all_by_label_contains("take ").count();
    assert!((5..60).contains(&drawn), "{drawn} rows");
    for _ in 0..100 {
        bench.harness.key_press(Key::PageDown);
        bench.harness.step();
    }
    bench.harness.run();
    // 1200 rows further down from the folder, past one.wav; in the order in which people count.
    assert!(bench.sees("take 1198.wav") && !bench.sees("take 1.wav"));
    let drawn = bench.harness.query_all_by_label_contains("take ").count();
    assert!((5..60).contains(&drawn), "{drawn} rows");
}

#[test]
fn a_place_that_cannot_be_read_says_why() {
    let (mut bench, folder) = bench();
    bench.harness.state_mut().tick();
    bench.harness.run();
    bench.click("Deck 2 load");
    settled(&mut bench);
    bench.harness.get_by_role_and_label(egui::Role::TextInput, "Path").focus();
    bench.harness.run();
    bench.press(Modifiers::COMMAND, Key::A);
    bench.type_text(folder.path("nowhere").to_str().unwrap());
    bench.press(Modifiers::NONE, Key::Enter);
    settled(&mut bench);
    assert!(bench.sees("no such file or folder"));
    bench.click("Folder above");
    settled(&mut bench);
    assert!(bench.sees("one.wav"));
    bench.click("Cancel");
    assert!(bench.sees("Deck 2: gone.wav"));
}
