//! `POST /v1/renew`: a certificate for a new key, over the old one, which may have run out.

use super::Renewing;
use crate::headoffice::Office;
use crate::headoffice::authority::Request;
use crate::headoffice::store::certificates::renew;
use crate::sync::protocol::{Problem, RenewReply, RenewRequest};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use std::sync::Arc;

pub(super) async fn post(
    State(office): State<Arc<Office>>,
    branch: Renewing,
    body: Result<Json<RenewRequest>, JsonRejection>,
) -> Result<Json<RenewReply>, Problem> {
    let Json(body) = body.map_err(|e| Problem::new(e.status(), e.body_text()))?;
    let bad = |detail| Problem::new(StatusCode::BAD_REQUEST, detail);
    let request = Request::parse(&body.csr)
        .ok_or_else(|| bad("csr is not a certificate signing request with a right signature"))?;
    let (now, authorities) = (office.clock.now(), office.identity.authorities());
    let (signing, id) = (Arc::clone(&authorities), branch.id.clone());
    let certificate = office
        .store
        .write("renew a certificate", move |tx| renew(tx, &signing, &id, &branch.certificate, &request, now))
        .await?
        .ok_or_else(|| bad("csr is for the key of the certificate in use: make a new key"))?;
    log::info!("headoffice.renewed branch={}", branch.id);
    Ok(Json(RenewReply { certificate, authorities: authorities.pem() }))
}
