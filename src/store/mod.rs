//! The only door to SQLite for what the box must not lose.
//!
//! One engine (SQLCipher through rusqlite), two files on a branch: `listings.db` is public, plain and replaced whole
//! (the room `listings`); `records.db` is personal, encrypted and kept (here). Head office keeps `headoffice.db` on
//! the same engine. Writes go through one writer thread that commits many at once with `synchronous=FULL`; reads go
//! through a few read-only connections. What a change causes (its audit row, its outbox row, its job) is written in
//! the same transaction as the change: see [`audit`], [`outbox`] and [`jobs`].

pub mod audit;
pub mod backup;
mod engine;
mod error;
mod exit;
pub mod interactions;
pub mod jobs;
mod key;
pub mod minutes;
pub mod minutes_reviews;
pub mod outbox;
pub mod private_facts;
pub mod receipts;
pub mod recording_notes;
pub mod recordings;
mod schema;
pub mod settings;
pub mod sound_outbox;
pub mod transcripts;

pub use engine::{Database, Tx, alone};
pub use error::{StoreError, StoreResult};
pub use key::{DatabaseKey, KeySource};
#[cfg(test)]
pub(crate) use schema::tests::upgraded_equals_fresh;
pub use schema::{RECORDS, Schema};

use std::path::Path;

/// Name of the encrypted file of a branch, in its data folder.
pub const RECORDS_FILE: &str = "records.db";

/// Opens `records.db` under `data`, with the key from `source`; makes both on the first start.
pub fn open_records(data: &Path, source: &KeySource) -> StoreResult<Database> {
    let path = data.join(RECORDS_FILE);
    let key = DatabaseKey::load_or_make(source, path.exists())?;
    Database::open(&path, &key, &RECORDS)
}

/// A time as the store keeps it: RFC 3339 in UTC with milliseconds, so that the text sorts as the time does.
pub(crate) fn stamp(at: jiff::Timestamp) -> String {
    format!("{at:.3}")
}
