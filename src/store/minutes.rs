//! Minutes and their points, each with the segments that bear it out; head office gets the points without the quotes.

use super::{StoreResult, Tx, outbox, stamp};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A decision point (CONTRACT.md, "POST /api/v1/minutes/extract").
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// preference, offer, objection, decision, action or appointment.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub slot: Option<String>,
    #[serde(skip_serializing_if = "Value::is_null", default)]
    pub value: Value,
    /// want or avoid, for a preference.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub polarity: Option<String>,
    /// The point in words.
    pub text: String,
    /// Numbers of the segments that bear it out, never empty.
    pub segments: Vec<i64>,
    /// When the first of them begins, seconds from the beginning.
    pub at: f64,
}

/// The minutes of one meeting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Minutes {
    pub language: String,
    pub summary: String,
    pub points: Vec<Point>,
}

/// Keeps the minutes of a recording in place of earlier ones and tells head office.
pub fn put(tx: &Tx, recording_id: &str, minutes: &Minutes, now: Timestamp) -> StoreResult<()> {
    tx.execute("DELETE FROM minutes WHERE recording_id = ?1", [recording_id])?;
    tx.execute(
        "INSERT INTO minutes (recording_id, language, summary, made_at) VALUES (?1, ?2, ?3, ?4)",
        params![recording_id, minutes.language, minutes.summary, stamp(now)],
    )?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO minutes_point (recording_id, n, type, slot, value, polarity, text, segments, at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for (n, p) in minutes.points.iter().enumerate() {
        insert.execute(params![
            recording_id,
            n as i64,
            p.kind,
            p.slot,
            p.value.to_string(),
            p.polarity,
            p.text,
            json!(p.segments).to_string(),
            (p.at * 1000.0).round() as i64
        ])?;
    }
    let points: Vec<Value> = minutes
        .points
        .iter()
        .map(|p| json!({ "type": p.kind, "slot": p.slot, "value": p.value, "polarity": p.polarity, "at": p.at }))
        .collect();
    outbox::add(
        tx,
        now,
        "minutes",
        &json!({ "meeting": recording_id, "language": minutes.language, "points": points }),
    )
}

/// The minutes of a recording, once made.
pub fn get(c: &Tx, recording_id: &str) -> StoreResult<Option<Minutes>> {
    let heading: Option<(String, String)> = c
        .prepare_cached("SELECT language, summary FROM minutes WHERE recording_id = ?1")?
        .query_row([recording_id], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    let Some((language, summary)) = heading else { return Ok(None) };
    let mut statement = c.prepare_cached(
        "SELECT type, slot, value, polarity, text, segments, at_ms FROM minutes_point WHERE recording_id = ?1 ORDER BY n",
    )?;
    let json_of = |text: String| serde_json::from_str(&text).unwrap_or(Value::Null);
    let points = statement.query_map([recording_id], |r| {
        Ok(Point {
            kind: r.get(0)?,
            slot: r.get(1)?,
            value: json_of(r.get(2)?),
            polarity: r.get(3)?,
            text: r.get(4)?,
            segments: serde_json::from_value(json_of(r.get(5)?)).unwrap_or_default(),
            at: r.get::<_, i64>(6)? as f64 / 1000.0,
        })
    })?;
    Ok(Some(Minutes { language, summary, points: points.collect::<Result<_, _>>()? }))
}
