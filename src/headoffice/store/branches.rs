//! Branches: how each stands, and its end. Which one a certificate belongs to is in `certificates`.

use super::{Tx, audit, params};
use crate::headoffice::alarms::CLONE_GONE;
use crate::store::{StoreError, StoreResult, stamp};
use crate::sync::protocol::Health;
use jiff::{SignedDuration, Timestamp};

/// Notes that a branch was heard of.
pub fn seen(tx: &Tx, branch_id: &str, now: Timestamp) -> StoreResult<()> {
    tx.execute("UPDATE branch SET last_seen = ?2 WHERE id = ?1", params![branch_id, stamp(now)]).map(drop)
}

/// Notes how a branch stands.
pub fn note_health(tx: &Tx, branch_id: &str, health: &Health, now: Timestamp) -> StoreResult<()> {
    tx.execute(
        "UPDATE branch SET last_seen = ?2, listings = ?3, waiting = ?4, waiting_since = ?5, software = ?6,
             trust = coalesce(?7, trust)
         WHERE id = ?1",
        params![
            branch_id,
            stamp(now),
            &health.listings,
            health.waiting.count,
            &health.waiting.since,
            &health.software,
            &health.trust
        ],
    )?;
    let body = serde_json::to_string(health).map_err(|e| StoreError::Refused(e.to_string()))?;
    tx.execute(
        "INSERT INTO branch_health (branch_id, at, body) VALUES (?1, ?2, ?3)
         ON CONFLICT (branch_id) DO UPDATE SET at = excluded.at, body = excluded.body",
        params![branch_id, stamp(now), body],
    )
    .map(drop)
}

/// Ends a branch: from the next request on its certificate is refused. What it sent stays.
pub fn revoke(tx: &Tx, branch_id: &str, actor: &str, now: Timestamp) -> StoreResult<()> {
    let changed = tx.execute(
        "UPDATE branch SET revoked_at = ?2, revoked_why = 'removed' WHERE id = ?1 AND revoked_at IS NULL",
        params![branch_id, stamp(now)],
    )?;
    if changed == 0 {
        return Err(StoreError::Refused("there is no such branch in service".into()));
    }
    tx.notify("branches")?;
    audit::add(tx, now, actor, "branch.removed", branch_id, None)
}

/// How many branches have ended: changes whenever one does.
pub fn ended(tx: &Tx) -> StoreResult<i64> {
    tx.one("SELECT count(*) FROM branch WHERE revoked_at IS NOT NULL", &[], |r| r.get(0))
}

/// A refused box tries every half minute; that it does is kept to the hour.
const CLONE_HEARD: SignedDuration = SignedDuration::from_hours(1);

/// Notes that two boxes use a branch's identity: since when, and that the second one was heard of now.
pub fn note_clone(tx: &Tx, branch_id: &str, now: Timestamp) -> StoreResult<()> {
    tx.execute(
        "UPDATE branch SET clone_heard_at = ?2 WHERE id = ?1 AND clone_heard_at < ?3 AND clone_heard_at >= ?4",
        params![branch_id, stamp(now), stamp(now - CLONE_HEARD), stamp(now - CLONE_GONE)],
    )?;
    let noted = tx.execute(
        "UPDATE branch SET clone_noticed_at = ?2, clone_heard_at = ?2
         WHERE id = ?1 AND (clone_heard_at IS NULL OR clone_heard_at < ?3)",
        params![branch_id, stamp(now), stamp(now - CLONE_GONE)],
    )?;
    if noted > 0 {
        audit::add(tx, now, "headoffice", "branch.clone_noticed", branch_id, None)?;
    }
    Ok(())
}
