//! `POST /agent/api/recordings/{id}/minutes/review`: an agent accepts, corrects, strikes or reopens a point.

use super::drawn::{Answer, Drawn, Reader};
use crate::minutes::amend::{Typed, corrected};
use crate::minutes::review::Standing;
use crate::store::minutes::Origin;
use crate::store::minutes_reviews::{Review, Verdict};
use crate::web::Shared;
use crate::web::agent::signed_in::{Agent, FromPage};
use crate::web::problem::{Body, Problem};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;

/// What the agent says of a point.
#[derive(Deserialize)]
pub struct Said {
    /// Its id.
    point: String,
    verdict: Wish,
    /// For a correction.
    #[serde(flatten)]
    typed: Typed,
}

/// What is to become of it.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Wish {
    Accept,
    Correct,
    Strike,
    /// Take back what was said before.
    Reopen,
}

/// Keeps the verdict; the minutes as they are then.
pub async fn review(
    State(web): Shared,
    _: FromPage,
    agent: Agent,
    Path(id): Path<String>,
    Query(reader): Query<Reader>,
    Body(said): Body<Said>,
) -> Result<Json<Answer>, Problem> {
    let tongue = reader.tongue()?;
    let drawn = Drawn::load(&web, &id).await?;
    let standing = drawn.reviewed.find(&said.point).ok_or_else(gone)?;
    if said.verdict == Wish::Reopen && !can_reopen(standing) {
        return Err(nothing_to_reopen());
    }
    let now = web.parts.clock.now();
    let review = Review {
        point: said.point,
        verdict: match said.verdict {
            Wish::Accept => Verdict::Accepted,
            Wish::Correct => Verdict::Corrected,
            Wish::Strike => Verdict::Struck,
            Wish::Reopen => Verdict::Reopened,
        },
        agent: agent.name,
        at: crate::store::stamp(now),
        heard: drawn.segments.len(),
        origin: standing.origin,
        corrected: (said.verdict == Wish::Correct)
            .then(|| corrected(drawn.assistant.places(), &standing.point, &said.typed))
            .transpose()?,
        was: Some(standing.point.clone()),
    };
    Ok(Json(drawn.keep(&web, review, now).await?.answer(tongue)))
}

/// What an agent added is accepted by that; there is something to take back once it was corrected or struck.
fn can_reopen(standing: &Standing) -> bool {
    let as_added = |v: Verdict| standing.origin == Origin::Agent && v == Verdict::Accepted;
    standing.review.as_ref().is_some_and(|r| !as_added(r.verdict) || r.was.is_some())
}

fn gone() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no-such-point",
        "There is no such point",
        "point: these minutes have no point of that id (any more); open them again and choose one.",
    )
}

fn nothing_to_reopen() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "not-reviewed",
        "There is nothing to take back",
        "Nobody has accepted, corrected or struck this point; strike it where it is wrong.",
    )
}
