//! `GET /agent/api/recordings/{id}/minutes/vocabulary?language=en`: what can be put into a form about a point.

use super::drawn::Reader;
use crate::language::Tongue;
use crate::minutes::vocabulary::{self, Vocabulary};
use crate::web::Shared;
use crate::web::agent::signed_in::Agent;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::{Query, State};

/// Types, slots and choices with labels in the reader's language (Cantonese, where none is named). It is the same for
/// every meeting.
pub async fn vocabulary(
    State(web): Shared,
    _: Agent,
    Query(reader): Query<Reader>,
) -> Result<Json<Vocabulary>, Problem> {
    let tongue = reader.tongue()?.unwrap_or(Tongue::YUE);
    Ok(Json(vocabulary::vocabulary(web.parts.assistant.load().places(), tongue)))
}
