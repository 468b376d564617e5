//! Speech: from the sound of a recording to words with their times.
//!
//! The only user of whisper-rs. Voice activity is found first ([`VoiceActivity`]) and nothing is decoded without it.
//! What is spoken goes utterance by utterance to a worker, a child process of the same program, so that a crash or a
//! lack of memory there costs the box nothing but one more try ([`Worker`]). [`Transcriber`] does the jobs of the
//! store with it; [`models`] keeps the files that it needs. Nothing leaves the box.

mod account;
mod gates;
mod leaning;
mod listener;
pub mod models;
mod packing;
mod plain;
mod protocol;
mod reading;
mod subtitles;
mod transcriber;
mod transcribing;
mod voice;
mod voice_model;
/// What the recogniser wrote, as the branch writes it.
pub mod wording;
mod worker;
mod worker_process;

pub use leaning::Leaning;
pub use plain::{Plain, decode_plainly};
pub use subtitles::Subtitles;
pub use transcriber::{Listings, Transcriber};
pub use transcribing::{Progress, TranscribeError, transcribe_blocks};
pub use voice::{Utterance, VoiceActivity};
pub use wording::{Wording, Written};
pub use worker::{DecodeError, Decoded, Piece, Setup, Worker, WorkerSettings};
pub use worker_process::{cpu_is_able, run as run_worker};

/// Samples in milliseconds of sound at 16 kHz, begun ones not counted.
fn milliseconds(samples: u64) -> i64 {
    (samples * 1000 / u64::from(crate::audio::SAMPLE_RATE)) as i64
}

/// Milliseconds in samples at 16 kHz.
fn samples(milliseconds: i64) -> u64 {
    milliseconds.unsigned_abs() * u64::from(crate::audio::SAMPLE_RATE) / 1000
}
