//! What a worker does, a step at a time.

use std::sync::Arc;

use busbar_dsp::ClipWriter;

use super::entry::{Entry, Identity};
use super::job::Ticket;
use super::queue::Rank;
use super::{Moment, Service};
use crate::error::Fault;
use crate::ffmpeg::{Sides, Stereo};
use crate::waveform::WaveformWriter;
use crate::{
    Block, Cancel, Decoder, Limits, Measure, MediaError, Outcome, Planar, Reason, Shortfall, Stage,
};

/// Frames after which a step ends, if nothing ends it before.
const STEP_FRAMES: usize = 1 << 14;

/// Something for a worker.
pub(super) enum Task {
    /// A file to be looked up.
    Asked(Arc<Ticket>),
    /// A file to be decoded.
    Decode(Box<Decode>),
}

/// Whether a step was the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Again,
    Done,
}

impl Task {
    pub fn rank(&self) -> Rank {
        match self {
            Self::Asked(ticket) => ticket.rank(),
            Self::Decode(decode) => decode.entry.rank(),
        }
    }

    /// Whether it is this ticket, waiting to be looked up.
    pub fn is(&self, asked: &Arc<Ticket>) -> bool {
        matches!(self, Self::Asked(ticket) if Arc::ptr_eq(ticket, asked))
    }

    /// What ends its steps early, as far as anything does.
    pub fn cancel(&self) -> Option<Cancel> {
        match self {
            Self::Asked(_) => None,
            Self::Decode(decode) => Some(decode.entry.cancel.clone()),
        }
    }

    /// Does a little of it.
    pub fn step(&mut self, service: &Service) -> Next {
        match self {
            Self::Asked(ticket) => match look_up(ticket, service) {
                Some(decode) => *self = Self::Decode(Box::new(decode)),
                None => return Next::Done,
            },
            Self::Decode(decode) => return decode.step(service),
        }
        Next::Again
    }

    /// Gives it up because of a mistake of our own.
    pub fn fail(self, why: String) {
        match self {
            Self::Asked(ticket) => ticket.fail(Reason::Internal(why)),
            Self::Decode(mut decode) => {
                let fault = Reason::Internal(why).at(decode.stage());
                decode.finish(Err(fault));
            }
        }
    }
}

/// Finds out which file it is; a decode if it is one that nobody holds.
fn look_up(ticket: &Arc<Ticket>, service: &Service) -> Option<Decode> {
    if service.queue.has_ended() {
        ticket.fail(Reason::Cancelled);
    }
    if !ticket.is_waiting() {
        return None;
    }
    service.watch(&ticket.path, Moment::LookUp);
    let identity = match Identity::of(&ticket.path) {
        Ok(identity) => identity,
        Err(reason) => {
            ticket.fail(reason);
            return None;
        }
    };
    let decode = service.catalogue.bind(ticket, identity, service.longest(ticket.rate))?;
    // Others who wait for the same file need not wait for this decode.
    service.queue.rerank(|task| {
        if let Task::Asked(other) = task
            && other.path == ticket.path
            && (other.stream, other.rate) == (ticket.stream, ticket.rate)
        {
            other.make_errand();
        }
        task.rank()
    });
    Some(decode)
}

/// A file being decoded into a clip.
pub(super) struct Decode {
    entry: Arc<Entry>,
    /// Until it is finished.
    writer: Option<ClipWriter>,
    frames: u64,
    limit: u64,
    open: Option<Open>,
}

/// What it takes to decode.
struct Open {
    decoder: Decoder,
    stereo: Stereo,
    measure: Measure,
    waveform: WaveformWriter,
    block: Planar,
}

impl Decode {
    pub fn new(entry: Arc<Entry>, writer: ClipWriter, limit: u64) -> Self {
        Self { entry, writer: Some(writer), frames: 0, limit, open: None }
    }

    fn stage(&self) -> Stage {
        if self.open.is_some() { Stage::Decode } else { Stage::Open }
    }

    fn step(&mut self, service: &Service) -> Next {
        let given_up = match &self.writer {
            Some(writer) => service.queue.has_ended() || self.entry.is_given_up(writer),
            None => return Next::Done,
        };
        let result = if given_up {
            Err(Reason::Cancelled.at(self.stage()))
        } else if self.open.is_none() {
            self.open(service).map(|()| None)
        } else {
            self.decode(service)
        };
        match result.transpose() {
            None => Next::Again,
            Some(end) => {
                self.finish(end);
                Next::Done
            }
        }
    }

    fn open(&mut self, service: &Service) -> Result<(), Fault> {
        service.watch(&self.entry.path, Moment::Open);
        let Entry { path, stream, cancel, .. } = &*self.entry;
        let decoder = Decoder::open_stream(path, *stream, &Limits::default(), cancel)
            .map_err(|MediaError { stage, reason, .. }| Fault { stage, reason })?;
        let format = decoder.format();
        let stereo = Stereo::new(&format.speakers, format.rate, self.entry.rate)
            .map_err(|reason| reason.at(Stage::Prepare))?;
        let measure = Measure::new(format);
        self.entry.tell(decoder.progress());
        self.entry.opened(format);
        let waveform = WaveformWriter::new(self.entry.waveform.clone());
        self.open = Some(Open { decoder, stereo, measure, waveform, block: Planar::new() });
        Ok(())
    }

    /// Decodes until something else is more urgent, but not for long.
    fn decode(&mut self, service: &Service) -> Result<Option<Outcome>, Fault> {
        let (Some(open), Some(writer)) = (&mut self.open, &mut self.writer) else {
            return Ok(Some(Outcome::Complete));
        };
        let mut sink = Sink { writer, frames: &mut self.frames, limit: self.limit };
        let mut done = 0;
        while done < STEP_FRAMES && !service.queue.has_above(self.entry.rank()) {
            let end = open.advance(&mut sink, &mut done).map_err(|r| r.at(Stage::Decode))?;
            self.entry.tell(open.decoder.progress());
            if sink.is_full() {
                let seconds = service.options.clip_seconds;
                return Ok(Some(Outcome::Partial(Shortfall::TooLong { seconds })));
            }
            if end.is_some() {
                return Ok(end);
            }
            service.watch(&self.entry.path, Moment::Grown);
        }
        Ok(None)
    }

    /// Closes the file, finishes the clip and what was measured, and then says so.
    fn finish(&mut self, end: Result<Outcome, Fault>) {
        let open = self.open.take();
        if let (Some(open), Ok(_)) = (open, &end) {
            if let Some(loudness) = open.measure.finish() {
                self.entry.measured(loudness);
            }
            open.waveform.finish();
        }
        let Some(writer) = self.writer.take() else { return };
        match end {
            Ok(Outcome::Complete) => writer.complete(),
            Ok(Outcome::Partial(_)) | Err(_) => drop(writer),
        }
        let path = self.entry.path.clone();
        self.entry.finish(end.map_err(|Fault { stage, reason }| MediaError {
            path,
            stage,
            reason,
        }));
    }
}

impl Drop for Decode {
    /// A decode that nobody will take up again says so to whoever waits.
    fn drop(&mut self) {
        self.finish(Err(Reason::Cancelled.at(self.stage())));
    }
}

impl Open {
    /// Takes a block from the file to the clip.
    fn advance(
        &mut self,
        sink: &mut Sink<'_>,
        done: &mut usize,
    ) -> Result<Option<Outcome>, Reason> {
        match self.decoder.read(&mut self.block).map_err(|error| error.reason)? {
            Block::Frames(frames) => {
                *done += frames;
                self.measure.hear(&self.block);
                sink.append(self.stereo.convert(&self.block)?, &mut self.waveform);
                Ok(None)
            }
            Block::End(outcome) => {
                while let Some(rest) = self.stereo.finish()? {
                    sink.append(rest, &mut self.waveform);
                }
                Ok(Some(outcome))
            }
        }
    }
}

/// Where the samples go.
struct Sink<'a> {
    writer: &'a mut ClipWriter,
    /// Frames that came, of which the first `limit` are in the clip.
    frames: &'a mut u64,
    limit: u64,
}

impl Sink<'_> {
    fn append(&mut self, sides: Sides<'_>, waveform: &mut WaveformWriter) {
        let room = usize::try_from(self.limit.saturating_sub(*self.frames)).unwrap_or(usize::MAX);
        let [left, right] = sides.map(|side| &side[..side.len().min(room)]);
        *self.frames += sides[0].len() as u64;
        // The clip has room up to the limit.
        let _ = self.writer.append(left, right);
        waveform.push([left, right]);
    }

    /// Whether more came than there is room for.
    fn is_full(&self) -> bool {
        *self.frames > self.limit
    }
}
