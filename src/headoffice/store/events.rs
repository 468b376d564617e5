//! The ledger of events, and what is drawn from it for the page.
//!
//! A batch is decided on, kept and drawn in one transaction with the branch's new `acknowledged`: whatever is lost,
//! doubled or replayed on the way, an event counts once.

use super::{Tx, Value, params, restored};
use crate::clock::hong_kong;
use crate::store::outbox::Event;
use crate::store::{StoreError, StoreResult, stamp};
use crate::sync::protocol::{Batch, Decision, decide};
use jiff::Timestamp;
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap};

/// Decides on a batch and applies what is new in it.
pub fn apply(tx: &Tx, branch_id: &str, batch: &Batch, now: Timestamp) -> StoreResult<Decision> {
    let highest: Option<Option<i64>> =
        tx.locked("SELECT acknowledged FROM branch WHERE id = ?1", params![branch_id], |r| r.get(0))?;
    let Some(highest) = highest else {
        return Err(StoreError::Refused("there is no such branch".into()));
    };
    let highest = restored::goes_on_from(tx, branch_id, highest, batch.since, now)?;
    let held = held(tx, branch_id, batch, highest)?;
    let decision = decide(highest, batch, |seq| Ok::<_, StoreError>(held.get(&seq).cloned()))?;
    if let Decision::Apply { skip, acknowledged } = decision {
        let new = &batch.events[skip..];
        keep(tx, branch_id, new, now)?;
        count(tx, branch_id, new)?;
        new.iter().try_for_each(|event| draw(tx, branch_id, event))?;
        tx.execute(
            "UPDATE branch SET acknowledged = ?2, last_seen = ?3 WHERE id = ?1",
            params![branch_id, acknowledged, stamp(now)],
        )?;
    }
    Ok(decision)
}

/// The ids of those events of a batch that are in the ledger.
fn held(tx: &Tx, branch_id: &str, batch: &Batch, highest: Option<i64>) -> StoreResult<HashMap<i64, String>> {
    let (Some(first), Some(last)) = (batch.events.first(), batch.events.last()) else {
        return Ok(HashMap::new());
    };
    if highest.is_none_or(|highest| first.seq > highest) {
        return Ok(HashMap::new());
    }
    let rows = tx.query(
        "SELECT seq, id FROM event WHERE branch_id = ?1 AND seq BETWEEN ?2 AND ?3",
        params![branch_id, first.seq, last.seq],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )?;
    Ok(rows.into_iter().collect())
}

fn keep(tx: &Tx, branch_id: &str, events: &[Event], now: Timestamp) -> StoreResult<()> {
    let rows: Vec<Vec<Value>> = events
        .iter()
        .map(|e| params![branch_id, e.seq, &e.id, &e.at, &e.kind, &e.body, stamp(now)].to_vec())
        .collect();
    tx.execute_many(
        "INSERT INTO event (branch_id, seq, id, at, kind, body, received_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        &rows,
    )
}

/// Counts events by the day in Hong Kong on which they happened.
fn count(tx: &Tx, branch_id: &str, events: &[Event]) -> StoreResult<()> {
    let mut days: BTreeMap<(String, &str), i64> = BTreeMap::new();
    for event in events {
        if let Ok(at) = event.at.parse::<Timestamp>() {
            let day = at.to_zoned(hong_kong()).date().to_string();
            *days.entry((day, &event.kind)).or_default() += 1;
        }
    }
    let rows: Vec<Vec<Value>> =
        days.into_iter().map(|((day, kind), n)| params![branch_id, day, kind, n].to_vec()).collect();
    tx.execute_many(
        "INSERT INTO branch_day (branch_id, day, kind, events) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (branch_id, day, kind) DO UPDATE SET events = branch_day.events + excluded.events",
        &rows,
    )
}

/// Draws an event into the tables of the page. An event of a shape that this version does not know is kept in the
/// ledger and drawn nowhere: an error here would hold up the branch for ever.
fn draw(tx: &Tx, branch_id: &str, e: &Event) -> StoreResult<()> {
    match e.kind.as_str() {
        "meeting" => draw_meeting(tx, branch_id, e),
        "minutes" | "minutes_reviewed" => draw_minutes(tx, branch_id, e),
        "alarm" => draw_alarm(tx, branch_id, e),
        _ => Ok(()),
    }
}

fn draw_meeting(tx: &Tx, branch_id: &str, e: &Event) -> StoreResult<()> {
    let text = |key: &str| e.body[key].as_str();
    let Some(id) = text("id") else { return Ok(()) };
    tx.execute(
        "INSERT INTO meeting (branch_id, id, started_at, seconds, state, agent) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (branch_id, id) DO UPDATE SET started_at = excluded.started_at, seconds = excluded.seconds,
           state = excluded.state, agent = excluded.agent",
        params![
            branch_id,
            id,
            text("started_at").unwrap_or(&e.at),
            e.body["seconds"].as_f64(),
            text("state"),
            text("agent")
        ],
    )?;
    tx.execute("DELETE FROM branch_alarm WHERE branch_id = ?1 AND meeting = ?2", params![branch_id, id])
        .map(drop)
}

fn draw_alarm(tx: &Tx, branch_id: &str, e: &Event) -> StoreResult<()> {
    let (Some(code), Some(meeting)) = (e.body["code"].as_str(), e.body["recording"].as_str()) else {
        return Ok(());
    };
    if e.body["over"] == true {
        return tx
            .execute("DELETE FROM branch_alarm WHERE branch_id = ?1 AND code = ?2", params![branch_id, code])
            .map(drop);
    }
    tx.execute(
        "INSERT INTO branch_alarm (branch_id, code, meeting, since) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (branch_id, code) DO UPDATE SET meeting = excluded.meeting, since = excluded.since",
        params![branch_id, code, meeting, &e.at],
    )
    .map(drop)
}

fn draw_minutes(tx: &Tx, branch_id: &str, e: &Event) -> StoreResult<()> {
    let (Some(id), Json::Array(_)) = (e.body["meeting"].as_str(), &e.body["points"]) else {
        return Ok(());
    };
    tx.execute(
        "INSERT INTO meeting (branch_id, id, started_at, language, points) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (branch_id, id) DO UPDATE SET language = excluded.language, points = excluded.points",
        params![branch_id, id, &e.at, e.body["language"].as_str(), &e.body["points"]],
    )
    .map(drop)
}
