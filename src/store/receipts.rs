//! Receipts: by day in Hong Kong, which events of the outbox head office has acknowledged as durable, and when last.

use super::{StoreResult, Tx, outbox, stamp};
use crate::clock::hong_kong;
use jiff::Timestamp;
use rusqlite::params;
use serde::Serialize;

/// What head office acknowledged on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// YYYY-MM-DD, in Hong Kong.
    pub day: String,
    /// Sequences, both included.
    pub first: i64,
    pub last: i64,
    /// When the latest acknowledgement came, RFC 3339.
    pub at: String,
}

/// Notes that everything up to `acknowledged` is durable at head office. Called before it leaves the outbox; where nothing
/// of it is there any more, there is nothing to note.
pub fn keep(tx: &Tx, acknowledged: i64, now: Timestamp) -> StoreResult<()> {
    let Some(first) = outbox::first(tx)?.filter(|first| *first <= acknowledged) else { return Ok(()) };
    let day = now.to_zoned(hong_kong()).date().to_string();
    tx.prepare_cached(
        "INSERT INTO receipt (day, first_seq, last_seq, at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (day) DO UPDATE SET last_seq = max(last_seq, excluded.last_seq), at = excluded.at",
    )?
    .execute(params![day, first, acknowledged, stamp(now)])?;
    Ok(())
}

/// The latest days, newest first.
pub fn latest(c: &Tx, days: usize) -> StoreResult<Vec<Receipt>> {
    let mut statement =
        c.prepare_cached("SELECT day, first_seq, last_seq, at FROM receipt ORDER BY day DESC LIMIT ?1")?;
    let rows = statement.query_map([days as i64], |r| {
        Ok(Receipt { day: r.get(0)?, first: r.get(1)?, last: r.get(2)?, at: r.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
