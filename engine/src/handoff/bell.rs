//! Tells somebody that there is something to be looked at.

use std::fmt;
use std::sync::Arc;

/// Rung from any thread but the audio thread, and as often as one likes. Whoever listens looks for
/// itself what there is.
#[derive(Clone)]
pub struct Bell(Arc<dyn Fn() + Send + Sync>);

impl Bell {
    /// Calls `listener` each time, which neither waits nor panics.
    pub fn new(listener: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    /// Rings.
    pub fn ring(&self) {
        (self.0)();
    }
}

impl fmt::Debug for Bell {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Bell")
    }
}
