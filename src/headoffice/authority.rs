//! Head office's own certificate authority: what certifies branches' boxes and head office's own address.
//!
//! A certificate counts for a limited time, so that one that got lost ends by itself; long enough for any outage.
//! Where the authorities are kept and how one takes the place of another is next door ([`super::authorities`]).

use crate::tls::{self, BRANCH_URI, CertificateDer, Identity, TlsError};
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SanType, SigningKey,
};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// In a folder `authority` of an older version.
pub(super) const CERTIFICATE: &str = "certificate.pem";
pub(super) const KEY: &str = "key.pem";

/// The authority outlasts every box that it certifies.
const AUTHORITY_DAYS: i64 = 20 * 365;
/// A box's certificate, renewed at half its life: a box that is up to date outlasts 90 days without a line for sure,
/// which is three times the longest closure that a branch has planned for (a refit), and 50 % above the 60 days that
/// head office is built to catch up after.
pub const BRANCH_DAYS: i64 = 180;
/// How long after its end a certificate still lets its box renew, and do nothing else: a box that was put away for a
/// year, with five weeks to find out. Revocation ends it at once all the same.
pub const GRACE_DAYS: i64 = 400;
/// Head office's own certificate: made anew at each start, and at half this time in a server that runs on.
pub const SERVER_DAYS: i64 = 90;
/// Certificates begin in the past, so that a clock somewhat slow does not refuse them.
const BACKDATED: SignedDuration = SignedDuration::from_hours(24);

/// Why the authority cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(
        "{present} is there and {missing} is not: put the missing file back from a backup; a new authority is not made, since it would shut out every branch"
    )]
    Half { present: PathBuf, missing: PathBuf },
    #[error(
        "the authority's key cannot be opened without {path}: copy it from the machine where head office was set up, or from a backup"
    )]
    SealMissing { path: PathBuf },
    #[error(
        "the authority's key was sealed with another key than the one in {path}: copy that from the machine where head office was set up, or from a backup"
    )]
    OtherSeal { path: PathBuf },
    #[error("the authority's key cannot be sealed: {reason}")]
    Seal { reason: String },
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
    /// Makes a new one. Its name is its own, by which a box says which authorities it knows.
    pub fn make(now: Timestamp) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate().map_err(sign("make its key"))?;
        let name = hex::encode(&Sha256::digest(key.subject_public_key_info())[..4]);
        let pem = self_certify(&key, &format!("Branchbox authority {name}"), now)?;
        Self::from_parts(pem, key)
    }

    /// From its certificate and its key, both PEM.
    pub fn from_pem(certificate: &str, key: &str) -> Result<Self, AuthorityError> {
        Self::from_parts(certificate.to_owned(), KeyPair::from_pem(key).map_err(sign("read its key"))?)
    }

    fn from_parts(pem: String, key: KeyPair) -> Result<Self, AuthorityError> {
        let der = tls::certificates_from_pem(&pem)?.remove(0);
        let issuer = Issuer::from_ca_cert_der(&der, key).map_err(sign("read its certificate"))?;
        Ok(Self { issuer, pem, der })
    }

    /// The authority in a folder of its own, as older versions kept it; `None` where there is none.
    pub fn of_folder(folder: &Path, now: Timestamp) -> Result<Option<Self>, AuthorityError> {
        let (certificate, key) = (folder.join(CERTIFICATE), folder.join(KEY));
        match (certificate.exists(), key.exists()) {
            (false, false) => Ok(None),
            (true, true) => {
                Self::from_parts(read("the authority's certificate", &certificate)?, read_key(&key)?)
                    .map(Some)
            }
            // A crash of the first start left a key alone. Branches trust a name and a key, so a certificate made
            // anew for the same key changes nothing for them.
            (false, true) => {
                let key = read_key(&key)?;
                Self::from_parts(self_certify(&key, "Branchbox authority", now)?, key).map(Some)
            }
            (true, false) => Err(AuthorityError::Half { present: certificate, missing: key }),
        }
    }

    /// Its key, PEM: to be sealed.
    pub fn key_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(self.issuer.key().serialize_pem())
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

    /// Signs a text that is not a certificate (a listing version, the time): ECDSA on P-256 with SHA-256, ASN.1, hexadecimal.
    pub fn sign(&self, text: &str) -> Result<String, AuthorityError> {
        let signature = self.issuer.key().sign(text.as_bytes()).map_err(sign("sign"))?;
        Ok(hex::encode(signature))
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

fn self_certify(pair: &KeyPair, name: &str, now: Timestamp) -> Result<String, AuthorityError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut params, now, AUTHORITY_DAYS);
    Ok(params.self_signed(pair).map_err(sign("be made"))?.pem())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_the_same_after_its_key_was_put_away() {
        let now: Timestamp = "2026-11-20T07:00:00Z".parse().unwrap();
        let made = Authority::make(now).unwrap();
        let read = Authority::from_pem(made.pem(), &made.key_pem()).unwrap();
        assert_eq!(read.fingerprint(), made.fingerprint());
        let signature = hex::decode(read.sign("a text").unwrap()).unwrap();
        let trusted = [made.certificate().clone()];
        assert!(tls::verify_signature(&trusted, b"a text", &signature));
    }

    #[test]
    fn a_folder_with_half_an_authority_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-20T07:00:00Z".parse().unwrap();
        assert!(Authority::of_folder(folder.path(), now).unwrap().is_none());
        let made = Authority::make(now).unwrap();
        std::fs::write(folder.path().join(KEY), made.key_pem().as_bytes()).unwrap();
        assert!(Authority::of_folder(folder.path(), now).unwrap().is_some());
        std::fs::write(folder.path().join(CERTIFICATE), made.pem()).unwrap();
        let whole = Authority::of_folder(folder.path(), now).unwrap().unwrap();
        assert_eq!(whole.fingerprint(), made.fingerprint());
        std::fs::remove_file(folder.path().join(KEY)).unwrap();
        let e = Authority::of_folder(folder.path(), now).err().expect("half an authority is refused");
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
