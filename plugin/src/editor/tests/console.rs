//! Strips, bars and the list of parameters.

use busbar_engine::BUSES;
use nih_plug::prelude::Param;

use super::*;

fn once(param: &impl Param) -> Vec<Told> {
    let param = param.as_ptr();
    vec![Begin(param), Set(param), End(param)]
}

#[test]
fn every_control_has_a_label() {
    let bench = Bench::new();
    for bus in 1..=BUSES {
        for control in
            ["Gain", "Gain value", "Balance", "Balance value", "Mute", "To Master", "meter"]
        {
            bench.harness.get_by_label(&format!("Bus {bus} {control}"));
        }
        bench.harness.get_by_label(&format!("Bus {bus} peak: −−.−"));
    }
    for label in ["Master Gain", "Master Gain value", "Master meter", "Bypass", "Reset all peaks"] {
        bench.harness.get_by_label(label);
    }
    assert!(bench.harness.query_by_label_contains("Start here").is_some(), "what to do first");
}

#[test]
fn faders_obey_the_arrow_keys_in_whole_gestures() {
    let mut bench = Bench::new();
    let params = bench.params.clone();
    let gain = &params.strips[2].gain;
    bench.harness.get_by_label("Bus 3 Gain").focus();
    bench.harness.run();
    assert_eq!(bench.host.take(), []);
    assert_eq!(bench.press(Modifiers::NONE, Key::ArrowUp), once(gain));
    assert!((gain.value() - 0.5).abs() < 0.006, "{}", gain.value());
    assert_eq!(bench.press(Modifiers::SHIFT, Key::ArrowDown), once(gain));
    assert!((gain.value() - 0.4).abs() < 0.006, "{}", gain.value());
    assert_eq!(bench.press(Modifiers::NONE, Key::ArrowUp), once(gain), "it has kept the focus");
}

#[test]
fn a_fader_dragged_further_than_it_goes_stops_there() {
    let mut bench = Bench::new();
    let params = bench.params.clone();
    let gain = &params.master_gain;
    let from = bench.harness.get_by_label("Master Gain").rect().center();
    bench.harness.drag_at(from);
    bench.harness.run();
    for step in 1..=20 {
        bench.harness.hover_at(from - egui::vec2(0.0, 30.0 * step as f32));
        bench.harness.run();
    }
    let told = bench.host.take();
    assert_eq!(told.first(), Some(&Begin(gain.as_ptr())));
    assert!(told[1..].iter().all(|told| *told == Set(gain.as_ptr())), "{told:?}");
    assert_eq!(gain.value(), 12.0);
    // The window closes while the button is held: the gesture ends all the same.
    bench.harness.state_mut().closed();
    assert_eq!(bench.host.take(), [End(gain.as_ptr())]);
}

#[test]
fn values_are_typed_refused_and_given_up() {
    let mut bench = Bench::new();
    let params = bench.params.clone();
    let gain = &params.strips[0].gain;
    bench.click("Bus 1 Gain value");
    bench.type_text("-7.5");
    assert_eq!(bench.press(Modifiers::NONE, Key::Enter), once(gain));
    assert_eq!(gain.value(), -7.5);
    bench.click("Bus 1 Gain value");
    bench.type_text("loud");
    assert_eq!(bench.press(Modifiers::NONE, Key::Enter), [], "nonsense");
    bench.type_text("3");
    assert_eq!(bench.press(Modifiers::NONE, Key::Escape), [], "given up");
    assert_eq!(gain.value(), -7.5);
    bench.click("Bus 1 Balance value");
    bench.type_text("l 25");
    assert_eq!(bench.press(Modifiers::NONE, Key::Enter), once(&params.strips[0].balance));
    assert_eq!(params.strips[0].balance.value(), -0.25);
}

#[test]
fn switches_switch_in_one_gesture() {
    let mut bench = Bench::new();
    let params = bench.params.clone();
    assert_eq!(bench.click("Bus 8 Mute"), once(&params.strips[7].mute));
    assert!(params.strips[7].mute.value());
    assert_eq!(bench.click("Bus 8 To Master"), once(&params.strips[7].to_master));
    assert_eq!(bench.click("Bypass"), once(&params.bypass));
    assert!(bench.harness.query_by_label_contains("BYPASS IS ON").is_some());
}

#[test]
fn whatever_main_carries_in_place_of_the_programme_is_said() {
    let mut bench = Bench::new();
    bench.click("Bypass");
    bench.link.fail();
    bench.harness.run();
    assert!(bench.sees("BUSBAR MADE A MISTAKE"), "before all else");
    bench.link.recover();
    bench.harness.run();
    assert!(bench.sees("BYPASS IS ON") && !bench.sees("MISTAKE"));
}

#[test]
fn the_list_finds_parameters_and_its_sliders_end_what_they_begin() {
    let mut bench = Bench::new();
    let params = bench.params.clone();
    bench.click("All parameters");
    assert!(bench.harness.query_by_label("Bus 1 Gain").is_some());
    bench.harness.get_by_role_and_label(egui::Role::TextInput, "Search").focus();
    bench.harness.run();
    bench.type_text("mute 2");
    assert!(bench.harness.query_by_label("Bus 1 Gain").is_none());
    // A click without a drag: the slider begins, and would never end.
    let told = bench.click("Bus 2 Mute");
    let mute = params.strips[1].mute.as_ptr();
    assert_eq!((told.first(), told.last()), (Some(&Begin(mute)), Some(&End(mute))), "{told:?}");
    assert_eq!(told.iter().filter(|told| **told == Begin(mute)).count(), 1, "{told:?}");
}

#[test]
fn gestures_are_made_whole() {
    let host = Arc::<Host>::default();
    let gestures = gestures::Gestures::new(GuiContext::new(host.clone()));
    let params = BusbarParams::default();
    let (one, two) = (params.bypass.as_ptr(), params.master_gain.as_ptr());
    // SAFETY: the parameters outlive the calls.
    unsafe {
        gestures.raw_end_set_parameter(one);
        gestures.raw_begin_set_parameter(one);
        gestures.raw_begin_set_parameter(one);
        gestures.raw_set_parameter_normalized(two, 0.5);
        gestures.raw_end_set_parameter(one);
    }
    gestures.end_all();
    gestures.end_all();
    assert_eq!(host.take(), [Begin(one), Begin(two), Set(two), End(one), End(two)]);
}

#[test]
fn everything_fits_at_the_smallest_size_and_at_the_largest() {
    for size in [[900.0, 560.0], [1120.0, 700.0], [3840.0, 2160.0]] {
        let folder = Folder::new();
        let name = "A rather long name of a file, as people write them (final, really) v2.wav";
        let path = folder.level(name, 0.5, 480);
        let mut bench = Bench::with(size, Options { workers: 1, ..Options::default() });
        bench.drop_on("Deck 1: drop", &[&path]);
        bench.until("it is there", |bench| bench.status(0).length.is_some());
        let window = egui::Rect::from_min_size(egui::Pos2::ZERO, size.into());
        let labels = ["Deck 1 remove", "Deck 1 position", "Hear B, the reference", "Deck 8: drop"];
        for label in labels.into_iter().chain(["Bus 8 Gain", "Master meter"]) {
            let rect = bench.place_of(label);
            assert!(window.contains_rect(rect), "{label} at {size:?}: {rect:?}");
            assert!(rect.width() >= 15.0 && rect.height() >= 8.0, "{label} at {size:?}: {rect:?}");
        }
    }
}
