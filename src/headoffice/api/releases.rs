//! `GET /v1/releases/{version}` and its `/file`: an update, signed, in pieces (`Range`).

use super::Branch;
use crate::headoffice::Office;
use crate::headoffice::store::Tx;
use crate::headoffice::store::releases::{self, Release};
use crate::sync::protocol::{Problem, ReleaseReply};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

pub(super) async fn get(
    State(office): State<Arc<Office>>,
    branch: Branch,
    Path(version): Path<String>,
) -> Result<Json<ReleaseReply>, Problem> {
    let release = offered(&office, &branch, version).await?;
    let mut reply = ReleaseReply {
        version: release.version,
        sha256: release.sha256,
        bytes: u64::try_from(release.bytes).unwrap_or(0),
        signatures: Vec::new(),
    };
    let signed = office.identity.authorities().sign(&reply.signed_text());
    reply.signatures = signed.map_err(|e| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, e.to_string()))?;
    Ok(Json(reply))
}

pub(super) async fn file(
    State(office): State<Arc<Office>>,
    branch: Branch,
    Path(version): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let release = offered(&office, &branch, version).await?;
    let (from, to) = range(&headers).filter(|(from, _)| *from < release.bytes).ok_or_else(|| {
        Problem::new(
            StatusCode::RANGE_NOT_SATISFIABLE,
            "an update is sent in pieces: ask for bytes=FROM-TO within it",
        )
    })?;
    let sha256 = release.sha256;
    let mut piece = office.store.read("read an update", move |tx| releases::piece(tx, &sha256, from)).await?;
    piece.truncate(usize::try_from(to - from + 1).unwrap_or(usize::MAX));
    let last = from + piece.len() as i64 - 1;
    let named = format!("bytes {from}-{last}/{}", release.bytes);
    let headers =
        [(header::CONTENT_TYPE, "application/octet-stream".to_owned()), (header::CONTENT_RANGE, named)];
    Ok((StatusCode::PARTIAL_CONTENT, headers, piece).into_response())
}

async fn offered(office: &Office, branch: &Branch, version: String) -> Result<Release, Problem> {
    let id = branch.id.clone();
    let read = move |tx: &Tx| match releases::offered(tx, &id)? {
        Some(offered) if offered == version => releases::get(tx, &version),
        _ => Ok(None),
    };
    let release = office.store.read("look up an update", read).await?;
    release.ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND, "head office does not offer this branch that update (any more)")
    })
}

/// `bytes=FROM-TO`, both included.
pub(super) fn range(headers: &HeaderMap) -> Option<(i64, i64)> {
    let (from, to) = headers.get(header::RANGE)?.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
    let (from, to): (i64, i64) = (from.parse().ok()?, to.parse().ok()?);
    (0 <= from && from <= to).then_some((from, to))
}
