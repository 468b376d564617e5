//! Branchbox, the estate-agency branch in a box. This is the map: one line a room.
//!
//! Imports point down: `web`, `cli`, `headoffice` and `daemon` use the features; features use `store`, `language`
//! and `config`; `language` and `assistant` do no I/O.

/// A question to a typed query, the query to rows, the rows to words in three languages. Pure.
pub mod assistant;
/// Time, handed in.
pub mod clock;
/// One validated file; every problem named at once, with its key.
pub mod config;
/// An invented branch to look at.
pub mod demo;
/// Scripts, numerals, the language of a text, lexicons. Pure.
pub mod language;
/// The listing base: what a listing is, import, the file that is replaced whole.
pub mod listings;
/// A transcript to decision points, each with the words and the second that bear it out. Pure.
pub mod minutes;
/// The only door to SQLite for what must not be lost.
pub mod store;
