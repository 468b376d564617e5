//! One picture from the network: over HTTPS from a public address, or from a host of the company's own that its
//! configuration names (`feeds.media_hosts`).
//!
//! The name is resolved here, the addresses are looked at, and exactly those are called, so that a name cannot turn into
//! another address in between; a redirect is looked at like the first address. No proxy is used. Why a picture cannot be had
//! is one sentence, with the host and without the path or the query, which may hold a secret.

use super::addresses::is_public;
use crate::listings::pictures::LARGEST;
use crate::reason::Reason;
use crate::tls;
use reqwest::{StatusCode, Url, header, redirect};
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

/// To connect.
const CONNECT: Duration = Duration::from_secs(10);
/// Silence on the way.
const SILENCE: Duration = Duration::from_secs(20);
/// One call: the largest picture at 1 Mbit/s is 84 s.
const WHOLE: Duration = Duration::from_secs(100);
/// All calls for one picture: less than the five minutes for which it is ours to fetch.
const IN_ALL: Duration = Duration::from_secs(200);
/// How often a server may send us on.
const HOPS: usize = 3;

/// Fetches pictures.
pub struct Fetcher {
    /// Hosts of the company's own, in small letters.
    hosts: Vec<String>,
    /// What this machine trusts, read once.
    trust: LazyLock<Result<rustls::ClientConfig, String>>,
}

impl Fetcher {
    pub fn new(hosts: Vec<String>) -> Self {
        let hosts = hosts.iter().map(|h| h.trim_matches(['[', ']']).to_ascii_lowercase()).collect();
        Self { hosts, trust: LazyLock::new(|| tls::web_client_config().map_err(|e| e.to_string())) }
    }

    /// The bytes, and the host that sent them.
    pub async fn fetch(&self, address: &str) -> Result<(Vec<u8>, String), Reason> {
        let late = |_| Err(Reason::PictureLate);
        tokio::time::timeout(IN_ALL, self.follow(address)).await.unwrap_or_else(late)
    }

    async fn follow(&self, address: &str) -> Result<(Vec<u8>, String), Reason> {
        let mut url = Url::parse(address).map_err(|e| Reason::PictureAddress { error: e.to_string() })?;
        // The host that sent us on, of which a sentence begins.
        let mut before = String::new();
        for _ in 0..=HOPS {
            let told = |why: Reason| match before.as_str() {
                "" => why,
                host => Reason::PictureSentOn { host: host.to_owned(), why: Box::new(why) },
            };
            let target = self.look_at(&url).await.map_err(told)?;
            let response = self.call(&target, &url).await.map_err(told)?;
            let host = target.host;
            if !response.status().is_redirection() {
                return self.body(response, host).await.map_err(told);
            }
            let to = response.headers().get(header::LOCATION).and_then(|l| l.to_str().ok());
            let nowhere = || Reason::PictureSentNowhere { host: host.clone() };
            url = to.and_then(|to| url.join(to).ok()).ok_or_else(nowhere)?;
            before = host;
        }
        Err(Reason::PictureSentRound { host: before, hops: HOPS })
    }

    /// Whether an address may be called, and the addresses behind its name.
    async fn look_at(&self, url: &Url) -> Result<Target, Reason> {
        let host = url.host_str().unwrap_or("").trim_matches(['[', ']']).to_ascii_lowercase();
        let port = url.port_or_known_default().ok_or(Reason::PictureScheme)?;
        let own = self.hosts.contains(&host);
        match url.scheme() {
            "https" => {}
            "http" if own => {}
            "http" => return Err(Reason::PictureUnencrypted { host }),
            _ => return Err(Reason::PictureOtherScheme { host }),
        }
        let found = tokio::time::timeout(CONNECT, tokio::net::lookup_host((host.clone(), port))).await;
        let addresses: Vec<SocketAddr> = match found {
            Ok(Ok(found)) => found.collect(),
            _ => Vec::new(),
        };
        if addresses.is_empty() {
            return Err(Reason::PictureHostUnknown { host });
        }
        if !own && !addresses.iter().all(|a| is_public(a.ip())) {
            return Err(Reason::PictureHostPrivate { host });
        }
        Ok(Target { host, addresses })
    }

    async fn call(&self, target: &Target, url: &Url) -> Result<reqwest::Response, Reason> {
        let Target { host, addresses } = target;
        let trust = LazyLock::force(&self.trust).clone().map_err(|error| Reason::PictureTrust { error })?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(trust)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .resolve_to_addrs(host, addresses)
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .timeout(WHOLE)
            .user_agent(concat!("branchbox/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| Reason::PictureNoConnection { error: e.to_string() })?;
        let call = client.get(url.clone()).header(header::ACCEPT, "image/jpeg, image/png, image/webp");
        let response = call.send().await.map_err(|e| unreached(host, &e))?;
        let status = response.status();
        if status.is_success() || status.is_redirection() {
            return Ok(response);
        }
        let (host, answer) = (host.clone(), status.to_string());
        Err(match status {
            StatusCode::NOT_FOUND | StatusCode::GONE => Reason::PictureNotThere { host, status: answer },
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Reason::PictureForbidden { host, status: answer }
            }
            _ => Reason::PictureStatus { host, status: answer },
        })
    }

    async fn body(&self, mut response: reqwest::Response, host: String) -> Result<(Vec<u8>, String), Reason> {
        let too_large = || Reason::PictureTooLarge { host: host.clone(), mb: LARGEST >> 20 };
        if response.content_length().is_some_and(|n| n > LARGEST as u64) {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|e| unreached(&host, &e))? {
            if bytes.len() + part.len() > LARGEST {
                return Err(too_large());
            }
            bytes.extend_from_slice(&part);
        }
        Ok((bytes, host))
    }
}

/// A host that may be called.
struct Target {
    host: String,
    addresses: Vec<SocketAddr>,
}

/// The last of the causes, without the address.
fn unreached(host: &str, error: &reqwest::Error) -> Reason {
    let host = host.to_owned();
    if error.is_timeout() {
        return Reason::PictureHostSlow { host };
    }
    let mut last: &dyn std::error::Error = error;
    while let Some(next) = last.source() {
        last = next;
    }
    if error.is_body() || error.is_decode() {
        return Reason::PictureBreaksOff { host };
    }
    let text = last.to_string();
    let error = text.split(" (os error").next().unwrap_or(&text).to_owned();
    Reason::PictureHostUnreached { host, error }
}
