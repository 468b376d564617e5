//! `POST /api/v1/ask`: a question in, a reply out, and a line in the log of answers without the client's words.

use crate::assistant::Reply;
use crate::language::Language;
use crate::store::interactions::{self, Interaction};
use crate::web::problem::{Body, Problem};
use crate::web::{Shared, Web};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// Longest question, in characters: a minute of speech has some 300.
const LONGEST: usize = 2_000;

/// The request (CONTRACT.md).
#[derive(Deserialize)]
pub struct Question {
    text: String,
    session: Option<String>,
    language: Option<Language>,
}

/// The reply, with the session it belongs to.
#[derive(Serialize)]
pub struct Answer {
    session: String,
    #[serde(flatten)]
    reply: Value,
}

/// Answers a question. 400 without words, 503 as long as there is no listing base to answer from.
pub async fn ask(
    State(web): Shared,
    headers: HeaderMap,
    Body(question): Body<Question>,
) -> Result<Json<Answer>, Problem> {
    let text = checked(&question.text)?.to_owned();
    if web.parts.base.borrow().is_none() {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "no-listings",
            "There are no listings yet",
            "This box has no listing base yet, so it cannot answer: import one, or wait for head office to send it.",
        ));
    }
    let (session, state) = web.sessions.open(question.session.as_deref());
    let assistant = web.parts.assistant.load_full();
    let today = web.parts.clock.today();
    // Off the async workers: an answer is arithmetic over the whole base, and a fault in it ends this request only.
    let reply = tokio::task::spawn_blocking(move || {
        // A fault in an earlier answer of this session leaves its context as it was: still usable.
        let mut state = state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        assistant.ask(&mut state, &text, question.language, today)
    })
    .await
    .map_err(|e| Problem::fault("answer this question", e))?;
    let understood = (reply.understood.base_version.clone(), reply.understood.for_log());
    let reply = encode(&reply)?;
    let channel = if headers.contains_key("x-branchbox-kiosk") { "kiosk" } else { "api" };
    note(&web, channel, &reply, understood);
    Ok(Json(Answer { session, reply }))
}

fn checked(text: &str) -> Result<&str, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::bad_request("text is empty: put the question into it."));
    }
    if text.chars().count() > LONGEST {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-long",
            "The question is too long",
            format!("text has more than {LONGEST} characters: ask in fewer words."),
        ));
    }
    Ok(text)
}

fn encode(reply: &Reply) -> Result<Value, Problem> {
    serde_json::to_value(reply).map_err(|e| Problem::fault("write down the answer", e))
}

/// Logs the answer for the agent and for head office. Nobody was promised it, so the client does not wait.
fn note(web: &Arc<Web>, channel: &'static str, reply: &Value, (base_version, understood): (String, Value)) {
    let word = |key: &str| reply[key].as_str().unwrap_or_default().to_owned();
    let listings = reply["listings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let interaction = Interaction {
        at: web.parts.clock.now(),
        channel,
        language: word("language"),
        kind: word("kind"),
        refs: listings.iter().filter_map(|l| l["ref"].as_str().map(str::to_owned)).collect(),
        base_version,
        understood,
    };
    if !web.parts.db.write_later("log an answer", move |tx| interactions::add(tx, &interaction)) {
        log::warn!("web.interaction not logged: the store is busy");
    }
}
