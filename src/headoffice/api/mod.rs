//! What branches' boxes call, over mutual TLS. One verb a file.
//!
//! The certificate says which branch it is; [`Branch`] is the only way in for everything but enrolment, renewal,
//! the time, and the feeds of companies' own systems, which show a token.

mod branch;
mod enrol;
mod events;
mod feed;
mod health;
mod listings;
mod logs;
mod media;
mod releases;
mod renew;
mod settings;
mod sound;
mod time;
mod trust;

use super::Office;
use crate::sync::protocol::{PROTOCOL, PROTOCOL_HEADER, Problem};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use branch::{Branch, Renewing};
use std::sync::Arc;

/// A batch or a signing request, packed. A batch of 500 events is some 100 KB.
const BODY: usize = 8 << 20;

/// A listing file of a company's own system: 100,000 units are some 80 MB.
const FEED: usize = 256 << 20;

pub(super) fn router(office: Arc<Office>) -> Router {
    Router::new()
        .route("/v1/enrol", post(enrol::post))
        .route("/v1/listings", get(listings::get))
        .route("/v1/events", post(events::post))
        .route("/v1/health", post(health::post))
        .route("/v1/settings", get(settings::get))
        .route("/v1/phrasebook", get(settings::words))
        .route("/v1/releases/{version}", get(releases::get))
        .route("/v1/releases/{version}/file", get(releases::file))
        .route("/v1/logs/{id}", post(logs::post))
        .route("/v1/media", post(media::post))
        .route("/v1/media/{sha256}", get(media::get))
        .route("/v1/sound/{recording}", put(sound::put))
        .route("/v1/renew", post(renew::post))
        .route("/v1/time", post(time::post))
        .route("/v1/trust", get(trust::get))
        .route("/healthz", get(async || "ok\n"))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "head office has nothing under this address"))
        .route("/feeds/listings", post(feed::post).layer(DefaultBodyLimit::max(FEED)))
        .layer(from_fn(speaks))
        .layer(DefaultBodyLimit::max(BODY))
        .with_state(office)
}

/// Refuses a box of a later protocol: what it says could be misread.
async fn speaks(request: Request, next: Next) -> Response {
    let theirs =
        request.headers().get(PROTOCOL_HEADER).map(|v| v.to_str().ok().and_then(|v| v.parse::<u32>().ok()));
    match theirs {
        None | Some(Some(0..=PROTOCOL)) => next.run(request).await,
        _ => Problem::new(
            StatusCode::UPGRADE_REQUIRED,
            format!("this box is newer than head office (which speaks version {PROTOCOL} of their protocol): bring head office up to date; the box goes on working and keeps what it has to send"),
        )
        .into_response(),
    }
}
