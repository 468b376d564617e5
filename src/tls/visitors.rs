//! Whom head office lets in: a client certificate of one of its authorities, or none at all.
//!
//! The dates of a client's certificate are left to the handlers, who can answer with a sentence and let a box that
//! was off for a year renew itself; TLS could only close the door. Signature, usage and authority are checked here.
//!
//! And what it shows: a certificate of the authority that the client says it knows, so that a box which missed the
//! change of the authority is not shut out while the old one is still good.

use super::dates::own_time;
use super::{CertificateDer, Identity, TlsError, provider, roots, unusable};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::UnixTime;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, SignatureScheme};
use std::sync::Arc;

/// Checks a client's certificate, except for its dates. A client may have none.
#[derive(Debug)]
pub(super) struct Undated(Arc<dyn ClientCertVerifier>);

impl Undated {
    pub(super) fn new(authorities: &[CertificateDer<'static>]) -> Result<Arc<Self>, TlsError> {
        let verifier = WebPkiClientVerifier::builder_with_provider(roots(authorities)?, provider())
            .allow_unauthenticated()
            .build()
            .map_err(|e| TlsError::Unusable { what: "the authority's certificate", reason: e.to_string() })?;
        Ok(Arc::new(Self(verifier)))
    }
}

impl ClientCertVerifier for Undated {
    fn offer_client_auth(&self) -> bool {
        self.0.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.0.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let unreadable = rustls::Error::InvalidCertificate(CertificateError::BadEncoding);
        let own = own_time(end_entity).ok_or(unreadable)?;
        self.0.verify_client_cert(end_entity, intermediates, own)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Head office's own certificates: the first for everybody, the others for clients that know only their authorities.
#[derive(Debug)]
pub(super) struct Shown(Vec<(DistinguishedName, Arc<CertifiedKey>)>);

impl Shown {
    /// Each identity with its authority at the end of its chain.
    pub(super) fn new(identities: Vec<Identity>) -> Result<Arc<Self>, TlsError> {
        let what = "the server certificate";
        let shown = identities.into_iter().map(|identity| {
            let authority = identity.chain.last().cloned();
            let key = CertifiedKey::from_der(identity.chain, identity.key, &provider());
            let missing = || TlsError::Unusable { what, reason: "it comes without its authority".into() };
            let subject = roots(authority.as_slice())?.subjects().into_iter().next().ok_or_else(missing)?;
            Ok((subject, Arc::new(key.map_err(unusable(what))?)))
        });
        Ok(Arc::new(Self(shown.collect::<Result<_, TlsError>>()?)))
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let known = hello.certificate_authorities();
        let fits = |(subject, _): &&(DistinguishedName, _)| {
            known.is_none_or(|known| known.iter().any(|k| k.as_ref() == subject.as_ref()))
        };
        self.0.iter().find(fits).or(self.0.first()).map(|(_, key)| Arc::clone(key))
    }
}
