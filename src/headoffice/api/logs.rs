//! `POST /v1/logs/{id}`: a branch's log, as head office asked for it.

use super::Branch;
use crate::headoffice::Office;
use crate::headoffice::store::Tx;
use crate::headoffice::store::logs::answer;
use crate::log_tail::redacted;
use crate::sync::protocol::Problem;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use std::sync::Arc;

pub(super) async fn post(
    State(office): State<Arc<Office>>,
    branch: Branch,
    Path(id): Path<String>,
    body: String,
) -> Result<StatusCode, Problem> {
    let now = office.clock.now();
    // The box has left out what could be personal; an older or a broken one may not have.
    let lines: Vec<String> = body.lines().map(redacted).collect();
    let lines = lines.join("\n");
    let keep = move |tx: &Tx| answer(tx, &branch.id, &id, &lines, now);
    match office.store.write("keep a branch's log", keep).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::new(StatusCode::NOT_FOUND, "head office did not ask for this log (any more)")),
    }
}
