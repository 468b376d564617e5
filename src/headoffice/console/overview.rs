//! `GET /api/overview`: everything the page shows.

use crate::headoffice::Office;
use crate::headoffice::store::overview::{Overview, read};
use crate::sync::protocol::Problem;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;

pub(super) async fn get(State(office): State<Arc<Office>>) -> Result<Json<Overview>, Problem> {
    let (now, today) = (office.clock.now(), office.clock.today().to_string());
    Ok(Json(office.store.read("read the overview", move |c| read(c, now, &today)).await?))
}
