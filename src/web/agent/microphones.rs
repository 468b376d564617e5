//! `GET /agent/api/microphones`: which microphone records, and which there are.

use super::signed_in::Agent;
use crate::audio::{self, Microphone, RecorderState};
use crate::web::Shared;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::State;
use serde::Serialize;

/// The microphones of the box.
#[derive(Serialize)]
pub struct Microphones {
    /// Stable name from the configuration; null takes the system's default.
    chosen: Option<String>,
    /// Null while a recording runs: looking opens each device for a moment, which is not done to the one in use.
    present: Option<Vec<Microphone>>,
    /// Why nothing could be listed, in a sentence.
    problem: Option<String>,
}

/// Lists them, off the async workers: ALSA takes its time.
pub async fn microphones(State(web): Shared, _: Agent) -> Result<Json<Microphones>, Problem> {
    let chosen = web.parts.microphone.clone();
    if web.parts.recorder.status().borrow().state != RecorderState::Idle {
        return Ok(Json(Microphones { chosen, present: None, problem: None }));
    }
    let listed = tokio::task::spawn_blocking(audio::microphones)
        .await
        .map_err(|e| Problem::fault("look for microphones", e))?;
    let (present, problem) = match listed {
        Ok(present) => (present, None),
        Err(e) => (Vec::new(), Some(e.to_string())),
    };
    Ok(Json(Microphones { chosen, present: Some(present), problem }))
}
