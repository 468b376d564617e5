//! `POST /agent/api/recordings`: the button was pressed, and everybody in the room agreed to be recorded.

use super::signed_in::{Agent, FromPage};
use crate::audio::RecorderError;
use crate::store::recordings::Consent;
use crate::web::Shared;
use crate::web::problem::{Body, Problem};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

/// The consent that the agent notes.
#[derive(Deserialize)]
pub struct Press {
    consent: Consent,
}

/// Begins a recording; 201 with its id once the permit is durable and the microphone is open.
pub async fn press(
    State(web): Shared,
    _: FromPage,
    agent: Agent,
    Body(press): Body<Press>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let id = web.parts.recorder.press(agent.name, press.consent).await.map_err(problem)?;
    web.parts.transcriber.wake();
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

/// The recorder's refusals under its own words, which the page translates.
pub(super) fn problem(error: RecorderError) -> Problem {
    use RecorderError as E;
    let (status, title) = match &error {
        E::AlreadyRecording { .. } => (StatusCode::CONFLICT, "A recording is running already"),
        E::NotRecording => (StatusCode::CONFLICT, "No recording is running"),
        E::AlreadyPaused | E::NotPaused => (StatusCode::CONFLICT, "The recording is not in that state"),
        E::Microphone(_) | E::Sound(_) => (StatusCode::SERVICE_UNAVAILABLE, "The microphone cannot be used"),
        E::NoRoom { .. } => (StatusCode::INSUFFICIENT_STORAGE, "The disk is full"),
        E::Store(e) if e.is_disk_full() => (StatusCode::INSUFFICIENT_STORAGE, "The disk is full"),
        E::Busy | E::Stopped => (StatusCode::SERVICE_UNAVAILABLE, "The recorder is not ready"),
        E::Disk { .. } | E::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, "The recording was not started"),
    };
    log::warn!("web.recorder refused: {error}");
    Problem::new(status, error.code(), title, error.to_string())
}
