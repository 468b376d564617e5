//! `POST /agent/api/recordings/pause`: the agent pauses the recording.

use super::press::problem;
use super::signed_in::{Agent, FromPage};
use crate::web::Shared;
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;

/// From now on nothing is kept; the pause is noted with its times. 204; 409 where it is paused already. Any agent may do it.
pub async fn pause(State(web): Shared, _: FromPage, _: Agent) -> Result<StatusCode, Problem> {
    web.parts.recorder.pause().await.map_err(problem)?;
    Ok(StatusCode::NO_CONTENT)
}
