//! Versions of the listing base, newest last. Branches are sent the newest whole; a history of snapshots is kept so
//! that sending differences can come later.

use crate::store::{StoreResult, Tx, audit, stamp};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde_json::Value;

/// Versions whose snapshot is kept.
const KEPT: i64 = 10;

/// What is known of a version without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Counts up by one.
    pub n: i64,
    /// Hash of the content.
    pub version: String,
    pub made_at: String,
    pub source: String,
    /// How many listings it holds.
    pub listings: i64,
}

/// The newest version.
pub fn latest(c: &Tx) -> StoreResult<Option<Version>> {
    Ok(c.prepare_cached(
        "SELECT n, version, made_at, source, listings FROM listing_version ORDER BY n DESC LIMIT 1",
    )?
    .query_row([], |r| {
        Ok(Version {
            n: r.get(0)?,
            version: r.get(1)?,
            made_at: r.get(2)?,
            source: r.get(3)?,
            listings: r.get(4)?,
        })
    })
    .optional()?)
}

/// The content of a version as it travels, while it is kept.
pub fn snapshot(c: &Tx, n: i64) -> StoreResult<Option<Vec<u8>>> {
    Ok(c.prepare_cached("SELECT snapshot FROM listing_version WHERE n = ?1")?
        .query_row([n], |r| r.get(0))
        .optional()?
        .flatten())
}

/// Keeps a new version, unless the newest has the same content already.
pub fn add(
    tx: &Tx,
    new: &Version,
    snapshot: &[u8],
    actor: &str,
    now: Timestamp,
    report: &Value,
) -> StoreResult<()> {
    if latest(tx)?.is_none_or(|l| l.version != new.version) {
        tx.execute(
            "INSERT INTO listing_version (version, made_at, source, listings, snapshot) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![new.version, stamp(now), new.source, new.listings, snapshot],
        )?;
        tx.execute(
            "UPDATE listing_version SET snapshot = NULL
             WHERE snapshot IS NOT NULL AND n <= (SELECT max(n) FROM listing_version) - ?1",
            [KEPT],
        )?;
    }
    audit::add(tx, now, actor, "listings.imported", &new.version, Some(report))
}
