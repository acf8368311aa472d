//! When to look whether something has moved. It has no clock: it is told what time it is.

use std::cell::Cell;
use std::time::Duration;

/// How often is looked: no more frames a second than this.
const FRAME: Duration = Duration::from_micros(16_667);

/// The window's timer. It starts anew only when a frame is done, so it runs faster than frames are
/// wanted, or the time that a frame takes would come on top of the time between two.
pub const TICK: Duration = Duration::from_millis(4);

/// A window's pace.
#[derive(Debug, Default)]
pub struct Pace {
    next_look: Cell<Duration>,
}

impl Pace {
    /// The timer has ticked: whether to look now.
    pub fn is_due(&self, now: Duration) -> bool {
        let due = self.next_look.get();
        if now < due {
            return false;
        }
        // In step as long as frames keep up.
        self.next_look.set(if due + FRAME > now { due + FRAME } else { now + TICK });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::window::Repaint;

    const SECOND: Duration = Duration::from_secs(1);

    /// A window whose frames take so long, and the times at which it draws within a second.
    fn drawn(frame: Duration, is_moving: bool) -> Vec<Duration> {
        let (pace, repaint) = (Pace::default(), Repaint::default());
        let (mut now, mut drawn) = (Duration::ZERO, vec![]);
        while now < SECOND {
            if pace.is_due(now) && (is_moving | repaint.take_due()) {
                drawn.push(now);
                now += frame;
            }
            now += TICK;
        }
        drawn
    }

    #[test]
    fn what_moves_is_drawn_sixty_times_a_second_and_what_is_still_is_not() {
        for milliseconds in 0..=12 {
            let frames = drawn(Duration::from_millis(milliseconds), true).len();
            assert_eq!(frames, 60, "frames of {milliseconds} ms");
        }
        assert!(drawn(Duration::from_millis(1), false).is_empty());
    }

    #[test]
    fn frames_that_do_not_keep_up_leave_time_for_the_host() {
        for milliseconds in [17, 40, 200] {
            let frame = Duration::from_millis(milliseconds);
            let times = drawn(frame, true);
            assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= frame + TICK), "{times:?}");
        }
    }
}
