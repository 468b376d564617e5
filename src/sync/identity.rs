//! What makes a box a branch's box: its key, its certificate, the authority it trusts and where head office is.
//!
//! Four files in `identity/headoffice`, which come into place together by one rename. The key is made on the box and
//! never leaves it.

use super::protocol::BranchName;
use crate::config::DataFolder;
use crate::tls::{self, TlsError};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub(super) const KEY: &str = "key.pem";
pub(super) const CERTIFICATE: &str = "certificate.pem";
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

/// The TLS side of the identity.
pub(super) fn tls_config(data: &DataFolder) -> Result<rustls::ClientConfig, IdentityError> {
    let folder = folder(data);
    let build = || -> Result<_, TlsError> {
        let path = folder.join(AUTHORITY);
        let authority = std::fs::read_to_string(&path).map_err(|source| TlsError::Read {
            what: "the authority's certificate",
            path,
            source,
        })?;
        let identity = tls::Identity::load(&folder.join(CERTIFICATE), &folder.join(KEY))?;
        tls::branch_config(&tls::certificates_from_pem(&authority)?, identity)
    };
    build().map_err(|e| IdentityError { path: folder.clone(), reason: e.to_string() })
}

/// What changes when a file is replaced: enough to notice without reading it.
pub(super) fn trace(path: &Path) -> Option<(SystemTime, u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.ino(), metadata.len()))
}
