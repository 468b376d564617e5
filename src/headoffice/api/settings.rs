//! `GET /v1/settings` and `GET /v1/phrasebook`: what the branch's groups give it.

use super::Branch;
use crate::headoffice::Office;
use crate::headoffice::store::Tx;
use crate::headoffice::store::groups::{settings_for, words_for, words_of};
use crate::listings::phrasebook::Phrasebook;
use crate::sync::protocol::{Problem, SettingsReply};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;

pub(super) async fn get(
    State(office): State<Arc<Office>>,
    branch: Branch,
) -> Result<Json<SettingsReply>, Problem> {
    let read = move |tx: &Tx| settings_for(tx, &branch.id);
    Ok(Json(office.store.read("read a branch's settings", read).await?))
}

pub(super) async fn words(
    State(office): State<Arc<Office>>,
    branch: Branch,
) -> Result<Json<Phrasebook>, Problem> {
    let read = move |tx: &Tx| match words_for(tx, &branch.id)? {
        Some((group, _)) => words_of(tx, &group),
        None => Ok(None),
    };
    let book = office.store.read("read a branch's scripts and words", read).await?;
    book.map(Json).ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND, "head office has no scripts and words for this branch")
    })
}
