//! The kiosk: one full-screen page that a client touches, in three languages, without signing in.
//!
//! The page asks through `/api/v1/ask` like any tool. Here is only what it needs besides: the state of the listing
//! base, questions worth suggesting, taken from that base, and its characters in Simplified writing.

mod picture;
mod simplified;
mod welcome;

use super::Web;
use axum::Router;
use axum::routing::get;
use std::sync::Arc;

/// The routes of the kiosk, its static files apart.
pub fn routes() -> Router<Arc<Web>> {
    Router::new()
        .route("/media/{sha256}", get(picture::picture))
        .route("/kiosk/welcome", get(welcome::welcome))
        .route("/kiosk/simplified", get(simplified::simplified))
}
