//! The minutes of a meeting as agents act on them: read in their own language while the meeting goes on and after,
//! reviewed point by point, added to, drawn up again.
//!
//! Every verb works on [`drawn::Drawn`]: what stands in the records at that moment, or, before minutes were drawn up,
//! what can be made of the text so far. Reviews are a record that is only added to (`store::minutes_reviews`).

mod add;
pub(super) mod drawn;
mod export;
mod read;
mod redo;
mod review;
mod vocabulary;

use crate::web::Web;
use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;

/// The routes of a meeting's minutes.
pub(super) fn routes() -> Router<Arc<Web>> {
    Router::new()
        .route("/agent/api/recordings/{id}/minutes", get(read::read))
        .route("/agent/api/recordings/{id}/minutes/review", post(review::review))
        .route("/agent/api/recordings/{id}/minutes/add", post(add::add))
        .route("/agent/api/recordings/{id}/minutes/redo", post(redo::redo))
        .route("/agent/api/recordings/{id}/minutes/vocabulary", get(vocabulary::vocabulary))
        .route("/agent/api/recordings/{id}/minutes/export", get(export::export))
}
