//! `POST /api/v1/ask`: a question in, a reply out, and a line in the log of answers without the client's words.

use crate::assistant::{LONGEST, Reply};
use crate::language::{Language, Tongue};
use crate::store::interactions::{self, Interaction};
use crate::web::problem::{Body, Problem};
use crate::web::{Shared, Web};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

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
    reply: Reply,
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
    let kiosk = headers.get("x-branchbox-kiosk");
    let page = kiosk.and_then(|v| v.to_str().ok()).and_then(Language::of_code);
    // On the spot: an answer takes less time than handing it to another thread (see `bench ask`). A fault in one ends
    // this request only, and leaves the session's context as it was: still usable.
    let mut reply = catch_unwind(AssertUnwindSafe(|| {
        let mut state = state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // Where the first question gives no language away (三房), the page's says which.
        state.tongue = state.tongue.or(page.map(Tongue::of));
        assistant.ask(&mut state, &text, question.language, today)
    }))
    .map_err(|_| Problem::fault("answer this question", "the assistant panicked, see the log before this"))?;
    let gallery = web.parts.pictures.load();
    for shown in &mut reply.listings {
        shown.pictures = gallery.of_listing(&shown.listing.reference).to_vec();
    }
    let understood = reply.understood.for_log();
    let channel = if kiosk.is_some() { "kiosk" } else { "api" };
    note(&web, channel, &reply, understood);
    Ok(Json(Answer { session, reply }))
}

fn checked(text: &str) -> Result<&str, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::bad_request("text is empty: put the question into it."));
    }
    // What the assistant reads, and no more: nothing that was asked is left out silently.
    if text.len() > LONGEST {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-long",
            "The question is too long",
            format!("text has {} bytes, and {LONGEST} at most are read: ask in fewer words.", text.len()),
        ));
    }
    Ok(text)
}

/// Logs the answer for the agent and for head office. Nobody was promised it, so the client does not wait.
fn note(web: &Arc<Web>, channel: &'static str, reply: &Reply, understood: Value) {
    let interaction = Interaction {
        at: web.parts.clock.now(),
        channel,
        language: reply.language.code().to_owned(),
        kind: reply.kind.as_str().to_owned(),
        refs: reply.listings.iter().map(|l| l.listing.reference.clone()).collect(),
        base_version: reply.understood.base_version.clone(),
        understood,
    };
    if !web.parts.db.write_later("log an answer", move |tx| interactions::add(tx, &interaction)) {
        log::warn!("web.interaction not logged: the store is busy");
    }
}
