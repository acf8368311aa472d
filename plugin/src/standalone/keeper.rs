//! One thread that watches over the program: signals, the driver, saving, and the end.
//!
//! The main thread belongs to the window, on some systems by law.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use busbar::guard::shield;

use super::driver::{self, Driver};
use super::host;
use super::levels::Levels;
use super::options::{Choice, Options};
use super::say;
use super::signals::Signals;
use super::stage::Stage;
use super::store::Store;

/// How often it looks.
const TICK: Duration = Duration::from_millis(20);
/// How often a session that has changed is saved.
const SAVES: Duration = Duration::from_secs(2);
/// How often a driver that was lost is tried again, and an engine that failed is made anew.
const RETRIES: Duration = Duration::from_secs(2);
/// A driver that calls for nothing in so long is lost.
const STALLED: Duration = Duration::from_secs(10);
/// How long the decks wait for each other's files.
const LOADS: Duration = Duration::from_secs(20);
/// How long the fade at the end may take, and what follows until it has left the device.
const FADES: Duration = Duration::from_millis(500);
const LEAVES: Duration = Duration::from_millis(60);
/// Whatever does not let go by then is left behind.
const ENDS: Duration = Duration::from_secs(10);

/// What the window and the keeper tell each other about the end.
#[derive(Default)]
pub struct End {
    window_has_gone: AtomicBool,
    window_must_go: AtomicBool,
}

impl End {
    /// Nobody looks any more.
    pub fn window_has_gone(&self) {
        self.window_has_gone.store(true, Relaxed);
    }

    /// Whether the keeper ends the program. A window that is just about to open then may fail.
    pub fn has_begun(&self) -> bool {
        self.window_must_go.load(Relaxed)
    }

    fn is_due(&self) -> bool {
        self.window_has_gone.load(Relaxed)
    }
}

/// Watches over the program.
pub struct Keeper {
    options: Options,
    stage: Arc<Stage>,
    driver: Box<dyn Driver>,
    store: Store,
    signals: Signals,
    end: Arc<End>,
    levels: Levels,
    /// Until when the decks' files are waited for, before all decks start together.
    starts: Option<Instant>,
    /// The frames before the sound that `--seconds` counts.
    before: u64,
    /// What was lost, and when to try it again.
    lost: Option<(Choice, Instant)>,
    /// When frames were last seen to go on, and how many there were.
    moved: (Instant, u64),
}

impl Keeper {
    /// Of a program whose driver runs already.
    pub fn new(
        options: Options,
        stage: Arc<Stage>,
        driver: Box<dyn Driver>,
        store: Store,
        signals: Signals,
        end: Arc<End>,
    ) -> Self {
        let (levels, moved) = (Levels::default(), (Instant::now(), 0));
        let starts = options.play.then(|| Instant::now() + LOADS);
        let (before, lost) = (0, None);
        Self { options, stage, driver, store, signals, end, levels, starts, before, lost, moved }
    }

    /// Begins; `close` asks the window to close, where there is one.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn start(
        self,
        close: Option<impl Fn() + Send + 'static>,
    ) -> Result<JoinHandle<()>, String> {
        std::thread::Builder::new()
            .name("busbar-keeper".into())
            .spawn(move || {
                if shield(|| self.keep(close)).is_none() {
                    // A window that nobody saves for, and no signal ends, is worse than none.
                    say("ended: what watches over it has panicked (see above); please report this");
                    std::process::exit(1);
                }
            })
            .map_err(|error| format!("the keeper cannot be started: {error}"))
    }

    fn keep(mut self, close: Option<impl Fn()>) {
        say(self.driver.describe());
        let mut next_save = Instant::now() + SAVES;
        let mut next_engine = Instant::now();
        while !self.is_over() {
            self.driver.look();
            self.watch_driver();
            self.start_decks();
            let link = &self.stage.shared.link;
            let failed = link.has_failed() && Instant::now() >= next_engine;
            if failed {
                next_engine = Instant::now() + RETRIES;
                say("the engine has panicked (see above), and is made anew; please report this");
            }
            // A limiter that was switched on, or looks ahead by another time, is fitted anew.
            if (link.take_restart() || failed)
                && let Err(reason) = self.stage.prepare_again()
            {
                say(reason);
            }
            if Instant::now() >= next_save {
                next_save = Instant::now() + SAVES;
                self.store.save();
            }
            if close.is_none() {
                self.levels.gather(&self.stage.shared);
            }
            std::thread::sleep(TICK);
        }
        self.finish(close);
    }

    fn is_over(&self) -> bool {
        let heard = self.stage.frames() - self.before;
        let seconds = heard as f64 / f64::from(self.stage.rate().max(1));
        let wanted = self.options.seconds.filter(|_| self.starts.is_none());
        let enough = wanted.is_some_and(|wanted| seconds >= wanted.as_secs_f64());
        self.signals.told() || self.end.is_due() || enough
    }

    /// Goes on in silence when the driver is lost, and tries to get it back.
    fn watch_driver(&mut self) {
        let now = Instant::now();
        let frames = self.stage.frames();
        if frames != self.moved.1 {
            self.moved = (now, frames);
        }
        let stalled = now - self.moved.0 > STALLED;
        let reason = self.driver.lost().or_else(|| {
            stalled.then(|| format!("nothing was asked for in {} seconds", STALLED.as_secs()))
        });
        if let Some(reason) = reason.filter(|_| self.lost.is_none()) {
            say(format_args!("{reason}: nothing is heard until it is back; the session goes on"));
            self.lose(now);
        }
        if let Some((choice, due)) = self.lost
            && now >= due
        {
            match driver::start(choice, &self.options, &self.stage) {
                Ok(driver) => {
                    self.lost = None;
                    say(driver.describe());
                    self.switch_to(driver);
                }
                // Each time would leave another thread behind.
                Err(reason) if now.elapsed() >= driver::COMES => {
                    self.lost = None;
                    say(format_args!("{reason}, and is not tried again"));
                }
                // What is wrong has been said.
                Err(_) => self.lost = Some((choice, Instant::now() + RETRIES)),
            }
        }
    }

    /// On with the timer.
    fn lose(&mut self, now: Instant) {
        self.lost = Some((self.driver.choice(), now));
        self.moved.0 = now;
        let rate = Some(self.stage.rate());
        let options = Options { rate, ..self.options.clone() };
        match driver::start(Choice::Dummy, &options, &self.stage) {
            Ok(driver) => self.switch_to(driver),
            Err(reason) => say(reason),
        }
    }

    fn switch_to(&mut self, driver: Box<dyn Driver>) {
        if !driver::end(std::mem::replace(&mut self.driver, driver)) {
            // Whoever tried again would wait for it, too.
            self.lost = None;
            say("it does not let go, so it is not tried again; start Busbar anew for that");
        }
    }

    /// Together, as soon as they have their files.
    fn start_decks(&mut self) {
        let Some(deadline) = self.starts else { return };
        if self.stage.shared.link.has_all_clips() || Instant::now() > deadline {
            self.starts = None;
            self.before = self.stage.frames();
            host::play_all(&self.stage.shared);
            say("the decks play");
        }
    }

    /// The window first, then the sound, then what is saved; what does not let go is left behind.
    fn finish(mut self, close: Option<impl Fn()>) {
        let last = std::thread::Builder::new().name("busbar-end".into()).spawn(|| {
            std::thread::sleep(ENDS);
            say("something does not let go of its thread: ended without it");
            std::process::exit(1);
        });
        // Without that thread the end may take longer, and that is all.
        drop(last);
        self.store.save();
        self.end.window_must_go.store(true, Relaxed);
        if let Some(close) = &close {
            while !self.end.is_due() {
                close();
                std::thread::sleep(Duration::from_millis(5));
            }
            // What was turned while it closed, and its size.
            self.store.save();
        }
        self.stage.fade_out();
        let began = Instant::now();
        while !self.stage.is_silent() && began.elapsed() < FADES {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(LEAVES);
        if !driver::end(self.driver) {
            say("the driver does not let go: ended without it");
        }
        if close.is_none() {
            self.levels.gather(&self.stage.shared);
            self.levels.print();
        }
        report(&self.stage);
    }
}

/// What went wrong on the way, where something did.
fn report(stage: &Stage) {
    let counts = &stage.counts;
    for (count, words) in [
        (&counts.xruns, "blocks came too late"),
        (&counts.dry, "times the input had not come in time"),
        (&counts.over, "times more input came than there was room for"),
    ] {
        let count = count.load(Relaxed);
        if count > 0 {
            say(format_args!("{count} {words}"));
        }
    }
    #[cfg(feature = "probe")]
    {
        say(format_args!("{} allocations in blocks", busbar::probe::busbar_probe_violations()));
        say(format_args!("buses in the last block: {:08b}", stage.shared.link.inputs()));
    }
}
