//! What head office keeps: `headoffice.db`, on the same engine as a branch's records, or a PostgreSQL server; either way
//! with one schema of its own.
//!
//! One file an aggregate. All of it is functions over a connection, so that what belongs together is one transaction
//! of whoever calls.

pub mod alarms;
pub mod audit;
pub mod authorities;
pub mod branches;
pub mod certificates;
mod engine;
pub mod enrolment;
pub mod events;
pub mod feed_folder;
pub mod feed_tokens;
pub mod groups;
pub mod logs;
pub mod media;
pub mod overview;
pub mod releases;
pub mod restored;
pub mod sound;
pub mod versions;
pub mod warnings;

pub use engine::{Address, Row, Store, Tx, Value, params};

use super::HeadOfficeError;
use super::authorities::Authorities;
use super::seal::Seal;
use crate::clock::Clock;
use crate::store::{Database, DatabaseKey, KeySource, Schema, StoreError};
use std::path::{Path, PathBuf};

/// The schema of `headoffice.db`.
pub const SCHEMA: Schema = Schema {
    fresh: include_str!("schema.sql"),
    steps: &[
        include_str!("migrations/0001_first.sql"),
        include_str!("migrations/0002_branch_alarm.sql"),
        include_str!("migrations/0003_history.sql"),
        include_str!("migrations/0004_identity.sql"),
        include_str!("migrations/0005_fleet.sql"),
        include_str!("migrations/0006_feeds.sql"),
        include_str!("migrations/0007_media.sql"),
        include_str!("migrations/0008_sound.sql"),
        include_str!("migrations/0009_clone_heard.sql"),
        include_str!("migrations/0010_reasons.sql"),
    ],
};

/// Where a head office keeps what it keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its folder.
    pub data: PathBuf,
    /// A PostgreSQL server in place of `headoffice.db`.
    pub database: Option<Address>,
}

impl Place {
    /// A folder, with SQLite in it.
    pub fn folder(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into(), database: None }
    }
}

/// An open head office: its store, its authorities and what opens their keys.
pub struct Opened {
    pub store: Store,
    pub authorities: Authorities,
    pub seal: Seal,
}

/// Opens the store and the authorities, making both on the first start. The server and the commands beside it may do
/// so at once: a lock lets one of them be first.
pub async fn open(place: &Place, clock: &Clock) -> Result<Opened, HeadOfficeError> {
    let (store, _lock) = open_database(place).await?;
    let (authorities, seal) = Authorities::open(&store, &place.data, clock.now()).await?;
    Ok(Opened { store, authorities, seal })
}

/// Opens the store alone; nobody else opens one on this folder until the lock is dropped.
pub(super) async fn open_database(place: &Place) -> Result<(Store, std::fs::File), HeadOfficeError> {
    let (folder, sqlite) = (place.data.clone(), place.database.is_none());
    let opening = tokio::task::spawn_blocking(move || open_folder(&folder, sqlite));
    let opened =
        opening.await.map_err(|e| StoreError::Refused(format!("head office cannot open its store: {e}")))?;
    let (database, lock) = opened?;
    let store = match (database, &place.database) {
        (Some(database), _) => Store::sqlite(database),
        (None, Some(address)) => Store::postgres(address, &SCHEMA).await?,
        (None, None) => return Err(HeadOfficeError::Refused("head office has no database".into())),
    };
    Ok((store, lock))
}

/// The SQLite file, where that is the engine, and the lock that keeps others out until it is dropped.
fn open_folder(data: &Path, sqlite: bool) -> Result<(Option<Database>, std::fs::File), HeadOfficeError> {
    let io = |source| StoreError::Io { operation: "make", path: data.to_owned(), source };
    std::fs::create_dir_all(data).map_err(io)?;
    let lock = std::fs::File::create(data.join("headoffice.lock")).map_err(io)?;
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).map_err(|e| io(e.into()))?;
    let database = || {
        let path = data.join("headoffice.db");
        let source = KeySource::credential_or_file("headoffice-key", data.join("headoffice.key"));
        let key = DatabaseKey::load_or_make(&source, path.exists())?;
        Database::open(&path, &key, &SCHEMA)
    };
    Ok((sqlite.then(database).transpose()?, lock))
}

#[cfg(test)]
mod tests {
    #[test]
    fn upgraded_head_office_equals_a_fresh_one() {
        crate::store::upgraded_equals_fresh(&super::SCHEMA);
    }

    #[test]
    fn why_a_release_halted_is_carried_over_from_its_sentence() {
        let old = rusqlite::Connection::open_in_memory().unwrap();
        let (before, after) = super::SCHEMA.steps.split_at(8);
        before.iter().for_each(|step| old.execute_batch(step).unwrap());
        for (version, why) in [
            ("1", Some("by hand")),
            ("2", Some("灣仔 100% could not take it")),
            ("3", Some("Sha Tin took it and has not been heard of since")),
            ("4", None),
        ] {
            let sql = "INSERT INTO software_release (version, sha256, bytes, made_at, stage, halted_why)
                       VALUES (?1, '', 0, '', 'halted', ?2)";
            old.execute(sql, rusqlite::params![version, why]).unwrap();
        }
        after.iter().for_each(|step| old.execute_batch(step).unwrap());
        let mut all =
            old.prepare("SELECT halted_why, halted_branch FROM software_release ORDER BY version").unwrap();
        let rows = all.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
        let rows: Vec<(Option<String>, Option<String>)> = rows.map(Result::unwrap).collect();
        let text = |why: &str, branch: Option<&str>| (Some(why.to_owned()), branch.map(str::to_owned));
        assert_eq!(
            rows,
            [
                text("by_hand", None),
                text("failed", Some("灣仔 100%")),
                text("silent", Some("Sha Tin")),
                (None, None)
            ]
        );
    }
}
