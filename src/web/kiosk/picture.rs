//! `GET /media/{sha256}`: a picture of a unit on offer, from the box's own disk. Anything else is not there.

use crate::listings::pictures::shelf::Shelf;
use crate::web::Shared;
use crate::web::problem::Problem;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Serves a picture. What it is was told by its content when it came; the browser is told not to guess.
pub async fn picture(State(web): Shared, Path(sha256): Path<String>) -> Result<Response, Problem> {
    let missing = || {
        Problem::new(
            StatusCode::NOT_FOUND,
            "no-picture",
            "There is no such picture",
            "No unit on offer has a picture under this address.",
        )
    };
    let format = web.parts.pictures.load().format(&sha256).ok_or_else(missing)?;
    let path = Shelf::of(&web.parts.data).path(&sha256).ok_or_else(missing)?;
    // It may have gone since the gallery was hung.
    let bytes = tokio::fs::read(path).await.map_err(|_| missing())?;
    Ok(([(header::CONTENT_TYPE, format.media_type())], bytes).into_response())
}
