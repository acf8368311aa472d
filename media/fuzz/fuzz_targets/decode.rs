//! Any bytes as a file: whatever they are, nothing crashes, hangs or gives what is no sound.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(mut decoder) = busbar_media_fuzz::open(bytes) {
        busbar_media_fuzz::read(&mut decoder, usize::MAX);
        let format = decoder.format();
        assert_eq!(format.speakers.width(), usize::from(format.channels));
        assert!(usize::from(format.chosen) < format.sounds.len());
        let tags = [&format.tags.title, &format.tags.artist, &format.tags.album];
        assert!(tags.into_iter().flatten().all(|tag| !tag.contains(char::is_control)));
    }
});
