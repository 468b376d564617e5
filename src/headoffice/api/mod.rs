//! What branches' boxes call, over mutual TLS. One verb a file.
//!
//! The certificate says which branch it is; [`Branch`] is the only way in for everything but enrolment.

mod enrol;
mod events;
mod health;
mod listings;

use super::Office;
use super::store::branches;
use crate::sync::protocol::Problem;
use crate::tls::Peer;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{get, post};
use std::sync::Arc;

/// A batch or a signing request, packed. A batch of 500 events is some 100 KB.
const BODY: usize = 8 << 20;

pub(super) fn router(office: Arc<Office>) -> Router {
    Router::new()
        .route("/v1/enrol", post(enrol::post))
        .route("/v1/listings", get(listings::get))
        .route("/v1/events", post(events::post))
        .route("/v1/health", post(health::post))
        .route("/healthz", get(async || "ok\n"))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "head office has nothing under this address"))
        .layer(DefaultBodyLimit::max(BODY))
        .with_state(office)
}

/// The branch that calls, in service.
struct Branch {
    id: String,
}

impl FromRequestParts<Arc<Office>> for Branch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, office: &Arc<Office>) -> Result<Self, Problem> {
        let certificate = parts.extensions.get::<Peer>().and_then(|p| p.certificate.clone());
        let Some(certificate) = certificate else {
            return Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "this is for enrolled boxes, and no client certificate was shown: enrol this box with a code from head office",
            ));
        };
        let fingerprint = certificate.fingerprint.clone();
        let known = office
            .db
            .read("look up a branch's certificate", move |c| branches::by_certificate(c, &fingerprint))
            .await?;
        // The ledger is what counts; the name in the certificate has to agree with it.
        let known = known.filter(|k| certificate.branch.as_deref() == Some(&k.branch_id));
        match known {
            Some(branch) => match branch.revoked_why.as_deref() {
                None => Ok(Self { id: branch.branch_id }),
                Some("replaced") => Err(Problem::new(
                    StatusCode::FORBIDDEN,
                    format!(
                        "this box was replaced: another one was enrolled as {}; enrol this one anew if that was a mistake",
                        branch.name
                    ),
                )),
                Some(_) => Err(Problem::new(
                    StatusCode::FORBIDDEN,
                    format!(
                        "head office has removed {}: ask there, and enrol anew with a new code",
                        branch.name
                    ),
                )),
            },
            None => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "head office does not know this certificate: enrol this box anew with a code from there",
            )),
        }
    }
}
