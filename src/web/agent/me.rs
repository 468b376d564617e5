//! `GET /agent/api/me`: under which name this browser is signed in, and which sound head office gets, since whoever is asked
//! to be recorded is told so.

use super::signed_in::Agent;
use crate::web::Shared;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

/// The agent's name, and the branch's policy on sound; 401 when signed out.
pub async fn me(State(web): Shared, agent: Agent) -> Json<Value> {
    Json(json!({ "name": agent.name, "sound": web.parts.uplink.sound }))
}
