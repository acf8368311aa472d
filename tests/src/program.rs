//! The program `busbar`, started, told to end, and listened to.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::bundle;
use crate::files::Folder;

/// Far longer than anything takes; only so that a test that has failed ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that runs, with a home of its own.
pub struct Program {
    child: Child,
    /// What it has said so far on its terminal.
    said: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<String>>,
}

/// What became of it.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; none where a signal has killed it.
    pub code: Option<i32>,
    /// The signal that has killed it.
    pub signal: Option<i32>,
    /// What it printed.
    pub out: String,
    /// What it said.
    pub said: String,
}

/// A folder that the program takes for the user's own.
pub struct Home(Folder);

impl Home {
    /// An empty one.
    pub fn new() -> Self {
        Self(Folder::new())
    }

    /// Where a file of that name is, or would be.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    /// Files to play.
    pub fn folder(&self) -> &Folder {
        &self.0
    }

    /// Where the program keeps its sessions.
    pub fn data(&self, name: &str) -> PathBuf {
        self.path(".local/share/busbar").join(name)
    }

    /// Puts a file there.
    pub fn put_data(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.data(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

/// Runs the program to its end.
pub fn run(home: &Home, arguments: &[&str]) -> Ended {
    Program::start(home, arguments).end()
}

impl Program {
    /// Starts it, without a display.
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        Self::start_with(home, arguments, &[])
    }

    /// Starts it, with more in its environment.
    pub fn start_with(home: &Home, arguments: &[&str], with: &[(&str, &str)]) -> Self {
        let mut command = Command::new(bundle::program());
        command.args(arguments).current_dir(home.path(""));
        for name in ["DISPLAY", "WAYLAND_DISPLAY", "XDG_DATA_HOME", "ALSA_CONFIG_PATH"] {
            command.env_remove(name);
        }
        command.env("HOME", home.path("")).envs(with.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        dies_with_us(&mut command);
        let mut child = command.spawn().expect("the program can be started");
        let said = Arc::<Mutex<String>>::default();
        let mut stdout = child.stdout.take().expect("a pipe");
        let stderr = child.stderr.take().expect("a pipe");
        let heard = said.clone();
        let readers = vec![
            reader(move || {
                let mut all = String::new();
                stdout.read_to_string(&mut all).expect("text");
                all
            }),
            reader(move || listen(stderr, &heard)),
        ];
        Self { child, said, readers }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it has said something, and returns all that it has said.
    pub fn until_said(&mut self, words: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let said = self.said();
            if said.contains(words) {
                return said;
            }
            let ended = self.child.try_wait().expect("a child");
            assert!(ended.is_none(), "ended ({ended:?}) and never said {words:?}:\n{said}");
            assert!(Instant::now() < deadline, "never said {words:?}:\n{said}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: i32) {
        let id = i32::try_from(self.id()).expect("a process's number");
        // SAFETY: our child, which has not been waited for.
        assert_eq!(unsafe { libc::kill(id, signal) }, 0);
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// Says what it has said when it does not end.
    pub fn end(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(5));
        };
        // All that it has said is there when its readers have come to the end.
        let outputs = self.readers.drain(..).map(|reader| reader.join().expect("no panic"));
        let out = outputs.collect();
        Ended { code: status.code(), signal: status.signal(), out, said: self.said() }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Of one that has ended there is nothing left to kill.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Ended {
    /// It has ended in order, and nothing has been allocated where nothing may be.
    #[track_caller]
    pub fn well(self) -> Self {
        assert_eq!((self.code, self.signal), (Some(0), None), "{self:?}");
        assert!(self.said.contains("busbar: 0 allocations in blocks"), "{self:?}");
        self
    }

    /// The peaks of a row of the levels that it printed, in decibels.
    #[track_caller]
    pub fn peaks(&self, row: &str) -> [f32; 2] {
        let line = self.out.lines().find(|line| line.starts_with(row));
        let line = line.unwrap_or_else(|| panic!("no row {row}: {self:?}"));
        let (_, rest) = line.split_once("peak ").expect("a peak");
        let (peaks, _) = rest.split_once(',').expect("an end");
        let mut sides = peaks.split(" / ").map(|side| {
            let number = side.trim_end_matches(" dB").replace('−', "-");
            if number.ends_with('∞') {
                f32::NEG_INFINITY
            } else {
                number.parse().expect("a level")
            }
        });
        std::array::from_fn(|_| sides.next().expect("two sides"))
    }
}

/// A process that outlived a failed test would stay for ever.
pub fn dies_with_us(command: &mut Command) {
    let ask = || {
        // SAFETY: reads its arguments.
        match unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) } {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    // SAFETY: between fork and exec it only calls `prctl`, which may be called there.
    unsafe { command.pre_exec(ask) };
}

fn reader(read: impl FnOnce() -> String + Send + 'static) -> JoinHandle<String> {
    std::thread::Builder::new().name("reader".into()).spawn(read).expect("a thread")
}

fn listen(from: ChildStderr, to: &Mutex<String>) -> String {
    for line in BufReader::new(from).lines() {
        let line = line.expect("text");
        let mut said = to.lock().unwrap_or_else(PoisonError::into_inner);
        said.push_str(&line);
        said.push('\n');
    }
    String::new()
}

/// Whether a file is a whole session that Busbar saved.
pub fn is_whole(path: &Path) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| text.ends_with("# end of session"))
}
