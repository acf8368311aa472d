//! What is asked for on the command line.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::editor::SMALLEST;

/// Wider or higher than this it is no editor any more.
const LARGEST: u32 = 4096;

/// Longer than this nobody waits for a picture.
const LONGEST: f64 = 600.0;

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// A file; without one the demo is to be seen.
    pub session: Option<PathBuf>,
    /// Where it goes.
    pub output: PathBuf,
    /// Width and height of the editor in points.
    pub size: [u32; 2],
    /// Pixels in a point.
    pub scale: u32,
    /// How long the editor has been there.
    pub seconds: f64,
}

impl Request {
    /// Reads the words after `picture`.
    ///
    /// # Errors
    /// Says which word cannot be understood, and what could stand there.
    pub fn parse(arguments: &[OsString]) -> Result<Self, String> {
        let (mut session, mut output) = (None, None);
        let (mut size, mut scale, mut seconds) = ([1280, 800], 1, 4.0);
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let mut value = |what: &str| {
                let missing = || format!("{} needs {what} after it", word.display());
                words.next().map(OsString::as_os_str).ok_or_else(missing)
            };
            match word.to_str() {
                Some("-o" | "--output") => output = Some(value("the file to write")?.into()),
                Some("--size") => size = size_of(value("a size, like 1280x800,")?)?,
                Some("--scale") => scale = scale_of(value("1 or 2")?)?,
                Some("--seconds") => seconds = seconds_of(value("a number of seconds")?)?,
                Some(option) if option.starts_with('-') => {
                    return Err(format!("there is no option {option}"));
                }
                _ if session.is_some() => {
                    return Err(format!("{} is a second session: give one", word.display()));
                }
                _ => session = Some(word.into()),
            }
        }
        let output = output.ok_or("where shall the picture go? Name a file with -o OUT.png")?;
        Ok(Self { session, output, size, scale, seconds })
    }
}

fn size_of(word: &OsStr) -> Result<[u32; 2], String> {
    let least = [SMALLEST.width as u32, SMALLEST.height as u32];
    let size = word.to_str().and_then(|word| word.split_once(['x', '×'])).and_then(|(w, h)| {
        let side = |text: &str, least: u32| {
            text.parse().ok().filter(|points| (least..=LARGEST).contains(points))
        };
        Some([side(w, least[0])?, side(h, least[1])?])
    });
    size.ok_or_else(|| {
        let [width, height] = least;
        format!(
            "--size {}: give width and height in points, like 1280x800, from {width}x{height} to \
             {LARGEST}x{LARGEST}",
            word.display()
        )
    })
}

fn scale_of(word: &OsStr) -> Result<u32, String> {
    match word.to_str() {
        Some("1") => Ok(1),
        Some("2") => Ok(2),
        _ => Err(format!("--scale {}: give 1 or 2", word.display())),
    }
}

fn seconds_of(word: &OsStr) -> Result<f64, String> {
    let seconds = word.to_str().and_then(|word| word.parse().ok());
    seconds
        .filter(|seconds| (0.0..=LONGEST).contains(seconds))
        .ok_or_else(|| format!("--seconds {}: give a number from 0 to {LONGEST}", word.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Request, String> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        Request::parse(&words)
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let request = Request {
            session: None,
            output: "a.png".into(),
            size: [1280, 800],
            scale: 1,
            seconds: 4.0,
        };
        assert_eq!(parse("-o a.png"), Ok(request.clone()));
        let all = Request {
            session: Some("s.toml".into()),
            size: [900, 560],
            scale: 2,
            seconds: 0.5,
            ..request
        };
        let line = "--seconds .5 --scale 2 s.toml --size 900x560 -o a.png";
        assert_eq!(parse(line), Ok(all));
    }

    #[test]
    fn what_is_not_understood_is_named_with_what_could_be_there() {
        for (line, named, advice) in [
            ("", "where", "-o OUT.png"),
            ("s.toml", "where", "-o OUT.png"),
            ("-o", "-o", "the file to write"),
            ("-o a.png --size", "--size", "1280x800"),
            ("-o a.png --size big", "--size big", "1280x800"),
            ("-o a.png --size 899x800", "899x800", "900x560"),
            ("-o a.png --size 1280x9999", "1280x9999", "4096x4096"),
            ("-o a.png --size -1280x800", "-1280x800", "900x560"),
            ("-o a.png --scale 3", "--scale 3", "1 or 2"),
            ("-o a.png --scale 1.5", "--scale 1.5", "1 or 2"),
            ("-o a.png --seconds -1", "--seconds -1", "0 to 600"),
            ("-o a.png --seconds nan", "--seconds nan", "0 to 600"),
            ("-o a.png --seconds 601", "--seconds 601", "0 to 600"),
            ("-o a.png one.toml two.toml", "two.toml", "give one"),
            ("-o a.png --dark", "--dark", "no option"),
        ] {
            let mistake = parse(line).expect_err(line);
            assert!(mistake.contains(named) && mistake.contains(advice), "{line}: {mistake}");
        }
    }
}
