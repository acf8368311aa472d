//! A session with eight stems and a reference, so that everybody can hear and see Busbar work before
//! they have anything of their own. The stems are written, mixed through the engine, and metered;
//! the session has them on its decks, and opens in the program and in the plug-in.

mod master;
pub(crate) mod stems;

use std::fmt;
use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use busbar_dsp::{Gain, SampleRate};
use busbar_engine::block::{Stereo, StereoMut};
use busbar_engine::meters::{MASTER, MeterFrame, POINTS};
use busbar_engine::session::Source;
use busbar_engine::{
    BUSES, Block, Config, Engine, Layout, MeterReader, RenderMode, Session, session, wire,
};

use stems::{RATE, Stem};

/// Frames rendered at once.
const BLOCK: usize = 512;

/// Names in the demo's folder.
const STEMS: &str = "stems";
const REFERENCE: &str = "reference.wav";

/// Cells of a meter, and the level at its left end.
const METER_CELLS: usize = 30;
const METER_BOTTOM: f32 = -60.0;

/// Why the demo could not be made, and where.
#[derive(Debug)]
pub struct DemoError {
    path: PathBuf,
    reason: String,
}

impl fmt::Display for DemoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write {}: {}", self.path.display(), self.reason)
    }
}

impl std::error::Error for DemoError {}

/// Makes the demo in a folder, and prints its meters.
///
/// # Errors
/// When a file cannot be written.
pub fn run(folder: &Path) -> Result<(), DemoError> {
    make(folder, &stems::all())
}

fn make(folder: &Path, stems: &[Stem; BUSES]) -> Result<(), DemoError> {
    let failed = |path: &Path, reason: &dyn fmt::Display| DemoError {
        path: path.to_owned(),
        reason: reason.to_string(),
    };
    let wav = |name: &str, sides: &[Vec<f32>; 2]| {
        let path = folder.join(name);
        write_wav(&path, sides).map_err(|error| failed(&path, &error))?;
        Ok(path)
    };
    let inputs = folder.join(STEMS);
    fs::create_dir_all(&inputs).map_err(|error| failed(&inputs, &error))?;
    for (stem, bus) in stems.iter().zip(1..) {
        wav(&file_of(bus, stem), &stem.sides)?;
    }
    let (programme, meters) = render(&mix(), stems, progress);
    let mixed = wav("mix.wav", &programme)?;
    let reference = wav(REFERENCE, &master::master(&programme))?;
    // Last: who finds it finds everything that it names.
    let session = folder.join("session.toml");
    fs::write(&session, self::session(stems).write()).map_err(|error| failed(&session, &error))?;
    print_meters(stems, &meters);
    println!("\nstems      {}", inputs.display());
    println!("mix        {}", mixed.display());
    println!("reference  {}", reference.display());
    println!("session    {}", session.display());
    Ok(())
}

/// Where a stem is in the demo's folder.
fn file_of(bus: usize, stem: &Stem) -> String {
    format!("{STEMS}/{bus}-{}.wav", stem.name)
}

/// The demo's faders, and its files by their paths in its folder.
fn session(stems: &[Stem; BUSES]) -> Session {
    let mut session = mix();
    for ((deck, stem), bus) in session.decks.iter_mut().zip(stems).zip(1..) {
        *deck = Source { path: file_of(bus, stem), looping: true };
    }
    session.reference = Source { path: REFERENCE.to_owned(), looping: true };
    session
}

/// The demo's faders.
pub(crate) fn mix() -> Session {
    let mut session = Session::default();
    session.master.gain = -1.0;
    let faders = [-3.0, -6.0, -8.0, -4.5, -3.0, -6.0, -5.0, -2.0];
    for (strip, gain) in session.strips.iter_mut().zip(faders) {
        *strip = session::Strip { gain, ..session::Strip::default() };
    }
    session
}

/// Mixes the stems through the very engine that runs in a host.
fn render(
    session: &Session,
    stems: &[Stem; BUSES],
    progress: impl Fn(usize, usize),
) -> ([Vec<f32>; 2], MeterFrame) {
    let (ends, mut outer, _pump) = wire();
    let rate = SampleRate::new(RATE.into()).expect("a rate");
    let mut engine = Engine::new(Config { rate, layout: Layout::EightStereo }, ends);
    let [main, sidechains @ ..] = stems;
    let [mut left, mut right] = main.sides.clone();
    let total = left.len();
    let targets = session.targets();
    let mut meters = MeterFrame::default();
    let blocks = left.chunks_mut(BLOCK).zip(right.chunks_mut(BLOCK));
    for (at, (left, right)) in (0..).step_by(BLOCK).zip(blocks) {
        let range = at..at + left.len();
        let sidechains = std::array::from_fn(|i| {
            let [left, right] = &sidechains[i].sides;
            Some(Stereo { left: &left[range.clone()], right: &right[range.clone()] })
        });
        let main = StereoMut { left, right: Some(right) };
        let mut block = Block { main, sidechains, monitor: None, mode: RenderMode::Offline };
        engine.process(&targets, &mut block);
        gather(&mut meters, &mut outer.meters);
        progress(range.end, total);
    }
    ([left, right], meters)
}

fn gather(meters: &mut MeterFrame, from: &mut MeterReader) {
    while let Some(frame) = from.next_frame() {
        meters.fold(&frame);
    }
}

fn progress(done: usize, total: usize) {
    let mut terminal = std::io::stderr();
    if terminal.is_terminal() && (done == total || done.is_multiple_of(BLOCK * 64)) {
        // A terminal that has gone away is no reason to stop.
        let _ = write!(terminal, "\rmixing {:3} %", done * 100 / total);
        let _ = if done == total { writeln!(terminal) } else { terminal.flush() };
    }
}

fn print_meters(stems: &[Stem; BUSES], meters: &MeterFrame) {
    println!("{:<12} {:^METER_CELLS$}  {:>8}  {:>8}", "", "peak", "peak", "RMS");
    for (point, readings) in meters.points.iter().enumerate().take(POINTS) {
        let name = match point {
            MASTER => "master".to_owned(),
            bus => format!("{} {}", bus + 1, stems[bus].name),
        };
        let peak = Gain(readings[0].peak.max(readings[1].peak)).decibels();
        let [left, right] = readings.map(|side| side.rms(meters.frames));
        let rms = Gain(((left * left + right * right) / 2.0).sqrt()).decibels();
        println!("{name:<12} {}  {:>8}  {:>8}", bar(peak.0), peak.to_string(), rms.to_string());
    }
}

fn bar(decibels: f32) -> String {
    let share = ((decibels - METER_BOTTOM) / -METER_BOTTOM).clamp(0.0, 1.0);
    let full = (share * METER_CELLS as f32).round() as usize;
    "█".repeat(full) + &"·".repeat(METER_CELLS - full)
}

fn write_wav(path: &Path, sides: &[Vec<f32>; 2]) -> Result<(), hound::Error> {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: RATE,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer = hound::WavWriter::create(path, spec)?;
    for (left, right) in sides[0].iter().zip(&sides[1]) {
        writer.write_sample(*left)?;
        writer.write_sample(*right)?;
    }
    writer.finalize()
}

#[cfg(test)]
mod tests;
