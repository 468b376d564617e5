//! `POST /agent/api/recordings`: the button was pressed, and everybody in the room agreed to be recorded.

use super::signed_in::{Agent, FromPage};
use crate::store::recordings::Consent;
use crate::web::Shared;
use crate::web::pending::audio::RecorderError;
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
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

/// The recorder's refusals, as the page can say them.
pub(super) fn problem(error: RecorderError) -> Problem {
    match error {
        RecorderError::Busy => Problem::new(
            StatusCode::CONFLICT,
            "recording-already",
            "A recording is running already",
            "Stop the recording that is running, then start another.",
        ),
        RecorderError::Idle => Problem::new(
            StatusCode::CONFLICT,
            "not-recording",
            "No recording is running",
            "There is nothing to stop: no recording is running.",
        ),
        RecorderError::Microphone(why) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "no-microphone",
            "The microphone cannot be opened",
            why,
        ),
        RecorderError::Store(e) => e.into(),
    }
}
