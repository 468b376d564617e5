//! `POST /api/codes` `{branch, hours}`: a one-time code, with the command to type at the box.

use crate::headoffice::{Office, give_code};
use crate::sync::protocol::Problem;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Deserialize)]
pub(super) struct Wanted {
    branch: String,
    #[serde(default = "a_day")]
    hours: i64,
}

fn a_day() -> i64 {
    24
}

pub(super) async fn post(
    State(office): State<Arc<Office>>,
    body: Result<Json<Wanted>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(wanted) = body.map_err(|e| Problem::new(e.status(), e.body_text()))?;
    let given = give_code(
        &office.store,
        office.identity.authorities().current(),
        &office.clock,
        &wanted.branch,
        wanted.hours,
        "console",
    )
    .await?;
    let command = format!("branchbox enrol --data DIR --headoffice {} --code {}", office.url, given.code);
    Ok(Json(json!({
        "code": given.code, "branch": given.branch, "expires_at": given.expires_at, "command": command,
    })))
}
