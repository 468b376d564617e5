//! The extractors that authorise: [`Agent`] is somebody who signed in, [`FromPage`] a request that our own page sent.

use crate::web::{Web, problem::Problem};
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, StatusCode, header, request::Parts};
use std::sync::Arc;

/// Name of the cookie.
pub const COOKIE: &str = "branchbox_agent";

/// An agent who is signed in. Without one the request ends with 401.
pub struct Agent {
    /// As typed at the sign-in; stands in the audit trail.
    pub name: String,
    /// The cookie's secret.
    pub id: String,
}

impl FromRequestParts<Arc<Web>> for Agent {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, Problem> {
        cookie(&parts.headers)
            .and_then(|id| Some(Self { name: web.sign_ins.name(id)?, id: id.to_owned() }))
            .ok_or_else(|| {
                Problem::new(
                    StatusCode::UNAUTHORIZED,
                    "signed-out",
                    "Not signed in",
                    "Sign in on the agent page with the branch's agent code.",
                )
            })
    }
}

/// A request with the header that only a page of this box can set (a form of another site cannot).
pub struct FromPage;

impl FromRequestParts<Arc<Web>> for FromPage {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Web>) -> Result<Self, Problem> {
        if parts.headers.get("x-branchbox").is_some_and(|v| v == "1") {
            return Ok(Self);
        }
        Err(Problem::new(
            StatusCode::FORBIDDEN,
            "not-from-page",
            "This did not come from the agent page",
            "Requests that change something carry the header X-Branchbox: 1.",
        ))
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|h| h.to_str().ok())
        .flat_map(|h| h.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=b; branchbox_agents=x".parse().unwrap());
        assert_eq!(cookie(&headers), None);
        headers.append(header::COOKIE, "c=d;branchbox_agent=abc; e".parse().unwrap());
        assert_eq!(cookie(&headers), Some("abc"));
    }
}
