//! Branches: which one a certificate belongs to, how it stands, and its end.

use crate::store::{StoreError, StoreResult, Tx, audit, stamp};
use crate::sync::protocol::Health;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

/// What a certificate stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certified {
    pub branch_id: String,
    pub name: String,
    /// Why the branch is no longer served: removed or replaced.
    pub revoked_why: Option<String>,
}

/// The branch of a certificate that head office gave out; `None` for any other.
pub fn by_certificate(c: &Tx, fingerprint: &str) -> StoreResult<Option<Certified>> {
    Ok(c.prepare_cached(
        "SELECT b.id, b.name, b.revoked_why FROM certificate c JOIN branch b ON b.id = c.branch_id
         WHERE c.fingerprint = ?1",
    )?
    .query_row([fingerprint], |r| {
        Ok(Certified { branch_id: r.get(0)?, name: r.get(1)?, revoked_why: r.get(2)? })
    })
    .optional()?)
}

/// Notes that a branch was heard of.
pub fn seen(tx: &Tx, branch_id: &str, now: Timestamp) -> StoreResult<()> {
    tx.prepare_cached("UPDATE branch SET last_seen = ?2 WHERE id = ?1")?
        .execute(params![branch_id, stamp(now)])?;
    Ok(())
}

/// Notes how a branch stands.
pub fn note_health(tx: &Tx, branch_id: &str, health: &Health, now: Timestamp) -> StoreResult<()> {
    tx.prepare_cached(
        "UPDATE branch SET last_seen = ?2, listings = ?3, waiting = ?4, waiting_since = ?5, software = ?6
         WHERE id = ?1",
    )?
    .execute(params![
        branch_id,
        stamp(now),
        health.listings,
        health.waiting.count,
        health.waiting.since,
        health.software
    ])?;
    Ok(())
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
    audit::add(tx, now, actor, "branch.removed", branch_id, None)
}
