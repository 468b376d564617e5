//! `GET /api/branches/{id}/sound/{recording}`: the sound of a meeting as a FLAC file, noted in the audit trail.

use crate::headoffice::Office;
use crate::headoffice::sound::piece;
use crate::headoffice::store::sound::{self, Standing};
use crate::headoffice::store::{Tx, audit};
use crate::sync::protocol::Problem;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

pub(super) async fn get(
    State(office): State<Arc<Office>>,
    Path((branch, recording)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let now = office.clock.now();
    let (id, file) = (branch.clone(), recording.clone());
    let look = move |tx: &Tx| {
        let standing = sound::standing(tx, &id, &file)?;
        if standing.is_some_and(|s| s.complete) {
            audit::add(tx, now, "console", "sound.exported", &file, None)?;
        }
        Ok(standing)
    };
    let Some(Standing { held, complete: true }) = office.store.write("open sound", look).await? else {
        let detail = "head office does not have the (whole) sound of this meeting";
        return Err(Problem::new(StatusCode::NOT_FOUND, detail));
    };
    let (send, receive) = mpsc::channel::<std::io::Result<Bytes>>(1);
    tokio::spawn(async move {
        let mut at = 0;
        while at < held {
            let next = match piece(&office, &branch, &recording, at).await {
                Ok(Some(bytes)) if !bytes.is_empty() => Ok(Bytes::copy_from_slice(&bytes)),
                Ok(_) => Err(std::io::Error::other("a piece of the sound is missing")),
                Err(e) => Err(std::io::Error::other(e)),
            };
            at += next.as_ref().map_or(held, |b| b.len() as i64);
            if send.send(next).await.is_err() {
                return;
            }
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "audio/flac".to_owned()),
        (header::CONTENT_LENGTH, held.to_string()),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"meeting.flac\"".to_owned()),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(receive))).into_response())
}
