//! The log of answers given: how a question was read and what came of it, without the client's words.

use super::{StoreResult, Tx, outbox, stamp};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::{Value, json};

/// One answered question.
#[derive(Debug, Clone)]
pub struct Interaction {
    pub at: Timestamp,
    /// Where it was asked: kiosk, api.
    pub channel: &'static str,
    pub language: String,
    /// The reply's kind (CONTRACT.md).
    pub kind: String,
    /// References of the listings shown.
    pub refs: Vec<String>,
    /// The version of the listing base that answered.
    pub base_version: String,
    /// How it was read: the query in words and in structure, the places matched, the trigger.
    pub understood: Value,
}

/// An answered question as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Kept {
    /// Sorts by time.
    pub id: String,
    /// RFC 3339.
    pub at: String,
    pub channel: String,
    pub language: String,
    pub kind: String,
    pub refs: Value,
    pub base_version: String,
    pub understood: Value,
}

const COLUMNS: &str = "id, at, channel, language, kind, refs, base_version, understood";

/// Keeps an interaction and tells head office its kind and what was shown.
pub fn add(tx: &Tx, i: &Interaction) -> StoreResult<()> {
    let id = uuid::Uuid::now_v7().to_string();
    tx.prepare_cached(
        "INSERT INTO interaction (id, at, channel, language, kind, refs, base_version, understood)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        id,
        stamp(i.at),
        i.channel,
        i.language,
        i.kind,
        json!(i.refs).to_string(),
        i.base_version,
        i.understood.to_string()
    ])?;
    outbox::add(
        tx,
        i.at,
        "interaction",
        &json!({ "id": id, "channel": i.channel, "language": i.language, "kind": i.kind, "refs": i.refs }),
    )
}

/// The latest `most` interactions, newest first; with `before`, those older than the one of that id.
pub fn latest(c: &Tx, before: Option<&str>, most: usize) -> StoreResult<Vec<Kept>> {
    let mut statement = c.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM interaction WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2"
    ))?;
    let rows = statement.query_map(params![before, most as i64], kept)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One interaction.
pub fn get(c: &Tx, id: &str) -> StoreResult<Option<Kept>> {
    let mut statement = c.prepare_cached(&format!("SELECT {COLUMNS} FROM interaction WHERE id = ?1"))?;
    Ok(statement.query_row([id], kept).optional()?)
}

fn kept(r: &Row<'_>) -> rusqlite::Result<Kept> {
    let json_of = |text: String| serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(Kept {
        id: r.get(0)?,
        at: r.get(1)?,
        channel: r.get(2)?,
        language: r.get(3)?,
        kind: r.get(4)?,
        refs: json_of(r.get(5)?),
        base_version: r.get(6)?,
        understood: json_of(r.get(7)?),
    })
}
