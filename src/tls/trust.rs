//! Whom a branch takes for head office: one of the authorities it trusts, or before enrolment the one whose
//! fingerprint came with its code.
//!
//! The names of the trusted authorities go along in the greeting, so that a head office whose authority is being
//! changed can show a certificate of the one that this box knows.

use super::dates::own_time;
use super::{CertificateDer, TlsError, fingerprint, provider, roots};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme};
use std::sync::Arc;

/// Whom a branch trusts.
#[derive(Debug, Clone)]
pub enum Trust {
    /// These authorities.
    Authorities(Vec<CertificateDer<'static>>),
    /// The authority whose [`fingerprint`] begins so: hexadecimal, lower case. The server has to send it along.
    Pin(String),
}

impl Trust {
    /// Whether an authority that a server sent is one of ours.
    pub fn includes(&self, authority: &CertificateDer<'_>) -> bool {
        match self {
            Self::Authorities(list) => list.iter().any(|ours| **ours == **authority),
            Self::Pin(pin) => !pin.is_empty() && fingerprint(authority).starts_with(pin.as_str()),
        }
    }
}

/// Checks a server's certificate for a branch.
#[derive(Debug)]
pub(super) struct Verifier {
    trust: Trust,
    subjects: Vec<DistinguishedName>,
    /// Whether the dates count; the one call that asks for the time leaves them out.
    dated: bool,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    pub(super) fn new(trust: Trust, dated: bool) -> Result<Arc<Self>, TlsError> {
        let subjects = match &trust {
            Trust::Authorities(list) => roots(list)?.subjects(),
            Trust::Pin(_) => Vec::new(),
        };
        Ok(Arc::new(Self { trust, subjects, dated, provider: provider() }))
    }

    fn trusted(&self, intermediates: &[CertificateDer<'_>]) -> Result<Arc<RootCertStore>, rustls::Error> {
        match &self.trust {
            Trust::Authorities(list) => roots(list).map_err(|e| rustls::Error::General(e.to_string())),
            Trust::Pin(_) => {
                let unknown = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
                let pinned = intermediates.iter().find(|c| self.trust.includes(c)).ok_or(unknown)?;
                let mut store = RootCertStore::empty();
                store.add(pinned.clone().into_owned())?;
                Ok(Arc::new(store))
            }
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let unreadable = rustls::Error::InvalidCertificate(CertificateError::BadEncoding);
        let now = if self.dated { now } else { own_time(end_entity).ok_or(unreadable)? };
        WebPkiServerVerifier::builder_with_provider(self.trusted(intermediates)?, Arc::clone(&self.provider))
            .build()
            .map_err(|e| rustls::Error::General(e.to_string()))?
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }

    fn root_hint_subjects(&self) -> Option<&[DistinguishedName]> {
        (!self.subjects.is_empty()).then_some(self.subjects.as_slice())
    }
}

/// Whether `authority` certified `certificate` for a client, whatever its dates.
pub fn certified_by(certificate: &CertificateDer<'_>, authority: &CertificateDer<'static>) -> bool {
    let check = || -> Option<()> {
        let store = roots(std::slice::from_ref(authority)).ok()?;
        let verifier =
            rustls::server::WebPkiClientVerifier::builder_with_provider(store, provider()).build().ok()?;
        verifier.verify_client_cert(certificate, &[], own_time(certificate)?).ok().map(drop)
    };
    check().is_some()
}
