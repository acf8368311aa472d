//! How the host is calling, as it says; the wrapper learns of it one activation late.

use std::sync::atomic::Ordering::Relaxed;

use busbar_engine::RenderMode;
use clap_sys::ext::render::{CLAP_RENDER_OFFLINE, clap_plugin_render, clap_plugin_render_mode};
use clap_sys::plugin::clap_plugin;
use nih_plug::wrapper::clap::ClapPlugin;

use super::instance::Instance;
use crate::guard::Guarded;

impl<P: ClapPlugin + Guarded> Instance<P> {
    pub(super) const RENDER: clap_plugin_render = clap_plugin_render {
        has_hard_realtime_requirement: Some(Self::render_is_hard),
        set: Some(Self::render_set),
    };

    pub(super) fn mode(&self) -> RenderMode {
        match self.render_mode.load(Relaxed) {
            CLAP_RENDER_OFFLINE => RenderMode::Offline,
            _ => RenderMode::Realtime,
        }
    }

    unsafe extern "C" fn render_is_hard(plugin: *const clap_plugin) -> bool {
        // SAFETY: the host's plug-in.
        let render = unsafe { Self::of(plugin) }.render.get();
        let hard = render.and_then(|render| render.has_hard_realtime_requirement);
        // SAFETY: the wrapper's own function.
        hard.is_some_and(|hard| unsafe { hard(plugin) })
    }

    unsafe extern "C" fn render_set(
        plugin: *const clap_plugin,
        mode: clap_plugin_render_mode,
    ) -> bool {
        // SAFETY: the host's plug-in.
        let instance = unsafe { Self::of(plugin) };
        let set = instance.render.get().and_then(|render| render.set);
        // SAFETY: the wrapper's own function.
        let taken = set.is_some_and(|set| unsafe { set(plugin, mode) });
        if taken {
            instance.render_mode.store(mode, Relaxed);
        }
        taken
    }
}
