//! What an instance is made of, whoever runs it: the framework in a host, or the program.

use std::sync::{Arc, Mutex};

use busbar_engine::{AudioEnds, Block, Config, Engine, Monitor, wire};

use crate::decks::{self, Carrier, Membership, Wanted};
use crate::editor::Shared;
use crate::guard::Link;
use crate::params::BusbarParams;

/// An instance without anybody who runs it.
pub struct Parts {
    /// Parameters, meters and the rest that the editor sees; there whether anything looks or not.
    pub shared: Shared,
    /// Where one listens.
    monitor: Arc<Monitor>,
    /// The queues' audio ends while there is no engine that holds them.
    ends: Option<AudioEnds>,
    engine: Option<Engine>,
    /// The look-ahead for which another activation was asked for.
    asked_to_look_ahead: Option<f32>,
    /// What brings clips to the decks.
    membership: Membership,
}

impl Parts {
    /// An instance without an engine yet.
    pub fn new(link: Arc<Link>) -> Self {
        busbar_media::about();
        let (ends, outer, pump) = wire();
        let monitor = outer.monitor.clone();
        let wanted = Wanted::new(link.clone(), monitor.clone());
        let membership = decks::join(Carrier::new(wanted.clone(), link.clone(), pump));
        let shared = Shared {
            params: Arc::new(BusbarParams::new(wanted)),
            outer: Arc::new(Mutex::new(outer)),
            link,
            status: Arc::default(),
            carrier: membership.carrier.clone(),
        };
        Self {
            shared,
            monitor,
            ends: Some(ends),
            engine: None,
            asked_to_look_ahead: None,
            membership,
        }
    }

    /// An engine for the configuration: the old one where it fits, so that what was measured goes
    /// on, and otherwise a new one on the old one's queues.
    pub fn prepare(&mut self, config: Config) -> bool {
        self.membership.carrier.set_rate(config.rate);
        self.membership.nudge();
        self.shared.status.set(config);
        let failed = self.shared.link.has_failed();
        let look_ahead = self.shared.params.master().look_ahead();
        self.asked_to_look_ahead = look_ahead;
        if let Some(engine) = self.engine.as_mut().filter(|e| e.config() == config && !failed) {
            engine.reset();
            if engine.look_ahead() != look_ahead {
                engine.fit_limiter(look_ahead);
            }
            self.shared.link.set_latency(engine.latency());
            return true;
        }
        self.engine = match (self.engine.take(), self.ends.take()) {
            (Some(engine), _) => Some(engine.reconfigured(config)),
            (None, ends) => ends.map(|ends| Engine::new(config, ends)),
        };
        self.shared.link.recover();
        let Some(engine) = &mut self.engine else { return false };
        engine.fit_limiter(look_ahead);
        self.shared.link.set_latency(engine.latency());
        true
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
        // Without a limiter one is let go of at once; the latency stays what it was.
        let look_ahead = self.shared.params.master().look_ahead();
        if look_ahead.is_some() && look_ahead != self.asked_to_look_ahead {
            self.asked_to_look_ahead = look_ahead;
            self.shared.link.want_restart();
        }
        if let Some(engine) = &mut self.engine {
            let mut targets = self.shared.params.targets();
            targets.hear_reference = self.monitor.asks_for_reference();
            targets.keys = self.monitor.keys();
            engine.process(&targets, block);
        }
    }
}
