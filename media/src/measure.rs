//! The loudness and the peaks of a file, in its own channels and at its own rate, measured while it
//! is decoded.

use busbar_dsp::Level;
use busbar_dsp::file::{FileLoudness, FileMeter};
use busbar_dsp::loudness::{Position, layout};

use crate::ffmpeg::MOST_CHANNELS;
use crate::format::Format;
use crate::planar::Planar;
use crate::speakers::{Speaker, Speakers};

/// Samples that may wait to be measured: 256 MiB of them. The meter keeps seconds of each channel,
/// and a small file can say that it has many channels at an absurd rate.
const MOST_WAITING: f64 = (1 << 26) as f64;
/// Seconds of all channels together that the meter keeps at the least.
const KEPT: usize = 16;

/// Hears all of a file, in order.
pub struct Measure(Option<FileMeter>);

impl Measure {
    /// For the channels of a file, at its rate.
    pub fn new(format: &Format) -> Self {
        Self::at(&positions(&format.speakers), format)
    }

    /// The same, but that a single channel is heard from two speakers.
    pub fn dual_mono(format: &Format) -> Self {
        match format.speakers.width() {
            1 => Self::at(layout::DUAL_MONO, format),
            _ => Self::new(format),
        }
    }

    fn at(positions: &[Position], format: &Format) -> Self {
        let waiting = format.rate.hertz() * positions.len().max(KEPT) as f64;
        let meter = || FileMeter::new(Level::best(), format.rate, positions);
        Self((waiting <= MOST_WAITING).then(meter))
    }

    /// Hears the next block, of whatever length the file has it in.
    pub fn hear(&mut self, block: &Planar) {
        let Some(meter) = &mut self.0 else { return };
        let mut channels: [&[f32]; MOST_CHANNELS] = [&[]; MOST_CHANNELS];
        for (slot, channel) in channels.iter_mut().zip(block.channels()) {
            *slot = channel;
        }
        meter.push(&channels[..block.width().min(MOST_CHANNELS)]);
    }

    /// What is known now that there is no more; `None` if the file has more channels at a higher
    /// rate than can be measured.
    pub fn finish(self) -> Option<FileLoudness> {
        self.0.map(FileMeter::finish)
    }
}

/// Where loudness hears the channels from. What is behind in 5.1 is what BS.1770 calls left and
/// right surround, which count more; beside channels at the side it is not.
fn positions(speakers: &Speakers) -> Vec<Position> {
    let is_side = |speaker: &Speaker| matches!(speaker, Speaker::SideLeft | Speaker::SideRight);
    let has_sides = speakers.list().iter().any(is_side);
    let position = |speaker: &Speaker| match speaker {
        Speaker::Lfe => Position::Effects,
        Speaker::SideLeft | Speaker::SideRight => Position::Side,
        Speaker::BackLeft | Speaker::BackRight if !has_sides => Position::Side,
        // The down-mix that some files carry would come on top of what it was made of.
        Speaker::DownmixLeft | Speaker::DownmixRight if speakers.width() > 2 => Position::Effects,
        _ => Position::Plain,
    };
    match speakers.list() {
        // A single channel is heard, whatever it is called.
        [_] => vec![Position::Plain],
        list => list.iter().map(position).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_layouts_are_those_of_the_standard() {
        for (width, expected) in [
            (1, layout::MONO),
            (2, layout::STEREO),
            (6, layout::SURROUND_5_1),
            (8, layout::SURROUND_7_1),
            (12, layout::SURROUND_7_1_4),
        ] {
            assert_eq!(positions(&Speakers::usual(width)), expected, "{width}");
        }
        let side = Speakers::of_mask(6, 0x60f);
        assert_eq!(positions(&side), layout::SURROUND_5_1);
        assert_eq!(positions(&Speakers::of_mask(1, 0x8)), layout::MONO);
        assert_eq!(positions(&Speakers::usual(9)), [Position::Plain; 9]);
    }
}
