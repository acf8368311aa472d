//! Every queue between the audio thread and the others. One constructor returns both sides; an end
//! can be moved to its thread but neither shared nor copied, so the compiler checks the wiring.
//!
//! | queue  | from → to     | holds                       | when it is full                     |
//! |--------|---------------|-----------------------------|-------------------------------------|
//! | meters | audio → outer | [`METER_FRAMES`], 60 a second | readings fold until there is room |

use rtrb::RingBuffer;

use crate::meters::{MeterReader, MeterWriter};

/// A quarter of a second of meter frames: longer than an editor ever takes to draw.
pub const METER_FRAMES: usize = 16;

/// What the audio thread holds.
#[derive(Debug)]
pub struct AudioEnds {
    pub(crate) meters: MeterWriter,
}

/// What the editor, or whoever else looks at an instance, holds.
#[derive(Debug)]
pub struct OuterEnds {
    /// What the meters say.
    pub meters: MeterReader,
}

/// Makes the queues of one instance.
pub fn wire() -> (AudioEnds, OuterEnds) {
    let (meters_in, meters_out) = RingBuffer::new(METER_FRAMES);
    (
        AudioEnds { meters: MeterWriter::new(meters_in) },
        OuterEnds { meters: MeterReader::new(meters_out) },
    )
}
