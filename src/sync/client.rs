//! Calls to head office, and what to tell a person when one fails.

mod fleet;
mod media;
mod sound;

use super::clock::{LineClock, signed_text};
use super::identity::{self, Link, Pair};
use super::protocol::{
    Acknowledgement, Batch, Directives, EnrolReply, EnrolRequest, Health, MAX_WAIT_S, PROTOCOL,
    PROTOCOL_HEADER, Problem, RenewReply, RenewRequest, TimeReply, TimeRequest, TrustReply,
};
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::reason::Reason;
use crate::tls::{self, Refusal, Trust};
use flate2::{Compression, write::GzEncoder};
use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

/// To connect: a mobile line takes seconds, a dead address must not take minutes.
const CONNECT: Duration = Duration::from_secs(10);
/// A call that is not a long poll.
const CALL: Duration = Duration::from_secs(60);
/// Most bytes of one piece of a file: on a slow line a piece still comes within the limit of a call.
const PIECE: u64 = 1 << 20;
/// Silence on a connection: longer than head office holds a long poll open.
const SILENCE: Duration = Duration::from_secs(MAX_WAIT_S + 20);
/// A listing base on its way, packed: 100,000 units are some 15 MB.
const UPDATE: usize = 256 << 20;

/// Why a call failed: one sentence each ([`Reason`]).
#[derive(Debug, Clone)]
pub enum CallError {
    Unreachable {
        url: String,
        reason: String,
    },
    UnknownAuthority {
        url: String,
    },
    WrongName {
        url: String,
    },
    OutOfDate {
        url: String,
    },
    UnsignedTime {
        url: String,
    },
    OurCertificate {
        url: String,
    },
    NotHeadOffice {
        url: String,
        reason: String,
    },
    /// Head office answered, with a sentence of its own.
    Refused(Problem),
}

impl CallError {
    /// Why head office refuses this box: one of [`super::protocol::reason`].
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Refused(problem) => problem.reason.as_deref(),
            _ => None,
        }
    }

    /// What is wrong with the line, as pages know it; `None` where head office answered.
    pub fn why(&self) -> Option<Reason> {
        Some(match self.clone() {
            Self::Unreachable { url, reason } => Reason::LineUnreachable { url, error: reason },
            Self::UnknownAuthority { url } => Reason::LineUnknownAuthority { url },
            Self::WrongName { url } => Reason::LineWrongName { url },
            Self::OutOfDate { url } => Reason::LineOutOfDate { url },
            Self::UnsignedTime { url } => Reason::LineUnsignedTime { url },
            Self::OurCertificate { url } => Reason::LineOurCertificate { url },
            Self::NotHeadOffice { url, reason } => Reason::LineNotHeadOffice { url, error: reason },
            Self::Refused(_) => return None,
        })
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(problem) => f.write_str(&problem.detail),
            line => line.why().map_or(Ok(()), |why| why.fmt(f)),
        }
    }
}

impl std::error::Error for CallError {}

/// A connection to head office; keeps its line open between calls.
pub struct Client {
    http: reqwest::Client,
    url: String,
    config: Arc<rustls::ClientConfig>,
    /// Whom to ask for the time, and who wants to know.
    time: Option<(Trust, Arc<LineClock>)>,
}

impl Client {
    /// A client with the identity of this box, by this machine's clock, and who it is; `None` where the box is not
    /// enrolled. The error is a sentence.
    pub fn for_box(data: &DataFolder) -> Result<Option<(Link, Self)>, String> {
        Self::with_pair(data, Pair::InUse, &LineClock::open(data, Clock::system()))
    }

    /// [`Client::for_box`] by the time of `clock` and with either pair of key and certificate; `None` where there is
    /// none.
    pub(super) fn with_pair(
        data: &DataFolder,
        which: Pair,
        clock: &Arc<LineClock>,
    ) -> Result<Option<(Link, Self)>, String> {
        let Some(link) = identity::link(data).map_err(|e| e.to_string())? else { return Ok(None) };
        let config = identity::tls_config(data, which, clock).map_err(|e| e.to_string())?;
        let Some(config) = config else { return Ok(None) };
        let trust = Trust::Authorities(identity::authorities(data).map_err(|e| e.to_string())?);
        let client = Self::new(&link.url, config).map_err(|e| e.to_string())?.asking(trust, clock);
        Ok(Some((link, client)))
    }

    /// Where only the dates of the server's certificate are wrong, asks it for the time in the name of `trust`, once,
    /// and calls again.
    pub(super) fn asking(self, trust: Trust, clock: &Arc<LineClock>) -> Self {
        Self { time: Some((trust, Arc::clone(clock))), ..self }
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
        Ok(Self { http, url: url.into(), config: Arc::new(config), time: None })
    }

    /// Trades a code for a certificate.
    pub async fn enrol(&self, request: &EnrolRequest) -> Result<EnrolReply, CallError> {
        let call = self.http.post(format!("{}/v1/enrol", self.url)).json(request).timeout(CALL);
        self.json(self.send(call).await?).await
    }

    /// Waits up to `wait` seconds for another listing base than `have`: the update that leads to it, packed.
    pub async fn listings(&self, have: &str, wait: u64) -> Result<Option<Vec<u8>>, CallError> {
        let call = self.http.get(format!("{}/v1/listings?have={have}&wait={wait}", self.url));
        let mut response = self.send(call).await?;
        if response.status() == reqwest::StatusCode::NO_CONTENT {
            return Ok(None);
        }
        let mut packed = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|e| self.explain(&e))? {
            if packed.len() + part.len() > UPDATE {
                return Err(self.strange("a listing base of more than 256 MB"));
            }
            packed.extend_from_slice(&part);
        }
        Ok(Some(packed))
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

    /// Tells how the box stands; what comes back is what there is to fetch.
    pub async fn health(&self, health: &Health) -> Result<Directives, CallError> {
        let call = self.http.post(format!("{}/v1/health", self.url)).json(health).timeout(CALL);
        self.json(self.send(call).await?).await
    }

    /// Asks for a certificate for a new key.
    pub async fn renew(&self, csr: String) -> Result<RenewReply, CallError> {
        let call = self.http.post(format!("{}/v1/renew", self.url)).json(&RenewRequest { csr }).timeout(CALL);
        self.json(self.send(call).await?).await
    }

    /// Asks whom to trust.
    pub async fn trust(&self) -> Result<TrustReply, CallError> {
        let call = self.http.get(format!("{}/v1/trust", self.url)).timeout(CALL);
        self.json(self.send(call).await?).await
    }

    /// Asks head office the time, over a connection that leaves the dates of its certificate out and serves for
    /// nothing else. What counts is the signature of an authority.
    pub async fn learn_time(&self) -> Result<(), CallError> {
        let Some((trust, clock)) = &self.time else { return Ok(()) };
        let mut random = [0u8; 32];
        getrandom::fill(&mut random).map_err(|e| self.strange(&e.to_string()))?;
        let nonce = hex::encode(random);
        let undated = tls::undated_config(trust).map_err(|e| self.strange(&e.to_string()))?;
        let once = Self::new(&self.url, undated)?;
        let request = TimeRequest { nonce: nonce.clone() };
        let call = once.http.post(format!("{}/v1/time", once.url)).json(&request).timeout(CONNECT);
        let reply: TimeReply = once.json(once.send_once(call).await?).await?;
        let theirs = tls::certificates_from_pem(&reply.authorities).unwrap_or_default();
        let ours: Vec<_> = theirs.into_iter().filter(|a| trust.includes(a)).collect();
        let text = signed_text(&nonce, &reply.time);
        let signed = reply.signatures.iter().any(|signature| {
            hex::decode(signature).is_ok_and(|s| tls::verify_signature(&ours, text.as_bytes(), &s))
        });
        match reply.time.parse() {
            Ok(time) if signed => clock.learn(time),
            _ => return Err(CallError::UnsignedTime { url: self.url.clone() }),
        }
        Ok(())
    }

    async fn send(&self, call: reqwest::RequestBuilder) -> Result<reqwest::Response, CallError> {
        let again = call.try_clone();
        let outcome = match (self.send_once(call).await, again) {
            (Err(CallError::OutOfDate { .. }), Some(again)) if self.time.is_some() => {
                self.learn_time().await?;
                self.send_once(again).await
            }
            (outcome, _) => outcome,
        };
        if let (Ok(_), Some((_, clock))) = (&outcome, &self.time) {
            clock.contact().await;
        }
        outcome
    }

    async fn send_once(&self, call: reqwest::RequestBuilder) -> Result<reqwest::Response, CallError> {
        let response = match call.header(PROTOCOL_HEADER, PROTOCOL).send().await {
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

    /// The next piece of the file at `/v1/{path}` from byte `from` on; empty at its end.
    async fn piece(&self, path: &str, from: u64) -> Result<Vec<u8>, CallError> {
        let range = format!("bytes={from}-{}", from + PIECE - 1);
        let call = self.http.get(format!("{}/v1/{path}", self.url)).header("range", range);
        let response = self.send(call.timeout(CALL)).await?;
        if response.status() != reqwest::StatusCode::PARTIAL_CONTENT {
            return Err(self.strange("it does not send files in pieces"));
        }
        let piece = response.bytes().await.map_err(|e| self.explain(&e))?;
        if piece.len() as u64 > PIECE {
            return Err(self.strange("it sends more than it was asked for"));
        }
        Ok(piece.to_vec())
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
