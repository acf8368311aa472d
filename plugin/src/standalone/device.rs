//! The system's own sound devices, through cpal: ALSA, CoreAudio, WASAPI.
//!
//! The output's clock is the one that counts. An input, which is opened only when it is asked for,
//! comes through a [`ring`](super::ring); its channels are the buses, two by two.

use std::sync::{Arc, Mutex, PoisonError};

use busbar::guard::shield;
use busbar_engine::{BUSES, Block, RenderMode, Stereo, StereoMut};
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{
    BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, Stream, StreamConfig,
    SupportedStreamConfigRange,
};

use super::driver::Driver;
use super::options::{Choice, Options};
use super::ring::{Drain, Feed, ring};
use super::stage::{Counts, Stage};

/// The rate that is taken where nobody says one and the device can.
const RATE: u32 = 48_000;
/// The device that the system prefers.
const DEFAULT: &str = "default";
/// Formats that are spoken, the best first.
const FORMATS: [SampleFormat; 3] = [SampleFormat::F32, SampleFormat::I32, SampleFormat::I16];
/// Frames that are processed at once: longer blocks of the device are cut.
const PIECE: usize = 1024;
/// How much of an input is kept at the most, in seconds: half of it is its delay.
const RING_SECONDS: f64 = 0.1;

/// Streams that run.
pub struct Device {
    // In this order: the output goes first, or it would run dry for a moment.
    _output: Stream,
    _input: Option<Stream>,
    trouble: Arc<Trouble>,
    words: String,
}

/// Why a stream has stopped.
#[derive(Default)]
struct Trouble(Mutex<Option<String>>);

impl Trouble {
    /// Takes what cpal says, on whichever thread it does so.
    fn note(&self, what: &str, error: &cpal::Error, counts: &Counts) {
        match error.kind() {
            ErrorKind::Xrun => Counts::add(&counts.xruns),
            // Goes on, if not as well as it could.
            ErrorKind::RealtimeDenied | ErrorKind::DeviceChanged => {}
            _ => {
                let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                first.get_or_insert_with(|| format!("the {what} device has stopped: {error}"));
            }
        }
    }
}

fn host() -> Result<cpal::Host, String> {
    #[cfg(target_os = "linux")]
    super::late_alsa::load()?;
    Ok(cpal::default_host())
}

impl Device {
    /// Opens the output, and the input where one is asked for, and begins.
    ///
    /// # Errors
    /// Says why not, and what to do.
    pub fn open(options: &Options, stage: &Arc<Stage>, turn: u64) -> Result<Self, String> {
        let host = host()?;
        let trouble = Arc::<Trouble>::default();
        let device = find(&host, options.output.as_deref(), Way::Out)?;
        let (config, format) = choose(&device, Way::Out, options, options.rate)?;
        let rate = config.sample_rate;
        stage.prepare(turn, rate)?;
        let input = match options.input.as_deref().filter(|name| *name != "none") {
            Some(name) => Some(open_input(&host, name, rate, options, stage, &trouble)?),
            None => None,
        };
        let mut words =
            format!("device {}, {rate} Hz, {} channels", name_of(&device), config.channels);
        let (input, drain) = match input {
            Some((stream, drain, name)) => {
                words.push_str(&format!(
                    "; input {name}, {} channels, not resampled: a clock of its own will make it \
                     drop or miss a few frames now and then",
                    drain.channels()
                ));
                (Some(stream), Some(drain))
            }
            None => (None, None),
        };
        let player = Player {
            stage: stage.clone(),
            channels: config.channels.into(),
            drain,
            sides: vec![[[0.0; PIECE]; 2]; BUSES].into(),
        };
        let output = match format {
            SampleFormat::F32 => play::<f32>(&device, config, player, &trouble),
            SampleFormat::I32 => play::<i32>(&device, config, player, &trouble),
            _ => play::<i16>(&device, config, player, &trouble),
        }
        .and_then(|output| output.play().map(|()| output))
        .map_err(|error| {
            format!("device: {} cannot be played through: {error}", name_of(&device))
        })?;
        Ok(Self { _output: output, _input: input, trouble, words })
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Out,
    In,
}

fn find(host: &cpal::Host, wanted: Option<&str>, way: Way) -> Result<cpal::Device, String> {
    let what = if way == Way::Out { "output" } else { "input" };
    let Some(wanted) = wanted.filter(|name| *name != DEFAULT) else {
        let device = match way {
            Way::Out => host.default_output_device(),
            Way::In => host.default_input_device(),
        };
        return device.ok_or_else(|| format!("device: this machine has no {what} device"));
    };
    let all: Vec<_> = host.devices().map_err(|error| format!("device: {error}"))?.collect();
    let is_named = |device: &&cpal::Device| {
        device.id().is_ok_and(|id| id.id() == wanted) || name_of(device) == wanted
    };
    let wanted_lower = wanted.to_lowercase();
    let is_like = |device: &&cpal::Device| name_of(device).to_lowercase().contains(&wanted_lower);
    let found = all.iter().find(is_named).or_else(|| all.iter().find(is_like));
    found.cloned().ok_or_else(|| {
        format!("device: there is no {what} device {wanted}; `busbar devices` lists them")
    })
}

fn name_of(device: &cpal::Device) -> String {
    match device.description() {
        Ok(description) => description.name().to_owned(),
        Err(_) => device.id().map_or_else(|_| "?".to_owned(), |id| id.id().to_owned()),
    }
}

/// The best of what a device can: the right rate, then two channels, then the finest format.
fn choose(
    device: &cpal::Device,
    way: Way,
    options: &Options,
    rate: Option<u32>,
) -> Result<(StreamConfig, SampleFormat), String> {
    let failed = |reason: &dyn std::fmt::Display| format!("device: {}: {reason}", name_of(device));
    let configs: Vec<_> = match way {
        Way::Out => device.supported_output_configs().map_err(|error| failed(&error))?.collect(),
        Way::In => device.supported_input_configs().map_err(|error| failed(&error))?.collect(),
    };
    let can = |config: &SupportedStreamConfigRange, rate| {
        (config.min_sample_rate()..=config.max_sample_rate()).contains(&rate)
    };
    let usable = configs.iter().filter(|config| {
        FORMATS.contains(&config.sample_format())
            && config.channels() > 0
            && rate.is_none_or(|rate| can(config, rate))
    });
    let best = usable.min_by_key(|config| {
        let format = FORMATS.iter().position(|format| *format == config.sample_format());
        // Surplus channels of an output stay silent; a single one is the last resort.
        let channels = if config.channels() == 1 { u16::MAX } else { config.channels() };
        (!can(config, RATE), channels, format)
    });
    let best = best.ok_or_else(|| match rate {
        Some(rate) => failed(&format_args!("it cannot run at {rate} Hz; give another --rate")),
        None => failed(&"it has no format that is known here"),
    })?;
    let rate = match rate {
        Some(rate) => rate,
        None if can(best, RATE) => RATE,
        None => best.max_sample_rate(),
    };
    let config = StreamConfig {
        channels: best.channels(),
        sample_rate: rate,
        buffer_size: options.period.map_or(BufferSize::Default, BufferSize::Fixed),
    };
    Ok((config, best.sample_format()))
}

fn open_input(
    host: &cpal::Host,
    name: &str,
    rate: u32,
    options: &Options,
    stage: &Arc<Stage>,
    trouble: &Arc<Trouble>,
) -> Result<(Stream, Drain, String), String> {
    let device = find(host, Some(name), Way::In)?;
    let (config, format) = choose(&device, Way::In, options, Some(rate))?;
    let frames = (f64::from(rate) * RING_SECONDS) as usize;
    let frames = frames.max(4 * options.period.unwrap_or(0) as usize);
    let (feed, drain) = ring(frames, config.channels.into());
    let stream = match format {
        SampleFormat::F32 => record::<f32>(&device, config, feed, stage, trouble),
        SampleFormat::I32 => record::<i32>(&device, config, feed, stage, trouble),
        _ => record::<i16>(&device, config, feed, stage, trouble),
    }
    .and_then(|stream| stream.play().map(|()| stream))
    .map_err(|error| format!("device: {} cannot be recorded from: {error}", name_of(&device)))?;
    Ok((stream, drain, name_of(&device)))
}

fn record<T>(
    device: &cpal::Device,
    config: StreamConfig,
    mut feed: Feed,
    stage: &Arc<Stage>,
    trouble: &Arc<Trouble>,
) -> Result<Stream, cpal::Error>
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let (stage, trouble) = (stage.clone(), trouble.clone());
    let told = stage.clone();
    device.build_input_stream(
        config,
        move |data: &[T], _: &_| {
            _ = shield(|| {
                feed.put(data.iter().map(|sample| sample.to_sample::<f32>()), &stage.counts);
            });
        },
        move |error| trouble.note("input", &error, &told.counts),
        None,
    )
}

fn play<T>(
    device: &cpal::Device,
    config: StreamConfig,
    mut player: Player,
    trouble: &Arc<Trouble>,
) -> Result<Stream, cpal::Error>
where
    T: SizedSample + FromSample<f32>,
{
    let (stage, trouble) = (player.stage.clone(), trouble.clone());
    device.build_output_stream(
        config,
        move |data: &mut [T], _: &_| {
            // The engine's own panics are caught on the stage; this is for all else.
            if shield(|| player.play(data)).is_none() {
                player.stage.shared.link.fail();
            }
        },
        move |error| trouble.note("output", &error, &stage.counts),
        None,
    )
}

/// The output's callback.
struct Player {
    stage: Arc<Stage>,
    channels: usize,
    drain: Option<Drain>,
    /// The buses, planar; the first is the main one, in place.
    sides: Box<[[[f32; PIECE]; 2]]>,
}

impl Player {
    /// Realtime-safe.
    fn play<T: SizedSample + FromSample<f32>>(&mut self, data: &mut [T]) {
        for piece in data.chunks_mut(PIECE * self.channels) {
            let frames = piece.len() / self.channels;
            let inputs = self.take_inputs(frames);
            let Some(([left, right], sidechains)) = self.sides.split_first_mut() else { return };
            let (left, right) = (&mut left[..frames], &mut right[..frames]);
            self.stage.run(&mut Block {
                main: StereoMut { left, right: Some(right) },
                sidechains: std::array::from_fn(|i| {
                    let [left, right] = &sidechains[i];
                    // The main bus takes the first two channels.
                    (inputs > 2 * (i + 1))
                        .then_some(Stereo { left: &left[..frames], right: &right[..frames] })
                }),
                monitor: None,
                mode: RenderMode::Realtime,
            });
            give(left, right, piece, self.channels);
        }
    }

    /// Parts the input into buses; says how many channels there are.
    fn take_inputs(&mut self, frames: usize) -> usize {
        self.sides[0].iter_mut().for_each(|side| side[..frames].fill(0.0));
        let Some(drain) = &mut self.drain else { return 0 };
        let (channels, sides) = (drain.channels(), &mut self.sides);
        drain.take(frames, &self.stage.counts, |frame, channel, sample| {
            if let Some(bus) = sides.get_mut(channel / 2) {
                bus[channel % 2][frame] = sample;
                // A single channel, or the last of an odd number, is heard on both sides.
                if channel % 2 == 0 && channel + 1 == channels {
                    bus[1][frame] = sample;
                }
            }
        });
        channels
    }
}

/// Writes the programme to a device's interleaved channels.
fn give<T: SizedSample + FromSample<f32>>(
    left: &[f32],
    right: &[f32],
    data: &mut [T],
    channels: usize,
) {
    for ((frame, left), right) in data.chunks_exact_mut(channels).zip(left).zip(right) {
        match frame {
            [only] => *only = T::from_sample((left + right) / 2.0),
            [first, second, rest @ ..] => {
                (*first, *second) = (T::from_sample(*left), T::from_sample(*right));
                rest.fill(T::EQUILIBRIUM);
            }
            [] => {}
        }
    }
}

impl Driver for Device {
    fn describe(&self) -> String {
        self.words.clone()
    }

    fn lost(&self) -> Option<String> {
        self.trouble.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn choice(&self) -> Choice {
        Choice::Device
    }
}

/// The devices there are, for people.
pub fn list() -> String {
    let devices = host().and_then(|host| {
        host.devices().map(Iterator::collect::<Vec<_>>).map_err(|error| error.to_string())
    });
    let devices = match devices {
        Ok(devices) => devices,
        Err(reason) => return format!("  {reason}"),
    };
    let mut text = format!("  {DEFAULT}");
    for device in devices {
        let way = match (device.supports_input(), device.supports_output()) {
            (true, true) => "in and out",
            (true, false) => "in",
            (false, true) => "out",
            (false, false) => continue,
        };
        let id = device.id().map_or_else(|_| "?".to_owned(), |id| id.id().to_owned());
        if id == DEFAULT {
            continue;
        }
        text.push_str(&format!("\n  {id}  ({}; {way})", name_of(&device)));
    }
    text
}
