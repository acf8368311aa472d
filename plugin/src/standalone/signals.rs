//! What the terminal and the system tell the program: to end. The handlers themselves only set a
//! flag; the keeper looks at it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Whether the program has been told to end.
pub struct Signals(Arc<AtomicBool>);

#[cfg(unix)]
const ENDS: [i32; 3] = [SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
#[cfg(not(unix))]
const ENDS: [i32; 2] = [SIGINT, SIGTERM];

impl Signals {
    /// From now on the first signal is noted, and the second ends the process at once: whoever
    /// asks twice does not want to wait.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn watch() -> Result<Self, String> {
        let told = Arc::new(AtomicBool::new(false));
        for signal in ENDS {
            // In this order: what is conditional must not see the flag of its own signal.
            flag::register_conditional_shutdown(signal, 128 + signal, told.clone())
                .and_then(|_| flag::register(signal, told.clone()))
                .map_err(|error| format!("signal {signal} cannot be watched for: {error}"))?;
        }
        Ok(Self(told))
    }

    /// Whether there has been one.
    pub fn told(&self) -> bool {
        self.0.load(Relaxed)
    }
}
