//! A copy of a database while it is in use: SQLite's online backup, page by page, under the same key.

use super::{DatabaseKey, StoreError, StoreResult, Tx};
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::path::Path;

/// Pages of one step; between steps writers may go on.
const PAGES: i32 = 1000;

/// Copies what `from` is connected to into a new file at `to`. Blocking.
pub fn copy(from: &Tx, to: &Path, key: &DatabaseKey) -> StoreResult<()> {
    let mut copy = Connection::open(to)?;
    copy.execute_batch(&key.pragma())?;
    {
        let backup = Backup::new(from, &mut copy)?;
        loop {
            match backup.step(PAGES)? {
                StepResult::Done => break,
                // A writer was faster, or the file is locked for a moment: the next step goes on or begins again.
                _ => std::thread::yield_now(),
            }
        }
    }
    let sound: String = copy.query_row("PRAGMA quick_check(1)", [], |r| r.get(0))?;
    if sound != "ok" {
        return Err(StoreError::Refused(format!("the copy of the database is not sound: {sound}")));
    }
    Ok(())
}
