//! What makes a box a branch's box: its key, its certificate, the authorities it trusts and where head office is.
//!
//! Three files in `identity/headoffice`, which come into place together at enrolment by one rename. Key and
//! certificate are one file, so that a renewal is one rename, too: a new pair waits beside the old until it has been
//! used once, and a crash at any point leaves a box that can call. The key is made on the box and never leaves it.

use super::clock::LineClock;
use super::protocol::BranchName;
use crate::config::DataFolder;
use crate::tls::{self, CertificateDer, Dates, Identity, TlsError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// Key and certificate in use.
pub(super) const PAIR: &str = "identity.pem";
/// Key and certificate that have not been used yet.
pub(super) const NEXT_PAIR: &str = "identity-next.pem";
/// The key of a renewal whose answer has not come.
pub(super) const NEXT_KEY: &str = "key-next.pem";
/// The key of an enrolment that was begun. A box that was enrolled by an older version has its key here to the end.
pub(super) const KEY: &str = "key.pem";
const OLD_CERTIFICATE: &str = "certificate.pem";
/// The authorities it trusts; the first is the one that certifies now.
pub(super) const AUTHORITY: &str = "authority.pem";
pub(super) const LINK: &str = "headoffice.json";

/// Where head office is and who this box is there: `headoffice.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// `https://host:port`
    pub url: String,
    pub branch: BranchName,
    /// RFC 3339.
    pub enrolled_at: String,
}

/// Why an identity that is there cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "the identity in {path} cannot be used ({reason}): put it back from a backup, or enrol this box anew with branchbox enrol --replace"
)]
pub struct IdentityError {
    pub path: PathBuf,
    pub reason: String,
}

/// The folder of the identity.
pub fn folder(data: &DataFolder) -> PathBuf {
    data.identity().join("headoffice")
}

/// Reads who this box is; `None` where it is not enrolled.
pub fn link(data: &DataFolder) -> Result<Option<Link>, IdentityError> {
    let path = folder(data).join(LINK);
    let error = |reason: String| IdentityError { path: path.clone(), reason };
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|e| error(e.to_string())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(error(e.to_string())),
    }
}

/// Which of the two pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pair {
    InUse,
    Next,
}

/// Key and certificate; `None` for the next where there is none.
fn pair(folder: &Path, which: Pair) -> Result<Option<Identity>, TlsError> {
    let path = folder.join(if which == Pair::InUse { PAIR } else { NEXT_PAIR });
    match std::fs::read_to_string(&path) {
        Ok(text) => Identity::from_pem(&text, &text).map(Some),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && which == Pair::Next => Ok(None),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            Identity::load(&folder.join(OLD_CERTIFICATE), &folder.join(KEY)).map(Some)
        }
        Err(source) => Err(TlsError::Read { what: "the box's key and certificate", path, source }),
    }
}

/// The authorities that the box of `data` trusts, the one that certifies now before the others.
pub fn authorities(data: &DataFolder) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    let path = folder(data).join(AUTHORITY);
    let error = |reason: String| IdentityError { path: path.clone(), reason };
    let text = std::fs::read_to_string(&path).map_err(|e| error(e.to_string()))?;
    tls::certificates_from_pem(&text).map_err(|e| error(e.to_string()))
}

/// The hash of a set of authorities, their order included: how head office and a branch compare what is trusted.
pub fn trust_hash(authorities: &[CertificateDer<'_>]) -> String {
    let mut hash = Sha256::new_with_prefix("branchbox trust 1\n");
    authorities.iter().for_each(|a| hash.update(format!("{}\n", tls::fingerprint(a))));
    hex::encode(hash.finalize())
}

/// The certificate in use; `None` where there is none that can be read.
pub(super) fn certificate(data: &DataFolder) -> Option<CertificateDer<'static>> {
    pair(&folder(data), Pair::InUse).ok()??.chain.into_iter().next()
}

/// From when to when the certificate in use is good.
pub fn dates(data: &DataFolder) -> Option<Dates> {
    tls::dates(&certificate(data)?)
}

/// The TLS side of the identity, by the time of `clock`; `None` where there is no such pair.
pub(super) fn tls_config(
    data: &DataFolder,
    which: Pair,
    clock: &Arc<LineClock>,
) -> Result<Option<rustls::ClientConfig>, IdentityError> {
    let error = |e: TlsError| IdentityError { path: folder(data), reason: e.to_string() };
    let Some(identity) = pair(&folder(data), which).map_err(error)? else { return Ok(None) };
    tls::branch_config(&authorities(data)?, identity, &clock.for_tls()).map(Some).map_err(error)
}

/// What changes when a file is replaced: enough to notice without reading it.
pub(super) fn trace(path: &Path) -> Option<(SystemTime, u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.ino(), metadata.len()))
}

/// What changes when anything about the identity is replaced; `None` where the box is not enrolled.
pub(super) fn whole_trace(data: &DataFolder) -> Option<[Option<(SystemTime, u64, u64)>; 3]> {
    let folder = folder(data);
    let link = trace(&folder.join(LINK))?;
    Some([Some(link), trace(&folder.join(PAIR)), trace(&folder.join(AUTHORITY))])
}

/// Takes the next pair into use: one rename. What an older version left beside it goes.
pub(super) fn promote(data: &DataFolder) -> std::io::Result<()> {
    let folder = folder(data);
    std::fs::rename(folder.join(NEXT_PAIR), folder.join(PAIR))?;
    for left in [KEY, OLD_CERTIFICATE, NEXT_KEY] {
        let _ = std::fs::remove_file(folder.join(left));
    }
    std::fs::File::open(&folder)?.sync_all()
}
