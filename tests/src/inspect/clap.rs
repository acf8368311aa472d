//! Tries out a CLAP bundle.

use std::path::Path;

use busbar_engine::Session;
use clack_host::prelude::*;

use super::{BUS_NAMES, PARAMETERS, Report, VERSION, expect, expect_null, main_alone};
use crate::clap::host::{Desk, Handlers, ID, Instance, Requests};
use crate::clap::run::Run;

/// Makes all checks.
pub fn check(bundle: &Path, report: &mut Report) {
    // SAFETY: loading runs the library's initialisers, which is what a host is for.
    let entry = match unsafe { PluginEntry::load(super::library(bundle)) } {
        Ok(entry) => entry,
        Err(error) => return report.check("clap-load", || Err(error.to_string())),
    };
    report.check("clap-load", || Ok(String::new()));
    report.check("clap-descriptor", || descriptor(&entry));
    report.check("clap-ports", || ports(&mut instance(&entry)?));
    report.check("clap-parameters", || parameters(&mut instance(&entry)?));
    report.check("clap-null", || null(&mut instance(&entry)?));
    report.check("clap-state", || state(&entry));
    report.check("clap-refusal", || refusal(&mut instance(&entry)?));
}

fn instance(entry: &PluginEntry) -> Result<Instance, String> {
    let info = HostInfo::new("Busbar's inspector", "Busbar", "", VERSION).expect("no zeros");
    let made = PluginInstance::<Handlers>::new(
        |()| Requests::default(),
        |_| Desk::default(),
        entry,
        ID,
        &info,
    );
    made.map(Instance::new).map_err(|error| error.to_string())
}

fn descriptor(entry: &PluginEntry) -> Result<String, String> {
    let factory = entry.get_plugin_factory().ok_or("there is no factory")?;
    expect("plug-ins", factory.plugin_count(), 1)?;
    let found = factory.plugin_descriptor(0).ok_or("there is no descriptor")?;
    let text = |text: Option<&std::ffi::CStr>| text.map(|text| text.to_string_lossy().into_owned());
    let wanted = |text: &str| Some(text.to_owned());
    expect("id", text(found.id()), wanted(&ID.to_string_lossy()))?;
    expect("name", text(found.name()), wanted("Busbar"))?;
    expect("vendor", text(found.vendor()), wanted("Busbar"))?;
    expect("version", text(found.version()), wanted(VERSION))?;
    Ok(format!("Busbar {VERSION}, {}", ID.to_string_lossy()))
}

fn ports(instance: &mut Instance) -> Result<String, String> {
    for (input, names) in [true, false].into_iter().zip(BUS_NAMES) {
        let ports = instance.ports(input);
        expect("ports", ports.len(), 1 + names.len())?;
        expect("main port", ports[0].is_main, true)?;
        expect("channels", ports.iter().all(|port| port.channels == 2), true)?;
        let found: Vec<_> = ports[1..].iter().map(|port| port.name.as_str()).collect();
        expect("names", found.as_slice(), names)?;
    }
    Ok("8 in, 2 out".into())
}

fn parameters(instance: &mut Instance) -> Result<String, String> {
    expect("count", instance.list_params().len(), PARAMETERS)?;
    Ok(format!("{PARAMETERS}"))
}

fn null(instance: &mut Instance) -> Result<String, String> {
    expect("latency", instance.latency(), 0)?;
    let mut processor = instance.start(48_000.0, 512);
    let inputs = main_alone();
    let take = Run::of(&inputs).play(&mut processor);
    instance.stop(processor);
    expect_null(&take.main, &inputs)
}

fn state(entry: &PluginEntry) -> Result<String, String> {
    let (mut one, mut other) = (instance(entry)?, instance(entry)?);
    one.set(&[("Bus 3 Gain", "-12 dB"), ("Bus 8 Mute", "On")]);
    let saved = one.save();
    let session = Session::restore(&saved).map_err(|refusal| refusal.to_string())?;
    expect("mute of bus 8", session.strips[7].mute, true)?;
    expect("gain of bus 3", session.strips[2].gain, -12.0)?;
    expect("taken", other.load(&saved), true)?;
    expect("the same bytes", other.save() == saved, true)?;
    Ok(format!("{} bytes there and back", saved.len()))
}

fn refusal(instance: &mut Instance) -> Result<String, String> {
    instance.set(&[("Bus 3 Gain", "-12 dB")]);
    let before = instance.save();
    let noise: Vec<u8> =
        (0..1u32 << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    expect("noise taken", instance.load(&noise), false)?;
    expect("half a state taken", instance.load(&before[..before.len() / 2]), false)?;
    expect("what was there stays", instance.save() == before, true)?;
    Ok("1 MiB of noise and half a state".into())
}
