//! Errors as `application/problem+json` (RFC 9457), and the extractor that reads JSON bodies.
//!
//! `type` ends in a word that the pages translate ("urn:branchbox:problem:wrong-code"); `detail` is one English
//! sentence that says what, where and what to do. What went wrong inside is logged, not sent.

use crate::store::StoreError;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Json, Request};
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::json;

/// An error on its way to whoever asked.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    /// Last part of `type`.
    code: &'static str,
    title: &'static str,
    detail: String,
    /// Seconds, for `Retry-After`.
    retry_after: Option<i64>,
}

impl Problem {
    /// An error with its status, its word, its heading and its sentence.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { status, code, title, detail: detail.into(), retry_after: None }
    }

    /// Says when to try again.
    pub fn retry_after(mut self, seconds: i64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// A body or a field that cannot be taken.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", "The request cannot be read", detail)
    }

    /// Something that is not there.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    /// A fault of ours: the cause goes to the log under `operation`, the client hears only that it failed.
    pub fn fault(operation: &str, cause: impl std::fmt::Display) -> Self {
        log::error!("web.fault operation={operation:?}: {cause}");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "fault",
            "Something went wrong in the box",
            format!("The box could not {operation}; its log says why. Please try again."),
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "type": format!("urn:branchbox:problem:{}", self.code),
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if error.is_disk_full() {
            log::error!("web.disk_full: {error}");
            return Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "disk-full",
                "The disk is full",
                "The disk of the box is full, so this was not saved. Free some space and try again.",
            );
        }
        Self::fault("use its records", error)
    }
}

/// A JSON body. What cannot be read comes back as a [`Problem`].
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(unreadable(&rejection)),
        }
    }
}

fn unreadable(rejection: &JsonRejection) -> Problem {
    let detail = match rejection {
        JsonRejection::MissingJsonContentType(_) => {
            return Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-json",
                "The request is not JSON",
                "Send the body as JSON in UTF-8, with the header Content-Type: application/json.",
            );
        }
        other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "The request is too large",
                format!("A request may hold {} bytes; send less at a time.", super::BODY_LIMIT),
            );
        }
        other => other.body_text(),
    };
    Problem::bad_request(format!("{detail}."))
}

/// Answers a path that leads nowhere.
pub async fn no_such_page(uri: Uri) -> Problem {
    let shown: String = uri.path().chars().take(100).collect();
    Problem::not_found(format!("There is no {shown} on this box."))
}

/// Answers a method that a path does not take.
pub async fn wrong_method(method: Method, uri: Uri) -> Problem {
    let shown: String = uri.path().chars().take(100).collect();
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong-method",
        "That method is not taken here",
        format!("{shown} does not take {method}; the header Allow says what it takes."),
    )
}
