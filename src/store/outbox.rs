//! The outbox: what head office must hear of, in the order it happened.
//!
//! A row is written in the transaction of the change it tells of and gets the next number of a sequence without gaps;
//! it leaves when head office has acknowledged that number as durable. See `sync` for the way there.

use super::{StoreResult, Tx, settings, stamp};
use jiff::Timestamp;
use rusqlite::params;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that happened in the branch, as head office gets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// 1, 2, 3 … without a gap, per branch.
    pub seq: i64,
    /// UUID, so that the same event is known again whatever its number.
    pub id: String,
    /// RFC 3339.
    pub at: String,
    /// meeting, minutes, minutes_reviewed, interaction, health or alarm.
    pub kind: String,
    pub body: serde_json::Value,
}

/// What waits for head office.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    pub count: i64,
    /// When the oldest of them happened.
    pub since: Option<String>,
}

/// Adds an event.
pub fn add(tx: &Tx, at: Timestamp, kind: &str, body: &serde_json::Value) -> StoreResult<()> {
    tx.prepare_cached("INSERT INTO outbox (id, at, kind, body) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![uuid::Uuid::now_v7().to_string(), stamp(at), kind, body.to_string()])?;
    Ok(())
}

/// The oldest events, in order, at most `limit`.
pub fn oldest(c: &Tx, limit: usize) -> StoreResult<Vec<Event>> {
    let mut statement =
        c.prepare_cached("SELECT seq, id, at, kind, body FROM outbox ORDER BY seq LIMIT ?1")?;
    let rows = statement.query_map([limit as i64], |r| {
        let body: String = r.get(4)?;
        Ok(Event {
            seq: r.get(0)?,
            id: r.get(1)?,
            at: r.get(2)?,
            kind: r.get(3)?,
            body: serde_json::from_str(&body).unwrap_or(serde_json::Value::Null),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The sequence of the oldest event.
pub fn first(c: &Tx) -> StoreResult<Option<i64>> {
    Ok(c.prepare_cached("SELECT min(seq) FROM outbox")?.query_row([], |r| r.get(0))?)
}

/// How much waits of each kind. Goes through all of it.
pub fn waiting_by_kind(c: &Tx) -> StoreResult<BTreeMap<String, i64>> {
    let mut statement = c.prepare_cached("SELECT kind, count(*) FROM outbox GROUP BY kind")?;
    let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Forgets what head office has acknowledged: everything up to and including `seq`.
pub fn acknowledge(tx: &Tx, seq: i64) -> StoreResult<()> {
    tx.prepare_cached("DELETE FROM outbox WHERE seq <= ?1")?.execute([seq])?;
    settings::set(tx, settings::OUTBOX_ACKNOWLEDGED, &seq.to_string())
}

/// How much waits, and since when. The sequence has no gap, so its two ends say how many: a long outage leaves some
/// hundred thousand rows, which are not counted for every batch.
pub fn waiting(c: &Tx) -> StoreResult<Waiting> {
    let mut ends = c.prepare_cached(
        "SELECT coalesce((SELECT max(seq) FROM outbox) - (SELECT min(seq) FROM outbox) + 1, 0),
                (SELECT at FROM outbox ORDER BY seq LIMIT 1)",
    )?;
    Ok(ends.query_row([], |r| Ok(Waiting { count: r.get(0)?, since: r.get(1)? }))?)
}
