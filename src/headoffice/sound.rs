//! Sound of meetings that is here, read piece by piece: a long meeting is some 60 MB.

use super::Office;
use super::store::{Tx, sound};
use crate::store::{StoreError, StoreResult};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The piece that begins at byte `at`; `None` past the end.
pub(super) async fn piece(
    office: &Office,
    branch: &str,
    recording: &str,
    at: i64,
) -> StoreResult<Option<Zeroizing<Vec<u8>>>> {
    let name = sound::name(branch, recording, at);
    let (branch, recording) = (branch.to_owned(), recording.to_owned());
    let read = move |tx: &Tx| sound::piece(tx, &branch, &recording, at);
    let sealed = office.store.read("read sound", read).await?;
    let open = |sealed: Vec<u8>| office.identity.seal().open(&sealed, &name);
    sealed.map(open).transpose().map_err(|e| StoreError::Refused(e.to_string()))
}

/// SHA-256 of what is here of a file, hexadecimal.
pub(super) async fn hash_of(office: &Office, branch: &str, recording: &str) -> StoreResult<String> {
    let (mut hash, mut at) = (Sha256::new(), 0);
    while let Some(bytes) = piece(office, branch, recording, at).await?.filter(|p| !p.is_empty()) {
        hash.update(&*bytes);
        at += bytes.len() as i64;
    }
    Ok(hex::encode(hash.finalize()))
}
