//! What an instance is made of, whoever runs it: the framework in a host, or the program.

use std::sync::{Arc, Mutex};

use busbar_engine::{AudioEnds, Block, Config, Engine, wire};

use crate::decks::{self, Carrier, Membership, Wanted};
use crate::editor::Shared;
use crate::guard::Link;
use crate::params::BusbarParams;

/// An instance without anybody who runs it.
pub struct Parts {
    /// Parameters, meters and the rest that the editor sees; there whether anything looks or not.
    pub shared: Shared,
    /// The queues' audio ends while there is no engine that holds them.
    ends: Option<AudioEnds>,
    engine: Option<Engine>,
    /// What brings clips to the decks.
    membership: Membership,
}

impl Parts {
    /// An instance without an engine yet.
    pub fn new(link: Arc<Link>) -> Self {
        busbar_media::about();
        let (ends, outer, pump) = wire();
        let wanted = Wanted::new(link.clone());
        let membership = decks::join(Carrier::new(wanted.clone(), link.clone(), pump));
        let shared = Shared {
            params: Arc::new(BusbarParams::new(wanted)),
            outer: Arc::new(Mutex::new(outer)),
            link,
            status: Arc::default(),
            size: Arc::default(),
        };
        Self { shared, ends: Some(ends), engine: None, membership }
    }

    /// An engine for the configuration: the old one where it fits, so that what was measured goes
    /// on, and otherwise a new one on the old one's queues.
    pub fn prepare(&mut self, config: Config) -> bool {
        self.membership.carrier.set_rate(config.rate);
        self.membership.nudge();
        self.shared.status.set(config);
        let failed = self.shared.link.has_failed();
        if let Some(engine) = self.engine.as_mut().filter(|e| e.config() == config && !failed) {
            engine.reset();
            return true;
        }
        self.engine = match (self.engine.take(), self.ends.take()) {
            (Some(engine), _) => Some(engine.reconfigured(config)),
            (None, ends) => ends.map(|ends| Engine::new(config, ends)),
        };
        self.shared.link.recover();
        self.engine.is_some()
    }

    /// Forgets what is on its way, but nothing that was measured. Realtime-safe.
    pub fn reset(&mut self) {
        if let Some(engine) = &mut self.engine {
            engine.reset();
        }
    }

    /// Processes a block as the parameters want it; without an engine it stays as it is.
    /// Realtime-safe.
    pub fn process(&mut self, block: &mut Block<'_>) {
        if let Some(engine) = &mut self.engine {
            engine.process(&self.shared.params.targets(), block);
        }
    }
}
