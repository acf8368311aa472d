use proptest::prelude::*;

use super::*;

fn target(name: &str) -> LoudnessTarget {
    TargetTable::built_in().find(name).unwrap().clone()
}

fn measured(integrated: f64, true_peak: f64) -> Measured {
    let (integrated, true_peak) = (Some(integrated), Some(true_peak));
    Measured { integrated, true_peak, max_short_term: integrated }
}

#[test]
fn values_are_rounded_before_they_are_compared() {
    for (name, integrated, peak, passes) in [
        ("ebu-r128", -23.0, -1.0, true),
        ("ebu-r128", -22.7501, -1.0, true),
        ("ebu-r128", -22.7499, -1.0, false),
        ("ebu-r128", -23.2499, -1.0, true),
        ("ebu-r128", -23.2501, -1.0, false),
        ("ebu-r128", -23.0, -0.9501, true),
        ("ebu-r128", -23.0, -0.9499, false),
        ("ebu-r128-s1", -23.0, -1.0, true),
        ("atsc-a85", -22.0499, -2.0499, true),
        ("atsc-a85", -22.0, -1.9499, false),
        ("atsc-a85", -21.9499, -2.0, false),
        ("atsc-a85", -26.0499, -2.0, true),
        ("apple-podcasts", -17.0499, -1.0, true),
        ("apple-podcasts", -14.9499, -1.0, false),
        ("aes-speech", -18.0499, -3.0, true),
        ("aes-speech", -18.0501, -3.0, false),
        ("aes-track", -16.0, -1.0, true),
        ("aes-album", -30.0, -1.0, true),
        ("aes-album", -13.9499, -1.0, false),
    ] {
        let verdict = target(name).judge(&measured(integrated, peak));
        assert_eq!(verdict.pass, Some(passes), "{name} {integrated} {peak}: {verdict:?}");
        assert_eq!(verdict.remarks.is_empty(), passes);
    }
}

#[test]
fn what_was_not_measured_does_not_pass() {
    let known = measured(-23.0, -2.0);
    assert_eq!(target("ebu-r128-s1").judge(&known).pass, Some(true));
    for less in [
        Measured { integrated: None, ..known },
        Measured { true_peak: None, ..known },
        Measured { max_short_term: None, ..known },
        Measured { max_short_term: Some(-17.9), ..known },
    ] {
        assert_eq!(target("ebu-r128-s1").judge(&less).pass, Some(false), "{less:?}");
    }
    let Kind::Elsewhere(reason) = target("netflix").kind else { panic!("it has no gate") };
    assert!(reason.contains("dialogue"));
    assert_eq!(target("netflix").judge(&known).pass, None);
}

#[test]
fn the_loudest_of_an_album_is_judged_as_such() {
    let Kind::Delivery(album) = target("aes-album").kind else { panic!("a delivery") };
    let Kind::Delivery(track) = target("aes-track").kind else { panic!("a delivery") };
    assert_eq!(album.judge_loudest(Some(-14.04)), None);
    assert_eq!(album.judge_loudest(None), None);
    assert!(album.judge_loudest(Some(-14.06)).unwrap().contains("−14.1"));
    assert_eq!(track.judge_loudest(Some(-40.0)), None);
}

#[test]
fn services_turn_up_as_far_as_they_do() {
    for (name, integrated, peak, gain) in [
        ("spotify", -10.0, -1.0, -4.0),
        ("spotify", -20.0, -3.0, 2.0),
        ("spotify", -20.0, -12.0, 6.0),
        ("spotify", -20.0, 0.5, 0.0),
        ("spotify-loud", -20.0, -3.0, 9.0),
        ("spotify-quiet", -14.0, -3.0, -5.0),
        ("youtube", -20.0, -12.0, 0.0),
        ("youtube", -9.0, -1.0, -5.0),
        ("apple-music", -18.0, -9.0, 2.0),
        ("tidal", -14.04, -1.0, 0.0),
        ("amazon-music", -13.0, -1.0, -1.0),
    ] {
        let verdict = target(name).judge(&measured(integrated, peak));
        assert_eq!(verdict.gain, Some(Tenths::of(gain)), "{name} {integrated} {peak}");
        assert_eq!((verdict.pass, verdict.remarks.len()), (None, usize::from(peak > -1.0)));
    }
    assert_eq!(target("spotify").judge(&Measured::default()).gain, None);
}

#[test]
fn a_hostile_table_is_refused_with_line_and_reason() {
    let good = "version = 1\n[[target]]\nname = 'a'\ntitle = 'A'\nkind = 'delivery'\n\
                integrated = -23\ntolerance = 1\n";
    assert_eq!(TargetTable::read(good.as_bytes()).unwrap().targets().len(), 1);
    for (from, to, line, part) in [
        ("version = 1", "version = 2", 1, "version 2"),
        ("version = 1", "", 1, "version"),
        ("'a'", "'A b'", 2, "small letters"),
        ("'A'", "\"\\u001b[2J\"", 2, "one line of text"),
        ("'delivery'", "'wish'", 5, "wish"),
        ("-23", "nan", 2, "integrated is NaN"),
        ("-23", "-71", 2, "from -70 to 0"),
        ("-23", "'loud'", 6, "invalid type"),
        ("-23", "-23.05", 2, "steps of 0.1"),
        ("tolerance = 1", "tolerance = -1", 2, "from 0 to 20"),
        ("tolerance = 1", "", 2, "tolerance is missing"),
        ("tolerance = 1", "tolerance = 1\nraise = 'never'", 2, "raise means nothing"),
        ("tolerance", "tolerence", 7, "tolerence"),
        ("title", "name", 4, "duplicate"),
    ] {
        let refusal = TargetTable::read(good.replacen(from, to, 1).as_bytes()).unwrap_err();
        let said = refusal.to_string();
        assert!(said.starts_with(&format!("line {line}: ")) && said.contains(part), "{to}: {said}");
    }
    let (_, entry) = good.split_once('\n').unwrap();
    for (bytes, part) in [
        (format!("{good}{entry}").into_bytes(), "line 8: there are two targets a"),
        ([good.as_bytes(), b"# \xff"].concat(), "line 8: this is not text"),
        (vec![b' '; MAX_BYTES + 1], "longer than"),
    ] {
        let said = TargetTable::read(&bytes).unwrap_err().to_string();
        assert!(said.contains(part), "{said}");
    }
}

proptest! {
    #[test]
    fn no_table_is_too_hostile(bytes: Vec<u8>, at: prop::sample::Index, flipped: u8) {
        let _ = TargetTable::read(&bytes);
        let mut bytes = BUILT_IN.as_bytes().to_vec();
        *at.get_mut(&mut bytes[..]) ^= flipped;
        let _ = TargetTable::read(&bytes);
    }

    #[test]
    fn what_is_shown_is_what_is_compared(value in -99.0..99.0f64) {
        let shown: f64 = Tenths::of(value).to_string().replace('−', "-").parse().unwrap();
        prop_assert!((shown - value).abs() <= 0.05 + 1e-9);
        prop_assert_eq!(shown, Tenths::of(value).value());
    }
}
