//! `DELETE /api/branches/{id}`: ends a branch. What it sent stays; its certificate is refused from now on.

use crate::headoffice::Office;
use crate::headoffice::store::branches::revoke;
use crate::sync::protocol::Problem;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use std::sync::Arc;

pub(super) async fn delete(
    State(office): State<Arc<Office>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let now = office.clock.now();
    office.store.write("remove a branch", move |tx| revoke(tx, &id, "console", now)).await?;
    office.look().await?; // who waits for listings in its name hears of it at once
    Ok(StatusCode::NO_CONTENT)
}
