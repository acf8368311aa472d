//! The plug-in as the framework sees it: hands the host's buffers to the engine.

use std::sync::Arc;

use busbar_dsp::SampleRate;
use busbar_dsp::console::limiter;
use busbar_engine::block::{Stereo, StereoMut};
use busbar_engine::session::MAX_BYTES;
use busbar_engine::{Block, Config, Layout, SIDECHAINS};
use nih_plug::prelude::*;

use crate::editor;
use crate::guard::view::Offer;
use crate::guard::{Guarded, Link, shield};
use crate::parts::Parts;
use crate::state;

/// One instance of Busbar.
pub struct Busbar {
    parts: Parts,
    link: Arc<Link>,
    #[cfg(feature = "probe")]
    probe: Arc<crate::probe::Instance>,
}

const SIDECHAIN_PORTS: [std::num::NonZeroU32; SIDECHAINS] = [new_nonzero_u32(2); SIDECHAINS];
const SIDECHAIN_NAMES: [&str; SIDECHAINS] =
    ["Bus 2", "Bus 3", "Bus 4", "Bus 5", "Bus 6", "Bus 7", "Bus 8"];

/// Main and monitor outputs; the main ports keep the framework's names, because it takes the name
/// of the input for the output's, and JACK refuses two ports of one name.
const fn layout(channels: u32, name: &'static str) -> AudioIOLayout {
    const MONITOR: [std::num::NonZeroU32; 2] = [new_nonzero_u32(1), new_nonzero_u32(2)];
    AudioIOLayout {
        main_input_channels: Some(new_nonzero_u32(channels)),
        main_output_channels: Some(new_nonzero_u32(channels)),
        aux_output_ports: if channels == 1 { MONITOR.split_at(1).0 } else { MONITOR.split_at(1).1 },
        names: PortNames {
            layout: Some(name),
            aux_inputs: &SIDECHAIN_NAMES,
            aux_outputs: &["Monitor"],
            ..PortNames::const_default()
        },
        ..AudioIOLayout::const_default()
    }
}

impl Plugin for Busbar {
    const NAME: &'static str = "Busbar";
    const VENDOR: &'static str = "Busbar";
    const URL: &'static str = "";
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = &[
        AudioIOLayout { aux_input_ports: &SIDECHAIN_PORTS, ..layout(2, "Eight stereo buses") },
        layout(2, "Stereo"),
        layout(1, "Mono"),
    ];
    const MIDI_INPUT: MidiConfig = MidiConfig::Basic;
    const SAMPLE_ACCURATE_AUTOMATION: bool = true;

    /// The guard shows the editor (`guard::view`), not the framework.
    type Editor = ();
    type SysExMessage = ();
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.parts.shared.params.clone()
    }

    /// No logger: the framework would write its messages from the audio thread.
    fn setup_logger() -> Option<bool> {
        Some(false)
    }

    fn activate(
        &mut self,
        audio_io_layout: &AudioIOLayout,
        buffer_config: &BufferConfig,
        _context: &mut impl ActivateContext<Self>,
    ) -> bool {
        #[cfg(feature = "probe")]
        self.probe.activate(buffer_config.process_mode);
        let Some(rate) = SampleRate::new(buffer_config.sample_rate.into()) else { return false };
        let config = Config { rate, layout: engine_layout(audio_io_layout) };
        shield(|| self.parts.prepare(config)) == Some(true)
    }

    fn reset(&mut self) {
        self.parts.reset();
    }

    /// Realtime-safe.
    fn process(
        &mut self,
        buffer: &mut Buffer<'_>,
        aux: &mut AuxiliaryBuffers<'_>,
        _context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        // After a panic the engine's state is worth nothing. The main input then passes as it is,
        // which in front of an audience is the lesser evil.
        if self.link.has_failed() {
            silence_aux_outputs(aux);
            return ProcessStatus::Normal;
        }
        if shield(|| self.process_block(buffer, aux)).is_none() {
            self.link.fail();
            silence_aux_outputs(aux);
        }
        ProcessStatus::Normal
    }
}

impl Default for Busbar {
    fn default() -> Self {
        let link = Link::adopt();
        let parts = Parts::new(link.clone());
        let shared = &parts.shared;
        // The parameters know the link.
        let params = Arc::downgrade(&shared.params);
        link.on_forecast(move |rate| {
            let look_ahead = params.upgrade().and_then(|params| params.master().look_ahead());
            let latency = |(look_ahead, rate)| limiter::latency(look_ahead, rate);
            look_ahead.zip(SampleRate::new(rate)).map_or(0, latency)
        });
        Link::offer(Offer::new(editor::editor(shared.clone()), &*shared.params));
        Self {
            #[cfg(feature = "probe")]
            probe: crate::probe::Instance::register(
                link.clone(),
                parts.shared.outer.clone(),
                parts.shared.params.wanted.clone(),
            ),
            parts,
            link,
        }
    }
}

impl Busbar {
    fn process_block(&mut self, buffer: &mut Buffer<'_>, aux: &mut AuxiliaryBuffers<'_>) {
        #[cfg(feature = "probe")]
        self.probe.enter_block(buffer.samples());
        let present = self.link.inputs();
        let sidechains = std::array::from_fn(|i| {
            let sides = aux.inputs.get(i)?.as_slice_immutable();
            let given = present >> (i + 1) & 1 == 1;
            match sides {
                [left, right] if given => Some(Stereo { left, right }),
                _ => None,
            }
        });
        let monitor = match aux.outputs {
            [monitor, ..] if self.link.outputs() >> 1 & 1 == 1 => sides_of(monitor),
            _ => None,
        };
        let Some(main) = sides_of(buffer) else { return };
        let mode = self.link.mode();
        self.parts.process(&mut Block { main, sidechains, monitor, mode });
    }
}

fn engine_layout(layout: &AudioIOLayout) -> Layout {
    match (layout.main_input_channels.map_or(0, |n| n.get()), layout.aux_input_ports.len()) {
        (1, _) => Layout::Mono,
        (_, 0) => Layout::Stereo,
        _ => Layout::EightStereo,
    }
}

fn sides_of<'a>(buffer: &'a mut Buffer<'_>) -> Option<StereoMut<'a>> {
    match buffer.as_slice() {
        [left] => Some(StereoMut { left, right: None }),
        [left, right] => Some(StereoMut { left, right: Some(right) }),
        _ => None,
    }
}

fn silence_aux_outputs(aux: &mut AuxiliaryBuffers<'_>) {
    aux.outputs.iter_mut().flat_map(|bus| bus.as_slice()).for_each(|side| side.fill(0.0));
}

impl Guarded for Busbar {
    const STATE_LIMIT: usize = MAX_BYTES;

    fn stored_state_of(framework: &[u8]) -> Result<Vec<u8>, String> {
        state::session_of(framework).map(String::into_bytes)
    }

    fn framework_state_of(stored: &[u8]) -> Result<Vec<u8>, String> {
        state::framework_state_of(stored)
    }
}

impl ClapPlugin for Busbar {
    const CLAP_ID: &'static str = "org.busbar.busbar";
    const CLAP_DESCRIPTION: Option<&'static str> = Some("Eight stereo buses, mixed and metered");
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] = &[
        ClapFeature::AudioEffect,
        ClapFeature::Analyzer,
        ClapFeature::Mixing,
        ClapFeature::Mastering,
        ClapFeature::Utility,
        ClapFeature::Stereo,
    ];
}

impl Vst3Plugin for Busbar {
    const VST3_CLASS_ID: [u8; 16] = *b"BusbarEightBuses";
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] = &[
        Vst3SubCategory::Fx,
        Vst3SubCategory::Analyzer,
        Vst3SubCategory::Mastering,
        Vst3SubCategory::Tools,
    ];
}
