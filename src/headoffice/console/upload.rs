//! `POST /api/listings?file=NAME&allow_removals=BOOL&mode=complete|changes`: the bytes of a listing file; the reply accounts
//! for every row.

use crate::headoffice::{self, Imported, Mode, Office, import};
use crate::sync::protocol::Problem;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Query, State};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
pub(super) struct File {
    #[serde(default)]
    file: String,
    encoding: Option<String>,
    /// Whether it may withdraw most of the base.
    #[serde(default)]
    allow_removals: bool,
    /// What it says about listings that it does not mention.
    #[serde(default)]
    mode: Mode,
}

pub(super) async fn post(
    State(office): State<Arc<Office>>,
    query: Result<Query<File>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Imported>, Problem> {
    let Query(query) = query.map_err(|e| Problem::new(e.status(), e.body_text()))?;
    let body = body.map_err(|e| Problem::new(e.status(), e.body_text()))?;
    // The last part only: what a browser gives may be a path of somebody's disk.
    let name = query.file.rsplit(['/', '\\']).next().filter(|n| !n.is_empty()).unwrap_or("upload.csv");
    let file = headoffice::File {
        name: name.to_owned(),
        bytes: body.to_vec(),
        encoding: query.encoding,
        allow_removals: query.allow_removals,
        mode: query.mode,
    };
    let imported =
        import(&office.store, office.identity.authorities().current(), &office.clock, file, "console")
            .await?;
    office.look().await?;
    Ok(Json(imported))
}
