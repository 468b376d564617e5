//! `GET /agent/api/answers?before=ID`: the latest automatic answers, newest first, and how each question was read. The
//! client's words are not there: they were never kept.

use super::signed_in::Agent;
use crate::store::interactions::{self, Kept};
use crate::web::Shared;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How many answers a page of the list has.
const LISTED: usize = 30;

/// Which page.
#[derive(Deserialize)]
pub struct Page {
    /// The id of the last answer of the page before.
    before: Option<String>,
}

/// A page of the list.
#[derive(Serialize)]
pub struct Answers {
    /// Newest first.
    answers: Vec<Line>,
    /// Whether there are earlier ones.
    more: bool,
}

/// One answer in the list.
#[derive(Serialize)]
pub struct Line {
    id: String,
    /// RFC 3339.
    at: String,
    channel: String,
    language: String,
    kind: String,
    /// What was understood, in the language of the answer.
    words: Value,
    /// The rule by which it was refused or handed to a person, or null.
    rule: Value,
    base_version: String,
    /// The places that were matched and how: [{place, place_zh, how}].
    matched: Value,
    /// The script that answered and what fired it, or null.
    trigger: Value,
}

impl From<Kept> for Line {
    fn from(mut kept: Kept) -> Self {
        let rule = kept.understood["query"]["rule"].take();
        let mut part = |name: &str| kept.understood[name].take();
        Self {
            rule,
            words: part("words"),
            matched: part("matched"),
            trigger: part("trigger"),
            id: kept.id,
            at: kept.at,
            channel: kept.channel,
            language: kept.language,
            kind: kept.kind,
            base_version: kept.base_version,
        }
    }
}

/// Lists the latest answers, newest first.
pub async fn answers(
    State(web): Shared,
    _: Agent,
    Query(page): Query<Page>,
) -> Result<Json<Answers>, Problem> {
    let read = move |c: &_| interactions::latest(c, page.before.as_deref(), LISTED + 1);
    let list = web.parts.db.read("list the answers", read).await?;
    let more = list.len() > LISTED;
    Ok(Json(Answers { answers: list.into_iter().take(LISTED).map(Line::from).collect(), more }))
}
