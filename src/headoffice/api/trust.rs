//! `GET /v1/trust`: the authorities that a branch is to trust. It is also how a box proves a renewed certificate.

use super::Branch;
use crate::headoffice::Office;
use crate::sync::protocol::TrustReply;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;

pub(super) async fn get(State(office): State<Arc<Office>>, _branch: Branch) -> Json<TrustReply> {
    Json(TrustReply { authorities: office.identity.authorities().pem() })
}
