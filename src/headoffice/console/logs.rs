//! `POST /api/branches/{id}/logs` asks a branch for its log, `GET` shows what came.

use crate::headoffice::Office;
use crate::headoffice::store::Tx;
use crate::headoffice::store::logs::{Request, ask, of_branch};
use crate::sync::protocol::Problem;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use std::sync::Arc;

pub(super) async fn post(
    State(office): State<Arc<Office>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let now = office.clock.now();
    office.store.write("ask for a branch's log", move |tx: &Tx| ask(tx, &id, "console", now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn get(
    State(office): State<Arc<Office>>,
    Path(id): Path<String>,
) -> Result<Json<Vec<Request>>, Problem> {
    Ok(Json(office.store.read("read a branch's logs", move |tx: &Tx| of_branch(tx, &id)).await?))
}
