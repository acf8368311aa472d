//! Going to a frame, exactly.
//!
//! Containers take one near a time, and what their clocks say of the place may be rounded or
//! guessed. So a place is believed only if a packet comes by whose position is known from when
//! everything before it had been decoded (`marks`), or if the container counts in frames. Else the
//! file is decoded from its start, which is always right.

use super::marks::Mark;
use super::{Decoder, Feed};
use crate::error::{Fault, MediaError, Reason, Stage};
use crate::format::{Outcome, Shortfall};

/// Seconds that are decoded before the place that is wanted: codecs remember what came before.
const RUN_UP: f64 = 0.25;
/// Seconds that are decoded rather than jumped over.
const NEAR: f64 = 2.0;
/// Seconds after which a jump has not led to where it should.
const LOST: f64 = 30.0;

impl Decoder {
    /// Makes the next [`read`](Self::read) begin with this frame, exactly. Beyond the end of the
    /// file it gives the end. Costs at most as much as decoding everything before it.
    ///
    /// # Errors
    /// If `cancel` was called, or the file cannot be begun again.
    pub fn seek(&mut self, frame: u64) -> Result<(), MediaError> {
        self.go(frame).map_err(|fault| fault.of(&self.path))
    }

    fn go(&mut self, frame: u64) -> Result<(), Fault> {
        self.feed.check_cancelled().map_err(|reason| reason.at(Stage::Decode))?;
        let is_near = frame.checked_sub(self.position).is_some_and(|way| way <= self.span(NEAR));
        let is_here = is_near && self.outcome.is_none();
        if !is_here && !self.jump(frame).map_err(|reason| reason.at(Stage::Decode))? {
            let is_ahead = frame >= self.position && !self.is_lost && self.outcome.is_none();
            if !is_ahead && let Err(fault) = self.restart() {
                // Nobody may read on from a place that is not known.
                let why = fault.reason.to_string();
                self.outcome = Some(Outcome::Partial(Shortfall::Broken(why)));
                return Err(fault);
            }
        }
        self.wanted = frame;
        Ok(())
    }

    fn span(&self, seconds: f64) -> u64 {
        // A cast from float saturates.
        (self.format.rate.hertz() * seconds) as u64
    }

    /// Goes to a place before the frame; `false` if there is none that is known for sure. Then
    /// the decoder may be anywhere.
    fn jump(&mut self, frame: u64) -> Result<bool, Reason> {
        if self.outcome.is_some() && frame >= self.position {
            // The end was here before, and will be again.
            return Ok(true);
        }
        if let Some((start, land)) = self.marks.before(frame, self.span(RUN_UP))
            && (land.frame > self.position || frame < self.position)
        {
            self.is_lost = true;
            return self.jump_to_mark(start, land);
        }
        self.jump_by_count(frame)
    }

    fn jump_to_mark(&mut self, start: Mark, land: Mark) -> Result<bool, Reason> {
        self.begin_run_up(start.packet.time)?;
        let most = (land.frame - start.frame).saturating_add(self.span(LOST));
        let found = self.run_up(most, |feed| {
            feed.fresh_packet().filter(|packet| packet.is(&land.packet)).map(|_| land.frame)
        })?;
        Ok(self.land(found))
    }

    /// Where times are positions a frame that was never near can be gone to.
    fn jump_by_count(&mut self, frame: u64) -> Result<bool, Reason> {
        let Some(first) = self.first_time.filter(|_| self.feed.times_are_positions()) else {
            return Ok(false);
        };
        let early = frame.saturating_sub(self.span(RUN_UP));
        let Some(time) = i64::try_from(early).ok().and_then(|early| first.checked_add(early))
        else {
            return Ok(false);
        };
        self.is_lost = true;
        self.begin_run_up(time)?;
        let found = self.run_up(0, |feed| {
            let at = u64::try_from(feed.time()?.checked_sub(first)?).ok()?;
            Some(at).filter(|&at| at <= frame)
        })?;
        Ok(self.land(found))
    }

    fn begin_run_up(&mut self, time: i64) -> Result<(), Reason> {
        self.first_is_waiting = false;
        self.outcome = None;
        self.held.truncate(0);
        match self.feed.seek(time) {
            Err(Reason::Cancelled) => Err(Reason::Cancelled),
            // Then nothing comes, and the way from the start is left.
            _ => Ok(()),
        }
    }

    /// Decodes until it is known where that is, but not for long.
    fn run_up(
        &mut self,
        most: u64,
        position: impl Fn(&Feed) -> Option<u64>,
    ) -> Result<Option<u64>, Reason> {
        self.feed.without_blame(|feed| {
            let (mut came, mut found) = (0u64, None);
            while found.is_none() && came <= most && feed.advance()? {
                found = position(feed);
                came += feed.frame().samples() as u64;
            }
            Ok(found)
        })
    }

    fn land(&mut self, found: Option<u64>) -> bool {
        if let Some(frame) = found {
            self.first_is_waiting = true;
            self.is_lost = false;
            self.position = frame;
        }
        found.is_some()
    }

    /// Begins the file again.
    fn restart(&mut self) -> Result<(), Fault> {
        let source = self.feed.source_again().map_err(|reason| reason.at(Stage::Open))?;
        let (limits, cancel) = (self.limits.clone(), self.feed.cancel().clone());
        let (feed, is_waiting) = Feed::start(source, Some(self.format.chosen), &limits, &cancel)?;
        self.feed = feed;
        self.first_is_waiting = is_waiting;
        self.is_lost = false;
        self.outcome = None;
        self.held.truncate(0);
        self.position = 0;
        Ok(())
    }
}
