//! `POST /v1/events`: a batch of the outbox. Acknowledged after the commit, never before.

use super::Branch;
use crate::headoffice::Office;
use crate::headoffice::store::branches::note_clone;
use crate::headoffice::store::events::apply;
use crate::sync::protocol::{Acknowledgement, Batch, Decision, MAX_EVENTS, Problem, reason};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use flate2::read::GzDecoder;
use std::io::Read;
use std::sync::Arc;

/// What a batch may unpack to.
const UNPACKED: u64 = 32 << 20;

pub(super) async fn post(
    State(office): State<Arc<Office>>,
    branch: Branch,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Acknowledgement>, Problem> {
    let batch = read(&headers, &body)?;
    let now = office.clock.now();
    let id = branch.id.clone();
    let decision = office.store.write("keep events", move |tx| apply(tx, &id, &batch, now)).await?;
    match decision {
        Decision::Apply { acknowledged, .. } => {
            Ok(Json(Acknowledgement { acknowledged, renew: branch.shared_certificate }))
        }
        Decision::Gap { expected } => {
            log::warn!("headoffice.events gap branch={} expected={expected}", branch.id);
            let detail = format!(
                "event {expected} comes next and is not in this batch: nothing was taken; send from {expected} on"
            );
            Err(Problem { expected: Some(expected), ..Problem::new(StatusCode::CONFLICT, detail) })
        }
        Decision::Fork { seq } => {
            log::error!("headoffice.events fork branch={} seq={seq}", branch.id);
            let note = move |tx: &crate::headoffice::store::Tx| note_clone(tx, &branch.id, now);
            office.store.write("note a cloned box", note).await?;
            Err(Problem::new(
                StatusCode::CONFLICT,
                format!(
                    "event {seq} is here already and is another one: this box was cloned or put back from a backup; enrol it anew with a new code"
                ),
            )
            .because(reason::CLONED))
        }
        Decision::Malformed { at } => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            format!("events: the sequence must go up by one from 1 or more, and does not at position {at}"),
        )),
    }
}

fn read(headers: &HeaderMap, body: &[u8]) -> Result<Batch, Problem> {
    let bad =
        |reason: String| Problem::new(StatusCode::BAD_REQUEST, format!("the batch cannot be read: {reason}"));
    let packed = headers.get(header::CONTENT_ENCODING).is_some_and(|v| v.as_bytes() == b"gzip");
    let batch: Batch = if packed {
        let mut text = Vec::new();
        let mut limited = GzDecoder::new(body).take(UNPACKED);
        limited.read_to_end(&mut text).map_err(|e| bad(e.to_string()))?;
        if limited.limit() == 0 {
            return Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "the batch is larger than 32 MB unpacked",
            ));
        }
        serde_json::from_slice(&text)
    } else {
        serde_json::from_slice(body)
    }
    .map_err(|e| bad(e.to_string()))?;
    if batch.events.len() > MAX_EVENTS {
        return Err(bad(format!("it has {} events, and {MAX_EVENTS} is the most", batch.events.len())));
    }
    Ok(batch)
}
