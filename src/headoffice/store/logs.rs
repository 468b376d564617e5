//! Requests for a branch's log: asked for at the page, answered by the box, kept 14 days.

use super::{Tx, audit, params};
use crate::store::{StoreResult, stamp};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// How long a log is kept: long enough to look into what somebody rang up about.
pub const KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);

/// A request, for the page.
#[derive(Debug, Serialize)]
pub struct Request {
    pub id: String,
    pub asked_at: String,
    pub received_at: Option<String>,
    pub lines: Option<String>,
}

/// Asks for a branch's log; the id of the request that waits already, or of a new one.
pub fn ask(tx: &Tx, branch_id: &str, actor: &str, now: Timestamp) -> StoreResult<String> {
    if let Some(waiting) = open(tx, branch_id)? {
        return Ok(waiting);
    }
    let id = uuid::Uuid::now_v7().to_string();
    tx.execute(
        "INSERT INTO log_request (id, branch_id, asked_at) VALUES (?1, ?2, ?3)",
        params![&id, branch_id, stamp(now)],
    )?;
    audit::add(tx, now, actor, "branch.log_asked", branch_id, None)?;
    Ok(id)
}

/// The request that a branch has not answered.
pub fn open(tx: &Tx, branch_id: &str) -> StoreResult<Option<String>> {
    tx.optional(
        "SELECT id FROM log_request WHERE branch_id = ?1 AND received_at IS NULL ORDER BY asked_at LIMIT 1",
        params![branch_id],
        |r| r.get(0),
    )
}

/// Keeps the answer; `false` where this branch was not asked under that id.
pub fn answer(tx: &Tx, branch_id: &str, id: &str, lines: &str, now: Timestamp) -> StoreResult<bool> {
    let n = tx.execute(
        "UPDATE log_request SET received_at = ?3, lines = ?4 WHERE id = ?2 AND branch_id = ?1 AND received_at IS NULL",
        params![branch_id, id, stamp(now), lines],
    )?;
    Ok(n > 0)
}

/// A branch's requests, the newest first.
pub fn of_branch(tx: &Tx, branch_id: &str) -> StoreResult<Vec<Request>> {
    tx.query(
        "SELECT id, asked_at, received_at, lines FROM log_request WHERE branch_id = ?1 ORDER BY asked_at DESC LIMIT 5",
        params![branch_id],
        |r| Ok(Request { id: r.get(0)?, asked_at: r.get(1)?, received_at: r.get(2)?, lines: r.get(3)? }),
    )
}

/// Deletes what is older than [`KEPT`].
pub fn forget_old(tx: &Tx, now: Timestamp) -> StoreResult<u64> {
    tx.execute("DELETE FROM log_request WHERE asked_at < ?1", params![stamp(now - KEPT)])
}
