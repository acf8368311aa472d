//! The demo as everybody gets it: made in a folder, moved, opened there, played from its decks.

use busbar_tests::files::Folder;

use super::*;
use crate::picture::{Heard, Stage};
use crate::session_file;

fn samples(path: &Path) -> Vec<f32> {
    hound::WavReader::open(path).unwrap().into_samples().map(Result::unwrap).collect()
}

fn rms(samples: &[f32]) -> f64 {
    let sum: f64 = samples.iter().map(|x| f64::from(x * x)).sum();
    (sum / samples.len() as f64).sqrt()
}

#[test]
fn the_session_plays_its_stems_wherever_it_is_moved() {
    let folder = Folder::new();
    let (made, moved) = (folder.path("made"), folder.path("moved"));
    let stems = stems::all();
    make(&made, &stems).unwrap();
    fs::rename(&made, &moved).unwrap();
    let session = session_file::open(&moved.join("session.toml")).unwrap();
    for source in session.sources() {
        assert!(Path::new(&source.path).starts_with(&moved) && source.looping, "{source:?}");
    }
    // Decoded by the loader and played by the decks, they are what the same stems on the inputs are.
    let peaks = |session: &Session, heard| {
        let mut stage = Stage::new(session, heard).unwrap();
        assert_eq!(stage.complaints(), [""; 0]);
        stage.play(2.0);
        let labels = stage.labels().into_iter();
        // In any order.
        labels.filter(|label| label.contains(" peak: ")).collect::<std::collections::BTreeSet<_>>()
    };
    let mut silent = session.clone();
    silent.decks = Default::default();
    let heard = peaks(&session, Heard::Decks);
    assert_eq!(heard.len(), 9, "{heard:?}");
    assert_eq!(heard, peaks(&silent, Heard::Stems(Box::new(stems))));
    assert_ne!(heard, peaks(&silent, Heard::Decks), "nothing is heard at all");

    let [mix, reference] = ["mix.wav", REFERENCE].map(|name| samples(&moved.join(name)));
    assert_eq!(mix.len(), reference.len());
    let louder = 20.0 * (rms(&reference) / rms(&mix)).log10();
    assert!((3.0..9.0).contains(&louder), "the reference is {louder:+.1} dB beside the mix");
    assert!(reference.iter().all(|sample| sample.abs() < 1.0));
}
