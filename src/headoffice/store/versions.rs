//! Versions of the listing base: the history row by row, the newest as a whole, and the difference to an older one.

use super::{Tx, Value, audit, media, params};
use crate::listings::wire::{self, Manifest};
use crate::store::{StoreError, StoreResult, stamp};
use jiff::Timestamp;
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What is known of a version without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Counts up by one.
    pub n: i64,
    /// Hash of the content.
    pub version: String,
    pub made_at: String,
    pub source: String,
    /// How many listings it holds.
    pub listings: i64,
    /// Of an authority, hexadecimal.
    pub signature: String,
}

impl Version {
    /// What goes before the rows of an update to this version from the one that has the hash `from`.
    pub fn manifest(&self, from: Option<String>) -> Manifest {
        Manifest {
            format: wire::FORMAT,
            from,
            version: self.version.clone(),
            n: self.n,
            made_at: self.made_at.clone(),
            listings: self.listings,
            signature: self.signature.clone(),
        }
    }
}

/// The newest version.
pub fn latest(tx: &Tx) -> StoreResult<Option<Version>> {
    tx.optional(
        "SELECT n, version, made_at, source, listings, signature FROM listing_version ORDER BY n DESC LIMIT 1",
        &[],
        |r| {
            Ok(Version {
                n: r.get(0)?,
                version: r.get(1)?,
                made_at: r.get(2)?,
                source: r.get(3)?,
                listings: r.get(4)?,
                signature: r.get(5)?,
            })
        },
    )
}

/// The hash of each listing of the newest version, by reference, and that version's number (0 where there is none).
pub fn rows(tx: &Tx) -> StoreResult<(i64, HashMap<String, String>)> {
    let n = latest(tx)?.map_or(0, |v| v.n);
    let rows = tx.query("SELECT ref, row_hash FROM listing_row", &[], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok((n, rows.into_iter().collect()))
}

/// An update, as rows: what leads from one version to the newest.
pub struct Difference {
    pub manifest: Manifest,
    pub lines: Vec<String>,
    pub gone: Vec<String>,
}

/// What leads from the version with the hash `have` to the newest: a difference where `have` is known and most of the
/// base is the same, else all of it. `None` where there is no version, or `have` is the newest.
pub fn difference(tx: &Tx, have: &str) -> StoreResult<Option<Difference>> {
    let Some(latest) = latest(tx)?.filter(|v| v.version != have) else { return Ok(None) };
    let from: Option<i64> =
        tx.one("SELECT max(n) FROM listing_version WHERE version = ?1", params![have], |r| r.get(0))?;
    if let Some(from) = from {
        let changes: i64 =
            tx.one("SELECT count(DISTINCT ref) FROM listing_change WHERE n > ?1", params![from], |r| {
                r.get(0)
            })?;
        if changes * 2 <= latest.listings {
            return changed_since(tx, &latest, from, have).map(Some);
        }
    }
    let lines = tx.query(
        "SELECT c.line FROM listing_row r JOIN listing_change c ON c.ref = r.ref AND c.n = r.n ORDER BY r.ref",
        &[],
        |r| r.get(0),
    )?;
    Ok(Some(Difference { manifest: latest.manifest(None), lines, gone: Vec::new() }))
}

fn changed_since(tx: &Tx, latest: &Version, from: i64, have: &str) -> StoreResult<Difference> {
    let rows: Vec<(String, Option<String>)> = tx.query(
        "SELECT c.ref, c.line FROM listing_change c
         JOIN (SELECT ref, max(n) AS n FROM listing_change WHERE n > ?1 GROUP BY ref) AS last
           ON last.ref = c.ref AND last.n = c.n ORDER BY c.ref",
        params![from],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )?;
    let mut difference =
        Difference { manifest: latest.manifest(Some(have.to_owned())), lines: Vec::new(), gone: Vec::new() };
    for (reference, line) in rows {
        match line {
            Some(line) => difference.lines.push(line),
            None => difference.gone.push(reference),
        }
    }
    Ok(difference)
}

/// A version that is to be kept: what changes against version `base`.
pub struct New {
    /// The number of the version that this was compared with, 0 for none.
    pub base: i64,
    /// The hash of the whole.
    pub version: String,
    pub source: String,
    pub listings: i64,
    /// The changed and new rows: reference, hash, line.
    pub changed: Vec<(String, String, Arc<str>)>,
    pub gone: Vec<String>,
    /// The pictures that each changed and new row names.
    pub pictures: Vec<(String, Vec<String>)>,
}

/// What became of a new version.
#[derive(Debug, PartialEq, Eq)]
pub enum Kept {
    Yes,
    /// Another one was kept since it was compared: compare again.
    Overtaken,
}

/// Keeps a new version, unless it changes nothing; `sign` is asked for the signature of its manifest. The pictures that its
/// rows name are queued with it.
pub fn add(
    tx: &Tx,
    new: &New,
    actor: &str,
    now: Timestamp,
    report: &Json,
    sign: impl Fn(&str) -> StoreResult<String>,
) -> StoreResult<Kept> {
    // Whoever makes a version holds this row, so the number is ours.
    tx.locked("SELECT name FROM lock WHERE name = 'listings'", &[], |r| r.get::<String>(0))?
        .ok_or_else(|| StoreError::Refused("the store lacks the row that guards the listings".into()))?;
    let newest = latest(tx)?;
    if newest.as_ref().map_or(0, |v| v.n) != new.base {
        return Ok(Kept::Overtaken);
    }
    if newest.is_none_or(|v| v.version != new.version) {
        let mut version = Version {
            n: new.base + 1,
            version: new.version.clone(),
            made_at: stamp(now),
            source: new.source.clone(),
            listings: new.listings,
            signature: String::new(),
        };
        version.signature = sign(&version.manifest(None).signed_text())?;
        insert(tx, new, &version)?;
        media::name(tx, &new.pictures, &new.gone, now)?;
        tx.notify("listings")?;
    }
    audit::add(tx, now, actor, "listings.imported", &new.version, Some(report))?;
    Ok(Kept::Yes)
}

/// Signs the newest version anew: an authority that is to go has signed it, or may have.
pub fn sign_newest(tx: &Tx, sign: impl Fn(&str) -> StoreResult<String>) -> StoreResult<()> {
    let Some(newest) = latest(tx)? else { return Ok(()) };
    let signature = sign(&newest.manifest(None).signed_text())?;
    tx.execute("UPDATE listing_version SET signature = ?2 WHERE n = ?1", params![newest.n, signature])
        .map(drop)
}

/// Rows that are handed to the engine at once.
const PART: usize = 5000;
const CHANGE: &str = "INSERT INTO listing_change (ref, n, row_hash, line) VALUES (?1, ?2, ?3, ?4)";

fn insert(tx: &Tx, new: &New, v: &Version) -> StoreResult<()> {
    tx.execute(
        "INSERT INTO listing_version (n, version, made_at, source, listings, signature) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![v.n, &v.version, &v.made_at, &v.source, v.listings, &v.signature],
    )?;
    // In parts: what is handed over is a copy, and a base may be 100 MB.
    for part in new.changed.chunks(PART) {
        let changes: Vec<_> = part
            .iter()
            .map(|(reference, hash, line)| params![reference, v.n, hash, &**line].to_vec())
            .collect();
        tx.execute_many(CHANGE, &changes)?;
        let rows: Vec<_> =
            part.iter().map(|(reference, hash, _)| params![reference, v.n, hash].to_vec()).collect();
        tx.execute_many(
            "INSERT INTO listing_row (ref, n, row_hash) VALUES (?1, ?2, ?3)
             ON CONFLICT (ref) DO UPDATE SET n = excluded.n, row_hash = excluded.row_hash",
            &rows,
        )?;
    }
    let gone: Vec<Vec<Value>> = new
        .gone
        .iter()
        .map(|reference| vec![reference.into(), v.n.into(), Value::Null, Value::Null])
        .collect();
    tx.execute_many(CHANGE, &gone)?;
    let gone: Vec<Vec<Value>> = new.gone.iter().map(|reference| vec![reference.into()]).collect();
    tx.execute_many("DELETE FROM listing_row WHERE ref = ?1", &gone)
}

/// The hash of a base of these rows: reference and hash, in the order of the references.
pub fn base_hash(rows: &BTreeMap<&str, [u8; 32]>) -> String {
    wire::base_hash(rows.iter().map(|(reference, hash)| (*reference, hash)))
}
