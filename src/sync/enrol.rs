//! Enrolment at the box: make a key, send a request with the code, keep the certificate.
//!
//! The key is kept aside until the certificate has come, so that a line which breaks at the wrong moment costs
//! nothing: the same command again gets the same certificate.

use super::client::{CallError, Client};
use super::clock::LineClock;
use super::code::{Code, NotACode};
use super::identity::{self, AUTHORITY, IdentityError, KEY, LINK, Link, PAIR};
use super::protocol::{EnrolReply, EnrolRequest};
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::tls::{self, Identity, TlsError, Trust};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a box was not enrolled. Each is one sentence; nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    #[error("{0}")]
    Code(#[from] NotACode),
    #[error("\"{0}\" is not head office's address: it looks like https://headoffice.example:8443")]
    Url(String),
    #[error(
        "this box is enrolled already, as {name} with {url}: nothing was changed; pass --replace to enrol it anew"
    )]
    Already { name: String, url: String },
    #[error(
        "the server at {url} is not the head office that this code comes from: check the address and the code; if both are right, somebody may be listening in between"
    )]
    WrongPin { url: String },
    #[error(
        "head office at {url} does not answer ({reason}): check the address, and that it is running; the code is still good"
    )]
    Down { url: String, reason: String },
    #[error("{0}")]
    Call(CallError),
    #[error(
        "head office sent a certificate that does not fit ({0}): enrol again, with a new code if need be"
    )]
    Reply(String),
    #[error("{0}")]
    Identity(#[from] IdentityError),
    #[error("{0}")]
    Files(#[from] TlsError),
    #[error("the box's key cannot be made: {0}")]
    Key(#[from] rcgen::Error),
    #[error("the identity cannot be put in place at {path}: {source}")]
    Place { path: PathBuf, source: std::io::Error },
}

/// Enrols the box of `data` with the head office at `url`. An identity that is there stays unless `replace`.
pub async fn enrol(
    data: &DataFolder,
    url: &str,
    code: &str,
    replace: bool,
    clock: &Clock,
) -> Result<Link, EnrolError> {
    let url = address(url)?;
    let code = Code::parse(code)?;
    if !replace && let Some(link) = identity::link(data)? {
        return Err(EnrolError::Already { name: link.branch.name, url: link.url });
    }
    let aside = identity::folder(data).with_extension("new");
    let key = key(&aside.join(KEY))?;
    let csr = rcgen::CertificateParams::default().serialize_request(&key)?.pem()?;
    let clock = LineClock::open(data, clock.clone());
    let client = Client::new(&url, tls::pinned_config(code.pin(), &clock.for_tls())?)
        .map_err(EnrolError::Call)?
        .asking(Trust::Pin(code.pin().to_owned()), &clock);
    let request = EnrolRequest { code: code.to_string(), csr };
    let reply = client.enrol(&request).await.map_err(|e| match e {
        CallError::UnknownAuthority { url } => EnrolError::WrongPin { url },
        CallError::Unreachable { url, reason } => EnrolError::Down { url, reason },
        other => EnrolError::Call(other),
    })?;
    check(&reply, code.pin(), &key, &clock)?;

    let link = Link { url, branch: reply.branch, enrolled_at: clock.now().to_string() };
    let pair = format!("{}{}", key.serialize_pem(), reply.certificate);
    tls::write_file(&aside.join(PAIR), pair.as_bytes(), "the box's key and certificate")?;
    tls::write_file(&aside.join(AUTHORITY), reply.authority.as_bytes(), "the authorities' certificates")?;
    let json = serde_json::to_vec_pretty(&link).unwrap_or_default();
    tls::write_file(&aside.join(LINK), &json, "head office's address")?;
    let place = identity::folder(data);
    put_in_place(&aside, &place).map_err(|source| EnrolError::Place { path: place.clone(), source })?;
    let _ = std::fs::remove_file(place.join(KEY)); // it is in the pair; a second copy would only lie about
    Ok(link)
}

/// `https://host[:port]`, without a slash at the end.
fn address(text: &str) -> Result<String, EnrolError> {
    let bad = || EnrolError::Url(text.to_owned());
    let url = reqwest::Url::parse(text.trim()).map_err(|_| bad())?;
    let plain = url.scheme() == "https"
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty();
    if plain { Ok(url.as_str().trim_end_matches('/').to_owned()) } else { Err(bad()) }
}

/// The key of an enrolment that was begun, or a new one (ECDSA on P-256).
fn key(path: &Path) -> Result<rcgen::KeyPair, EnrolError> {
    match std::fs::read_to_string(path) {
        Ok(pem) => Ok(rcgen::KeyPair::from_pem(&pem)?),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let key = rcgen::KeyPair::generate()?;
            tls::write_file(path, key.serialize_pem().as_bytes(), "the box's key")?;
            Ok(key)
        }
        Err(source) => Err(TlsError::Read { what: "the box's key", path: path.to_owned(), source }.into()),
    }
}

/// The authority has to be the pinned one, and the certificate has to be for our key.
fn check(
    reply: &EnrolReply,
    pin: &str,
    key: &rcgen::KeyPair,
    clock: &Arc<LineClock>,
) -> Result<(), EnrolError> {
    let strange = |e: TlsError| EnrolError::Reply(e.to_string());
    let authority = tls::certificates_from_pem(&reply.authority).map_err(strange)?;
    if !tls::fingerprint(&authority[0]).starts_with(pin) {
        return Err(EnrolError::Reply("it comes with another authority".into()));
    }
    let identity = Identity::from_pem(&reply.certificate, &key.serialize_pem()).map_err(strange)?;
    tls::branch_config(&authority, identity, &clock.for_tls()).map_err(strange)?;
    Ok(())
}

fn put_in_place(aside: &Path, place: &Path) -> std::io::Result<()> {
    let parent = place.parent().unwrap_or(Path::new("."));
    std::fs::File::open(aside)?.sync_all()?;
    if place.exists() {
        // Kept once, so that a replacement made by mistake can be taken back by hand.
        let old = place.with_extension("old");
        match std::fs::remove_dir_all(&old) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
            _ => std::fs::rename(place, &old)?,
        }
    }
    std::fs::rename(aside, place)?;
    std::fs::File::open(parent)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        assert_eq!(address(" https://headoffice.example:8443/ ").unwrap(), "https://headoffice.example:8443");
        assert_eq!(address("https://127.0.0.1:1").unwrap(), "https://127.0.0.1:1");
        for bad in
            ["headoffice.example:8443", "http://headoffice.example", "https://h/x", "https://a:b@h", ""]
        {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
