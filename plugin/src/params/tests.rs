use super::kinds::{balance_text, balance_value, gain_text, gain_value, quantity_value};
use super::*;
use busbar_engine::Session;
use nih_plug::plugin::ParamValue;

#[test]
fn ids_and_their_order_never_change() {
    let params = BusbarParams::default();
    let ids: Vec<String> = params.param_map().into_iter().map(|(id, ..)| id).collect();
    let mut expected = vec!["bypass".to_owned(), "master_gain".to_owned()];
    for bus in 1..=BUSES {
        for name in ["gain", "balance", "mute", "to_master"] {
            expected.push(format!("{name}_{bus}"));
        }
    }
    let limiter = ["limiter", "limiter_ceiling", "limiter_release", "limiter_look_ahead"];
    expected.extend(limiter.map(String::from));
    for bus in 1..=BUSES {
        for name in [
            "trim",
            "invert_left",
            "invert_right",
            "high_pass",
            "high_pass_hertz",
            "high_pass_slope",
            "duck_key",
            "duck_threshold",
            "duck_depth",
            "duck_attack",
            "duck_hold",
            "duck_release",
            "width",
            "pan_mode",
            "pan_law",
            "pan_left",
            "pan_right",
            "meter_before",
        ] {
            expected.push(format!("{name}_{bus}"));
        }
    }
    assert_eq!(ids, expected);
}

#[test]
fn defaults_are_the_sessions() {
    let params = BusbarParams::default();
    assert_eq!(params.targets(), Session::default().targets());
    assert_eq!(params.master(), Session::default().master);
    for (id, value) in values_of(&Session::default()) {
        let param = params.param_map().into_iter().find(|(other, ..)| *other == id).unwrap().1;
        // SAFETY: `params` lives as long as the pointers to what is in it.
        let (at, default) =
            unsafe { (param.unmodulated_normalized_value(), param.default_normalized_value()) };
        assert_eq!(at, default, "{id}: {value:?}");
    }
}

/// Each parameter changes something in the session, and nothing that another one changes.
#[test]
fn every_parameter_has_a_place_of_its_own() {
    let mut session = Session::default();
    let mut written = vec![];
    for (id, value) in values_of(&Session::default()) {
        let other = match value {
            ParamValue::F32(value) => ParamValue::F32(value * 0.5 + 0.25),
            ParamValue::I32(value) => ParamValue::I32(value + 1),
            ParamValue::Bool(on) => ParamValue::Bool(!on),
            ParamValue::String(_) => panic!("{id} is a word"),
        };
        let before = session.clone();
        assert!(set_value(&mut session, &id, &other), "{id}");
        assert_ne!(session, before, "{id} does nothing");
        written.push((id, format!("{other:?}")));
    }
    let read: Vec<_> = values_of(&session).map(|(id, value)| (id, format!("{value:?}"))).collect();
    assert_eq!(read, written);
    for (id, value) in values_of(&Session::default()) {
        let wrong = match value {
            ParamValue::F32(_) => ParamValue::Bool(true),
            _ => ParamValue::F32(1.0),
        };
        assert!(!set_value(&mut session, &id, &wrong), "{id} is of another kind");
    }
}

#[test]
fn quantities_and_words_are_understood_as_they_are_written() {
    let params = BusbarParams::default();
    for (id, text, again) in [
        ("trim_1", "-3.5", "-3.5 dB"),
        ("high_pass_hertz_2", "120 hz", "120 Hz"),
        ("high_pass_slope_3", "24 db", "24 dB"),
        ("duck_key_4", "bus 2", "Bus 2"),
        ("duck_hold_5", "250ms", "250 ms"),
        ("width_6", "150", "150 %"),
        ("pan_mode_7", "mono", "Mono"),
        ("pan_law_8", "-4.5 dB", "-4.5 dB"),
        ("pan_left_1", "l50", "L50"),
        ("limiter_ceiling", "−2 dBTP", "-2.0 dBTP"),
        ("limiter_look_ahead", "1.5", "1.5 ms"),
    ] {
        let param = params.param_map().into_iter().find(|(other, ..)| other == id).unwrap().1;
        // SAFETY: `params` lives as long as the pointers to what is in it.
        let heard = unsafe {
            let at = param.string_to_normalized_value(text);
            at.map(|at| param.normalized_value_to_string(at, true))
        };
        assert_eq!(heard.as_deref(), Some(again), "{id}");
    }
    for nonsense in ["", "nan", "inf", "dB", "12 Hz"] {
        assert_eq!(quantity_value(nonsense, "dB"), None, "{nonsense:?}");
    }
}

#[test]
fn every_parameter_is_in_the_session_and_back() {
    let session = Session::default();
    let values: Vec<_> = values_of(&session).collect();
    let ids: Vec<_> = values.iter().map(|(id, _)| id.clone()).collect();
    let map = BusbarParams::default().param_map();
    assert_eq!(ids, map.into_iter().map(|(id, ..)| id).collect::<Vec<_>>());
    for (id, value) in values {
        assert!(set_value(&mut Session::default(), &id, &value), "{id}");
    }
    for unknown in ["", "_", "gain", "gain_0", "gain_9", "gain_x", "nonsense_1", "mute_-1"] {
        let value = ParamValue::F32(0.0);
        assert!(!set_value(&mut Session::default(), unknown, &value), "{unknown}");
    }
}

#[test]
fn text_is_understood_as_it_is_written() {
    for (position, text) in [
        (0.0, "0.00 dB"),
        (-0.0, "0.00 dB"),
        (-6.02, "-6.02 dB"),
        (12.0, "12.00 dB"),
        (BOTTOM, "-∞ dB"),
    ] {
        assert_eq!(gain_text(position), text);
        assert_eq!(gain_value(text), Some(position));
    }
    for (balance, text) in [(0.0, "C"), (-0.5, "L50"), (1.0, "R100"), (0.004, "C")] {
        assert_eq!(balance_text(balance), text);
    }
    for (text, value) in [
        ("-12", Some(-12.0)),
        (" +3 dB ", Some(3.0)),
        ("−6db", Some(-6.0)),
        ("-inf", Some(BOTTOM)),
        ("nan", None),
        ("inf", None),
        ("loud", None),
        ("", None),
    ] {
        assert_eq!(gain_value(text), value, "{text:?}");
    }
    for (text, value) in [
        ("C", Some(0.0)),
        ("l 25", Some(-0.25)),
        ("R100%", Some(1.0)),
        ("-50", Some(-0.5)),
        ("l9999", Some(-1.0)),
        ("left", None),
        ("r", None),
    ] {
        assert_eq!(balance_value(text), value, "{text:?}");
    }
}

#[test]
fn zero_decibels_survive_every_rounding() {
    let gain = &BusbarParams::default().master_gain;
    let normalized = gain.preview_normalized(0.0);
    for wobble in [-3e-7, -1e-7, 0.0, 1e-7, 3e-7] {
        assert_eq!(gain.preview_plain(normalized + wobble), 0.0, "{wobble}");
    }
    assert_eq!(gain.preview_plain(0.0), BOTTOM);
    assert!((normalized - 0.756).abs() < 0.001, "{normalized}");
}

#[test]
fn automation_with_nan_changes_nothing_for_the_worse() {
    assert_eq!(fader_level(f32::NAN), 0.0);
    assert_eq!(number(f32::NAN, 0.0), 0.0);
}
