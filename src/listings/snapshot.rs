//! A listing base as one block of bytes: how it travels from head office, and what its version is the hash of.
//!
//! JSON lines in the order of the references, gzipped. The version is the SHA-256 of the lines before compression, so
//! two bases are equal exactly when their versions are.

use super::{Listing, PrivateFacts};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Read, Write};

/// What a snapshot may unpack to, at most: 100,000 listings are some 250 MB.
const MAX_BYTES: u64 = 512 << 20;

#[derive(Serialize)]
struct LineOut<'a> {
    listing: &'a Listing,
    private: &'a PrivateFacts,
}
#[derive(Deserialize)]
struct LineIn {
    listing: Listing,
    private: PrivateFacts,
}

/// Why a snapshot could not be read. What is shown stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("the listing base is damaged at line {line}: {reason}")]
    Damaged { line: usize, reason: String },
    #[error("the listing base is larger than {} MB unpacked", MAX_BYTES >> 20)]
    TooLarge,
}

fn lines(rows: &[(Listing, PrivateFacts)]) -> impl Iterator<Item = String> {
    let mut sorted: Vec<_> = rows.iter().collect();
    sorted.sort_by(|a, b| a.0.reference.cmp(&b.0.reference));
    sorted.into_iter().map(|(listing, private)| {
        serde_json::to_string(&LineOut { listing, private }).expect("a listing is JSON")
    })
}

/// The version of a base: the hash of its content, 64 hexadecimal digits.
pub fn content_hash(rows: &[(Listing, PrivateFacts)]) -> String {
    let mut hash = Sha256::new();
    for line in lines(rows) {
        hash.update(line.as_bytes());
        hash.update(b"\n");
    }
    hex::encode(hash.finalize())
}

/// Packs a base.
pub fn encode(rows: &[(Listing, PrivateFacts)]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    for line in lines(rows) {
        writeln!(gzip, "{line}").expect("a vector takes everything");
    }
    gzip.finish().expect("a vector takes everything")
}

/// Unpacks a base. A caller that knows the version compares it with [`content_hash`] of the rows.
pub fn decode(bytes: &[u8]) -> Result<Vec<(Listing, PrivateFacts)>, SnapshotError> {
    let mut limited = BufReader::new(GzDecoder::new(bytes).take(MAX_BYTES));
    let mut rows = Vec::new();
    let mut text = String::new();
    for line in 1.. {
        let damaged = |reason: String| SnapshotError::Damaged { line, reason };
        text.clear();
        if limited.read_line(&mut text).map_err(|e| damaged(e.to_string()))? == 0 {
            break;
        }
        let row: LineIn = serde_json::from_str(&text).map_err(|e| damaged(e.to_string()))?;
        rows.push((row.listing, row.private));
    }
    if limited.into_inner().limit() == 0 { Err(SnapshotError::TooLarge) } else { Ok(rows) }
}
