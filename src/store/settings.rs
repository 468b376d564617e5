//! Facts about the box itself, by key.

use super::{StoreResult, Tx};
use rusqlite::{OptionalExtension, params};

/// The content hash of the listing base that head office sent last and this box has taken.
pub const HEADOFFICE_LISTINGS: &str = "headoffice.listings";
/// The sequence up to which head office has acknowledged the outbox.
pub const OUTBOX_ACKNOWLEDGED: &str = "outbox.acknowledged";

/// Reads a setting.
pub fn get(c: &Tx, key: &str) -> StoreResult<Option<String>> {
    Ok(c.prepare_cached("SELECT value FROM setting WHERE key = ?1")?
        .query_row([key], |r| r.get(0))
        .optional()?)
}

/// Sets a setting.
pub fn set(tx: &Tx, key: &str, value: &str) -> StoreResult<()> {
    tx.prepare_cached(
        "INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
    )?
    .execute(params![key, value])?;
    Ok(())
}
