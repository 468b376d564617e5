//! The watched folder: which process looks after it, and which of its files became a version already.

use super::{Tx, params};
use crate::store::{StoreError, StoreResult, stamp};
use jiff::{SignedDuration, Timestamp};

/// How long a process that looks after the folder may be silent before another one takes over. It says so every few
/// seconds, also while it imports.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
const FOLDER: &str = "folder";

/// A file of the folder on its way into the base.
#[derive(Debug, Clone)]
pub struct Taken {
    /// SHA-256 over name, time and content, hexadecimal.
    pub id: String,
    pub name: String,
    /// The process that imports it.
    pub by: String,
    /// Older files that lie beside it: their ids, names and reports. They are settled with it, so that after a crash
    /// none of them takes its place.
    pub older: Vec<(String, String, String)>,
}

/// Takes or keeps the folder for the process `by`; whether it has it.
pub fn lease(tx: &Tx, by: &str, now: Timestamp) -> StoreResult<bool> {
    let until = stamp(now + LEASE);
    let changed = tx.execute(
        "INSERT INTO feed_lease (name, taken_by, taken_until) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET taken_by = excluded.taken_by, taken_until = excluded.taken_until
         WHERE feed_lease.taken_by = excluded.taken_by OR feed_lease.taken_until < ?4",
        params![FOLDER, by, until, stamp(now)],
    )?;
    Ok(changed > 0)
}

/// Gives the folder back.
pub fn release(tx: &Tx, by: &str) -> StoreResult<()> {
    tx.execute("DELETE FROM feed_lease WHERE name = ?1 AND taken_by = ?2", params![FOLDER, by]).map(drop)
}

/// Notes that a file has become a version, in the transaction that keeps it. Refused where the folder is another process's
/// by now: then that one imports the file.
pub fn imported(tx: &Tx, taken: &Taken, report: &str, now: Timestamp) -> StoreResult<()> {
    let sql = "SELECT taken_by FROM feed_lease WHERE name = ?1";
    let holder: Option<String> = tx.locked(sql, params![FOLDER], |r| r.get(0))?;
    if holder.as_ref() != Some(&taken.by) {
        return Err(StoreError::Refused(
            "another head-office process looks after the folder by now, and imports the file".into(),
        ));
    }
    let row = |id: &str, name: &str, report: &str| params![id, name, report, stamp(now)].to_vec();
    let older = taken.older.iter().map(|(id, name, report)| row(id, name, report));
    let rows: Vec<_> = std::iter::once(row(&taken.id, &taken.name, report)).chain(older).collect();
    tx.execute_many(
        "INSERT INTO feed_imported (id, name, report, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO NOTHING",
        &rows,
    )
}

/// The report of a file that has become a version already.
pub fn report(tx: &Tx, id: &str) -> StoreResult<Option<String>> {
    tx.optional("SELECT report FROM feed_imported WHERE id = ?1", params![id], |r| r.get(0))
}

/// Forgets files that are no longer in the folder: what comes there again is imported again.
pub fn forget_moved(tx: &Tx, there: &[String]) -> StoreResult<()> {
    let known: Vec<(String, String)> =
        tx.query("SELECT id, name FROM feed_imported", &[], |r| Ok((r.get(0)?, r.get(1)?)))?;
    for (id, _) in known.iter().filter(|(_, name)| !there.contains(name)) {
        tx.execute("DELETE FROM feed_imported WHERE id = ?1", params![id])?;
    }
    Ok(())
}
