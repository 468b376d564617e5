//! `POST /agent/api/recordings/resume`: the agent goes on after a pause.

use super::press::problem;
use super::signed_in::{Agent, FromPage};
use crate::web::Shared;
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;

/// Goes on at once. 204; 409 where it is not paused. Any agent may do it.
pub async fn resume(State(web): Shared, _: FromPage, _: Agent) -> Result<StatusCode, Problem> {
    web.parts.recorder.resume().await.map_err(problem)?;
    Ok(StatusCode::NO_CONTENT)
}
