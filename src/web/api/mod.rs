//! What tools and integrations speak; the shapes are those of CONTRACT.md, and stay.

mod ask;
mod forget_session;
mod healthz;
mod minutes_extract;
mod translate;

use super::Web;
use axum::Router;
use axum::routing::{delete, get, post};
use std::sync::Arc;

/// The routes of the API.
pub fn routes() -> Router<Arc<Web>> {
    Router::new()
        .route("/healthz", get(healthz::healthz))
        .route("/api/v1/ask", post(ask::ask))
        .route("/api/v1/sessions/{id}", delete(forget_session::forget_session))
        .route("/api/v1/minutes/extract", post(minutes_extract::minutes_extract))
        .route("/api/v1/translate", post(translate::translate))
}
