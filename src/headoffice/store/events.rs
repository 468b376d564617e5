//! The ledger of events, and what is drawn from it for the page.
//!
//! A batch is decided on, kept and drawn in one transaction with the branch's new `acknowledged`: whatever is lost,
//! doubled or replayed on the way, an event counts once.

use crate::clock::hong_kong;
use crate::store::outbox::Event;
use crate::store::{StoreResult, Tx, stamp};
use crate::sync::protocol::{Batch, Decision, decide};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde_json::Value;

/// Decides on a batch and applies what is new in it.
pub fn apply(tx: &Tx, branch_id: &str, batch: &Batch, now: Timestamp) -> StoreResult<Decision> {
    let highest: Option<i64> = tx
        .prepare_cached("SELECT acknowledged FROM branch WHERE id = ?1")?
        .query_row([branch_id], |r| r.get(0))?;
    let mut held = tx.prepare_cached("SELECT id FROM event WHERE branch_id = ?1 AND seq = ?2")?;
    let decision =
        decide(highest, batch, |seq| held.query_row(params![branch_id, seq], |r| r.get(0)).optional())?;
    if let Decision::Apply { skip, acknowledged } = decision {
        for event in &batch.events[skip..] {
            keep(tx, branch_id, event, now)?;
            draw(tx, branch_id, event)?;
        }
        tx.prepare_cached("UPDATE branch SET acknowledged = ?2, last_seen = ?3 WHERE id = ?1")?
            .execute(params![branch_id, acknowledged, stamp(now)])?;
    }
    Ok(decision)
}

fn keep(tx: &Tx, branch_id: &str, e: &Event, now: Timestamp) -> StoreResult<()> {
    tx.prepare_cached(
        "INSERT INTO event (branch_id, seq, id, at, kind, body, received_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![branch_id, e.seq, e.id, e.at, e.kind, e.body.to_string(), stamp(now)])?;
    Ok(())
}

/// Draws an event into the tables of the page. An event of a shape that this version does not know is kept in the
/// ledger and drawn nowhere: an error here would hold up the branch for ever.
fn draw(tx: &Tx, branch_id: &str, e: &Event) -> StoreResult<()> {
    let day = e.at.parse::<Timestamp>().map(|t| t.to_zoned(hong_kong()).date().to_string());
    if let Ok(day) = day {
        tx.prepare_cached(
            "INSERT INTO branch_day (branch_id, day, kind, events) VALUES (?1, ?2, ?3, 1)
             ON CONFLICT (branch_id, day, kind) DO UPDATE SET events = events + 1",
        )?
        .execute(params![branch_id, day, e.kind])?;
    }
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
    tx.prepare_cached(
        "INSERT INTO meeting (branch_id, id, started_at, seconds, state, agent) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (branch_id, id) DO UPDATE SET started_at = ?3, seconds = ?4, state = ?5, agent = ?6",
    )?
    .execute(params![
        branch_id,
        id,
        text("started_at").unwrap_or(&e.at),
        e.body["seconds"].as_f64(),
        text("state"),
        text("agent")
    ])?;
    tx.prepare_cached("DELETE FROM branch_alarm WHERE branch_id = ?1 AND meeting = ?2")?
        .execute([branch_id, id])?;
    Ok(())
}

fn draw_alarm(tx: &Tx, branch_id: &str, e: &Event) -> StoreResult<()> {
    let (Some(code), Some(meeting)) = (e.body["code"].as_str(), e.body["recording"].as_str()) else {
        return Ok(());
    };
    if e.body["over"] == true {
        tx.prepare_cached("DELETE FROM branch_alarm WHERE branch_id = ?1 AND code = ?2")?
            .execute([branch_id, code])?;
    } else {
        tx.prepare_cached(
            "INSERT OR REPLACE INTO branch_alarm (branch_id, code, meeting, since) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute([branch_id, code, meeting, &e.at])?;
    }
    Ok(())
}

fn draw_minutes(tx: &Tx, branch_id: &str, e: &Event) -> StoreResult<()> {
    let (Some(id), Value::Array(points)) = (e.body["meeting"].as_str(), &e.body["points"]) else {
        return Ok(());
    };
    tx.prepare_cached(
        "INSERT INTO meeting (branch_id, id, started_at, language, points) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (branch_id, id) DO UPDATE SET language = ?4, points = ?5",
    )?
    .execute(params![
        branch_id,
        id,
        e.at,
        e.body["language"].as_str(),
        Value::Array(points.clone()).to_string()
    ])?;
    Ok(())
}
