//! `GET /agent/api/microphones`: which microphone records, and which there are.

use super::signed_in::Agent;
use crate::web::Shared;
use crate::web::pending::audio::{self, Microphone};
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::State;
use serde::Serialize;

/// The microphones of the box.
#[derive(Serialize)]
pub struct Microphones {
    /// Stable name from the configuration; null takes the system's default.
    chosen: Option<String>,
    present: Vec<Microphone>,
}

/// Lists them. Looking takes ALSA some milliseconds, off the async workers.
pub async fn microphones(State(web): Shared, _: Agent) -> Result<Json<Microphones>, Problem> {
    let present = tokio::task::spawn_blocking(audio::microphones)
        .await
        .map_err(|e| Problem::fault("look for microphones", e))?;
    Ok(Json(Microphones { chosen: web.parts.microphone.clone(), present }))
}
