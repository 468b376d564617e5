//! `POST /agent/api/recordings/{id}/minutes/redo`: the minutes are drawn up again from the transcript, with the listing
//! base and the rules of today. Every review stays.

use crate::store::{StoreResult, Tx, audit, jobs, recordings, transcripts};
use crate::web::Shared;
use crate::web::agent::signed_in::{Agent, FromPage};
use crate::web::problem::Problem;
use axum::extract::{Path, State};
use axum::http::StatusCode;

/// What became of the wish.
enum Asked {
    NoMeeting,
    NotTranscribed,
    Queued,
}

/// Queues it; 202, and the minutes are `pending` until it is done.
pub async fn redo(
    State(web): Shared,
    _: FromPage,
    agent: Agent,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let now = web.parts.clock.now();
    let queue = move |tx: &Tx| -> StoreResult<Asked> {
        if recordings::get(tx, &id)?.is_none() {
            return Ok(Asked::NoMeeting);
        }
        if transcripts::get(tx, &id)?.is_none() {
            return Ok(Asked::NotTranscribed);
        }
        jobs::queue_unless_running(tx, jobs::MINUTES, &id, now)?;
        audit::add(tx, now, &agent.name, "minutes.redo", &id, None)?;
        Ok(Asked::Queued)
    };
    match web.parts.db.write("draw up minutes again", queue).await? {
        Asked::Queued => Ok(StatusCode::ACCEPTED),
        Asked::NoMeeting => Err(Problem::not_found("There is no such meeting on this box.")),
        Asked::NotTranscribed => Err(Problem::new(
            StatusCode::CONFLICT,
            "not-transcribed",
            "The transcript is not complete",
            "The meeting is still transcribed, and its points come by themselves; try again when the text is complete.",
        )),
    }
}
