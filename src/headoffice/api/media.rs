//! `POST /v1/media`: which pictures the references of a listing base are. `GET /v1/media/{sha256}`: one of them, in pieces
//! (`Range`), so that a line that breaks costs one piece. Only what a listing names.

use super::Branch;
use super::releases::range;
use crate::headoffice::Office;
use crate::headoffice::store::{Tx, media};
use crate::listings::pictures::is_hash;
use crate::sync::protocol::{MAX_REFERENCES, PicturesAsked, PicturesKnown, Problem};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

pub(super) async fn post(
    State(office): State<Arc<Office>>,
    _: Branch,
    Json(asked): Json<PicturesAsked>,
) -> Result<Json<PicturesKnown>, Problem> {
    if asked.references.len() > MAX_REFERENCES {
        let detail = format!("pictures: ask for {MAX_REFERENCES} references at a time");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let read = move |tx: &Tx| media::known(tx, &asked.references);
    let known = office.store.read("look up pictures", read).await?;
    Ok(Json(PicturesKnown { pictures: known.into_iter().collect() }))
}

pub(super) async fn get(
    State(office): State<Arc<Office>>,
    _: Branch,
    Path(sha256): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let missing = || Problem::new(StatusCode::NOT_FOUND, "no listing names such a picture (any more)");
    if !is_hash(&sha256) {
        return Err(missing());
    }
    let asked = range(&headers);
    let read = move |tx: &Tx| {
        let Some(picture) = media::named(tx, &sha256)? else { return Ok(None) };
        let piece = match asked {
            Some((from, _)) => media::piece(tx, &sha256, from)?,
            None => Vec::new(),
        };
        Ok(Some((picture, piece)))
    };
    let (picture, mut piece) = office.store.read("read a picture", read).await?.ok_or_else(missing)?;
    let Some((from, to)) = asked.filter(|_| !piece.is_empty()) else {
        return Err(Problem::new(
            StatusCode::RANGE_NOT_SATISFIABLE,
            "a picture is sent in pieces: ask for bytes=FROM-TO within it",
        ));
    };
    piece.truncate(usize::try_from(to - from + 1).unwrap_or(usize::MAX));
    let last = from + piece.len() as i64 - 1;
    let named = format!("bytes {from}-{last}/{}", picture.bytes);
    let media_type = picture.image.format.media_type().to_owned();
    let headers = [(header::CONTENT_TYPE, media_type), (header::CONTENT_RANGE, named)];
    Ok((StatusCode::PARTIAL_CONTENT, headers, piece).into_response())
}
