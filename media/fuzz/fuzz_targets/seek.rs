//! Any bytes as a file, the last of them as places to go to.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (bytes, places) = bytes.split_at(bytes.len().saturating_sub(8));
    let Some(mut decoder) = busbar_media_fuzz::open(bytes) else { return };
    let frames = busbar_media_fuzz::read(&mut decoder, usize::MAX) as u64;
    for &place in places {
        let to = frames * u64::from(place) / 240;
        if decoder.seek(to).is_err() {
            return;
        }
        busbar_media_fuzz::read(&mut decoder, 10_000);
    }
});
