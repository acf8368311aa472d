//! What drives the engine, and which one is taken.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::options::{Choice, Options};
use super::stage::Stage;
use super::{device, dummy, jack, say};

/// Something that calls the stage for block after block. Dropping it ends that: afterwards no call
/// is under way.
pub trait Driver: Send {
    /// What it is, for people.
    fn describe(&self) -> String;

    /// Looks after what its callbacks may not do themselves; called a few dozen times a second.
    fn look(&mut self) {}

    /// Why it has stopped by itself, if it has.
    fn lost(&self) -> Option<String>;

    /// Which one to try again when this one is lost.
    fn choice(&self) -> Choice;
}

/// Opens what the command line asks for, and begins.
///
/// # Errors
/// Says why it cannot be had, and what to do.
pub fn open(options: &Options, stage: &Arc<Stage>) -> Result<Box<dyn Driver>, String> {
    if options.driver != Choice::Auto {
        return start(options.driver, options, stage);
    }
    let mut reasons = String::new();
    for choice in [Choice::Jack, Choice::Device] {
        match start(choice, options, stage) {
            Ok(driver) => return Ok(driver),
            Err(reason) => {
                reasons.push_str("\n  ");
                reasons.push_str(&reason.replace('\n', "\n  "));
            }
        }
    }
    say(format_args!("there is nothing to play through, so nothing will be heard:{reasons}"));
    start(Choice::Dummy, options, stage)
}

/// How long a driver may take to come. A server that hangs answers never.
pub const COMES: Duration = Duration::from_secs(10);
/// How long it may take to go.
const GOES: Duration = Duration::from_secs(3);

/// Opens one driver, and begins.
///
/// # Errors
/// Says why it cannot be had, and what to do.
pub fn start(
    choice: Choice,
    options: &Options,
    stage: &Arc<Stage>,
) -> Result<Box<dyn Driver>, String> {
    let turn = stage.next_turn();
    let (options, its_stage) = (options.clone(), stage.clone());
    let opened = within(COMES, move || -> Result<Box<dyn Driver>, String> {
        let stage = &its_stage;
        Ok(match choice {
            Choice::Jack => Box::new(jack::Jack::open(&options, stage, turn)?),
            Choice::Device => Box::new(device::Device::open(&options, stage, turn)?),
            Choice::Auto | Choice::Dummy => Box::new(dummy::Dummy::open(&options, stage, turn)?),
        })
    });
    opened.unwrap_or_else(|| {
        // It may answer yet, and must not make an engine for its rate while another one plays.
        stage.next_turn();
        let name = format!("{choice:?}").to_lowercase();
        Err(format!("{name}: it has not answered in {} seconds", COMES.as_secs()))
    })
}

/// Ends a driver; false when it does not let go, and is left behind.
pub fn end(driver: Box<dyn Driver>) -> bool {
    within(GOES, move || drop(driver)).is_some()
}

/// Does something that may never come back on a thread that can be left behind.
fn within<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (send, receive) = mpsc::channel();
    let thread = std::thread::Builder::new().name("busbar-driver".into()).spawn(move || {
        // Nobody waits any more: then what came too late goes again.
        _ = send.send(work());
    });
    let result = receive.recv_timeout(patience).ok()?;
    // It has nothing more to do.
    _ = thread.ok()?.join();
    Some(result)
}
