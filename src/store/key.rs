//! The key of an encrypted database: 32 bytes, from a file of its own or a systemd credential, never from the
//! configuration and never in a log.

use super::{StoreError, StoreResult};
use crate::durable;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Where the key is.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// A file that this program makes when there is neither key nor database yet.
    File(PathBuf),
    /// A file that somebody else provides (`LoadCredential=`): never made here.
    Given(PathBuf),
}

impl KeySource {
    /// The credential `name` where systemd passes one (`$CREDENTIALS_DIRECTORY`), else the file `fallback`.
    pub fn credential_or_file(name: &str, fallback: PathBuf) -> Self {
        match std::env::var_os("CREDENTIALS_DIRECTORY").map(|d| PathBuf::from(d).join(name)) {
            Some(path) if path.exists() => Self::Given(path),
            _ => Self::File(fallback),
        }
    }

    /// The path of the key.
    pub fn path(&self) -> &Path {
        match self {
            Self::File(p) | Self::Given(p) => p,
        }
    }
}

/// A raw SQLCipher key. Wiped from memory when dropped.
pub struct DatabaseKey(Zeroizing<[u8; 32]>);

impl DatabaseKey {
    /// Reads the key, or makes one where `source` is a file of ours and no database depends on a lost one.
    pub fn load_or_make(source: &KeySource, database_exists: bool) -> StoreResult<Self> {
        let path = source.path();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::from_hex(&Zeroizing::new(text), path),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => match source {
                KeySource::File(_) if !database_exists => Self::make(path),
                _ => Err(StoreError::KeyMissing { key: path.to_owned() }),
            },
            Err(source) => Err(StoreError::Io { operation: "read the key", path: path.to_owned(), source }),
        }
    }

    fn from_hex(text: &str, path: &Path) -> StoreResult<Self> {
        let mut key = Zeroizing::new([0u8; 32]);
        hex::decode_to_slice(text.trim(), key.as_mut_slice())
            .map_err(|e| StoreError::BadKey { key: path.to_owned(), reason: e.to_string() })?;
        Ok(Self(key))
    }

    /// Makes a key file: written aside, synced, renamed, readable by its owner only.
    fn make(path: &Path) -> StoreResult<Self> {
        let io = |source| StoreError::Io { operation: "make the key", path: path.to_owned(), source };
        let mut key = Zeroizing::new([0u8; 32]);
        getrandom::fill(key.as_mut_slice()).map_err(|e| io(std::io::Error::other(e.to_string())))?;
        let text = Zeroizing::new(hex::encode(key.as_slice()));
        durable::write(path, text.as_bytes()).map_err(io)?;
        Ok(Self(key))
    }

    /// The key itself.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The pragma that unlocks a connection (SQLCipher's raw key form: no derivation is needed for random bytes).
    pub(super) fn pragma(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("PRAGMA key = \"x'{}'\";", hex::encode(self.0.as_slice())))
    }
}
