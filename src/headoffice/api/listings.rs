//! `GET /v1/listings?have=VERSION&wait=SECONDS`: the newest listing base, at once or as soon as there is another than
//! the one the box has; 204 when the wait is over.

use super::Branch;
use crate::headoffice::store::branches::seen;
use crate::headoffice::{Latest, Office};
use crate::sync::protocol::{MAX_WAIT_S, Problem, VERSION_HEADER};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

#[derive(Deserialize)]
pub(super) struct Have {
    #[serde(default)]
    have: String,
    #[serde(default)]
    wait: u64,
}

pub(super) async fn get(
    State(office): State<Arc<Office>>,
    branch: Branch,
    query: Result<Query<Have>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|e| Problem::new(e.status(), e.body_text()))?;
    let now = office.clock.now();
    office.db.write("note that a branch was heard of", move |tx| seen(tx, &branch.id, now)).await?;
    let mut latest = office.latest.subscribe();
    let other = |l: &Option<Latest>| l.as_ref().is_some_and(|l| l.version.version != query.have);
    let wait = Duration::from_secs(query.wait.min(MAX_WAIT_S));
    let found = tokio::select! {
        found = tokio::time::timeout(wait, latest.wait_for(other)) => found.ok().and_then(Result::ok).and_then(|l| l.clone()),
        () = office.stop.cancelled() => None,
    };
    Ok(match found {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(Latest { version, snapshot }) => {
            let kind = (header::CONTENT_TYPE, "application/gzip".to_owned());
            ([kind, (header::HeaderName::from_static(VERSION_HEADER), version.version)], snapshot)
                .into_response()
        }
    })
}
