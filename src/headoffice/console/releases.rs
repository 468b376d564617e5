//! `POST /api/releases/{version}/stage` `{stage}`: one, tenth, all or halt.

use crate::headoffice::Office;
use crate::headoffice::store::Tx;
use crate::headoffice::store::releases::{Stage, stage};
use crate::sync::protocol::Problem;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use clap::ValueEnum;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
pub(super) struct Wanted {
    stage: String,
}

pub(super) async fn post(
    State(office): State<Arc<Office>>,
    Path(version): Path<String>,
    body: Result<Json<Wanted>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(wanted) = body.map_err(|e| Problem::new(e.status(), e.body_text()))?;
    let to = Stage::from_str(&wanted.stage, false)
        .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the stage is one, tenth, all or halt"))?;
    let now = office.clock.now();
    office.store.write("stage a release", move |tx: &Tx| stage(tx, &version, to, "console", now)).await?;
    Ok(StatusCode::NO_CONTENT)
}
