//! A listing update on its way from head office: a whole base, or what changed since a version that the branch has.
//!
//! gzip of JSON lines: the manifest, then a line a listing or a line a withdrawal, then the end with their number. An
//! update that breaks off has no end and is refused whole, so that nothing is deleted because a line broke; only a
//! withdrawal that is spelled out, or a whole base, deletes. The version of a base is a hash over the hashes of its
//! rows, so that a branch checks a difference without reading what did not change. The manifest is signed by head
//! office's authority: a copy from elsewhere is the same or is refused.

use super::{Listing, Pictures, PrivateFacts, Terms};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};

/// The form that this version writes and reads.
pub const FORMAT: u32 = 1;
/// What an update may unpack to, at most: 100,000 listings are some 250 MB.
const MAX_BYTES: u64 = 512 << 20;

/// What an update is, before its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`] of whoever wrote it.
    pub format: u32,
    /// The version that it starts from; `None` for a whole base.
    pub from: Option<String>,
    /// The version that it leads to: [`base_hash`], 64 hexadecimal digits.
    pub version: String,
    /// Number of that version at head office.
    pub n: i64,
    /// When head office made it, RFC 3339.
    pub made_at: String,
    /// How many listings that version has.
    pub listings: i64,
    /// Of [`Manifest::signed_text`], by an authority: ECDSA on P-256 with SHA-256, ASN.1, hexadecimal.
    pub signature: String,
}

impl Manifest {
    /// What the signature is over. Not where it starts from: wherever that is, it leads to the same.
    pub fn signed_text(&self) -> String {
        let Self { version, n, made_at, listings, .. } = self;
        format!("branchbox listing version 1\n{version}\n{n}\n{made_at}\n{listings}\n")
    }
}

/// An update as it was read.
#[derive(Debug)]
pub struct Update {
    pub manifest: Manifest,
    /// New and changed rows with their [`row_hash`].
    pub rows: Vec<(Listing, PrivateFacts, [u8; 32])>,
    /// References of what is withdrawn; none in a whole base.
    pub gone: Vec<String>,
}

/// Why an update could not be read. What is shown stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    #[error("the listing base is damaged at line {line}: {reason}")]
    Damaged { line: usize, reason: String },
    #[error("the listing base broke off after {lines} lines: it is asked for again")]
    BrokeOff { lines: usize },
    #[error("the listing base is larger than {} MB unpacked", MAX_BYTES >> 20)]
    TooLarge,
    #[error(
        "head office is newer than this box (it sends listings in form {format}, and this box reads {FORMAT}): update this box"
    )]
    Newer { format: u32 },
}

#[derive(Serialize)]
struct RowOut<'a> {
    listing: &'a Listing,
    private: &'a PrivateFacts,
    /// Left out where nothing is known, so that a row from before there were terms keeps its hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    terms: Option<&'a Terms>,
    /// Likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pictures: Option<&'a Pictures>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Row {
        listing: Box<Listing>,
        private: PrivateFacts,
        #[serde(default)]
        terms: Terms,
        #[serde(default)]
        pictures: Pictures,
    },
    Gone {
        gone: String,
    },
    End {
        end: usize,
    },
}

/// The line of a row, public and private side: as it travels and as it is hashed.
pub fn line(listing: &Listing, private: &PrivateFacts) -> String {
    let terms = Some(&listing.terms).filter(|terms| **terms != Terms::default());
    let pictures = Some(&listing.pictures).filter(|pictures| **pictures != Pictures::default());
    serde_json::to_string(&RowOut { listing, private, terms, pictures }).expect("a listing is JSON")
}

/// Hash of a row: SHA-256 of its [`line`].
pub fn row_hash(line: &str) -> [u8; 32] {
    Sha256::digest(line.as_bytes()).into()
}

/// Version of a base: SHA-256 over the reference and the hash of each row, in the order of the references.
pub fn base_hash<'a>(rows: impl Iterator<Item = (&'a str, &'a [u8; 32])>) -> String {
    let mut hash = Sha256::new();
    for (reference, row) in rows {
        hash.update(format!("{reference}\n{}\n", hex::encode(row)));
    }
    hex::encode(hash.finalize())
}

/// Version of a base of these rows.
pub fn content_hash(rows: &[(Listing, PrivateFacts)]) -> String {
    let hash = |(l, p): &(Listing, PrivateFacts)| (l.reference.clone(), row_hash(&line(l, p)));
    let hashes: Hashes = rows.iter().map(hash).collect();
    base_hash(hashes.iter().map(|(reference, hash)| (reference.as_str(), hash)))
}

/// The hash of each row of a base, by reference.
pub type Hashes = BTreeMap<String, [u8; 32]>;

/// What the hashes of the base `version` become by an update; an error, as a reason, where it does not lead to what its
/// manifest says, and then nothing of it may be taken.
pub fn updated(version: &str, hashes: Hashes, update: &Update) -> Result<Hashes, String> {
    let mut hashes = match update.manifest.from.as_deref() {
        None => Hashes::new(),
        Some(from) if from == version => hashes,
        Some(_) => return Err("it changes a base that is not the one shown".into()),
    };
    for reference in &update.gone {
        hashes.remove(reference);
    }
    for (listing, _, hash) in &update.rows {
        hashes.insert(listing.reference.clone(), *hash);
    }
    let reached = base_hash(hashes.iter().map(|(reference, hash)| (reference.as_str(), hash)));
    if reached != update.manifest.version {
        return Err("its content does not match its version, so it was damaged on the way".into());
    }
    Ok(hashes)
}

/// Packs an update.
pub fn encode<'a>(
    manifest: &Manifest,
    lines: impl Iterator<Item = &'a str>,
    gone: impl Iterator<Item = &'a str>,
) -> Vec<u8> {
    const FITS: &str = "a vector takes everything";
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    let mut count = 0;
    writeln!(gzip, "{}", serde_json::to_string(manifest).expect("a manifest is JSON")).expect(FITS);
    for line in lines {
        writeln!(gzip, "{line}").expect(FITS);
        count += 1;
    }
    for reference in gone {
        writeln!(gzip, "{}", serde_json::json!({ "gone": reference })).expect(FITS);
        count += 1;
    }
    writeln!(gzip, "{}", serde_json::json!({ "end": count })).expect(FITS);
    gzip.finish().expect(FITS)
}

/// Unpacks an update. Its signature and the hash of what it leads to are the caller's to check.
pub fn decode(bytes: &[u8]) -> Result<Update, WireError> {
    let mut reader = BufReader::new(GzDecoder::new(bytes).take(MAX_BYTES));
    let mut lines = 0;
    let mut next = || -> Result<String, WireError> {
        let mut text = String::new();
        let read = reader.read_line(&mut text);
        let read = match read {
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
                return Err(WireError::BrokeOff { lines });
            }
            read => read.map_err(|e| WireError::Damaged { line: lines + 1, reason: e.to_string() })?,
        };
        if read == 0 {
            let full = reader.get_ref().limit() == 0;
            return Err(if full { WireError::TooLarge } else { WireError::BrokeOff { lines } });
        }
        lines += 1;
        Ok(text)
    };
    let first = next()?;
    let damaged = |line: usize, e: serde_json::Error| WireError::Damaged { line, reason: e.to_string() };
    // The form first: a later one may have another manifest.
    #[derive(Deserialize)]
    struct Form {
        format: u32,
    }
    let Form { format } = serde_json::from_str(&first).map_err(|e| damaged(1, e))?;
    if format > FORMAT {
        return Err(WireError::Newer { format });
    }
    let manifest: Manifest = serde_json::from_str(&first).map_err(|e| damaged(1, e))?;
    let mut update = Update { manifest, rows: Vec::new(), gone: Vec::new() };
    for n in 0.. {
        let text = next()?;
        match serde_json::from_str(&text).map_err(|e| damaged(n + 2, e))? {
            Line::Row { mut listing, private, terms, pictures } => {
                let hash = row_hash(text.trim_end_matches('\n'));
                listing.terms = terms;
                listing.pictures = pictures;
                update.rows.push((*listing, private, hash));
            }
            Line::Gone { gone } => update.gone.push(gone),
            Line::End { end } if end == n => break,
            Line::End { end } => {
                let reason = format!("it says that it has {end} rows, and {n} came");
                return Err(WireError::Damaged { line: n + 2, reason });
            }
        }
    }
    // After the end comes the check sum of all that was packed, which is looked at by whoever reads on.
    match reader.read(&mut [0]) {
        Ok(0) => {}
        Ok(_) => {
            return Err(WireError::Damaged { line: lines + 1, reason: "there is more after the end".into() });
        }
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Err(WireError::BrokeOff { lines }),
        Err(e) => return Err(WireError::Damaged { line: lines, reason: e.to_string() }),
    }
    if update.manifest.from.is_none() && !update.gone.is_empty() {
        let reason = "a whole base names what is gone".to_owned();
        return Err(WireError::Damaged { line: 2, reason });
    }
    Ok(update)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::listings::generate;

    fn manifest(from: Option<&str>) -> Manifest {
        Manifest {
            format: FORMAT,
            from: from.map(str::to_owned),
            version: "v".into(),
            n: 7,
            made_at: "2026-11-23T00:00:00Z".into(),
            listings: 3,
            signature: String::new(),
        }
    }

    fn lines() -> Vec<String> {
        let rows = generate(3, 1, jiff::civil::date(2026, 11, 22));
        let mut lines: Vec<String> = rows.iter().map(|(listing, private)| line(listing, private)).collect();
        let (mut listing, private) = rows[0].clone();
        listing.terms.agreement_until = Some(jiff::civil::date(2026, 12, 31));
        listing.pictures.photos = vec!["https://pictures.example/1.jpg?a=1;b=2".into(), "2.jpg".into()];
        lines.push(line(&listing, &private));
        lines
    }

    fn packed(text: &str) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let lines = lines();
        let bytes = encode(&manifest(Some("u")), lines.iter().map(String::as_str), ["X-1"].into_iter());
        let update = decode(&bytes).unwrap();
        assert_eq!((update.manifest, update.gone), (manifest(Some("u")), vec!["X-1".to_owned()]));
        let again: Vec<String> = update.rows.iter().map(|(l, p, _)| line(l, p)).collect();
        assert_eq!(again, lines);
        assert_eq!(update.rows[3].0.pictures.photos.len(), 2);
        assert!(update.rows.iter().zip(&lines).all(|((.., hash), line)| *hash == row_hash(line)));
    }

    #[test]
    fn cut_anywhere_it_is_refused() {
        let lines = lines();
        let bytes = encode(&manifest(None), lines.iter().map(String::as_str), std::iter::empty());
        for cut in 0..bytes.len() {
            assert!(decode(&bytes[..cut]).is_err(), "cut at {cut} of {}", bytes.len());
        }
        let first = serde_json::to_string(&manifest(None)).unwrap();
        let whole_lines = format!("{first}\n{}\n", lines[0]);
        assert!(matches!(decode(&packed(&whole_lines)), Err(WireError::BrokeOff { lines: 2 })));
        let short = format!("{whole_lines}{{\"end\":2}}\n");
        assert!(
            decode(&packed(&short)).unwrap_err().to_string().contains("says that it has 2 rows, and 1 came")
        );
    }

    #[test]
    fn a_later_form_and_nonsense_have_their_sentence() {
        let later = decode(&packed("{\"format\":2,\"other\":true}\n")).unwrap_err();
        assert!(later.to_string().contains("update this box"), "{later}");
        let first = serde_json::to_string(&manifest(None)).unwrap();
        for nonsense in ["{}", "[]", "nonsense", "{\"listing\":{}}", "{\"gone\":\"X\"}\n{\"end\":1}"] {
            let e = decode(&packed(&format!("{first}\n{nonsense}\n"))).unwrap_err();
            assert!(e.to_string().contains("damaged at line 2"), "{nonsense}: {e}");
        }
        assert!(decode(b"not gzip").is_err());
    }

    #[test]
    fn the_version_is_of_the_rows_and_their_order_is_by_reference() {
        let (a, b) = ([1u8; 32], [2u8; 32]);
        let version = base_hash([("A", &a), ("B", &b)].into_iter());
        assert_eq!(version.len(), 64);
        assert_ne!(version, base_hash([("A", &b), ("B", &a)].into_iter()));
        assert_ne!(version, base_hash([("A", &a)].into_iter()));
    }
}
