//! A JACK server of the tests' own, with a driver that has no sound, and a client that plays and
//! records. The server waits for its clients instead of going on without them, so that nothing is
//! lost on a busy machine.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use jack::{
    AsyncClient, AudioIn, AudioOut, Client, ClientOptions, Control, Port, PortFlags,
    ProcessHandler, ProcessScope,
};

use crate::editor::until;
use crate::program::dies_with_us;

/// How long a server may take to end.
const ENDS: Duration = Duration::from_secs(5);

/// A server that runs.
pub struct Server {
    child: Child,
    /// The others wait: they would have the same name.
    _turn: MutexGuard<'static, ()>,
}

impl Server {
    /// Starts one, once the last one has ended.
    pub fn start(rate: u32, period: u32) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Self { child: start(rate, period), _turn: turn }
    }

    /// Starts another one after [`stop`](Self::stop).
    pub fn restart(&mut self, rate: u32, period: u32) {
        self.child = start(rate, period);
    }

    /// Ends the server. One that a client was killed under may wait for it; then it is killed too.
    pub fn stop(&mut self) {
        self.signal(libc::SIGTERM);
        let deadline = Instant::now() + ENDS;
        while self.child.try_wait().expect("a child").is_none() {
            if Instant::now() > deadline {
                self.signal(libc::SIGKILL);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Stops the server where it is, or lets it go on: it answers nobody meanwhile.
    pub fn hang(&mut self, on: bool) {
        self.signal(if on { libc::SIGSTOP } else { libc::SIGCONT });
    }

    fn signal(&mut self, signal: i32) {
        let gone = self.child.try_wait().expect("a child").is_some();
        let id = i32::try_from(self.child.id()).expect("a process's number");
        if !gone {
            // SAFETY: our child, which has not ended, or at least not been waited for.
            unsafe { libc::kill(id, signal) };
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.hang(false);
        self.stop();
    }
}

/// The name of this program's servers, which its clients find in the environment. JACK remembers
/// eight names, and those of servers that were killed until the next of that name; so there are a
/// few, and each is for one test program at a time.
fn name() -> &'static str {
    static NAME: OnceLock<(String, File)> = OnceLock::new();
    let (name, _) = NAME.get_or_init(|| {
        let (name, lock) = until(
            "a server's name is free",
            || (),
            || {
                (0..4).find_map(|number| {
                    let name = format!("busbar-tests-{number}");
                    let lock = File::create(std::env::temp_dir().join(&name)).expect("a file");
                    lock.try_lock().is_ok().then_some((name, lock))
                })
            },
        );
        // SAFETY: the first thing that any test of the program does; until it is done all others
        // wait for the server, so no other thread reads the environment.
        unsafe { std::env::set_var("JACK_DEFAULT_SERVER", &name) };
        (name, lock)
    });
    name
}

fn start(rate: u32, period: u32) -> Child {
    let (rate, period) = (rate.to_string(), period.to_string());
    let spawn = || {
        let mut command = Command::new("jackd");
        // Without real time, in step with its clients, and patient.
        command.args(["-n", name(), "-r", "-S", "-t", "5000"]);
        command.args(["-d", "dummy", "-r", &rate, "-p", &period]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        dies_with_us(&mut command);
        command.spawn().expect("jackd starts: the package `jackd2` has it")
    };
    let mut child = spawn();
    // After one that was killed the first only clears up.
    let respawn = |child: &mut Child| {
        if child.try_wait().expect("a child").is_some() {
            *child = spawn();
        }
    };
    until("the server takes clients", || respawn(&mut child), || client("waiting").map(drop));
    child
}

fn client(name: &str) -> Option<Client> {
    Client::new(name, ClientOptions::NO_START_SERVER).ok().map(|(client, _)| client)
}

/// Another program that is a client.
pub struct Other(Child);

impl Other {
    /// Starts it.
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        dies_with_us(&mut command);
        Self(command.spawn().expect("the packages for tests have it"))
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.0.try_wait().expect("a child").is_some()
    }
}

impl Drop for Other {
    /// A server waits long for a client that was killed: this is for tests that have failed.
    fn drop(&mut self) {
        // Of one that has ended there is nothing left to kill.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// What is played: the sample of a side at a frame.
pub type Signal = fn(side: usize, frame: u64) -> f32;

/// A client with pairs of outputs, which all play in step.
pub struct Player {
    client: AsyncClient<(), Play>,
}

struct Play {
    pairs: Vec<([Port<AudioOut>; 2], Signal)>,
    frame: u64,
}

impl Player {
    /// Plays from now on, each signal from a pair of that name into what it is connected to.
    pub fn start(signals: &[(&str, Signal)]) -> Self {
        let client = client("player").expect("a server");
        let pair = |(name, signal): &(&str, Signal)| {
            let port = |side| client.register_port(&format!("{name}_{side}"), AudioOut::default());
            (["l", "r"].map(|side| port(side).expect("a port")), *signal)
        };
        let play = Play { pairs: signals.iter().map(pair).collect(), frame: 0 };
        Self { client: client.activate_async((), play).expect("a client") }
    }

    /// Connects a pair to a pair of the program's.
    pub fn connect(&self, pair: &str, to: &str) {
        connect(self.client.as_client(), &format!("player:{pair}"), &format!("Busbar:{to}"));
    }

    /// Takes the wires away again.
    pub fn disconnect(&self, pair: &str, from: &str) {
        for side in ["l", "r"] {
            let (out, to) = (format!("player:{pair}_{side}"), format!("Busbar:{from}_{side}"));
            self.client.as_client().disconnect_ports_by_name(&out, &to).expect("disconnected");
        }
    }
}

fn connect(client: &Client, from: &str, to: &str) {
    for side in ["l", "r"] {
        let [from, to] = [from, to].map(|pair| format!("{pair}_{side}"));
        client.connect_ports_by_name(&from, &to).expect("connected");
    }
}

impl ProcessHandler for Play {
    fn process(&mut self, _: &Client, scope: &ProcessScope) -> Control {
        for (ports, signal) in &mut self.pairs {
            for (side, port) in ports.iter_mut().enumerate() {
                for (sample, frame) in port.as_mut_slice(scope).iter_mut().zip(self.frame..) {
                    *sample = signal(side, frame);
                }
            }
        }
        self.frame += u64::from(scope.n_frames());
        Control::Continue
    }
}

/// A client with a pair of inputs.
pub struct Recorder {
    client: AsyncClient<(), Record>,
    heard: Heard,
}

type Heard = Arc<Mutex<[Vec<f32>; 2]>>;

struct Record {
    ports: [Port<AudioIn>; 2],
    heard: Heard,
}

impl Recorder {
    /// Records from now on what comes from a pair of the program's.
    pub fn start(name: &str, from: &str) -> Self {
        let client = client(name).expect("a server");
        let port = |side: &str| client.register_port(&format!("in_{side}"), AudioIn::default());
        let ports = ["l", "r"].map(|side| port(side).expect("a port"));
        let heard = Heard::default();
        let record = Record { ports, heard: heard.clone() };
        let client = client.activate_async((), record).expect("a client");
        connect(client.as_client(), &format!("Busbar:{from}"), &format!("{name}:in"));
        Self { client, heard }
    }

    /// Everything since the last time.
    pub fn take(&self) -> [Vec<f32>; 2] {
        std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// So many frames from now on, or more.
    pub fn record(&self, frames: usize) -> [Vec<f32>; 2] {
        let mut all = self.take().map(|_| Vec::new());
        let mut enough = || {
            for (all, new) in all.iter_mut().zip(self.take()) {
                all.extend(new);
            }
            (all[0].len() >= frames).then_some(())
        };
        until("enough is recorded", || (), &mut enough);
        all
    }

    /// Waits until a block or more is as expected.
    pub fn until_heard(&self, what: &str, is_so: impl Fn(&[Vec<f32>; 2]) -> bool) {
        let heard = || Some(self.take()).filter(|heard| !heard[0].is_empty());
        until(what, || (), || heard().filter(&is_so).map(drop));
    }

    /// Connects two ports of others, as soon as both are there and in use.
    pub fn wire(&self, from: &str, to: &str) {
        let client = self.client.as_client();
        let wire = || client.connect_ports_by_name(from, to).ok();
        until("another's port can be connected", || (), wire);
    }

    /// The server has a port whose name begins so.
    pub fn sees(&self, start: &str) -> bool {
        let ports = self.client.as_client().ports(None, None, PortFlags::empty());
        ports.iter().any(|port| port.starts_with(start))
    }
}

impl ProcessHandler for Record {
    fn process(&mut self, _: &Client, scope: &ProcessScope) -> Control {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        for (heard, port) in heard.iter_mut().zip(&self.ports) {
            heard.extend_from_slice(port.as_slice(scope));
        }
        Control::Continue
    }
}
