//! DSD, which no program that is at hand can write: a tone as single bits.

mod common;

use std::fs;

use busbar_media::{Edges, Outcome};
use common::{STEREO, Tone, decode, folder, tone_and_rest};

const RATE: u32 = 44_100 * 64;
/// Bytes of a channel in a block of DSF.
const BLOCK: usize = 4_096;

/// A tone as bits, the first in the lowest of a byte. The errors that single bits make are fed
/// back, so that they are far above what can be heard.
fn one_bit(tone: Tone, bytes: usize) -> Vec<u8> {
    let (mut first, mut second) = (0.0, 0.0);
    let mut next = |at: usize| {
        let bit = second >= 0.0;
        let out = if bit { 1.0 } else { -1.0 };
        first += tone.sample(at, RATE) - out;
        second += first - 2.0 * out;
        bit
    };
    let byte = |at: usize, next: &mut dyn FnMut(usize) -> bool| {
        (0..8).fold(0, |byte, bit| byte | u8::from(next(8 * at + bit)) << bit)
    };
    (0..bytes).map(|at| byte(at, &mut next)).collect()
}

fn dsf(channels: &[Vec<u8>]) -> Vec<u8> {
    let width = channels.len() as u32;
    let data = channels.iter().flatten().count() as u64;
    let mut file = b"DSD ".to_vec();
    file.extend([28, 28 + 52 + 12 + data, 0].map(u64::to_le_bytes).concat());
    file.extend(b"fmt ");
    file.extend(52u64.to_le_bytes());
    file.extend([1, 0, 2, width, RATE, 1].map(u32::to_le_bytes).concat());
    file.extend((8 * channels[0].len() as u64).to_le_bytes());
    file.extend([BLOCK as u32, 0].map(u32::to_le_bytes).concat());
    file.extend(b"data");
    file.extend((12 + data).to_le_bytes());
    for block in 0..channels[0].len() / BLOCK {
        channels.iter().for_each(|channel| file.extend(&channel[block * BLOCK..][..BLOCK]));
    }
    file
}

/// The same in the other container: by bytes in turn, the first bit in the highest.
fn dff(channels: &[Vec<u8>]) -> Vec<u8> {
    let chunk = |name: &[u8; 4], contents: &[u8]| {
        [&name[..], &(contents.len() as u64).to_be_bytes(), contents].concat()
    };
    let frames = (0..channels[0].len()).flat_map(|at| channels.iter().map(move |c| c[at]));
    let data: Vec<u8> = frames.map(u8::reverse_bits).collect();
    let names = [&(channels.len() as u16).to_be_bytes()[..], b"SLFTSRGT"].concat();
    let properties = [
        b"SND ".to_vec(),
        chunk(b"FS  ", &RATE.to_be_bytes()),
        chunk(b"CHNL", &names),
        chunk(b"CMPR", b"DSD \x0enot compressed\0"),
    ];
    let version = chunk(b"FVER", &[1, 5, 0, 0]);
    let contents =
        [b"DSD ".to_vec(), version, chunk(b"PROP", &properties.concat()), chunk(b"DSD ", &data)];
    chunk(b"FRM8", &contents.concat())
}

#[test]
fn dsd_is_heard_at_an_eighth_of_its_rate() {
    let folder = folder("dsd");
    let channels = STEREO.map(|tone| one_bit(tone, 24 * BLOCK));
    for (name, bytes) in [("a.dsf", dsf(&channels)), ("a.dff", dff(&channels))] {
        let file = folder.join(name);
        fs::write(&file, bytes).unwrap();
        let decoded = decode(&file).unwrap_or_else(|error| panic!("{error}"));
        let rate = RATE / 8;
        assert_eq!(decoded.format.rate.hertz(), f64::from(rate), "{name}");
        assert_eq!((decoded.frames(), decoded.outcome), (24 * BLOCK, Outcome::Complete), "{name}");
        assert_eq!(decoded.format.edges, Edges::Exact, "{name}");
        for (channel, tone) in decoded.channels.iter().zip(STEREO) {
            // What cannot be heard is most of it: the tone is looked at alone.
            let (level, _) = tone_and_rest(&channel[BLOCK..], tone.hertz, rate);
            assert!((level - tone.level).abs() < 0.5, "{name}: {level}");
        }
    }
}
