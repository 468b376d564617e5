//! `POST /api/v1/translate`: its shape is settled (CONTRACT.md), its engine is not built yet, and it says so.

use crate::web::problem::Problem;
use axum::http::StatusCode;

/// 501 until the room `translation` is there.
pub async fn translate() -> Problem {
    Problem::new(
        StatusCode::NOT_IMPLEMENTED,
        "not-built-yet",
        "Translation is not built yet",
        "This version of Branchbox does not translate; a later one will, at this address.",
    )
}
