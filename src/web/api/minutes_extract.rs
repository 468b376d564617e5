//! `POST /api/v1/minutes/extract`: the same minutes that a recording gets, from a transcript that is sent along.
//! Nothing of it is kept.

use crate::minutes::{self, Transcript};
use crate::store::minutes::Minutes;
use crate::web::Shared;
use crate::web::problem::{Body, Problem};
use axum::Json;
use axum::extract::State;

/// Extracts the decision points. 400 for segments that run backwards.
pub async fn minutes_extract(
    State(web): Shared,
    Body(transcript): Body<Transcript>,
) -> Result<Json<Minutes>, Problem> {
    if let Some(n) = transcript.segments.iter().position(|s| !(s.start <= s.end && s.start >= 0.0)) {
        return Err(Problem::bad_request(format!(
            "segments[{n}] ends before it starts: give seconds from the beginning."
        )));
    }
    let assistant = web.parts.assistant.load_full();
    tokio::task::spawn_blocking(move || minutes::extract(assistant.places(), &transcript))
        .await
        .map(Json)
        .map_err(|e| Problem::fault("draw up these minutes", e))
}
