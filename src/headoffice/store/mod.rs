//! What head office keeps: `headoffice.db`, on the same engine as a branch's records, with a schema of its own.
//!
//! One file an aggregate. All of it is functions over a connection, so that what belongs together is one transaction
//! of whoever calls.

pub mod branches;
pub mod enrolment;
pub mod events;
pub mod overview;
pub mod versions;

use super::HeadOfficeError;
use super::authority::Authority;
use crate::clock::Clock;
use crate::store::{Database, DatabaseKey, KeySource, Schema, StoreError};
use std::path::Path;

/// The schema of `headoffice.db`.
pub const SCHEMA: Schema = Schema {
    fresh: include_str!("schema.sql"),
    steps: &[include_str!("migrations/0001_first.sql"), include_str!("migrations/0002_branch_alarm.sql")],
};

/// Opens the database and the authority under `data`, making both on the first start. The server and the commands
/// beside it may do so at once: a lock lets one of them be first.
pub fn open(data: &Path, clock: &Clock) -> Result<(Database, Authority), HeadOfficeError> {
    let io = |source| StoreError::Io { operation: "make", path: data.to_owned(), source };
    std::fs::create_dir_all(data).map_err(io)?;
    let lock = std::fs::File::create(data.join("headoffice.lock")).map_err(io)?;
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).map_err(|e| io(e.into()))?;
    let path = data.join("headoffice.db");
    let source = KeySource::credential_or_file("headoffice-key", data.join("headoffice.key"));
    let key = DatabaseKey::load_or_make(&source, path.exists())?;
    let database = Database::open(&path, &key, &SCHEMA)?;
    let authority = Authority::open_or_make(&data.join("authority"), clock.now())?;
    Ok((database, authority))
}

#[cfg(test)]
mod tests {
    #[test]
    fn upgraded_head_office_equals_a_fresh_one() {
        crate::store::upgraded_equals_fresh(&super::SCHEMA);
    }
}
