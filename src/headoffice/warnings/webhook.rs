//! Warnings by webhook: a JSON POST, signed with a shared secret.
//!
//! `X-Branchbox-Signature: sha256=HEX` is HMAC-SHA-256 of the body; `X-Branchbox-Delivery` is the same at every try.

use super::secret;
use crate::config::WebhookSettings;
use crate::headoffice::store::alarms::News;
use crate::tls;
use serde_json::json;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);

pub(super) async fn send(webhook: &WebhookSettings, id: &str, news: &[News]) -> Result<(), String> {
    let body = json!({ "delivery": id, "alarms": news }).to_string();
    let signature = tls::hmac_sha256(secret(&webhook.secret)?.as_bytes(), body.as_bytes());
    let client = match webhook.url.starts_with("https://") {
        true => reqwest::Client::builder()
            .tls_backend_preconfigured(tls::web_client_config().map_err(|e| e.to_string())?)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|e| e.to_string())?,
        false => tls::plain_http_client().map_err(|e| e.to_string())?,
    };
    let response = client
        .post(&webhook.url)
        .header("content-type", "application/json")
        .header("x-branchbox-delivery", id)
        .header("x-branchbox-signature", format!("sha256={signature}"))
        .body(body)
        .timeout(TIMEOUT)
        .send()
        .await
        // The URL may hold a secret of the receiver's.
        .map_err(|e| format!("the webhook does not answer: {}", e.without_url()))?;
    let status = response.status();
    status.is_success().then_some(()).ok_or_else(|| format!("the webhook answers {status}"))
}
