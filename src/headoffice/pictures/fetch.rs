//! One picture from the network: over HTTPS from a public address, or from a host of the company's own that its
//! configuration names (`feeds.media_hosts`).
//!
//! The name is resolved here, the addresses are looked at, and exactly those are called, so that a name cannot turn into
//! another address in between; a redirect is looked at like the first address. No proxy is used. Why a picture cannot be had
//! is one sentence, with the host and without the path or the query, which may hold a secret.

use super::addresses::is_public;
use crate::listings::pictures::LARGEST;
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

    /// The bytes, and what they are, as a sentence begins.
    pub async fn fetch(&self, address: &str) -> Result<(Vec<u8>, String), String> {
        let late = |_| Err("the picture did not come in time: it is tried again".into());
        tokio::time::timeout(IN_ALL, self.follow(address)).await.unwrap_or_else(late)
    }

    async fn follow(&self, address: &str) -> Result<(Vec<u8>, String), String> {
        let mut url = Url::parse(address).map_err(|e| format!("its address cannot be read ({e})"))?;
        let mut sent_on = String::new();
        for _ in 0..=HOPS {
            let target = self.look_at(&url).await.map_err(|why| format!("{sent_on}{why}"))?;
            let host = target.host.clone();
            let response = self.call(&target, &url).await.map_err(|why| format!("{sent_on}{why}"))?;
            if !response.status().is_redirection() {
                return self.body(response, &host).await.map_err(|why| format!("{sent_on}{why}"));
            }
            let to = response.headers().get(header::LOCATION).and_then(|l| l.to_str().ok());
            url = to
                .and_then(|to| url.join(to).ok())
                .ok_or_else(|| format!("{host} sends on to an address that cannot be read"))?;
            sent_on = format!("{host} sends on, and ");
        }
        Err(format!("{sent_on}on again more than {HOPS} times: give the picture's own address"))
    }

    /// Whether an address may be called, and the addresses behind its name.
    async fn look_at(&self, url: &Url) -> Result<Target, String> {
        let host = url.host_str().unwrap_or("").trim_matches(['[', ']']).to_ascii_lowercase();
        let port = url.port_or_known_default().ok_or("its address is neither https nor http")?;
        let own = self.hosts.contains(&host);
        match url.scheme() {
            "https" => {}
            "http" if own => {}
            "http" => {
                return Err(format!(
                    "{host} is called without encryption: give an https address, or name the host under feeds.media_hosts if it is your own"
                ));
            }
            _ => return Err(format!("{host} is to be called by something that is neither https nor http")),
        }
        let found = tokio::time::timeout(CONNECT, tokio::net::lookup_host((host.clone(), port))).await;
        let addresses: Vec<SocketAddr> = match found {
            Ok(Ok(found)) => found.collect(),
            _ => Vec::new(),
        };
        if addresses.is_empty() {
            return Err(format!("{host} is not found by its name: check the address"));
        }
        if !own && !addresses.iter().all(|a| is_public(a.ip())) {
            return Err(format!(
                "{host} is in a private network and is not called: name it under feeds.media_hosts if it is your own"
            ));
        }
        Ok(Target { host, addresses })
    }

    async fn call(&self, target: &Target, url: &Url) -> Result<reqwest::Response, String> {
        let Target { host, addresses } = target;
        let trust = LazyLock::force(&self.trust).clone()?;
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
            .map_err(|e| format!("no connection can be made: {e}"))?;
        let call = client.get(url.clone()).header(header::ACCEPT, "image/jpeg, image/png, image/webp");
        let response = call.send().await.map_err(|e| unreached(host, &e))?;
        let status = response.status();
        if status.is_success() || status.is_redirection() {
            return Ok(response);
        }
        Err(match status {
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                format!("{host} answers {status}: the picture is not there (any more); check the address")
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                format!(
                    "{host} answers {status}: it does not let head office have the picture; ask its owner"
                )
            }
            _ => format!("{host} answers {status}: it is tried again"),
        })
    }

    async fn body(&self, mut response: reqwest::Response, host: &str) -> Result<(Vec<u8>, String), String> {
        let too_large =
            || format!("what {host} sends has more than {} MB: offer the picture smaller", LARGEST >> 20);
        if response.content_length().is_some_and(|n| n > LARGEST as u64) {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|e| unreached(host, &e))? {
            if bytes.len() + part.len() > LARGEST {
                return Err(too_large());
            }
            bytes.extend_from_slice(&part);
        }
        Ok((bytes, format!("what {host} sends")))
    }
}

/// A host that may be called.
struct Target {
    host: String,
    addresses: Vec<SocketAddr>,
}

/// The last of the causes, without the address.
fn unreached(host: &str, error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("{host} does not answer in time: it is tried again");
    }
    let mut last: &dyn std::error::Error = error;
    while let Some(next) = last.source() {
        last = next;
    }
    if error.is_body() || error.is_decode() {
        return format!("{host} breaks off in the middle of the picture: it is tried again");
    }
    let text = last.to_string();
    format!("{host} is not reached ({}): it is tried again", text.split(" (os error").next().unwrap_or(&text))
}
