//! `POST /agent/api/recordings/mark`: the agent marks this moment of the meeting as important.

use super::press::problem;
use super::signed_in::{Agent, FromPage};
use crate::web::Shared;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// Marks it; 201 with the place in the recording, in seconds.
pub async fn mark(State(web): Shared, _: FromPage, _: Agent) -> Result<(StatusCode, Json<Value>), Problem> {
    let ms = web.parts.recorder.mark().await.map_err(problem)?;
    Ok((StatusCode::CREATED, Json(json!({ "at": ms as f64 / 1000.0 }))))
}
