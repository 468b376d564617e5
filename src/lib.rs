//! Branchbox, the estate-agency branch in a box. This is the map: one line a room.
//!
//! Imports point down: `web`, `cli`, `headoffice` and `daemon` use the features; features use `store`, `language`
//! and `config`; `language`, `assistant` and `minutes` do no I/O.

/// A question to a typed query, the query to rows, the rows to words in three languages. Pure.
pub mod assistant;
/// Sound: microphone, level, crash-safe recorder, reading back.
pub mod audio;
/// Measurements, each beside its baseline.
pub mod bench;
/// Numbers by seed, for what is invented.
pub mod chance;
/// The command line, one file a subcommand.
pub mod cli;
/// Time, handed in.
pub mod clock;
/// One validated file; every problem named at once, with its key.
pub mod config;
/// Builds the box of its parts; owns start, stop, health and the watchdog.
pub mod daemon;
/// An invented branch to look at.
pub mod demo;
/// How much room is left on a disk.
pub mod disk;
/// Small files that must survive power loss.
pub mod durable;
/// The head-office server: enrolment, listing versions, the ledger of events, its page.
pub mod headoffice;
/// Scripts, numerals, the language of a text, lexicons. Pure.
pub mod language;
/// The listing base: what a listing is, import, the file that is replaced whole.
pub mod listings;
/// The last lines of the log, for head office to ask for, with what could be personal left out.
pub mod log_tail;
/// A transcript to decision points, each with the words and the second that bear it out. Pure.
pub mod minutes;
/// One piece of work on many things, on several cores.
mod parallel;
/// What goes wrong, as codes with their sentences in three languages. Pure.
pub mod reason;
/// Whisper in a child process, voice activity, models, transcripts.
pub mod speech;
/// The only door to SQLite for what must not be lost.
pub mod store;
/// The line to head office: what both sides say, and the branch's side of it.
pub mod sync;
/// The one door to rustls.
pub mod tls;
/// The box's own HTTP: kiosk page, agent page, API.
pub mod web;
