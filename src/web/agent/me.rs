//! `GET /agent/api/me`: under which name this browser is signed in.

use super::signed_in::Agent;
use axum::Json;
use serde_json::{Value, json};

/// The agent's name; 401 when signed out.
pub async fn me(agent: Agent) -> Json<Value> {
    Json(json!({ "name": agent.name }))
}
