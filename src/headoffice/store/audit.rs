//! Head office's audit trail: who did what to what, written in the transaction of the deed.

use super::{Tx, params};
use crate::store::{StoreResult, stamp};
use jiff::Timestamp;
use serde_json::Value;

/// Adds a row. `subject` is an id or a version, never a name of a client; `detail` likewise.
pub fn add(
    tx: &Tx,
    at: Timestamp,
    actor: &str,
    action: &str,
    subject: &str,
    detail: Option<&Value>,
) -> StoreResult<()> {
    tx.execute(
        "INSERT INTO audit (at, actor, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![stamp(at), actor, action, subject, detail],
    )
    .map(drop)
}
