//! `POST /feeds/listings?mode=complete|changes&allow_removals=BOOL`: listings from a company's own system, with a token
//! (`Authorization: Bearer …`, RFC 6750) in place of a certificate. CSV, Excel, OpenDocument or JSON, told by content;
//! the reply accounts for every row.

use crate::headoffice::store::feed_tokens::system_of;
use crate::headoffice::{File, Imported, Mode, Office, import};
use crate::sync::protocol::Problem;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
pub(super) struct How {
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    allow_removals: bool,
    encoding: Option<String>,
}

/// The system that calls. It is asked for before the body is read.
pub(super) struct System(String);

impl FromRequestParts<Arc<Office>> for System {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, office: &Arc<Office>) -> Result<Self, Problem> {
        let refused = || {
            Problem::new(
                StatusCode::UNAUTHORIZED,
                "this needs a token that head office gave out: Authorization: Bearer branchbox-feed-…",
            )
        };
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|h| h.to_str().ok()).unwrap_or("");
        let token = header.strip_prefix("Bearer ").ok_or_else(refused)?.trim().to_owned();
        let now = office.clock.now();
        let known =
            office.store.write("look up a feed's token", move |tx| system_of(tx, &token, now)).await?;
        known.map(Self).ok_or_else(refused)
    }
}

pub(super) async fn post(
    State(office): State<Arc<Office>>,
    System(system): System,
    query: Result<Query<How>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Imported>, Problem> {
    let Query(how) = query.map_err(|e| Problem::new(e.status(), e.body_text()))?;
    let body = body.map_err(|e| Problem::new(e.status(), e.body_text()))?;
    let file = File {
        name: system,
        bytes: body.to_vec(),
        encoding: how.encoding,
        allow_removals: how.allow_removals,
        mode: how.mode,
    };
    let authorities = office.identity.authorities();
    let imported = import(&office.store, authorities.current(), &office.clock, file, "feed").await?;
    office.look().await?;
    Ok(Json(imported))
}
