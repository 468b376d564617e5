//! `GET /agent/api/recordings/{id}`: one meeting with its transcript so far and its minutes.

use super::meetings::Meeting;
use super::signed_in::Agent;
use crate::store::minutes::{self, Minutes};
use crate::store::transcripts::{self, Segment, Transcript};
use crate::store::{Tx, audit, recordings};
use crate::web::Shared;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;

/// A meeting, opened.
#[derive(Serialize)]
pub struct Opened {
    #[serde(flatten)]
    meeting: Meeting,
    /// In time order; grows while the transcript is made.
    segments: Vec<Segment>,
    /// The transcript's heading, once it is complete.
    heading: Option<Transcript>,
    /// Null until they are drawn up.
    points: Option<Minutes>,
}

/// Opens a meeting and notes in the audit trail who did, once a sign-in.
pub async fn meeting(
    State(web): Shared,
    agent: Agent,
    Path(id): Path<String>,
) -> Result<Json<Opened>, Problem> {
    let wanted = id.clone();
    let opened = web.parts.db.read("open a meeting", move |c| {
        let Some(recording) = recordings::get(c, &wanted)? else { return Ok(None) };
        Ok(Some(Opened {
            meeting: Meeting::load(c, recording)?,
            segments: transcripts::segments(c, &wanted)?,
            heading: transcripts::get(c, &wanted)?,
            points: minutes::get(c, &wanted)?,
        }))
    });
    let opened = opened.await?.ok_or_else(|| Problem::not_found("There is no such meeting on this box."))?;
    if web.sign_ins.opens(&agent.id, &id) {
        let now = web.parts.clock.now();
        let note = move |tx: &Tx| audit::add(tx, now, &agent.name, "meeting.read", &id, None);
        web.parts.db.write("note who read a transcript", note).await?;
    }
    Ok(Json(opened))
}
