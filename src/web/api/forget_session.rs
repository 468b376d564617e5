//! `DELETE /api/v1/sessions/{id}`: the client is finished, and what was asked is forgotten. The id is known to that
//! client only, and is the permission.

use crate::web::Shared;
use axum::extract::{Path, State};
use axum::http::StatusCode;

/// Forgets a session. 204 whether or not there was one.
pub async fn forget_session(State(web): Shared, Path(id): Path<String>) -> StatusCode {
    web.sessions.forget(&id);
    StatusCode::NO_CONTENT
}
