//! `POST /api/tokens` `{name}` makes a token with which a company's own system sends listings, shown this once;
//! `DELETE /api/tokens/{name}` ends it. `GET /api/feeds` names the systems that have one.

use crate::headoffice::store::{Tx, feed_tokens};
use crate::headoffice::{Office, give_token};
use crate::sync::protocol::Problem;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Deserialize)]
pub(super) struct Wanted {
    name: String,
}

pub(super) async fn post(
    State(office): State<Arc<Office>>,
    body: Result<Json<Wanted>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(wanted) = body.map_err(|e| Problem::new(e.status(), e.body_text()))?;
    let token = give_token(&office.store, &office.clock, &wanted.name, "console").await?;
    let url = format!("{}/feeds/listings", office.url);
    Ok(Json(json!({ "name": wanted.name.trim(), "token": token, "url": url })))
}

pub(super) async fn delete(
    State(office): State<Arc<Office>>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let now = office.clock.now();
    let end = move |tx: &Tx| feed_tokens::revoke(tx, &name, "console", now);
    office.store.write("end a feed's token", end).await?;
    Ok(StatusCode::NO_CONTENT)
}
