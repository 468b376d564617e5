//! `GET /agent/api/answers/{id}`: one automatic answer, with all that is kept of why it was given.

use super::signed_in::Agent;
use crate::store::interactions::{self, Kept};
use crate::web::Shared;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::{Path, State};

/// Opens an answer.
pub async fn answer(State(web): Shared, _: Agent, Path(id): Path<String>) -> Result<Json<Kept>, Problem> {
    let kept = web.parts.db.read("open an answer", move |c| interactions::get(c, &id)).await?;
    kept.map(Json).ok_or_else(|| Problem::not_found("There is no such answer on this box."))
}
