//! `busbar picture`: the editor as a picture, without a host, a display or a graphics processor.
//!
//! | part      | what                                                              |
//! |-----------|-------------------------------------------------------------------|
//! | `request` | what is asked for on the command line                             |
//! | `stage`   | an instance that is played to, and looked at, at a time of its own |
//!
//! The engine runs offline and the editor is told what time it is, so the same command gives the
//! same bytes. [`paint`](crate::editor::paint) says how far that holds between machines.

mod request;
mod stage;

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use crate::demo;
use crate::editor::paint::Canvas;
use crate::session_file;
use request::Request;
pub(crate) use stage::{Heard, Stage};

/// Runs the command with what follows its name.
pub fn command(arguments: &[OsString]) -> ExitCode {
    let request = match Request::parse(arguments) {
        Ok(request) => request,
        Err(mistake) => {
            eprintln!("busbar picture: {mistake}\n`busbar help` shows what it takes");
            return ExitCode::from(2);
        }
    };
    match make(&request) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("busbar picture: {error}");
            ExitCode::FAILURE
        }
    }
}

fn make(request: &Request) -> Result<(), Box<dyn std::error::Error>> {
    let mut stage = stage_of(request.session.as_deref())?;
    for complaint in stage.complaints() {
        eprintln!("busbar picture: {complaint}");
    }
    stage.play(request.seconds);
    let canvas = stage.look(request.size, request.scale)?;
    let png = png_of(&canvas).map_err(|error| format!("the picture cannot be made: {error}"))?;
    fs::write(&request.output, png).map_err(|error| cannot_write(&request.output, &error))?;
    println!("picture  {}", request.output.display());
    Ok(())
}

/// A session's decks, or the demo's stems on the inputs.
fn stage_of(session: Option<&Path>) -> Result<Stage, Box<dyn std::error::Error>> {
    let (session, heard) = match session {
        Some(path) => (session_file::open(path)?, Heard::Decks),
        None => (demo::mix(), Heard::stems()),
    };
    Ok(Stage::new(&session, heard)?)
}

fn cannot_write(path: &Path, error: &dyn fmt::Display) -> String {
    format!("cannot write {}: {error}; choose another place with -o", path.display())
}

/// As small as it gets in a moment. There is nothing behind the editor, so it has no alpha.
fn png_of(canvas: &Canvas) -> io::Result<Vec<u8>> {
    let size = |pixels: usize| u32::try_from(pixels).map_err(io::Error::other);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, size(canvas.width())?, size(canvas.height())?);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    let rgb: Vec<[u8; 3]> = canvas.pixels().iter().map(|[r, g, b, _]| [*r, *g, *b]).collect();
    encoder.write_header()?.write_image_data(rgb.as_flattened())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
