//! `POST /api/groups` `{name, settings}`, `DELETE /api/groups/{name}`, `PUT /api/branches/{id}/groups` `{groups}` and
//! `POST /api/groups/phrasebook?group=NAME&file=NAME` with the bytes of a file of scripts or words.

use crate::headoffice::store::{Tx, groups};
use crate::headoffice::{HeadOfficeError, Office};
use crate::listings::import::{self, File, RejectedRow};
use crate::listings::phrasebook::{Script, Word};
use crate::store::stamp;
use crate::sync::protocol::Problem;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    name: String,
    #[serde(default)]
    settings: String,
}

pub(super) async fn post(
    State(office): State<Arc<Office>>,
    body: Result<Json<Wanted>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(w) = body.map_err(|e| Problem::new(e.status(), e.body_text()))?;
    let now = office.clock.now();
    let put = move |tx: &Tx| groups::put(tx, &w.name, &w.settings, "console", now);
    office.store.write("change a group", put).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn delete(
    State(office): State<Arc<Office>>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let now = office.clock.now();
    office.store.write("remove a group", move |tx| groups::remove(tx, &name, "console", now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct Groups {
    groups: Vec<String>,
}

pub(super) async fn put_of_branch(
    State(office): State<Arc<Office>>,
    Path(id): Path<String>,
    body: Result<Json<Groups>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(wanted) = body.map_err(|e| Problem::new(e.status(), e.body_text()))?;
    let now = office.clock.now();
    let put = move |tx: &Tx| groups::set_of_branch(tx, &id, &wanted.groups, "console", now);
    office.store.write("change a branch's groups", put).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct Upload {
    #[serde(default)]
    group: String,
    #[serde(default)]
    file: String,
}

/// What became of the rows.
#[derive(Serialize)]
pub(super) struct Taken {
    taken: usize,
    rejected: Vec<RejectedRow>,
}

pub(super) async fn phrasebook(
    State(office): State<Arc<Office>>,
    query: Result<Query<Upload>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Taken>, Problem> {
    let Query(query) = query.map_err(|e| Problem::new(e.status(), e.body_text()))?;
    let body = body.map_err(|e| Problem::new(e.status(), e.body_text()))?;
    let name =
        query.file.rsplit(['/', '\\']).next().filter(|n| !n.is_empty()).unwrap_or("upload.csv").to_owned();
    let file = import::read_any(&body, &name, None).map_err(HeadOfficeError::from)?;
    let (kind, taken) = match file {
        File::Scripts(rows) => {
            let taken = Taken { taken: rows.rows.len(), rejected: rows.rejected };
            (Kind::Scripts(rows.rows), taken)
        }
        File::Words(rows) => {
            let taken = Taken { taken: rows.rows.len(), rejected: rows.rejected };
            (Kind::Words(rows.rows), taken)
        }
        File::Listings(_) => {
            let why = "this file holds listings: they are imported under Listing base; scripts have answer_yue, answer_cmn and answer_en, words have word and meaning";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why));
        }
    };
    if taken.taken == 0 {
        let why = format!("{name} holds no row that can be taken: nothing was changed");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why));
    }
    let now = office.clock.now();
    let put = move |tx: &Tx| {
        let mut book = groups::words_of(tx, &query.group)?.unwrap_or_default();
        match &kind {
            Kind::Scripts(rows) => book.scripts.clone_from(rows),
            Kind::Words(rows) => book.words.clone_from(rows),
        }
        (book.source, book.imported_at) = (name.clone(), stamp(now));
        book.version = book.content_hash();
        groups::put_words(tx, &query.group, &book, "console", now)
    };
    office.store.write("take in scripts and words", put).await?;
    Ok(Json(taken))
}

/// Which half of a phrasebook a file holds.
enum Kind {
    Scripts(Vec<Script>),
    Words(Vec<Word>),
}
