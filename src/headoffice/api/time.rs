//! `POST /v1/time`: the time, signed by the authorities together with a number that the box has made up. For a box whose
//! own clock is wrong; without a certificate, since the dates of either side's cannot be judged yet.

use crate::headoffice::Office;
use crate::sync::clock::signed_text;
use crate::sync::protocol::{Problem, TimeReply, TimeRequest};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use std::sync::Arc;

pub(super) async fn post(
    State(office): State<Arc<Office>>,
    body: Result<Json<TimeRequest>, JsonRejection>,
) -> Result<Json<TimeReply>, Problem> {
    let Json(body) = body.map_err(|e| Problem::new(e.status(), e.body_text()))?;
    // Nothing of the caller's choosing is signed but this many digits.
    if body.nonce.len() != 64 || !body.nonce.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "nonce: 64 hexadecimal digits, made up for this call",
        ));
    }
    let authorities = office.identity.authorities();
    let time = office.clock.now().to_string();
    let signatures = authorities
        .sign(&signed_text(&body.nonce, &time))
        .map_err(|e| Problem::from(crate::headoffice::HeadOfficeError::from(e)))?;
    Ok(Json(TimeReply { time, signatures, authorities: authorities.pem() }))
}
