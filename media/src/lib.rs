//! Busbar's files: decoding through a private FFmpeg.
//!
//! [`Decoder::open`] takes a path and gives planar `f32` blocks, one call at a time, so that a
//! worker can turn to a more urgent job between any two of them. Each decoder owns everything it
//! needs and may move between threads; a [`Cancel`] ends its work from anywhere. A [`Loader`] has
//! such workers, and turns files into clips that play while they grow.
//!
//! | module      | what                                                                |
//! |-------------|---------------------------------------------------------------------|
//! | [`decoder`] | a file to blocks of samples, and how it ended                        |
//! | [`loader`]  | threads that turn files into clips, for everybody who asks            |
//! | [`measure`] | a file's loudness and peaks, in its own channels, while it is decoded |
//! | [`scan`]    | measuring many files, side by side and in order                      |
//! | [`waveform`]| what a clip looks like, drawn from while it grows                    |
//! | [`format`]  | what a file says of itself, what a decode came to, limits            |
//! | [`planar`]  | the reusable buffer between a decoder and its caller                 |
//! | [`speakers`]| which channel is for which speaker, and how it is played in stereo    |
//! | [`cancel`]  | the handle that ends a decode                                        |
//! | [`error`]   | which file, at which stage, why, and what one can do                 |
//! | `source`    | opening regular files, and nothing else, without ever waiting        |
//! | [`tags`]    | what a file is called, in words that are fit to be shown             |
//! | `dual_mono` | whether two channels are two programmes                              |
//! | `mp4`       | how much sound the tracks of an MP4 hold, to the sample              |
//! | `ogg`       | whether an Ogg file is one piece or several                          |
//! | `riff`      | how much sound the header of a WAV announces                         |
//! | `ffmpeg`    | the only place that knows FFmpeg, and the only one with unsafe code  |

#![deny(unsafe_code)]

pub mod cancel;
pub mod decoder;
mod dual_mono;
pub mod error;
#[allow(unsafe_code)]
mod ffmpeg;
pub mod format;
pub mod loader;
pub mod measure;
mod mp4;
mod ogg;
pub mod planar;
mod riff;
pub mod scan;
mod source;
pub mod speakers;
pub mod tags;
pub mod waveform;

pub use cancel::Cancel;
pub use decoder::{Block, Decoder, Progress};
pub use error::{MediaError, Reason, Stage};
pub use ffmpeg::{About, about};
pub use format::{Edges, Format, Limits, Outcome, Sanitised, Shortfall, Sound};
pub use loader::{Job, Loader, Priority, Status};
pub use measure::Measure;
pub use planar::Planar;
pub use speakers::{Speaker, Speakers};
pub use tags::Tags;
pub use waveform::Waveform;
