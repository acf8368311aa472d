//! The way from a container to decoded frames.

use busbar_dsp::SampleRate;

use crate::cancel::Cancel;
use crate::dual_mono;
use crate::error::{Fault, Reason, Stage};
use crate::ffmpeg::{Announced, Codec, Demuxer, Frame, Identity, MOST_CHANNELS, Next};
use crate::ffmpeg::{Packet, Received};
use crate::format::{Format, Limits, Shortfall};
use crate::source::Source;
use crate::speakers::Speakers;

/// The highest rate of any file: 64 times that of a CD.
const HIGHEST_RATE: u32 = 44_100 * 64;

/// Steps without a frame after which a file is given up: an hour of damaged packets.
const PATIENCE: u32 = 100_000;

/// The way from a container to decoded frames.
pub(super) struct Feed {
    demuxer: Demuxer,
    codec: Codec,
    packet: Packet,
    frame: Frame,
    cancel: Cancel,
    /// Where the last packet was, since the demuxer was sent anywhere.
    place: Option<i64>,
    /// A packet that was given to the codec since the last frame came, and that can be told from
    /// all others.
    sent: Option<Identity>,
    /// The same for the frame that is there.
    fresh: Option<Identity>,
    dual_mono: bool,
    /// Frames to come that are not sound yet.
    lead: usize,
    // The container has no more packets.
    drained: bool,
    damaged: u64,
    trouble: Option<Shortfall>,
}

impl Feed {
    /// Opens a file and decodes its first frame; whether there is one.
    pub fn start(
        source: Source,
        stream: Option<u16>,
        limits: &Limits,
        cancel: &Cancel,
    ) -> Result<(Self, bool), Fault> {
        let demuxer = Demuxer::open(source, stream, limits, cancel);
        let demuxer = demuxer.map_err(|reason| reason.at(Stage::Recognise))?;
        let mut feed = Self::new(demuxer, limits, cancel).map_err(|r| r.at(Stage::Prepare))?;
        let has_first = feed.advance().map_err(|reason| reason.at(Stage::Decode))?;
        Ok((feed, has_first))
    }

    fn new(demuxer: Demuxer, limits: &Limits, cancel: &Cancel) -> Result<Self, Reason> {
        Ok(Self {
            codec: Codec::open(&demuxer, limits)?,
            demuxer,
            packet: Packet::new()?,
            frame: Frame::new()?,
            cancel: cancel.clone(),
            place: None,
            sent: None,
            fresh: None,
            dual_mono: false,
            lead: 0,
            drained: false,
            damaged: 0,
            trouble: None,
        })
    }

    pub fn check_cancelled(&self) -> Result<(), Reason> {
        if self.cancel.is_cancelled() { Err(Reason::Cancelled) } else { Ok(()) }
    }

    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Lets go of the frame's contents.
    pub fn done_with_frame(&mut self) {
        self.frame.clear();
    }

    /// The packet that this frame is the first to come after.
    pub fn fresh_packet(&self) -> Option<Identity> {
        self.fresh
    }

    /// The time of the frame, in the container's units.
    pub fn time(&self) -> Option<i64> {
        self.frame.time()
    }

    /// Whether the container counts frames, and each packet can be decoded by itself.
    pub fn times_are_positions(&self) -> bool {
        self.demuxer.times_are_positions(self.width_and_rate().1)
    }

    pub fn width_and_rate(&self) -> (usize, u32) {
        self.codec.width_and_rate()
    }

    pub fn speakers(&self) -> Speakers {
        self.frame.speakers()
    }

    pub fn announced(&self, rate: u32) -> Option<Announced> {
        self.demuxer.announced(rate)
    }

    /// How far into the file reading has come, and how long the file is.
    pub fn reached(&self) -> (u64, u64) {
        self.demuxer.reached()
    }

    /// Packets that could not be decoded.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// What ended it before its time.
    pub fn trouble(&self) -> Option<&Shortfall> {
        self.trouble.as_ref()
    }

    /// Whether the frame has the rate that the file began with; else that ends it.
    pub fn keeps_rate(&mut self, rate: SampleRate) -> bool {
        let (from, to) = (rate.hertz() as u32, self.width_and_rate().1);
        if from != to {
            self.trouble = Some(Shortfall::RateChanged { from, to });
        }
        from == to
    }

    /// Goes to a packet that begins at a time or before it.
    pub fn seek(&mut self, time: i64) -> Result<(), Reason> {
        self.codec.flush();
        self.frame.clear();
        (self.place, self.sent, self.fresh, self.drained) = (None, None, None, false);
        (self.lead, self.trouble) = (0, None);
        self.demuxer.seek(time)
    }

    /// Does something of which no damage counts: what a codec cannot make sense of without what
    /// came before it.
    pub fn without_blame<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let damaged = self.damaged;
        let result = work(self);
        (self.damaged, self.trouble) = (damaged, None);
        result
    }

    /// The same file from its start.
    pub fn source_again(&self) -> Result<Source, Reason> {
        self.demuxer.source_again()
    }

    /// Decodes the next frame; `false` when there is none.
    pub fn advance(&mut self) -> Result<bool, Reason> {
        for _ in 0..PATIENCE {
            self.check_cancelled()?;
            match self.codec.receive(&mut self.frame) {
                Received::Frame if self.frame.width() == 0 => self.damaged += 1,
                Received::Frame => {
                    self.fresh = self.sent.take();
                    return Ok(true);
                }
                Received::End => return Ok(false),
                Received::Hungry if self.drained => return Ok(false),
                Received::Hungry => self.feed_codec()?,
                Received::Damaged => self.damaged += 1,
                Received::OutOfMemory => {
                    self.trouble = Some(Shortfall::OverLimit("memory"));
                    return Ok(false);
                }
            }
        }
        self.trouble = Some(Shortfall::OverLimit("it goes on without sound"));
        Ok(false)
    }

    /// Gives the codec another packet, or the news that there are no more.
    fn feed_codec(&mut self) -> Result<(), Reason> {
        match self.demuxer.next(&mut self.packet) {
            Ok(Next::Again) => {}
            Ok(Next::Packet) => {
                if !self.is_opus_header() {
                    self.identify_packet();
                    let codec = self.codec.short_name();
                    self.dual_mono |= dual_mono::is_in(codec, self.packet.bytes());
                    if !self.codec.send(Some(&self.packet)) {
                        self.damaged += 1;
                    }
                }
                self.packet.clear();
            }
            Ok(Next::End) => self.drain(),
            Err(Reason::Cancelled) => return Err(Reason::Cancelled),
            Err(reason) => {
                self.trouble = Some(shortfall(reason));
                self.drain();
            }
        }
        Ok(())
    }

    /// Where several files of Opus follow one another FFmpeg takes the headers for sound, and what
    /// comes before each one's sound as well.
    fn is_opus_header(&mut self) -> bool {
        let packet = self.packet.bytes();
        if self.codec.short_name() != "opus" {
            return false;
        }
        if packet.starts_with(b"OpusHead") {
            let lead = packet.get(10..12).and_then(|bytes| bytes.first_chunk());
            self.lead = lead.map_or(0, |bytes| u16::from_le_bytes(*bytes).into());
            self.codec.flush();
            return true;
        }
        packet.starts_with(b"OpusTags")
    }

    /// How many of so many frames come before the sound.
    pub fn take_lead(&mut self, frames: usize) -> usize {
        let lead = self.lead.min(frames);
        self.lead -= lead;
        lead
    }

    /// Of packets that are stored together only the first is certain: the times of the others are
    /// counted from it, and some containers count differently after a jump.
    fn identify_packet(&mut self) {
        let packet = self.packet.identity();
        let is_first = self.place.is_some_and(|place| place != packet.place);
        self.place = Some(packet.place);
        let is_certain = (is_first || packet.place < 0) && self.lead == 0;
        self.sent = Some(packet).filter(|_| is_certain);
    }

    fn drain(&mut self) {
        self.drained = true;
        // What it keeps back comes out now; a codec that keeps nothing may refuse this.
        self.codec.send(None);
    }

    /// A file without a single frame is in order only if it does not pretend to have any.
    pub fn excuse_for_silence(&self, announced: Option<Announced>) -> Result<(), Reason> {
        match &self.trouble {
            Some(Shortfall::Unreadable(kind)) => Err(Reason::Unreadable(*kind)),
            Some(Shortfall::OverLimit(what)) => Err(Reason::OverLimit(what)),
            Some(other) => Err(Reason::Damaged(other.to_string())),
            None if self.damaged > 0 || announced.is_some() => {
                Err(Reason::Damaged("nothing in it can be decoded".into()))
            }
            None => Ok(()),
        }
    }

    /// What the file says of its sound.
    pub fn format(
        &self,
        speakers: Speakers,
        rate: u32,
        limits: &Limits,
        announced: Option<Announced>,
    ) -> Result<Format, Reason> {
        let most = MOST_CHANNELS.min(limits.channels.into());
        let channels = match u16::try_from(speakers.width()) {
            Ok(0) => return Err(Reason::NoSound),
            Ok(channels) if usize::from(channels) <= most => channels,
            _ => return Err(Reason::OverLimit("number of channels")),
        };
        let rate = SampleRate::new(rate.into())
            .filter(|_| rate <= HIGHEST_RATE)
            .ok_or(Reason::OverLimit("sample rate"))?;
        Ok(Format {
            channels,
            speakers,
            dual_mono: self.dual_mono && channels == 2,
            rate,
            codec: self.codec.short_name().to_owned(),
            bits: self.demuxer.bits(),
            bit_rate: self.demuxer.bit_rate(),
            container: self.demuxer.container(),
            announced: announced.map(|announced| announced.frames),
            edges: self.demuxer.edges(),
            sounds: self.demuxer.sounds(),
            chosen: self.demuxer.chosen(),
            tags: self.demuxer.tags(),
        })
    }
}

fn shortfall(reason: Reason) -> Shortfall {
    match reason {
        Reason::Unreadable(kind) => Shortfall::Unreadable(kind),
        Reason::OverLimit(what) => Shortfall::OverLimit(what),
        Reason::OutOfMemory => Shortfall::OverLimit("memory"),
        other => Shortfall::Broken(other.to_string()),
    }
}
