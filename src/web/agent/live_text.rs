//! `GET /agent/api/recordings/{id}/segments?from=N`: what was added to a transcript, for the page of the meeting that runs.

use super::signed_in::Agent;
use crate::store::transcripts::{self, Segment};
use crate::store::{Tx, audit, recordings};
use crate::web::Shared;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;

/// Where the page is.
#[derive(Deserialize)]
pub struct From {
    /// Number of the first segment that it does not have.
    #[serde(default)]
    from: u32,
}

/// The segments from there on. That a transcript was read is noted like in [`super::meeting`].
pub async fn live_text(
    State(web): Shared,
    agent: Agent,
    Path(id): Path<String>,
    Query(query): Query<From>,
) -> Result<Json<Vec<Segment>>, Problem> {
    let wanted = id.clone();
    let found = web.parts.db.read("read what was added to a transcript", move |c| {
        let known = recordings::get(c, &wanted)?.is_some();
        known.then(|| transcripts::segments_from(c, &wanted, query.from.into())).transpose()
    });
    let segments = found.await?.ok_or_else(|| Problem::not_found("There is no such meeting on this box."))?;
    if web.sign_ins.opens(&agent.id, &id) {
        let now = web.parts.clock.now();
        let note = move |tx: &Tx| audit::add(tx, now, &agent.name, "meeting.read", &id, None);
        web.parts.db.write("note who read a transcript", note).await?;
    }
    Ok(Json(segments))
}
