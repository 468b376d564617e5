//! Errors on the wire: `application/problem+json` (RFC 9457) with a sentence a person understands.

use super::HeadOfficeError;
use crate::store::StoreError;
use crate::sync::protocol::Problem;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}

impl Problem {
    /// A problem with its sentence.
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Problem").to_owned();
        Self {
            title,
            status: status.as_u16(),
            detail: detail.into(),
            expected: None,
            reason: None,
            why: None,
        }
    }

    /// The same with one of [`crate::sync::protocol::reason`].
    pub(crate) fn because(self, reason: &str) -> Self {
        Self { reason: Some(reason.to_owned()), ..self }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let status = match &error {
            StoreError::Refused(_) => StatusCode::BAD_REQUEST,
            e if e.is_disk_full() => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status.is_server_error() {
            log::error!("headoffice.store {error}");
        }
        Self::new(status, error.to_string())
    }
}

impl From<HeadOfficeError> for Problem {
    fn from(error: HeadOfficeError) -> Self {
        match error {
            HeadOfficeError::Store(e) => e.into(),
            HeadOfficeError::Import(_) | HeadOfficeError::NotTaken(_) | HeadOfficeError::Refused(_) => {
                let why = error.why().and_then(|why| serde_json::to_value(why).ok()).map(Box::new);
                Self { why, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()) }
            }
            other => {
                log::error!("headoffice {other}");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, other.to_string())
            }
        }
    }
}
