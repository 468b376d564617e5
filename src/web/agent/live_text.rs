//! `GET /agent/api/recordings/{id}/segments?from=N`: what was added to a transcript, for the page of the meeting that runs.

use super::meeting::note_reading;
use super::signed_in::Agent;
use crate::store::recordings;
use crate::store::transcripts::{self, Segment};
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
    note_reading(&web, agent, id).await?;
    Ok(Json(segments))
}
