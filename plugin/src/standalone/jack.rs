//! A JACK server, or PipeWire in its place: one client with a pair of ports for each bus.
//!
//! The library is opened when it is needed, so the program starts without it. Rate and period are
//! the server's. A port that nothing is connected to counts as no bus, as in a host.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use busbar::guard::shield;
use busbar_engine::{BUSES, Block, RenderMode, Stereo, StereoMut};
use jack::{
    AsyncClient, AudioIn, AudioOut, Client, ClientOptions, ClientStatus, Control, Error, Frames,
    NotificationHandler, Port, PortFlags, ProcessHandler, ProcessScope, Unowned,
};

use super::driver::Driver;
use super::options::{Choice, Options};
use super::stage::{Counts, Stage};

const NAME: &str = "Busbar";
/// JACK's name for the kind of port.
const AUDIO: &str = "32 bit float mono audio";
/// What `--output` says where nothing is to be connected.
const NOTHING: &str = "none";

/// A client that is being called.
pub struct Jack {
    client: Option<AsyncClient<Notes, Player>>,
    buses: [Pair<Unowned>; BUSES],
    monitor: Pair<Unowned>,
    wires: Arc<Wires>,
    rate: u32,
}

/// What the threads of a client tell each other.
#[derive(Default)]
struct Wires {
    /// Bit i: something is connected to bus i.
    buses: AtomicU32,
    /// Somebody listens to the monitor.
    monitor: AtomicBool,
    freewheels: AtomicBool,
    shut_down: AtomicBool,
    /// The rate has changed to this one; 0 for not.
    other_rate: AtomicU32,
    period: AtomicU32,
}

type Pair<Kind> = [Port<Kind>; 2];

/// The audio callback.
struct Player {
    buses: [Pair<AudioIn>; BUSES],
    main: Pair<AudioOut>,
    monitor: Pair<AudioOut>,
    stage: Arc<Stage>,
    wires: Arc<Wires>,
}

/// What the server has to say. It does so on a thread that it cancels when it ends, wherever that
/// is, and a cancellation must not meet a frame of ours: so these set flags and wait for nothing.
struct Notes {
    stage: Arc<Stage>,
    wires: Arc<Wires>,
    rate: u32,
}

fn connect_to_server() -> Result<Client, String> {
    // A server is never started: that is the user's to decide.
    match Client::new(NAME, ClientOptions::NO_START_SERVER) {
        Ok((client, _)) => Ok(client),
        Err(Error::LibraryError(reason)) => Err(format!("jack: there is no JACK here: {reason}")),
        Err(Error::ClientError(status)) if status.contains(ClientStatus::SERVER_FAILED) => {
            Err("jack: no server runs; start one (or PipeWire's), or use --driver device".into())
        }
        Err(error) => Err(format!("jack: the server does not take us: {error}")),
    }
}

impl Jack {
    /// Joins the server's graph.
    ///
    /// # Errors
    /// Says why not.
    pub fn open(options: &Options, stage: &Arc<Stage>, turn: u64) -> Result<Self, String> {
        let client = connect_to_server()?;
        let failed = |what: &str, error: Error| format!("jack: {what}: {error}");
        let register = |client: &Client, name: &str| -> Result<Pair<AudioIn>, Error> {
            Ok([
                client.register_port(&format!("{name}_l"), AudioIn::default())?,
                client.register_port(&format!("{name}_r"), AudioIn::default())?,
            ])
        };
        let offer = |client: &Client, name: &str| -> Result<Pair<AudioOut>, Error> {
            Ok([
                client.register_port(&format!("{name}_l"), AudioOut::default())?,
                client.register_port(&format!("{name}_r"), AudioOut::default())?,
            ])
        };
        let ports = || -> Result<_, Error> {
            let main = register(&client, "main_in")?;
            let mut buses = vec![main];
            for bus in 2..=BUSES {
                buses.push(register(&client, &format!("bus{bus}"))?);
            }
            Ok((buses, offer(&client, "main_out")?, offer(&client, "monitor")?))
        };
        let (buses, main, monitor) =
            ports().map_err(|error| failed("the ports cannot be made", error))?;
        let Ok(buses) = <[_; BUSES]>::try_from(buses) else { unreachable!("one for each bus") };

        let rate = client.sample_rate();
        stage.prepare(turn, rate)?;
        let wires = Arc::<Wires>::default();
        wires.period.store(client.buffer_size(), Relaxed);
        let notes = Notes { stage: stage.clone(), wires: wires.clone(), rate };
        let (seen, heard) = (buses.each_ref().map(unowned), unowned(&monitor));
        let player = Player { buses, main, monitor, stage: stage.clone(), wires: wires.clone() };
        let client = client
            .activate_async(notes, player)
            .map_err(|error| failed("the client cannot be activated", error))?;
        connect(client.as_client(), options);
        Ok(Self { client: Some(client), buses: seen, monitor: heard, wires, rate })
    }
}

fn unowned<Kind: jack::PortSpec>(pair: &Pair<Kind>) -> Pair<Unowned> {
    pair.each_ref().map(Port::clone_unowned)
}

/// Connects the main ports as the command line says. What cannot be connected can be seen, and
/// connected, in any patch bay.
fn connect(client: &Client, options: &Options) {
    let ours = |port: &str| ["l", "r"].map(|side| format!("{}:{port}_{side}", client.name()));
    let theirs = |wanted: Option<&str>, flags: PortFlags| -> Vec<String> {
        let (start, flags) = match wanted {
            Some(name) => (format!("{name}:"), flags),
            None => (String::new(), flags | PortFlags::IS_PHYSICAL),
        };
        let mut ports = client.ports(None, Some(AUDIO), flags);
        ports.retain(|port| port.starts_with(&start));
        ports
    };
    if options.output.as_deref() != Some(NOTHING) {
        let to = theirs(options.output.as_deref(), PortFlags::IS_INPUT);
        for (from, to) in ours("main_out").iter().zip(&to) {
            _ = client.connect_ports_by_name(from, to);
        }
    }
    // What is heard is not recorded unless somebody asks for it: a microphone would howl.
    if let Some(name) = options.input.as_deref().filter(|name| *name != NOTHING) {
        let from = theirs(Some(name), PortFlags::IS_OUTPUT);
        for (from, to) in from.iter().zip(&ours("main_in")) {
            _ = client.connect_ports_by_name(from, to);
        }
    }
}

impl ProcessHandler for Player {
    /// Realtime-safe.
    fn process(&mut self, _: &Client, scope: &ProcessScope) -> Control {
        // The engine's own panics are caught on the stage; this is for all else.
        if shield(|| self.play(scope)).is_none() {
            self.stage.shared.link.fail();
        }
        Control::Continue
    }

    fn buffer_size(&mut self, _: &Client, frames: Frames) -> Control {
        // The engine takes blocks of any length; this is only to be told.
        self.wires.period.store(frames, Relaxed);
        Control::Continue
    }
}

impl Player {
    fn play(&mut self, scope: &ProcessScope) {
        let connected = self.wires.buses.load(Relaxed);
        let [main_in, sidechains @ ..] = &self.buses;
        let [left, right] = self.main.each_mut().map(|port| port.as_mut_slice(scope));
        left.copy_from_slice(main_in[0].as_slice(scope));
        right.copy_from_slice(main_in[1].as_slice(scope));
        let sidechains = std::array::from_fn(|i| {
            let [left, right] = sidechains[i].each_ref().map(|port| port.as_slice(scope));
            (connected >> (i + 1) & 1 == 1).then_some(Stereo { left, right })
        });
        let [monitor_left, monitor_right] =
            self.monitor.each_mut().map(|port| port.as_mut_slice(scope));
        let is_heard = self.wires.monitor.load(Relaxed);
        let freewheels = self.wires.freewheels.load(Relaxed);
        self.stage.run(&mut Block {
            main: StereoMut { left, right: Some(right) },
            sidechains,
            monitor: is_heard
                .then_some(StereoMut { left: monitor_left, right: Some(monitor_right) }),
            mode: if freewheels { RenderMode::Offline } else { RenderMode::Realtime },
        });
    }
}

impl NotificationHandler for Notes {
    unsafe fn shutdown(&mut self, _: ClientStatus, _: &str) {
        self.wires.shut_down.store(true, Relaxed);
    }

    fn freewheel(&mut self, _: &Client, on: bool) {
        self.wires.freewheels.store(on, Relaxed);
    }

    fn sample_rate(&mut self, _: &Client, rate: Frames) -> Control {
        if rate != self.rate {
            self.wires.other_rate.store(rate, Relaxed);
        }
        Control::Continue
    }

    fn xrun(&mut self, _: &Client) -> Control {
        Counts::add(&self.stage.counts.xruns);
        Control::Continue
    }
}

impl Driver for Jack {
    /// Which ports have something at their other end. Asked here and not in the audio callback:
    /// PipeWire takes a lock to answer, and jackd may let one wait for a period. Asked each time,
    /// and not when jackd notifies of a wire: it does so before the wire is to be seen.
    fn look(&mut self) {
        if self.wires.shut_down.load(Relaxed) {
            return;
        }
        let is_connected = |pair: &Pair<Unowned>| {
            pair.iter().any(|port| port.connected_count().is_ok_and(|count| count > 0))
        };
        let buses = self.buses.iter().zip(0..);
        let buses = buses.map(|(pair, bus)| u32::from(is_connected(pair)) << bus).sum();
        self.wires.buses.store(buses, Relaxed);
        self.wires.monitor.store(is_connected(&self.monitor), Relaxed);
    }

    fn describe(&self) -> String {
        let period = self.wires.period.load(Relaxed);
        let name = self.client.as_ref().map_or(NAME, |client| client.as_client().name());
        format!("jack, client {name}, {} Hz, {period} frames", self.rate)
    }

    fn lost(&self) -> Option<String> {
        if self.wires.shut_down.load(Relaxed) {
            return Some("the JACK server has ended".into());
        }
        match self.wires.other_rate.load(Relaxed) {
            0 => None,
            rate => Some(format!("the JACK server runs at {rate} Hz now")),
        }
    }

    fn choice(&self) -> Choice {
        Choice::Jack
    }
}

impl Drop for Jack {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            // Of a server that is gone there is nothing to be had but an error.
            _ = client.deactivate();
        }
    }
}

/// Whether there is a server, for people.
pub fn list() -> String {
    match connect_to_server() {
        Ok(client) => {
            let (rate, period) = (client.sample_rate(), client.buffer_size());
            let ports = client.ports(None, Some(AUDIO), PortFlags::empty());
            let mut names: Vec<_> =
                ports.iter().filter_map(|port| port.split(':').next()).collect();
            names.retain(|name| *name != client.name());
            names.dedup();
            let mut text = format!("  a server runs: {rate} Hz, {period} frames");
            for name in names {
                text.push_str(&format!("\n  {name}"));
            }
            text
        }
        Err(reason) => format!("  {}", reason.trim_start_matches("jack: ")),
    }
}
