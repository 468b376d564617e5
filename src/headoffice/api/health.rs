//! `POST /v1/health`: how a box stands now. Not through the outbox: only the latest counts.

use super::Branch;
use crate::headoffice::Office;
use crate::headoffice::store::branches::note_health;
use crate::sync::protocol::{Health, Problem};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use std::sync::Arc;

pub(super) async fn post(
    State(office): State<Arc<Office>>,
    branch: Branch,
    body: Result<Json<Health>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(health) = body.map_err(|e| Problem::new(e.status(), e.body_text()))?;
    let now = office.clock.now();
    office.db.write("note a branch's health", move |tx| note_health(tx, &branch.id, &health, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}
