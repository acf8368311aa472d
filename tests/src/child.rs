//! Tests that need a process of their own: one that is to be killed, or whose memory is counted.
//! None of them may hang, take all memory or leave a core behind, whatever the plug-in does.

use std::io::Read;
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::bundle;

/// Tells a process that it is the child, and of which test.
const CHILD: &str = "BUSBAR_TEST_CHILD";

/// Plenty for a test of this program; a fault may also be that one never ends.
const PATIENCE: Duration = Duration::from_secs(120);

/// A plug-in that asks for a hundred gigabytes shall not get them.
#[cfg(target_os = "linux")]
const MEMORY: libc::rlim_t = 8 << 30;

/// Runs `body` in a process of its own, and returns what became of that. Called by a test, with its
/// own name: the child is the same test program, told to run the same test, which comes here again
/// and then runs `body` and ends.
pub fn run(test: &str, body: impl FnOnce()) -> Output {
    run_long(test, 1, body)
}

/// As [`run`], for what may take some `times` as long as other tests.
pub fn run_long(test: &str, times: u32, body: impl FnOnce()) -> Output {
    if std::env::var_os(CHILD).is_some_and(|name| name == test) {
        body();
        std::process::exit(0);
    }
    watched(test, &[(CHILD, test)], PATIENCE * times)
}

/// Runs a test of this program again, in a process of its own that finds `with` in its environment.
pub fn again(test: &str, with: &[(&str, &str)]) -> Output {
    watched(test, with, PATIENCE)
}

/// What a process has said, on both of its outputs.
pub fn said(output: &Output) -> String {
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{out}{err}")
}

fn watched(test: &str, with: &[(&str, &str)], patience: Duration) -> Output {
    let program = std::env::current_exe().expect("the test program knows itself");
    let mut command = Command::new(program);
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]);
    command.env("RUST_BACKTRACE", "0").envs(with.iter().copied()).envs(bundle::found());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    limit(&mut command);
    let mut child = command.spawn().expect("the test program can be run again");
    // Read all the while: a full pipe would make the child wait.
    let stdout = reader(child.stdout.take().expect("a pipe"));
    let stderr = reader(child.stderr.take().expect("a pipe"));
    let in_time = wait(&mut child, patience);
    let status = child.wait().expect("a child");
    let [stdout, mut stderr] = [stdout, stderr].map(|pipe| pipe.join().expect("what it said"));
    if !in_time {
        stderr.extend(format!("\nkilled: it had not ended after {patience:?}\n").bytes());
    }
    Output { status, stdout, stderr }
}

fn reader(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    let reader = std::thread::Builder::new().name("reader".into()).spawn(move || {
        let mut all = Vec::new();
        pipe.read_to_end(&mut all).expect("a pipe can be read");
        all
    });
    reader.expect("a thread")
}

/// Whether the child ended by itself; otherwise it is killed.
fn wait(child: &mut Child, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    while child.try_wait().expect("a child").is_none() {
        if Instant::now() > deadline {
            child.kill().expect("a child");
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

/// Bounds what the process may take, from its first instruction on.
#[cfg(target_os = "linux")]
fn limit(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    let set = || {
        for (what, limit) in [(libc::RLIMIT_AS, MEMORY), (libc::RLIMIT_CORE, 0)] {
            let limit = libc::rlimit { rlim_cur: limit, rlim_max: limit };
            // SAFETY: reads the limit that it is given.
            if unsafe { libc::setrlimit(what, &limit) } != 0 {
                return Err(std::io::Error::last_os_error());
            }
        }
        Ok(())
    };
    // SAFETY: between fork and exec it only calls `setrlimit`, which may be called there.
    unsafe { command.pre_exec(set) };
}

#[cfg(not(target_os = "linux"))]
fn limit(_command: &mut Command) {}
