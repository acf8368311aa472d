//! Hearing a file in its own channels and at its own rate while it is decoded.

use crate::format::Format;
use crate::planar::Planar;

/// Hears all of a file, in order: to measure it, or to draw it.
///
/// It is called on the thread that decodes, between blocks, so it must neither wait nor take long.
pub trait Listener: Send {
    /// The next block, of whatever length the file has it in; its channels are those of
    /// [`Format::speakers`]. Every sample is finite.
    fn hear(&mut self, block: &Planar);

    /// There is no more. Not called where decoding was given up.
    fn end(&mut self);
}

/// What was measured in a whole file, in the units of BS.1770 and EBU R 128. `None` is what cannot
/// be told: of silence, or of less than the measure needs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Integrated loudness, LUFS.
    pub integrated: Option<f64>,
    /// Loudness range, LU.
    pub range: Option<f64>,
    /// The loudest 0.4 s, LUFS.
    pub momentary: Option<f64>,
    /// The loudest 3 s, LUFS.
    pub short_term: Option<f64>,
    /// The highest peak between the samples, dBTP.
    pub true_peak: Option<f64>,
    /// The highest sample, dBFS.
    pub sample_peak: Option<f64>,
}

impl Figures {
    /// How far the highest peak is above the loudness, in dB.
    pub fn peak_to_loudness(&self) -> Option<f64> {
        Some(self.true_peak? - self.integrated?)
    }
}

/// A listener that comes to figures.
pub trait Meter: Listener {
    /// What was measured, after the end.
    fn figures(&self) -> Figures;
}

/// Makes a meter for a file.
pub type NewMeter<'a> = dyn Fn(&Format) -> Box<dyn Meter> + Sync + 'a;
