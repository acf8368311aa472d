//! What the instance tells the editor besides its meters: atomics, the latest value counts.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

use busbar_dsp::SampleRate;
use busbar_engine::{Config, Layout};

/// What the engine has been made for.
#[derive(Debug, Default)]
pub struct Status {
    /// Bits of the rate in hertz; 0 before the first activation.
    rate: AtomicU64,
    layout: AtomicU8,
}

impl Status {
    /// The instance has been activated.
    pub fn set(&self, config: Config) {
        self.rate.store(config.rate.hertz().to_bits(), Relaxed);
        self.layout.store(config.layout as u8, Relaxed);
    }

    /// What the instance was last activated for; `None` before the first time.
    pub fn config(&self) -> Option<Config> {
        let rate = SampleRate::new(f64::from_bits(self.rate.load(Relaxed)))?;
        let layout = [Layout::EightStereo, Layout::Stereo, Layout::Mono]
            .into_iter()
            .find(|layout| *layout as u8 == self.layout.load(Relaxed))?;
        Some(Config { rate, layout })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_comes_back() {
        let status = Status::default();
        assert_eq!(status.config(), None);
        for layout in [Layout::Mono, Layout::Stereo, Layout::EightStereo] {
            let config = Config { rate: SampleRate::new(44_100.5).unwrap(), layout };
            status.set(config);
            assert_eq!(status.config(), Some(config));
        }
    }
}
