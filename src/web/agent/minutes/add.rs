//! `POST /agent/api/recordings/{id}/minutes/add`: a point that the box missed, borne out by segments like any other.

use super::drawn::{Answer, Drawn, Reader};
use crate::minutes::amend::{Typed, added};
use crate::store::minutes::Origin;
use crate::store::minutes_reviews::{Review, Verdict};
use crate::web::Shared;
use crate::web::agent::signed_in::{Agent, FromPage};
use crate::web::problem::{Body, Problem};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;

/// The point.
#[derive(Deserialize)]
pub struct New {
    #[serde(rename = "type")]
    kind: String,
    #[serde(flatten)]
    typed: Typed,
    /// Numbers of the segments that bear it out.
    #[serde(default)]
    segments: Vec<usize>,
}

/// Adds it; 201 with the minutes as they are then.
pub async fn add(
    State(web): Shared,
    _: FromPage,
    agent: Agent,
    Path(id): Path<String>,
    Query(reader): Query<Reader>,
    Body(new): Body<New>,
) -> Result<(StatusCode, Json<Answer>), Problem> {
    let tongue = reader.tongue()?;
    let drawn = Drawn::load(&web, &id).await?;
    let places = drawn.assistant.places();
    let point = added(places, &new.kind, &new.typed, &new.segments, |n| drawn.start(n))?;
    if drawn.reviewed.asserts(&point) {
        return Err(there_already());
    }
    let now = web.parts.clock.now();
    let review = Review {
        point: uuid::Uuid::new_v4().to_string(),
        verdict: Verdict::Added,
        agent: agent.name,
        at: crate::store::stamp(now),
        heard: drawn.segments.len(),
        origin: Origin::Agent,
        was: None,
        corrected: Some(point),
    };
    Ok((StatusCode::CREATED, Json(drawn.keep(&web, review, now).await?.answer(tongue))))
}

fn there_already() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "there-already",
        "The point is there already",
        "The minutes have that point already; accept it there, or correct it.",
    )
}
