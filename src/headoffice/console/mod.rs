//! The head-office page: static files and the JSON behind them, plain HTTP on a loopback address.
//!
//! There is no sign-in here: whoever reaches the address may use it. So nobody reaches it through a browser of this
//! machine by a trick: the Host must be a loopback one (against DNS rebinding), what changes something needs a header
//! that another site's page cannot send (against forged requests), and the pages load nothing from elsewhere.

mod branches;
mod codes;
mod feeds;
mod files;
mod groups;
mod logs;
mod overview;
mod releases;
mod sound;
mod tokens;
mod upload;

use super::Office;
use crate::sync::protocol::Problem;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use std::sync::Arc;

/// A listing file: 100,000 units are some 80 MB.
const UPLOAD: usize = 256 << 20;
/// The header that marks a request as coming from our own page.
const OURS: &str = "x-branchbox";

pub(super) fn router(office: Arc<Office>) -> Router {
    Router::new()
        .route("/api/overview", get(overview::get))
        .route("/api/codes", post(codes::post))
        .route("/api/branches/{id}", delete(branches::delete))
        .route("/api/branches/{id}/groups", put(groups::put_of_branch))
        .route("/api/branches/{id}/logs", post(logs::post).get(logs::get))
        .route("/api/branches/{id}/sound/{recording}", get(sound::get))
        .route("/api/groups", post(groups::post))
        .route("/api/groups/{name}", delete(groups::delete))
        .route("/api/groups/phrasebook", post(groups::phrasebook))
        .route("/api/releases/{version}/stage", post(releases::post))
        .route("/api/feeds", get(feeds::get))
        .route("/api/tokens", post(tokens::post))
        .route("/api/tokens/{name}", delete(tokens::delete))
        .route("/api/listings", post(upload::post).layer(DefaultBodyLimit::max(UPLOAD)))
        .route("/healthz", get(async || "ok\n"))
        .route("/", get(files::index))
        .route("/{*path}", get(files::file))
        .layer(from_fn(guard))
        .with_state(office)
}

/// Refuses what a browser was tricked into, and tells the browser what the pages may do.
async fn guard(request: Request, next: Next) -> Response {
    let mut response = match refused(request.method(), request.headers()) {
        Some(problem) => problem.into_response(),
        None => next.run(request).await,
    };
    let fixed = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in fixed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn refused(method: &Method, headers: &HeaderMap) -> Option<Problem> {
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("");
    if !is_loopback(host) {
        return Some(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "the head-office page is served under 127.0.0.1 and localhost only",
        ));
    }
    let reads = matches!(*method, Method::GET | Method::HEAD);
    if !reads && !headers.contains_key(OURS) {
        return Some(Problem::new(StatusCode::FORBIDDEN, "a change needs the header X-Branchbox: 1"));
    }
    None
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None => host.split(':').next().unwrap_or(""),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_loopback_names_are_served() {
        for good in ["localhost", "LOCALHOST:8081", "127.0.0.1:1", "127.9.9.9", "[::1]:8081"] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in
            ["", "evil.example", "localhost.evil.example:8081", "127.0.0.1.evil.example", "10.0.0.1", "[::2]"]
        {
            assert!(!is_loopback(bad), "{bad}");
        }
    }
}
