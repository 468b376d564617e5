//! `GET /agent/api/recordings/{id}/minutes?language=en`: the minutes in the reader's language, as far as they are.

use super::drawn::{Answer, Drawn, Reader};
use crate::web::Shared;
use crate::web::agent::meeting::note_reading;
use crate::web::agent::signed_in::Agent;
use crate::web::problem::Problem;
use axum::Json;
use axum::extract::{Path, Query, State};

/// The minutes. That they were read is noted as for the transcript.
pub async fn read(
    State(web): Shared,
    agent: Agent,
    Path(id): Path<String>,
    Query(reader): Query<Reader>,
) -> Result<Json<Answer>, Problem> {
    let tongue = reader.tongue()?;
    let drawn = Drawn::load(&web, &id).await?;
    note_reading(&web, agent, id).await?;
    Ok(Json(drawn.answer(tongue)))
}
