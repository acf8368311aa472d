//! How a slot is doing, for people.

use busbar_engine::session::Source;
use busbar_media::{MediaError, Reason, Shortfall};

/// How a slot is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeckStatus {
    /// What is wanted there.
    pub source: Source,
    /// How far that is.
    pub kind: Kind,
    /// It plays, or will as soon as there is something to play.
    pub is_playing: bool,
    /// Where it is, in seconds.
    pub position: f64,
    /// How long it is in seconds; while it loads, how long the file says it is.
    pub length: Option<f64>,
}

/// How far a slot's file is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Kind {
    /// Nothing is wanted.
    #[default]
    Empty,
    /// It waits for its turn, or for an engine that says at which rate it runs.
    Waiting,
    /// It is being decoded; from 0 to 1.
    Loading(f64),
    /// All of it is there.
    Ready,
    /// What is there can be played, but it is not all.
    Partial(Shortfall),
    /// It cannot be played.
    Failed(MediaError),
}

impl DeckStatus {
    /// Whether nothing is wanted.
    pub fn is_empty(&self) -> bool {
        self.kind == Kind::Empty
    }

    /// Whether there is, or will be, something to play.
    pub fn can_play(&self) -> bool {
        matches!(self.kind, Kind::Waiting | Kind::Loading(_) | Kind::Ready | Kind::Partial(_))
    }

    /// The file's name without its folder.
    pub fn name(&self) -> &str {
        let path = self.source.path.trim_end_matches(['/', '\\']);
        path.rsplit(['/', std::path::MAIN_SEPARATOR]).next().unwrap_or(path)
    }

    /// In a word or two.
    pub fn word(&self) -> String {
        match &self.kind {
            Kind::Empty => String::new(),
            Kind::Waiting => "waiting".to_owned(),
            // 100 % is what is done.
            Kind::Loading(part) => format!("loading {:.0} %", (part * 100.0).floor().min(99.0)),
            Kind::Failed(error) if error.reason == Reason::Missing => "missing".to_owned(),
            Kind::Failed(_) => "cannot play".to_owned(),
            _ if self.is_playing => "playing".to_owned(),
            Kind::Partial(_) => "incomplete".to_owned(),
            Kind::Ready => "stopped".to_owned(),
        }
    }

    /// What is wrong, if something is, and what one can do: without the path, which the slot shows
    /// already.
    pub fn complaint(&self) -> Option<String> {
        match &self.kind {
            Kind::Failed(error) => Some(format!("{}. {}", error.reason, error.reason.advice())),
            Kind::Partial(shortfall) => Some(shortfall.to_string()),
            _ => None,
        }
    }

    /// The same with the path and what one can do about it.
    pub fn explanation(&self) -> Option<String> {
        match &self.kind {
            Kind::Failed(error) => Some(error.to_string()),
            Kind::Partial(shortfall) => Some(format!("{}: {shortfall}", self.source.path)),
            _ => None,
        }
    }
}
