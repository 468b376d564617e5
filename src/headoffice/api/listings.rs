//! `GET /v1/listings?have=VERSION&wait=SECONDS`: what leads from the base that the box has to the newest, at once or as
//! soon as there is another; 204 when the wait is over.

use super::Branch;
use crate::headoffice::Office;
use crate::headoffice::store::branches::seen;
use crate::headoffice::store::versions::Version;
use crate::sync::protocol::{MAX_WAIT_S, Problem};
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
    let id = branch.id.clone();
    office.store.write("note that a branch was heard of", move |tx| seen(tx, &id, now)).await?;
    let mut latest = office.latest.subscribe();
    let other = |l: &Option<Version>| l.as_ref().is_some_and(|l| l.version != query.have);
    let mut ended = office.ended.subscribe();
    let wait = Duration::from_secs(query.wait.min(MAX_WAIT_S));
    let end = tokio::time::Instant::now() + wait;
    let found = loop {
        let newer =
            async { tokio::time::timeout_at(end, latest.wait_for(&other)).await.is_ok_and(|l| l.is_ok()) };
        let found = tokio::select! {
            found = newer => Some(found),
            () = office.stop.cancelled() => Some(false),
            _ = ended.changed() => None,
        };
        match found {
            Some(found) => break found,
            None => branch.still(&office).await?, // some branch has ended: it may be this one
        }
    };
    if found {
        branch.still(&office).await?;
    }
    let update = if found { office.update_from(&query.have).await? } else { None };
    Ok(match update {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(packed) => ([(header::CONTENT_TYPE, "application/gzip")], packed).into_response(),
    })
}
