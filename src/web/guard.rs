//! What stands before every handler: the name under which the box is reached, and the headers of every answer.
//!
//! A page of another site that resolves its own name to this box (DNS rebinding) sends its own name in `Host`; only
//! loopback and the configured address are served. With a wildcard address (0.0.0.0) any literal IP address is,
//! since a rebound name is never one.

use super::{Web, problem::Problem};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header, uri::Authority};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Nothing is kept by the browser, framed, sniffed, or loaded from elsewhere.
const HEADERS: [(header::HeaderName, &str); 6] = [
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Lets a request in whose `Host` is ours, and dresses the answer.
pub async fn guard(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let host = request
        .uri()
        .authority()
        .map(Authority::as_str)
        .or_else(|| request.headers().get(header::HOST).and_then(|h| h.to_str().ok()));
    let mut response = if host.is_some_and(|h| is_ours(h, web.parts.listen)) {
        next.run(request).await
    } else {
        Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "wrong-host",
            "This box is not reached under that name",
            format!("Open the box under its own address, http(s)://{}.", web.parts.listen),
        )
        .into_response()
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn is_ours(host: &str, listen: SocketAddr) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    match name.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback() || ip == listen.ip() || listen.ip().is_unspecified(),
        Err(_) => name.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn only_loopback_and_the_configured_address_are_ours() {
        let loopback = "127.0.0.1:8080".parse().unwrap();
        for host in ["localhost:8080", "LOCALHOST", "127.0.0.1:1", "127.0.0.53", "[::1]:8080"] {
            assert!(is_ours(host, loopback), "{host}");
        }
        for host in
            ["evil.example", "localhost.evil.example", "10.0.0.5:8080", "", "a b", "127.0.0.1.evil.example"]
        {
            assert!(!is_ours(host, loopback), "{host}");
        }
        assert!(is_ours("10.0.0.5:8443", "10.0.0.5:8443".parse().unwrap()));
        assert!(!is_ours("10.0.0.6:8443", "10.0.0.5:8443".parse().unwrap()));
        assert!(is_ours("10.0.0.6", "0.0.0.0:8443".parse().unwrap()));
        assert!(!is_ours("evil.example", "0.0.0.0:8443".parse().unwrap()));
    }
}
