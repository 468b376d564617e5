//! The log of answers given: how a question was read and what came of it, without the client's words.

use super::{StoreResult, Tx, outbox, stamp};
use jiff::Timestamp;
use rusqlite::params;
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
    /// The typed query.
    pub understood: Value,
}

/// Keeps an interaction and tells head office its kind and what was shown.
pub fn add(tx: &Tx, i: &Interaction) -> StoreResult<()> {
    let id = uuid::Uuid::now_v7().to_string();
    tx.prepare_cached(
        "INSERT INTO interaction (id, at, channel, language, kind, refs, understood) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![id, stamp(i.at), i.channel, i.language, i.kind, json!(i.refs).to_string(), i.understood.to_string()])?;
    outbox::add(
        tx,
        i.at,
        "interaction",
        &json!({ "id": id, "channel": i.channel, "language": i.language, "kind": i.kind, "refs": i.refs }),
    )
}
