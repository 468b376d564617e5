//! `POST /v1/enrol`: a one-time code and a signing request for a certificate. The only call without a certificate.

use crate::headoffice::Office;
use crate::headoffice::authority::Request;
use crate::headoffice::store::enrolment::{Enrolment, enrol};
use crate::sync::code::Code;
use crate::sync::protocol::{EnrolReply, EnrolRequest, Problem};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use std::sync::Arc;

pub(super) async fn post(
    State(office): State<Arc<Office>>,
    body: Result<Json<EnrolRequest>, JsonRejection>,
) -> Result<Json<EnrolReply>, Problem> {
    let Json(body) = body.map_err(|e| Problem::new(e.status(), e.body_text()))?;
    let code = Code::parse(&body.code).map_err(|e| Problem::new(StatusCode::BAD_REQUEST, e.to_string()))?;
    let Some(request) = Request::parse(&body.csr) else {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "csr is not a certificate signing request with a right signature",
        ));
    };
    let (now, authorities) = (office.clock.now(), office.identity.authorities());
    if !office.tries.may_try(now) {
        return Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too many wrong codes were tried in the last minute: wait a minute, then try again; the code is still good",
        ));
    }
    let done =
        office.store.write("enrol a branch", move |tx| enrol(tx, &authorities, &code, &request, now)).await?;
    if !matches!(done, Enrolment::Done(_)) {
        office.tries.failed(now);
    }
    match done {
        Enrolment::Done(reply) => {
            log::info!("headoffice.enrolled branch={}", reply.branch.id);
            Ok(Json(reply))
        }
        Enrolment::Unknown => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "head office does not know this code: check it for typing mistakes, or ask for a new one",
        )),
        Enrolment::Used => Err(Problem::new(
            StatusCode::CONFLICT,
            "this code has been used already, and each serves one box: ask head office for a new one",
        )),
        Enrolment::Expired { at } => Err(Problem::new(
            StatusCode::GONE,
            format!("this code was good until {at} and is no longer: ask head office for a new one"),
        )),
    }
}
