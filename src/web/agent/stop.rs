//! `POST /agent/api/recordings/stop`: the button was pressed again.

use super::press::problem;
use super::signed_in::{Agent, FromPage};
use crate::web::Shared;
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;

/// Ends the recording; 204 once its last 2 s are on disk and its transcript is queued (the events say `stopping` at
/// once; a second stop ends it there and then). Any agent may stop it.
pub async fn stop(State(web): Shared, _: FromPage, _: Agent) -> Result<StatusCode, Problem> {
    web.parts.recorder.stop().await.map_err(problem)?;
    web.parts.transcriber.wake();
    Ok(StatusCode::NO_CONTENT)
}
