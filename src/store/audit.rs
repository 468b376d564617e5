//! The audit trail: who did what to what, written in the transaction of the deed.

use super::{StoreResult, Tx, stamp};
use jiff::Timestamp;
use rusqlite::params;

/// Adds a row. `subject` is an id or a reference, never a name or a number of a client; `detail` likewise.
pub fn add(
    tx: &Tx,
    at: Timestamp,
    actor: &str,
    action: &str,
    subject: &str,
    detail: Option<&serde_json::Value>,
) -> StoreResult<()> {
    tx.prepare_cached("INSERT INTO audit (at, actor, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![stamp(at), actor, action, subject, detail.map(|d| d.to_string())])?;
    Ok(())
}
