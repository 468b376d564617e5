//! The one door to rustls: who is trusted, by whom, and how a listener speaks TLS.
//!
//! Every configuration names its cryptography (ring) itself. A process-wide default is never set and never used: a
//! second provider somewhere in the tree would make it ambiguous, and rustls panics then. Head office and its
//! branches speak TLS 1.3 only; the box's own pages allow 1.2 for old tablets.
//!
//! Left out: when certificates are renewed and authorities changed, which `sync` and `headoffice` decide.

mod dates;
mod refusal;
mod serve;
mod signature;
mod trust;
mod visitors;

pub use dates::{Dates, Now, dates};
pub use refusal::{Refusal, objection_of, refusal_in};
pub use serve::{Peer, PeerCertificate, Server, Tls, fixed};
pub use signature::{hmac_sha256, verify_signature};
pub use trust::{Trust, certified_by};

use crate::durable;
pub use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
pub use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{DnsName, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What begins the URI in a branch's certificate; the branch's id follows.
pub const BRANCH_URI: &str = "branchbox:branch:";

/// Why TLS could not be set up, as a sentence.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot read {what} {path}: {source}")]
    Read { what: &'static str, path: PathBuf, source: std::io::Error },
    #[error("cannot write {what} {path}: {source}")]
    Write { what: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{what} is not in PEM form: {reason}")]
    NotPem { what: String, reason: String },
    #[error("{what} does not serve: {reason}")]
    Unusable { what: &'static str, reason: String },
}

fn unusable(what: &'static str) -> impl Fn(rustls::Error) -> TlsError {
    move |e| TlsError::Unusable { what, reason: e.to_string() }
}

/// A certificate with what leads to its authority, and the key that belongs to it.
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

impl Identity {
    /// From two texts in PEM form.
    pub fn from_pem(certificates: &str, key: &str) -> Result<Self, TlsError> {
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
            .map_err(|e| TlsError::NotPem { what: "the private key".into(), reason: e.to_string() })?;
        Ok(Self { chain: certificates_from_pem(certificates)?, key })
    }

    /// From two files in PEM form.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let text = |what, path: &Path| {
            std::fs::read_to_string(path).map_err(|source| TlsError::Read {
                what,
                path: path.to_owned(),
                source,
            })
        };
        Self::from_pem(&text("the certificate", certificate)?, &text("the private key", key)?)
    }
}

/// All certificates of a text in PEM form; at least one.
pub fn certificates_from_pem(text: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let not_pem = |reason: String| TlsError::NotPem { what: "the certificate".into(), reason };
    let list: Vec<_> = CertificateDer::pem_slice_iter(text.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|e| not_pem(e.to_string()))?;
    if list.is_empty() { Err(not_pem("it holds no certificate".into())) } else { Ok(list) }
}

/// SHA-256 of a certificate, in hexadecimal: what an enrolment code pins and what head office knows a box by.
pub fn fingerprint(certificate: &[u8]) -> String {
    hex::encode(Sha256::digest(certificate))
}

/// Whether a certificate can be made out to this host name.
pub fn is_host_name(name: &str) -> bool {
    DnsName::try_from(name).is_ok()
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn roots(authority: &[CertificateDer<'static>]) -> Result<Arc<RootCertStore>, TlsError> {
    let mut store = RootCertStore::empty();
    for certificate in authority {
        store.add(certificate.clone()).map_err(unusable("the authority's certificate"))?;
    }
    Ok(Arc::new(store))
}

/// Head office's side: shows one of `identities` (each with its authority at the end of its chain; the first to whoever
/// does not say whom it knows), and asks for a client certificate of one of `authorities`. A client without one gets
/// in, since enrolment has none yet, and so does one whose certificate is out of date: what they may do is up to the
/// handler. One of another authority does not.
pub fn head_office_config(
    identities: Vec<Identity>,
    authorities: &[CertificateDer<'static>],
    now: &Now,
) -> Result<ServerConfig, TlsError> {
    let mut config = ServerConfig::builder_with_details(provider(), now.provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(unusable("TLS 1.3"))?
        .with_client_cert_verifier(visitors::Undated::new(authorities)?)
        .with_cert_resolver(visitors::Shown::new(identities)?);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// A branch's side: trusts `authorities` alone, by the time of `now`, and shows `identity`.
pub fn branch_config(
    authorities: &[CertificateDer<'static>],
    identity: Identity,
    now: &Now,
) -> Result<ClientConfig, TlsError> {
    let trust = Trust::Authorities(authorities.to_vec());
    let mut config = ClientConfig::builder_with_details(provider(), now.provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(unusable("TLS 1.3"))?
        .dangerous() // a verifier of our own, which is rustls' with the names of the authorities sent along
        .with_custom_certificate_verifier(trust::Verifier::new(trust, true)?)
        .with_client_auth_cert(identity.chain, identity.key)
        .map_err(unusable("the box's certificate"))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// A branch's first contact: it has no certificate, and knows the authority by the beginning of its
/// [`fingerprint`], which came with the enrolment code. The server must show that very authority in its chain, and
/// be certified by it for the name that was called.
pub fn pinned_config(pin: &str, now: &Now) -> Result<ClientConfig, TlsError> {
    anonymous_config(Trust::Pin(pin.to_ascii_lowercase()), true, now)
}

/// For the one call that asks for the time: everything about the server's certificate is checked but its dates. The
/// answer is worth nothing without the authority's signature on it.
pub fn undated_config(trust: &Trust) -> Result<ClientConfig, TlsError> {
    anonymous_config(trust.clone(), false, &Now::new(|| jiff::Timestamp::UNIX_EPOCH))
}

fn anonymous_config(trust: Trust, dated: bool, now: &Now) -> Result<ClientConfig, TlsError> {
    let mut config = ClientConfig::builder_with_details(provider(), now.provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(unusable("TLS 1.3"))?
        .dangerous() // a verifier of our own: one authority by its fingerprint, or no dates
        .with_custom_certificate_verifier(trust::Verifier::new(trust, dated)?)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// A client for the public web, which trusts what this machine trusts: for fetching a speech model.
pub fn web_client_config() -> Result<ClientConfig, TlsError> {
    let trust =
        rustls_platform_verifier::Verifier::new(provider()).map_err(unusable("what this machine trusts"))?;
    Ok(ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(unusable("TLS"))?
        .dangerous() // in rustls' words: not its own verifier, but the system's
        .with_custom_certificate_verifier(Arc::new(trust))
        .with_no_client_auth())
}

/// A client that trusts the authorities of a PEM file alone: for a database server of one's own.
pub fn authority_client_config(path: &Path) -> Result<ClientConfig, TlsError> {
    let pem = std::fs::read_to_string(path).map_err(|source| TlsError::Read {
        what: "the authority's certificate",
        path: path.to_owned(),
        source,
    })?;
    Ok(ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(unusable("TLS"))?
        .with_root_certificates(roots(&certificates_from_pem(&pem)?)?)
        .with_no_client_auth())
}

/// A client for plain HTTP on this machine, which trusts nobody and uses no proxy.
pub fn plain_http_client() -> Result<reqwest::Client, TlsError> {
    let trusts_nobody = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(unusable("TLS"))?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(trusts_nobody).build();
    client.map_err(|e| TlsError::Unusable { what: "a client for plain HTTP", reason: e.to_string() })
}

/// HTTPS of the box itself where it listens off loopback: a self-signed certificate for `names`, made once and kept
/// in `identity_dir/box`, so that a tablet that has accepted it is not asked again.
pub fn box_server_config(identity_dir: &Path, names: &[String]) -> Result<ServerConfig, TlsError> {
    let folder = identity_dir.join("box");
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    if !certificate.exists() || !key.exists() {
        make_self_signed(&certificate, &key, names)?;
    }
    let identity = Identity::load(&certificate, &key)?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(unusable("TLS"))?
        .with_no_client_auth()
        .with_single_cert(identity.chain, identity.key)
        .map_err(unusable("the box's certificate"))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn make_self_signed(certificate: &Path, key: &Path, names: &[String]) -> Result<(), TlsError> {
    let make = || {
        let pair = rcgen::KeyPair::generate()?;
        let mut params = rcgen::CertificateParams::new(names.to_vec())?;
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, "Branchbox");
        Ok((params.self_signed(&pair)?.pem(), pair.serialize_pem()))
    };
    let (pem, private) = make().map_err(|e: rcgen::Error| TlsError::Unusable {
        what: "a self-signed certificate for these names",
        reason: e.to_string(),
    })?;
    write_file(key, private.as_bytes(), "the private key")?;
    write_file(certificate, pem.as_bytes(), "the certificate")
}

/// Writes a file that only its owner reads: aside, synced, renamed, and the folder synced.
pub fn write_file(path: &Path, content: &[u8], what: &'static str) -> Result<(), TlsError> {
    durable::write(path, content).map_err(|source| TlsError::Write { what, path: path.to_owned(), source })
}
