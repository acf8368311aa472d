//! Busbar as a program of its own: the same instance and the same editor as in a host.
//!
//! | module       | what                                                                |
//! |--------------|---------------------------------------------------------------------|
//! | [`options`]  | the command line                                                    |
//! | [`stage`]    | the audio side: whatever drives it, blocks come in here             |
//! | [`driver`]   | what drives it, and which one is taken                              |
//! | [`jack`]     | a JACK server                                                       |
//! | [`device`]   | the system's own sound devices, through cpal                        |
//! | [`late_alsa`] | ALSA's library, opened when it is needed                           |
//! | [`ring`]     | an input on its way to an output with a clock of its own            |
//! | [`dummy`]    | a timer, for machines without sound                                 |
//! | [`host`]     | stands in for a host: parameters, state, the decks' start           |
//! | [`store`]    | the session on disk                                                 |
//! | [`signals`]  | what the terminal and the system tell the program                   |
//! | [`levels`]   | what was heard, where there is no window to see it                  |
//! | [`keeper`]   | one thread that watches over all of this                            |
//!
//! It belongs to the program and not to the library, so that the plug-in needs none of what the
//! drivers need.

mod device;
mod driver;
mod dummy;
mod host;
mod jack;
mod keeper;
#[cfg(target_os = "linux")]
mod late_alsa;
mod levels;
mod options;
mod ring;
mod signals;
mod stage;
mod store;

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use busbar::editor::{WindowedEditor, editor};
use busbar::guard::Link;
use busbar::parts::Parts;
use nih_plug::context::gui::GuiContext;
use nih_plug::editor::{Editor, EditorHandle};

use host::Host;
use keeper::{End, Keeper};
pub use options::HELP;
pub use signals::Signals;

use options::Options;
use stage::Stage;
use store::Store;

/// Says something on the terminal, if there still is one.
fn say(words: impl Display) {
    _ = writeln!(std::io::stderr(), "busbar: {words}");
}

/// Runs the program as the command line says.
pub fn run(words: &[std::ffi::OsString]) -> ExitCode {
    let options = match Options::parse(words) {
        Ok(options) => options,
        Err(reason) => {
            say(format_args!("{reason}\n  `busbar help` lists what there is"));
            return ExitCode::from(2);
        }
    };
    match open(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            say(reason);
            ExitCode::FAILURE
        }
    }
}

/// Lists what can be played through.
pub fn devices() -> ExitCode {
    let mut out = std::io::stdout();
    let written = write!(out, "jack\n{}\n", jack::list())
        .and_then(|()| write!(out, "device\n{}\n", device::list()))
        .and_then(|()| writeln!(out, "dummy\n  a timer: for machines without sound"));
    if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn open(options: Options) -> Result<(), String> {
    // First, so that from the first word on a signal is an orderly end.
    let signals = Signals::watch()?;
    say(format_args!("version {}; Ctrl-C ends it", env!("CARGO_PKG_VERSION")));
    if options.window {
        look_for_display()?;
    }
    let parts = Parts::new(Link::adopt());
    let host = Arc::new(Host::new(parts.shared.params.clone()));
    let store = Store::open(options.session.as_deref(), &host, &parts.shared.link)?;
    let window = options.window.then(|| Arc::new(editor(parts.shared.clone())));
    let stage = Arc::new(Stage::new(parts));
    let driver = driver::open(&options, &stage)?;
    let end = Arc::new(End::default());
    let close = window.clone().map(|window| move || window.close());
    let keeper = Keeper::new(options, stage, driver, store, signals, end.clone()).start(close)?;
    let shown = window.map_or(Ok(()), |window| {
        let shown = show(&window, host);
        end.window_has_gone();
        if end.has_begun() { Ok(()) } else { shown }
    });
    let kept = keeper.join().map_err(|_| "the keeper has panicked (see above)".to_owned());
    shown.and(kept)
}

/// Shows the editor until its window has gone.
fn show(editor: &WindowedEditor, host: Arc<Host>) -> Result<(), String> {
    let failed = |error: &dyn Display| {
        format!(
            "the window cannot be opened: {error}\n  It needs a screen with OpenGL; \
             `busbar --no-window` runs without."
        )
    };
    let spawned = editor
        .spawn(None, false, None, GuiContext::new(host), None)
        .map_err(|error| failed(&error))?;
    <WindowedEditor as Editor>::Handle::run_until_closed(spawned.window)
        .map_err(|error| failed(&error))
}

/// Before anything is opened: baseview's own words for this help nobody.
fn look_for_display() -> Result<(), String> {
    let is_there = std::env::var_os("DISPLAY").is_some_and(|display| !display.is_empty());
    if cfg!(target_os = "linux") && !is_there {
        return Err("there is no display to show the window on: DISPLAY is not set\n  \
                    Start it from a desktop (under Wayland with XWayland), or without a window: \
                    busbar --no-window"
            .into());
    }
    Ok(())
}
