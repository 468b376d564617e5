//! `GET /healthz`: 200 once the box answers. The router is served only when everything behind it is open.

/// Says that the box is ready.
pub async fn healthz() -> &'static str {
    "ready\n"
}
