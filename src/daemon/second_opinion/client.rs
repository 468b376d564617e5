//! Calls to the server of the second opinion, in the OpenAI chat completions format.
//!
//! Bounded in time and size; goes to the configured address alone, whatever the server says: no redirect, no proxy. No
//! error repeats what a reply held, since that may be what was said in a meeting.

use crate::config::OpinionSettings;
use crate::tls;
use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use zeroize::Zeroizing;

/// To connect: the server is in the office or on a line to head office.
const CONNECT: Duration = Duration::from_secs(10);
/// The most bytes of a reply; what is asked for is some ten thousand.
const REPLY: usize = 256 * 1024;
/// How long the question whether it is there may take.
const LOOK: Duration = Duration::from_secs(10);

/// Why there is no second opinion. Each text is a sentence's end: "the second opinion at URL …".
#[derive(Debug, thiserror::Error)]
pub enum OpinionError {
    #[error("cannot be asked: {0}")]
    Unusable(String),
    #[error("cannot be asked: the key file {path} cannot be read ({reason})")]
    Key { path: String, reason: String },
    #[error("does not answer ({0})")]
    Unreachable(String),
    #[error("did not answer within {0} s")]
    Slow(u64),
    #[error("answers {0}: it sends on to another address, and nothing is sent there")]
    Redirected(StatusCode),
    #[error("answers {0}; check the model's name and the key")]
    Refused(StatusCode),
    #[error("answers more than {} kB", REPLY / 1024)]
    TooMuch,
    #[error("does not speak the chat completions format")]
    NotChat,
    #[error("answers without the JSON that was asked for")]
    NotAsAsked,
}

/// A client of one server.
pub struct Client {
    http: reqwest::Client,
    settings: OpinionSettings,
    key: Option<Zeroizing<String>>,
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: String,
}

#[derive(Deserialize)]
struct Models {
    data: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
}

impl Client {
    /// A client with the key from its file. Calls nobody yet.
    pub fn new(settings: &OpinionSettings) -> Result<Self, OpinionError> {
        let key = settings.key_file.as_ref().map(|path| {
            let fail = |reason: String| OpinionError::Key { path: path.display().to_string(), reason };
            let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|e| fail(e.to_string()))?;
            let key = Zeroizing::new(text.trim().to_owned());
            if key.is_empty() { Err(fail("it is empty".into())) } else { Ok(key) }
        });
        let trust = tls::web_client_config().map_err(|e| OpinionError::Unusable(e.to_string()))?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(trust)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT)
            .user_agent(concat!("branchbox/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| OpinionError::Unusable(e.to_string()))?;
        Ok(Self { http, settings: settings.clone(), key: key.transpose()? })
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.settings.url
    }

    /// The name of the model that is asked.
    pub fn model(&self) -> &str {
        &self.settings.model
    }

    /// What the model says to a request body.
    pub async fn chat(&self, body: &Value) -> Result<String, OpinionError> {
        let call = self.http.post(format!("{}/chat/completions", self.settings.url)).json(body);
        let reply = self.call(call, self.settings.timeout).await?;
        let completion: Completion = serde_json::from_slice(&reply).map_err(|_| OpinionError::NotChat)?;
        completion.choices.into_iter().next().map(|c| c.message.content).ok_or(OpinionError::NotChat)
    }

    /// The names of the models that the server has. Sends nothing of any meeting.
    pub async fn models(&self) -> Result<Vec<String>, OpinionError> {
        let call = self.http.get(format!("{}/models", self.settings.url));
        let reply = self.call(call, LOOK).await?;
        let models: Models = serde_json::from_slice(&reply).map_err(|_| OpinionError::NotChat)?;
        Ok(models.data.into_iter().map(|m| m.id).collect())
    }

    async fn call(&self, call: RequestBuilder, timeout: Duration) -> Result<Vec<u8>, OpinionError> {
        let explain = |e: reqwest::Error| match e.is_timeout() {
            true => OpinionError::Slow(timeout.as_secs()),
            false => OpinionError::Unreachable(innermost(&e)),
        };
        let call = match &self.key {
            Some(key) => call.bearer_auth(key.as_str()),
            None => call,
        };
        let mut response = call.timeout(timeout).send().await.map_err(explain)?;
        let status = response.status();
        if status.is_redirection() {
            return Err(OpinionError::Redirected(status));
        }
        if !status.is_success() {
            return Err(OpinionError::Refused(status));
        }
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(explain)? {
            if body.len() + part.len() > REPLY {
                return Err(OpinionError::TooMuch);
            }
            body.extend_from_slice(&part);
        }
        Ok(body)
    }
}

/// The cause at the bottom, which says what happened: "connection refused".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
