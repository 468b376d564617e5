//! What a restore from a backup leaves open: branches that are ahead of the ledger.

use super::{Tx, audit, params};
use crate::store::{StoreResult, stamp};
use jiff::Timestamp;
use serde_json::json;

/// Notes that every branch in service may be ahead.
pub fn note(tx: &Tx, now: Timestamp) -> StoreResult<()> {
    tx.execute(
        "INSERT INTO restored_branch (branch_id, restored_at, held)
         SELECT id, ?1, coalesce(acknowledged, 0) FROM branch WHERE revoked_at IS NULL
         ON CONFLICT (branch_id) DO UPDATE SET restored_at = excluded.restored_at, held = excluded.held, resumed_from = NULL",
        params![stamp(now)],
    )?;
    audit::add(tx, now, "command line", "headoffice.restored", "headoffice", None)
}

/// From where a branch's batch goes on: where a restore lost what the branch had been acknowledged (`since`), from
/// there, once; the lost numbers go into the audit. Else from `highest`.
pub fn goes_on_from(
    tx: &Tx,
    branch_id: &str,
    highest: Option<i64>,
    since: i64,
    now: Timestamp,
) -> StoreResult<Option<i64>> {
    let Some(held) = highest.filter(|highest| since > *highest) else { return Ok(highest) };
    let resumed = tx.execute(
        "UPDATE restored_branch SET resumed_from = ?2 WHERE branch_id = ?1 AND resumed_from IS NULL",
        params![branch_id, since],
    )?;
    if resumed == 0 {
        return Ok(highest);
    }
    log::warn!("headoffice.restored branch={branch_id} lost={}..={since}", held + 1);
    let lost = json!({ "from": held + 1, "to": since });
    audit::add(tx, now, "restore", "events.lost_with_restore", branch_id, Some(&lost))?;
    Ok(Some(since))
}
