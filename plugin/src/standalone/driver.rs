//! What drives the engine, and which one is taken.

use std::sync::Arc;

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

/// Opens one driver, and begins.
///
/// # Errors
/// Says why it cannot be had, and what to do.
pub fn start(
    choice: Choice,
    options: &Options,
    stage: &Arc<Stage>,
) -> Result<Box<dyn Driver>, String> {
    Ok(match choice {
        Choice::Jack => Box::new(jack::Jack::open(options, stage)?),
        Choice::Device => Box::new(device::Device::open(options, stage)?),
        Choice::Auto | Choice::Dummy => Box::new(dummy::Dummy::open(options, stage)?),
    })
}
