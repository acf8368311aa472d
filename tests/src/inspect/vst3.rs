//! Tries out a VST3 bundle.

use std::path::Path;

use busbar_engine::Session;

use super::{BUS_NAMES, PARAMETERS, Report, VERSION, expect, expect_null, main_alone, moduleinfo};
use crate::vst3::plugin::{INPUT, OUTPUT};
use crate::vst3::{Module, Plugin, Score, SetUp, id, play};

/// Makes all checks.
pub fn check(bundle: &Path, report: &mut Report) {
    let module = match Module::load(&super::library(bundle)) {
        Ok(module) => module,
        Err(reason) => return report.check("vst3-load", || Err(reason)),
    };
    report.check("vst3-load", || Ok(String::new()));
    report.check("vst3-factory", || factory(&module));
    report.check("vst3-buses", || buses(&Plugin::create(&module)?));
    report.check("vst3-parameters", || parameters(&Plugin::create(&module)?));
    report.check("vst3-null", || null(&Plugin::create(&module)?));
    report.check("vst3-state", || state(&module));
    report.check("vst3-refusal", || refusal(&Plugin::create(&module)?));
}

fn factory(module: &Module) -> Result<String, String> {
    let info = module.info().ok_or("the factory says nothing about itself")?;
    expect("vendor", info.vendor.as_str(), "Busbar")?;
    let classes = module.classes();
    expect("classes", classes.len(), 1)?;
    let class = &classes[0];
    expect("name", class.name.as_str(), "Busbar")?;
    expect("the class's vendor", class.vendor.as_str(), "Busbar")?;
    expect("version", class.version.as_str(), VERSION)?;
    expect("category", class.category.as_str(), "Audio Module Class")?;
    // Projects name the class by it for ever.
    let cid = moduleinfo::written(class.cid);
    expect("class", cid.as_str(), "42757362617245696768744275736573")?;
    Ok(format!("Busbar {VERSION}, class {cid}"))
}

fn buses(plugin: &Plugin<'_>) -> Result<String, String> {
    for (direction, names) in [INPUT, OUTPUT].into_iter().zip(BUS_NAMES) {
        let buses = plugin.buses(direction);
        expect("buses", buses.len(), 1 + names.len())?;
        expect("main bus", buses[0].main, true)?;
        expect("channels", buses.iter().all(|bus| bus.channels == 2), true)?;
        let found: Vec<_> = buses[1..].iter().map(|bus| bus.name.as_str()).collect();
        expect("names", found.as_slice(), names)?;
    }
    Ok("8 in, 2 out".into())
}

/// The names of a bus's parameters, in their order: those of the first version, and what came later.
const STRIP: &[&str] = &["gain", "balance", "mute", "to_master"];
const CONSOLE: &[&str] = &[
    "trim",
    "invert_left",
    "invert_right",
    "high_pass",
    "high_pass_hertz",
    "high_pass_slope",
    "duck_key",
    "duck_threshold",
    "duck_depth",
    "duck_attack",
    "duck_hold",
    "duck_release",
    "width",
    "pan_mode",
    "pan_law",
    "pan_left",
    "pan_right",
    "meter_before",
];

fn parameters(plugin: &Plugin<'_>) -> Result<String, String> {
    let found: Vec<_> = plugin.parameters().iter().map(|parameter| parameter.id).collect();
    let of_buses = |names: &'static [&'static str]| {
        (1..=8).flat_map(move |bus| names.iter().map(move |name| id(&format!("{name}_{bus}"))))
    };
    let own = |names: &'static [&'static str]| names.iter().map(|name| id(name));
    let wanted: Vec<_> = own(&["bypass", "master_gain"])
        .chain(of_buses(STRIP))
        .chain(own(&["limiter", "limiter_ceiling", "limiter_release", "limiter_look_ahead"]))
        .chain(of_buses(CONSOLE))
        .collect();
    expect("numbers", &found, &wanted)?;
    expect("count", found.len(), PARAMETERS)?;
    Ok(format!("{PARAMETERS} with the right numbers"))
}

fn null(plugin: &Plugin<'_>) -> Result<String, String> {
    expect("latency", plugin.latency(), 0)?;
    plugin.start(SetUp::new(48_000.0, 512));
    let inputs = main_alone();
    expect_null(play(plugin, &Score::new(&inputs), &[512]).main(), &inputs)
}

fn state(module: &Module) -> Result<String, String> {
    let (plugin, other) = (Plugin::create(module)?, Plugin::create(module)?);
    plugin.set_value(id("gain_3"), 0.25);
    plugin.set_value(id("mute_8"), 1.0);
    let saved = plugin.save();
    let session = Session::restore(&saved).map_err(|refusal| refusal.to_string())?;
    expect("mute of bus 8", session.strips[7].mute, true)?;
    expect("taken", other.load(&saved), true)?;
    expect("values", other.values(), plugin.values())?;
    expect("the same bytes", other.save() == saved, true)?;
    Ok(format!("{} bytes there and back", saved.len()))
}

fn refusal(plugin: &Plugin<'_>) -> Result<String, String> {
    plugin.set_value(id("gain_3"), 0.25);
    let before = plugin.save();
    let noise: Vec<u8> =
        (0..1u32 << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    expect("noise taken", plugin.load(&noise), false)?;
    expect("half a state taken", plugin.load(&before[..before.len() / 2]), false)?;
    expect("what was there stays", plugin.save() == before, true)?;
    Ok("1 MiB of noise and half a state".into())
}
