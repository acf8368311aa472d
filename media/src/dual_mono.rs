//! Whether two channels are two programmes, such as two languages, rather than left and right.
//!
//! Codecs of broadcasting say so in the header of each frame; FFmpeg decodes them as stereo.

/// Looks at a packet of a codec, by the codec's short name.
pub(crate) fn is_in(codec: &str, packet: &[u8]) -> bool {
    let says_so = match codec {
        "ac3" | "eac3" => dolby(packet),
        "mp1" | "mp2" | "mp3" => mpeg(packet),
        "dts" => dts(packet),
        _ => None,
    };
    says_so.unwrap_or(false)
}

/// `acmod` 0, "1+1". Where it is depends on the version: E-AC-3's are from 11 on.
fn dolby(packet: &[u8]) -> Option<bool> {
    if !packet.starts_with(&[0x0b, 0x77]) {
        return None;
    }
    let mode = match packet.get(5)? >> 3 {
        0..=10 => packet.get(6)? >> 5,
        11..=16 => packet.get(4)? >> 1 & 7,
        _ => return None,
    };
    Some(mode == 0)
}

/// The mode "dual channel".
fn mpeg(packet: &[u8]) -> Option<bool> {
    let is_frame = *packet.first()? == 0xff && packet.get(1)? & 0xe0 == 0xe0;
    Some(is_frame && packet.get(3)? >> 6 == 2)
}

/// `AMODE` 1, "A + B", in the core as it is stored with 16 bits, high byte first.
fn dts(packet: &[u8]) -> Option<bool> {
    if !packet.starts_with(&[0x7f, 0xfe, 0x80, 0x01]) {
        return None;
    }
    Some((packet.get(7)? & 0xf) << 2 | packet.get(8)? >> 6 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_codec_says_it_in_its_own_place() {
        let ac3 = |mode: u8| [0x0b, 0x77, 0, 0, 0x14, 8 << 3, mode << 5];
        assert!(is_in("ac3", &ac3(0)) && !is_in("ac3", &ac3(2)));
        let eac3 = |mode: u8| [0x0b, 0x77, 0, 0, 0x30 | mode << 1, 16 << 3];
        assert!(is_in("eac3", &eac3(0)) && !is_in("eac3", &eac3(7)));
        let mp2 = |mode: u8| [0xff, 0xfd, 0x84, mode << 6];
        assert!(is_in("mp2", &mp2(2)) && !is_in("mp2", &mp2(0)) && !is_in("flac", &mp2(2)));
        let dts = |mode: u8| {
            [0x7f, 0xfe, 0x80, 0x01, 0xfc, 0x3c, 0x3f, 0xf0 | mode >> 2, mode << 6 | 0x3f]
        };
        assert!(is_in("dts", &dts(1)) && !is_in("dts", &dts(2)) && !is_in("dts", &dts(9)));
    }

    #[test]
    fn what_is_cut_or_nonsense_says_nothing() {
        let frames = [&[0x0b, 0x77, 0, 0, 0, 8 << 3, 0], &[0xff, 0xfd, 0x84, 2 << 6, 0, 0, 0]];
        for (codec, frame) in ["ac3", "mp2"].into_iter().zip(frames) {
            assert!(is_in(codec, frame));
            for end in 0..frame.len().min(4) {
                assert!(!is_in(codec, &frame[..end]), "{codec} {end}");
            }
        }
        assert!(!is_in("ac3", &[0; 9]) && !is_in("mp3", &[0; 9]) && !is_in("dts", &[0; 9]));
    }
}
