//! `POST /agent/api/microphones/test`: the chosen microphone is listened to for a second. Nothing is kept.

use super::press::problem;
use super::signed_in::{Agent, FromPage};
use crate::audio::{self, RecorderError, RecorderState, Trial};
use crate::web::Shared;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::State;

/// How loud it is; 409 while something is recorded, 503 where it cannot be used.
pub async fn try_microphone(State(web): Shared, _: FromPage, _: Agent) -> Result<Json<Trial>, Problem> {
    let status = web.parts.recorder.status().borrow().clone();
    if status.state != RecorderState::Idle {
        return Err(problem(RecorderError::AlreadyRecording { id: status.recording.unwrap_or_default() }));
    }
    let chosen = web.parts.microphone.clone();
    let tried = tokio::task::spawn_blocking(move || audio::try_microphone(chosen.as_deref())).await;
    let tried = tried.map_err(|e| Problem::fault("try the microphone", e))?;
    tried.map(Json).map_err(|e| problem(e.into()))
}
