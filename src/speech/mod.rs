//! Speech: from the sound of a recording to words with their times.
//!
//! The only user of whisper-rs. Voice activity is found first ([`VoiceActivity`]) and nothing is decoded without it.
//! What is spoken goes utterance by utterance to a worker, a child process of the same program, so that a crash or a
//! lack of memory there costs the box nothing but one more try ([`Worker`]). [`Transcriber`] does the jobs of the
//! store with it; [`models`] keeps the files that it needs. Nothing leaves the box.

mod gates;
mod leaning;
pub mod models;
mod protocol;
mod subtitles;
mod transcriber;
mod transcribing;
mod voice;
/// What the recogniser wrote, as the branch writes it.
pub mod wording;
mod worker;
mod worker_process;

pub use leaning::Leaning;
pub use subtitles::Subtitles;
pub use transcriber::Transcriber;
pub use transcribing::{Progress, TranscribeError, transcribe_blocks, transcribe_recording};
pub use voice::{Utterance, VoiceActivity};
pub use wording::{Wording, Written};
pub use worker::{DecodeError, Decoded, Piece, Worker, WorkerSettings};
pub use worker_process::{cpu_is_able, run as run_worker};
