//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use lexopt::Parser;
use lexopt::prelude::*;

/// The part of the help text that is about the program itself.
pub const HELP: &str = "\
  busbar [OPTION]...     the mixer, in a window of its own
    --driver NAME          auto, jack, device or dummy (auto: JACK where a server runs, else a
                           device, else dummy, which is silent)
    --rate HZ              for device and dummy; JACK's server has its own
    --period FRAMES        likewise
    --output NAME          device: the device's name; jack: the client to connect the main output
                           to, or none (the first physical ports)
    --input NAME           likewise for the main input (none)
    --session FILE         the session to open, and to save to (Busbar's own, saved by itself)
    --play                 start the session's decks, together, once their files are there
    --no-window            without the editor; says at the end how loud it was
    --seconds N            end after so much sound (of the decks, with --play)
  busbar devices         what --driver, --output and --input can name
";

/// What drives the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The first that works: JACK, a device, the timer.
    Auto,
    /// A JACK server that runs already.
    Jack,
    /// A sound device of the system.
    Device,
    /// A timer.
    Dummy,
}

/// What the command line says.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// What drives the engine.
    pub driver: Choice,
    /// In hertz; the driver's own where it is not given.
    pub rate: Option<u32>,
    /// Frames of a block, likewise.
    pub period: Option<u32>,
    /// Where the sound goes.
    pub output: Option<String>,
    /// Where it comes from.
    pub input: Option<String>,
    /// The session's file, where it is not the program's own.
    pub session: Option<PathBuf>,
    /// Starts the decks.
    pub play: bool,
    /// Shows the editor.
    pub window: bool,
    /// Ends after so much sound.
    pub seconds: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            driver: Choice::Auto,
            rate: None,
            period: None,
            output: None,
            input: None,
            session: None,
            play: false,
            window: true,
            seconds: None,
        }
    }
}

const RATES: std::ops::RangeInclusive<u32> = 8_000..=768_000;
const PERIODS: std::ops::RangeInclusive<u32> = 16..=16_384;
/// A year: far more than the numbers of frames have trouble with.
const LONGEST: f64 = 366.0 * 86_400.0;

impl Options {
    /// Reads the words after the program's name.
    ///
    /// # Errors
    /// Says which word is not understood, and what would be.
    pub fn parse(words: &[OsString]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut parser = Parser::from_args(words);
        while let Some(word) = parser.next().map_err(|error| error.to_string())? {
            let name = match word {
                Long(name) => name.to_owned(),
                word => return Err(word.unexpected().to_string()),
            };
            options.take(&name, &mut parser)?;
        }
        Ok(options)
    }

    fn take(&mut self, name: &str, parser: &mut Parser) -> Result<(), String> {
        match name {
            "driver" => self.driver = choice(&text(name, parser)?)?,
            "rate" => self.rate = Some(whole(name, &text(name, parser)?, RATES, "hertz")?),
            "period" => self.period = Some(whole(name, &text(name, parser)?, PERIODS, "frames")?),
            "output" => self.output = Some(text(name, parser)?),
            "input" => self.input = Some(text(name, parser)?),
            "session" => self.session = Some(value(parser)?.into()),
            "play" => self.play = true,
            "no-window" => self.window = false,
            "seconds" => self.seconds = Some(seconds(&text(name, parser)?)?),
            _ => return Err(format!("there is no option --{name}")),
        }
        Ok(())
    }
}

fn value(parser: &mut Parser) -> Result<OsString, String> {
    parser.value().map_err(|error| error.to_string())
}

fn text(name: &str, parser: &mut Parser) -> Result<String, String> {
    value(parser)?.into_string().map_err(|value| format!("--{name} {value:?} is not text"))
}

fn choice(name: &str) -> Result<Choice, String> {
    match name {
        "auto" => Ok(Choice::Auto),
        "jack" => Ok(Choice::Jack),
        "device" => Ok(Choice::Device),
        "dummy" => Ok(Choice::Dummy),
        other => Err(format!("--driver {other}: it is auto, jack, device or dummy")),
    }
}

fn whole(
    name: &str,
    text: &str,
    range: std::ops::RangeInclusive<u32>,
    unit: &str,
) -> Result<u32, String> {
    text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
        let (low, high) = (range.start(), range.end());
        format!("--{name} {text}: it is a number of {unit} from {low} to {high}")
    })
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.0..=LONGEST).contains(seconds));
    seconds
        .map(Duration::from_secs_f64)
        .ok_or_else(|| format!("--seconds {text}: it is a number of seconds, 0 or more"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Options, String> {
        Options::parse(&words.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn every_option_is_understood_in_both_ways_of_writing_it() {
        assert_eq!(parse(""), Ok(Options::default()));
        let all = "--driver dummy --rate 44100 --period=256 --output a --input=b --session c.toml \
                   --play --no-window --seconds 1.5";
        let expected = Options {
            driver: Choice::Dummy,
            rate: Some(44_100),
            period: Some(256),
            output: Some("a".into()),
            input: Some("b".into()),
            session: Some("c.toml".into()),
            play: true,
            window: false,
            seconds: Some(Duration::from_millis(1500)),
        };
        assert_eq!(parse(all), Ok(expected));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (words, part) in [
            ("--driver alsa", "jack, device or dummy"),
            ("--rate 7", "8000 to 768000"),
            ("--rate fast", "--rate fast"),
            ("--rate", "rate"),
            ("--period 0", "16 to 16384"),
            ("--seconds -1", "--seconds -1"),
            ("--seconds nan", "--seconds nan"),
            ("--seconds 1e300", "--seconds 1e300"),
            ("--loud", "--loud"),
            ("--play=yes", "play"),
            ("-x", "x"),
            ("--play session.toml", "session.toml"),
        ] {
            let reason = parse(words).unwrap_err();
            assert!(reason.contains(part), "{words}: {reason}");
        }
    }
}
