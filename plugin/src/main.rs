//! Busbar as a program.

mod scan;
mod standalone;

use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
  busbar demo [FOLDER]   make eight stems, a mix, a reference and a session; print the meters
                         (FOLDER: busbar-demo in the current one)
  busbar picture [SESSION.toml] -o OUT.png [--size WIDTHxHEIGHT] [--scale 1|2] [--seconds S]
                         the editor as a picture, S seconds into what the session has on its
                         decks, or into the demo (1280x800 points, scale 1, 4 seconds)
  busbar --version       the versions of Busbar and of what is inside it
  busbar help            this text
";

fn help() -> String {
    // The texts begin where their lines' first spaces end.
    format!("Busbar: eight metered stereo buses\n\n  {}  {}  {HELP}", standalone::HELP, scan::HELP)
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(|word| word.to_str().unwrap_or("")).collect();
    match words[..] {
        ["help" | "--help" | "-h"] => print!("{}", help()),
        ["--version" | "-V" | "version"] => {
            println!("Busbar {}\n{}", env!("CARGO_PKG_VERSION"), busbar_media::about());
        }
        ["demo"] | ["demo", _] => {
            let folder = arguments.get(1).map_or_else(|| "busbar-demo".into(), PathBuf::from);
            if let Err(error) = busbar::demo::run(&folder) {
                eprintln!("busbar: {error}");
                return ExitCode::FAILURE;
            }
        }
        ["picture", ..] => return busbar::picture::command(&arguments[1..]),
        ["scan", ..] => return scan::command(&arguments[1..]),
        ["targets"] => return scan::targets(),
        ["devices"] => return standalone::devices(),
        [] => return standalone::run(&arguments),
        [first, ..] if first.starts_with('-') => return standalone::run(&arguments),
        _ => {
            eprint!("busbar: that is not understood\n\n{}", help());
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
