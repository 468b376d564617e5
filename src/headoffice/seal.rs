//! Seals the authorities' keys before they go into the store, which several machines may share and which is backed up:
//! who has the store alone can certify nobody.
//!
//! The seal is a key like `headoffice.key`: a file in head office's folder, or a systemd credential
//! (`headoffice-seal`). Every machine of one head office needs the same one.

use super::authority::AuthorityError;
use crate::store::{DatabaseKey, KeySource, StoreError};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// XChaCha20's nonce: long enough to be made up each time.
const NONCE: usize = 24;

/// What seals and opens.
pub struct Seal {
    cipher: XChaCha20Poly1305,
    path: PathBuf,
}

impl Seal {
    /// The seal of the head office in `data`; made on the first start, when nothing is `sealed` yet.
    pub fn load_or_make(data: &Path, sealed: bool) -> Result<Self, AuthorityError> {
        let source = KeySource::credential_or_file("headoffice-seal", data.join("headoffice.seal"));
        let path = source.path().to_owned();
        let key = DatabaseKey::load_or_make(&source, sealed).map_err(|e| match e {
            StoreError::KeyMissing { key } => AuthorityError::SealMissing { path: key },
            other => AuthorityError::Seal { reason: other.to_string() },
        })?;
        Ok(Self { cipher: XChaCha20Poly1305::new(key.bytes().into()), path })
    }

    /// Seals `secret`, bound to `name`.
    pub fn close(&self, secret: &[u8], name: &str) -> Result<Vec<u8>, AuthorityError> {
        let failed = |reason: String| AuthorityError::Seal { reason };
        let mut sealed = vec![0u8; NONCE];
        getrandom::fill(&mut sealed).map_err(|e| failed(e.to_string()))?;
        let nonce: [u8; NONCE] = sealed.as_slice().try_into().map_err(|_| failed("no nonce".into()))?;
        let payload = Payload { msg: secret, aad: name.as_bytes() };
        let text = self.cipher.encrypt(&nonce.into(), payload).map_err(|e| failed(e.to_string()))?;
        sealed.extend_from_slice(&text);
        Ok(sealed)
    }

    /// Opens what was sealed under the same `name`.
    pub fn open(&self, sealed: &[u8], name: &str) -> Result<Zeroizing<Vec<u8>>, AuthorityError> {
        let wrong = || AuthorityError::OtherSeal { path: self.path.clone() };
        let (nonce, text) = sealed.split_at_checked(NONCE).ok_or_else(wrong)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| wrong())?;
        let payload = Payload { msg: text, aad: name.as_bytes() };
        self.cipher.decrypt(&nonce.into(), payload).map(Zeroizing::new).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::Seal;

    #[test]
    fn what_is_sealed_opens_with_the_same_seal_and_name_only() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let seal = Seal::load_or_make(one.path(), false).unwrap();
        let sealed = seal.close(b"a key", "name").unwrap();
        let again = Seal::load_or_make(one.path(), true).unwrap();
        assert_eq!(again.open(&sealed, "name").unwrap().as_slice(), b"a key");
        assert!(again.open(&sealed, "another").is_err() && again.open(b"short", "name").is_err());
        let e = Seal::load_or_make(other.path(), true).err().unwrap().to_string();
        assert!(e.contains("copy it from"), "{e}");
        let stranger = Seal::load_or_make(other.path(), false).unwrap();
        assert!(stranger.open(&sealed, "name").unwrap_err().to_string().contains("another key"));
    }
}
