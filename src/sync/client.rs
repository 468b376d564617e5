//! Calls to head office, and what to tell a person when one fails.

use super::identity::{self, Link};
use super::protocol::{
    Acknowledgement, Batch, EnrolReply, EnrolRequest, Health, MAX_WAIT_S, Problem, VERSION_HEADER,
};
use crate::config::DataFolder;
use crate::tls::{self, Refusal};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

/// To connect: a mobile line takes seconds, a dead address must not take minutes.
const CONNECT: Duration = Duration::from_secs(10);
/// A call that is not a long poll.
const CALL: Duration = Duration::from_secs(60);
/// Silence on a connection: longer than head office holds a long poll open.
const SILENCE: Duration = Duration::from_secs(MAX_WAIT_S + 20);
/// A listing base on its way, packed: 100,000 units are some 15 MB.
const SNAPSHOT: usize = 256 << 20;

/// Why a call failed: one sentence each.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    #[error(
        "head office at {url} does not answer ({reason}): work goes on here, and what waits is sent later"
    )]
    Unreachable { url: String, reason: String },
    #[error(
        "the server at {url} is not the head office this box trusts: its certificate is from another authority; check the address, and enrol anew if head office was set up anew"
    )]
    UnknownAuthority { url: String },
    #[error(
        "head office's certificate is not made out to the name in {url}: use a name that stands under names in its configuration"
    )]
    WrongName { url: String },
    #[error(
        "the certificate of {url} is out of date by this machine's clock: check the clock here and there"
    )]
    OutOfDate { url: String },
    #[error(
        "head office at {url} does not accept this box's certificate: enrol this box anew with a code from there"
    )]
    OurCertificate { url: String },
    #[error(
        "the server at {url} does not speak as a Branchbox head office does ({reason}): check the address"
    )]
    NotHeadOffice { url: String, reason: String },
    /// Head office answered, with a sentence of its own.
    #[error("{}", .0.detail)]
    Refused(Problem),
}

/// A connection to head office; keeps its line open between calls.
pub struct Client {
    http: reqwest::Client,
    url: String,
    config: Arc<rustls::ClientConfig>,
}

impl Client {
    /// A client with the identity of this box, and who it is; `None` where the box is not enrolled. The error is a
    /// sentence.
    pub fn for_box(data: &DataFolder) -> Result<Option<(Link, Self)>, String> {
        let Some(link) = identity::link(data).map_err(|e| e.to_string())? else { return Ok(None) };
        let config = identity::tls_config(data).map_err(|e| e.to_string())?;
        let client = Self::new(&link.url, config).map_err(|e| e.to_string())?;
        Ok(Some((link, client)))
    }

    /// A client of `url` (`https://host:port`) with a TLS configuration of the room `tls`.
    pub fn new(url: &str, config: rustls::ClientConfig) -> Result<Self, CallError> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(config.clone())
            .no_proxy()
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .pool_idle_timeout(Duration::from_secs(60)) // less than head office keeps a quiet line
            .tcp_keepalive(Duration::from_secs(15))
            .user_agent(concat!("branchbox/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| CallError::NotHeadOffice { url: url.into(), reason: root_cause(&e) })?;
        Ok(Self { http, url: url.into(), config: Arc::new(config) })
    }

    /// Trades a code for a certificate.
    pub async fn enrol(&self, request: &EnrolRequest) -> Result<EnrolReply, CallError> {
        let call = self.http.post(format!("{}/v1/enrol", self.url)).json(request).timeout(CALL);
        self.json(self.send(call).await?).await
    }

    /// Waits up to `wait` seconds for another listing base than `have`: its version and its snapshot.
    pub async fn listings(&self, have: &str, wait: u64) -> Result<Option<(String, Vec<u8>)>, CallError> {
        let call = self.http.get(format!("{}/v1/listings?have={have}&wait={wait}", self.url));
        let mut response = self.send(call).await?;
        if response.status() == reqwest::StatusCode::NO_CONTENT {
            return Ok(None);
        }
        let version = response.headers().get(VERSION_HEADER).and_then(|v| v.to_str().ok());
        let version = version.ok_or_else(|| self.strange("a listing base without its version"))?.to_owned();
        let mut snapshot = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|e| self.explain(&e))? {
            if snapshot.len() + part.len() > SNAPSHOT {
                return Err(self.strange("a listing base of more than 256 MB"));
            }
            snapshot.extend_from_slice(&part);
        }
        Ok(Some((version, snapshot)))
    }

    /// Sends events; what comes back is durable there.
    pub async fn events(&self, batch: &Batch) -> Result<Acknowledgement, CallError> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        let packed = serde_json::to_vec(batch)
            .map_err(std::io::Error::other)
            .and_then(|json| gzip.write_all(&json))
            .and_then(|()| gzip.finish())
            .map_err(|e| self.strange(&e.to_string()))?;
        let call = self
            .http
            .post(format!("{}/v1/events", self.url))
            .header("content-type", "application/json")
            .header("content-encoding", "gzip")
            .body(packed)
            .timeout(CALL);
        self.json(self.send(call).await?).await
    }

    /// Tells how the box stands.
    pub async fn health(&self, health: &Health) -> Result<(), CallError> {
        let call = self.http.post(format!("{}/v1/health", self.url)).json(health).timeout(CALL);
        self.send(call).await.map(drop)
    }

    async fn send(&self, call: reqwest::RequestBuilder) -> Result<reqwest::Response, CallError> {
        let response = match call.send().await {
            Ok(response) => response,
            Err(e) => return Err(self.explain_closely(&e).await),
        };
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        match response.json::<Problem>().await {
            Ok(problem) => Err(CallError::Refused(problem)),
            Err(_) => Err(self.strange(&format!("it answers {status} without a reason"))),
        }
    }

    async fn json<T: serde::de::DeserializeOwned>(
        &self,
        response: reqwest::Response,
    ) -> Result<T, CallError> {
        let bytes = response.bytes().await.map_err(|e| self.explain(&e))?;
        serde_json::from_slice(&bytes).map_err(|e| self.strange(&e.to_string()))
    }

    fn strange(&self, reason: &str) -> CallError {
        CallError::NotHeadOffice { url: self.url.clone(), reason: reason.to_owned() }
    }

    /// [`Client::explain`], after asking the server once more where the error may hide its refusal.
    async fn explain_closely(&self, error: &reqwest::Error) -> CallError {
        let refusal = tls::refusal_in(error);
        if refusal.is_some() || error.is_connect() || error.is_timeout() {
            return self.explain_as(refusal, error);
        }
        let address = reqwest::Url::parse(&self.url).ok();
        let host = address.as_ref().and_then(|a| Some((a.host_str()?, a.port_or_known_default()?)));
        let refusal = match host {
            Some((host, port)) => tls::objection_of(host, port, Arc::clone(&self.config)).await,
            None => None,
        };
        self.explain_as(refusal, error)
    }

    fn explain(&self, error: &reqwest::Error) -> CallError {
        self.explain_as(tls::refusal_in(error), error)
    }

    fn explain_as(&self, refusal: Option<Refusal>, error: &reqwest::Error) -> CallError {
        let url = self.url.clone();
        match refusal {
            Some(Refusal::UnknownAuthority) => CallError::UnknownAuthority { url },
            Some(Refusal::WrongName) => CallError::WrongName { url },
            Some(Refusal::OutOfDate) => CallError::OutOfDate { url },
            Some(Refusal::OurCertificate) => CallError::OurCertificate { url },
            Some(Refusal::Other) => CallError::NotHeadOffice { url, reason: root_cause(error) },
            None if error.is_timeout() => CallError::Unreachable { url, reason: "no answer in time".into() },
            None => CallError::Unreachable { url, reason: root_cause(error) },
        }
    }
}

/// The last of the causes, which is the one that says something ("Connection refused").
fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    let broke = |e: &std::io::Error| e.kind() == std::io::ErrorKind::UnexpectedEof;
    if last.downcast_ref().is_some_and(broke) {
        return "the connection broke off".into(); // rustls adds a lecture and an address to this one
    }
    let text = last.to_string();
    // Numbers of the operating system's errors help nobody here.
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}
