//! Head office's own certificate authority: made on the first start, kept under `authority/`, used to certify
//! branches' boxes and head office's own address.
//!
//! The key of the authority never leaves the folder. A folder with half of it is refused: a new authority would shut
//! every branch out. Left out: renewing branches' certificates, and changing the authority.

use crate::tls::{self, BRANCH_URI, CertificateDer, Identity, TlsError};
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SanType,
};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// The authority outlasts every box that it certifies.
const AUTHORITY_DAYS: i64 = 20 * 365;
/// A box's certificate: it must outlast a long closure and a slow repair, and there is no renewal yet.
const BRANCH_DAYS: i64 = 2 * 365;
/// Head office's own certificate is made anew at each start.
const SERVER_DAYS: i64 = 2 * 365;
/// Certificates begin in the past, so that a clock somewhat slow does not refuse them.
const BACKDATED: SignedDuration = SignedDuration::from_hours(24);

/// Why the authority cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    #[error("{0}")]
    Tls(#[from] TlsError),
    #[error(
        "{present} is there and {missing} is not: put the missing file back from a backup; a new authority is not made, since it would shut out every branch"
    )]
    Half { present: PathBuf, missing: PathBuf },
    #[error("the authority cannot {operation}: {source}")]
    Sign { operation: &'static str, source: rcgen::Error },
    #[error("\"{name}\" under names is neither a host name nor an address")]
    Name { name: String },
}

fn sign(operation: &'static str) -> impl Fn(rcgen::Error) -> AuthorityError {
    move |source| AuthorityError::Sign { operation, source }
}

/// The authority, ready to sign.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: CertificateDer<'static>,
}

/// A certificate for a box.
pub struct Issued {
    pub pem: String,
    pub fingerprint: String,
    pub not_after: Timestamp,
}

/// A certificate signing request whose signature is right: who signed holds the key.
pub struct Request(CertificateSigningRequestParams);

impl Request {
    /// Reads a request in PEM form; `None` where it is none.
    pub fn parse(pem: &str) -> Option<Self> {
        CertificateSigningRequestParams::from_pem(pem).ok().map(Self)
    }

    /// SHA-256 of the public key.
    pub fn key_hash(&self) -> String {
        hex::encode(Sha256::digest(self.0.public_key.der_bytes()))
    }
}

impl Authority {
    /// Opens the authority under `folder`, or makes one where there is neither key nor certificate.
    pub fn open_or_make(folder: &Path, now: Timestamp) -> Result<Self, AuthorityError> {
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        match (certificate.exists(), key.exists()) {
            (true, true) => {}
            (false, false) => {
                let pair = KeyPair::generate().map_err(sign("make its key"))?;
                tls::write_file(&key, pair.serialize_pem().as_bytes(), "the authority's key")?;
                self_certify(&certificate, &pair, now)?;
            }
            // A crash of the first start leaves a key alone. Branches trust a name and a key, so a certificate made
            // anew for the same key changes nothing for them.
            (false, true) => self_certify(&certificate, &read_key(&key)?, now)?,
            (true, false) => return Err(AuthorityError::Half { present: certificate, missing: key }),
        }
        let pem = read("the authority's certificate", &certificate)?;
        let der = tls::certificates_from_pem(&pem)?.remove(0);
        let issuer = Issuer::from_ca_cert_der(&der, read_key(&key)?).map_err(sign("read its certificate"))?;
        Ok(Self { issuer, pem, der })
    }

    /// The certificate, PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The certificate.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// Its fingerprint, whose beginning stands in every enrolment code.
    pub fn fingerprint(&self) -> String {
        tls::fingerprint(&self.der)
    }

    /// Certifies the key of a request for the branch `id`. Of the request only the key counts: the names are ours.
    pub fn certify(&self, request: &Request, id: &str, now: Timestamp) -> Result<Issued, AuthorityError> {
        let failed = sign("certify a branch");
        let (mut params, not_after) = leaf(id, now, BRANCH_DAYS);
        let uri = format!("{BRANCH_URI}{id}").try_into().map_err(&failed)?;
        params.subject_alt_names = vec![SanType::URI(uri)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&request.0.public_key, &self.issuer).map_err(&failed)?;
        let fingerprint = tls::fingerprint(certificate.der());
        Ok(Issued { pem: certificate.pem(), fingerprint, not_after })
    }

    /// A server identity for the names under which branches call head office; the authority comes along in the chain,
    /// for a box that knows only its fingerprint yet.
    pub fn server_identity(&self, names: &[String], now: Timestamp) -> Result<Identity, AuthorityError> {
        let failed = sign("certify head office");
        let (mut params, _) = leaf("Branchbox head office", now, SERVER_DAYS);
        params.subject_alt_names = names.iter().map(|n| subject_name(n)).collect::<Result<_, _>>()?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let pair = KeyPair::generate().map_err(&failed)?;
        let certificate = params.signed_by(&pair, &self.issuer).map_err(&failed)?;
        Ok(Identity::from_pem(&format!("{}{}", certificate.pem(), self.pem), &pair.serialize_pem())?)
    }
}

fn subject_name(name: &str) -> Result<SanType, AuthorityError> {
    match name.parse() {
        Ok(address) => Ok(SanType::IpAddress(address)),
        Err(_) => {
            let bad = || AuthorityError::Name { name: name.into() };
            if !tls::is_host_name(name) {
                return Err(bad());
            }
            name.to_owned().try_into().map(SanType::DnsName).map_err(|_| bad())
        }
    }
}

fn leaf(common_name: &str, now: Timestamp, days: i64) -> (CertificateParams, Timestamp) {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    let not_after = valid(&mut params, now, days);
    (params, not_after)
}

fn valid(params: &mut CertificateParams, now: Timestamp, days: i64) -> Timestamp {
    let at = |t: Timestamp| {
        let seconds = u64::try_from(t.as_second()).unwrap_or(0);
        rcgen::date_time_ymd(1970, 1, 1) + std::time::Duration::from_secs(seconds)
    };
    let not_after = now + SignedDuration::from_hours(24 * days);
    params.not_before = at(now - BACKDATED);
    params.not_after = at(not_after);
    not_after
}

fn read(what: &'static str, path: &Path) -> Result<String, TlsError> {
    std::fs::read_to_string(path).map_err(|source| TlsError::Read { what, path: path.to_owned(), source })
}

fn read_key(path: &Path) -> Result<KeyPair, AuthorityError> {
    KeyPair::from_pem(&read("the authority's key", path)?).map_err(sign("read its key"))
}

fn self_certify(certificate: &Path, pair: &KeyPair, now: Timestamp) -> Result<(), AuthorityError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Branchbox authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut params, now, AUTHORITY_DAYS);
    let made = params.self_signed(pair).map_err(sign("be made"))?;
    tls::write_file(certificate, made.pem().as_bytes(), "the authority's certificate")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_is_made_once_and_never_remade_without_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-20T07:00:00Z".parse().unwrap();
        let first = Authority::open_or_make(folder.path(), now).unwrap().fingerprint();
        assert_eq!(Authority::open_or_make(folder.path(), now).unwrap().fingerprint(), first);
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path().join("key.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::remove_file(folder.path().join("key.pem")).unwrap();
        let e = Authority::open_or_make(folder.path(), now).err().expect("half an authority is refused");
        assert!(e.to_string().contains("shut out every branch"), "{e}");
    }

    #[test]
    fn what_is_no_request_is_none() {
        assert!(
            Request::parse("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----")
                .is_none()
        );
    }
}
