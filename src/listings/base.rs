//! The listing base on disk: `listings.db`, public and plain.
//!
//! A new version is made in a file of its own beside the old one (`replacing`): built, or copied and changed. It is
//! synced and renamed over the old one; a reader sees the old base or the new one, never half of each, whenever the
//! power goes. The owners' side goes to `records.db` first, so the base that is shown always has its private rows.

mod replacing;

pub use replacing::{replace, tidy, update};

use super::cell::Cell;
use super::{COLUMNS, Listing, OPTIONAL_COLUMNS, Pictures, Status};
use crate::parallel;
use crate::store::StoreError;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The column that names the row of the private side.
const PRIVATE_ROW: &str = "private_row";
/// The key under which a base names its parts.
const PARTS: &str = "parts";
/// Parts of a base, at most, so that each core reads its share.
const MOST_PARTS: usize = 16;
/// Listings of a part, at least: fewer are read sooner than another connection is opened.
const SMALLEST_PART: usize = 2000;

/// A listing base as it is shown.
#[derive(Debug, Clone)]
pub struct Base {
    /// Hash of the content, 64 hexadecimal digits.
    pub version: String,
    /// Where it came from: a file's name, or "headoffice".
    pub source: String,
    /// When it took its place, RFC 3339.
    pub imported_at: String,
    pub listings: Vec<Arc<Listing>>,
}

/// What became of the rows of a new version, by reference.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Replaced {
    pub version: String,
    /// Not in the base before.
    pub taken: Vec<String>,
    /// In the base before, with other facts.
    pub changed: Vec<String>,
    pub unchanged: Vec<String>,
    /// In the base before and no longer: no longer shown.
    pub removed: Vec<String>,
}

/// Why the base was not read or replaced. What was shown is still shown.
#[derive(Debug, thiserror::Error)]
pub enum BaseError {
    #[error("cannot read the listing base {path}: {source}")]
    Read { path: PathBuf, source: rusqlite::Error },
    #[error("cannot build the new listing base {path}: {source}; the one before stays")]
    Build { path: PathBuf, source: rusqlite::Error },
    #[error(
        "the disk is full: the new listing base was not put in place, the one before stays; free some space and import again"
    )]
    DiskFull,
    #[error("cannot put the new listing base in place at {path}: {source}; the one before stays")]
    Replace { path: PathBuf, source: std::io::Error },
    #[error("the new listing base has no listings: the one before stays")]
    Empty,
    #[error("the listing base was refused, and the one before stays: {0}")]
    Refused(String),
    #[error("the private side of the listings was not saved ({0}); the listing base before stays")]
    Private(StoreError),
}

/// Reads the base at `path`; `None` where there is none yet. Several connections read a part each; should the base be
/// replaced while they open, it is read again by one.
pub fn load(path: &Path) -> Result<Option<Base>, BaseError> {
    if !path.exists() {
        return Ok(None);
    }
    let read = || -> rusqlite::Result<Base> {
        let c = open(path)?;
        let version = meta(&c, "version")?;
        let parts = parts(&c)?;
        let read = parallel::map(&parts, |part| {
            let own = open(path)?;
            let same = meta(&own, "version")? == version;
            same.then(|| rows(&own, part)).transpose()
        });
        let read: Option<Vec<Vec<Arc<Listing>>>> = read.into_iter().collect::<rusqlite::Result<_>>()?;
        let listings = match read {
            Some(parts) => parts.concat(),
            None => rows(&c, &Part::default())?,
        };
        Ok(Base { version, source: meta(&c, "source")?, imported_at: meta(&c, "imported_at")?, listings })
    };
    read().map(Some).map_err(|source| BaseError::Read { path: path.to_owned(), source })
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

fn meta(c: &Connection, key: &str) -> rusqlite::Result<String> {
    c.query_row("SELECT value FROM meta WHERE key = ?1", [key], |r| r.get(0))
}

/// A stretch of the base by its references: from the first, and up to the second where there is one.
#[derive(Default)]
struct Part(String, Option<String>);

/// The parts in which the base is read: those that its builder left, or all of it at once.
fn parts(c: &Connection) -> rusqlite::Result<Vec<Part>> {
    let starts = meta(c, PARTS).optional()?;
    let starts: Vec<String> = starts.and_then(|s| serde_json::from_str(&s).ok()).unwrap_or_default();
    let froms = std::iter::once(String::new()).chain(starts.iter().cloned());
    let tos = starts.iter().cloned().map(Some).chain([None]);
    Ok(froms.zip(tos).map(|(from, to)| Part(from, to)).collect())
}

fn rows(c: &Connection, Part(from, to): &Part) -> rusqlite::Result<Vec<Arc<Listing>>> {
    // A base made before these columns were kept does not have them.
    let optional = OPTIONAL_COLUMNS.iter().map(|name| Ok(if has(c, name)? { *name } else { "NULL" }));
    let optional = optional.collect::<rusqlite::Result<Vec<_>>>()?.join(", ");
    let mut statement = c.prepare(&format!(
        "SELECT {}, {optional} FROM listing WHERE ref >= ?1 AND (?2 IS NULL OR ref < ?2) ORDER BY ref",
        quoted(COLUMNS)
    ))?;
    let rows =
        statement.query_map(rusqlite::params![from, to], |row| Listing::from_sql(row).map(Arc::new))?;
    rows.collect()
}

/// The status and the pictures of each listing of a base; none where there is no base yet.
pub fn pictures(path: &Path) -> Result<Vec<(Status, Pictures)>, BaseError> {
    let read = || -> rusqlite::Result<Vec<_>> {
        let c = open(path)?;
        if !has(&c, "photos")? {
            return Ok(Vec::new());
        }
        let sql = "SELECT status, photos, floor_plan FROM listing WHERE photos IS NOT NULL OR floor_plan IS NOT NULL ORDER BY ref";
        let mut statement = c.prepare(sql)?;
        let row = |r: &rusqlite::Row<'_>| {
            let status = Status::from_sql(r.get_ref(0)?).unwrap_or(Status::Withdrawn);
            Ok((status, Pictures::from_cells(r.get(1)?, r.get(2)?)))
        };
        statement.query_map([], row)?.collect()
    };
    if !path.exists() {
        return Ok(Vec::new());
    }
    read().map_err(|source| BaseError::Read { path: path.to_owned(), source })
}

/// The version of a base, and the row of the private side that belongs to each listing, by reference.
pub type PrivateRows = (String, HashMap<String, i64>);

/// The row of the private side that belongs to each listing, by reference, with the version of the base; `None` for a
/// base from before it named them.
pub fn private_rows(path: &Path) -> Result<Option<PrivateRows>, BaseError> {
    let read = || -> rusqlite::Result<_> {
        let c = open(path)?;
        if !has(&c, PRIVATE_ROW)? {
            return Ok(None);
        }
        let mut statement = c.prepare(&format!("SELECT ref, {PRIVATE_ROW} FROM listing"))?;
        let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
        Ok(Some((meta(&c, "version")?, rows.collect::<rusqlite::Result<_>>()?)))
    };
    if !path.exists() {
        return Ok(None);
    }
    read().map_err(|source| BaseError::Read { path: path.to_owned(), source })
}

fn has(c: &Connection, column: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) FROM pragma_table_info('listing') WHERE name = ?1";
    Ok(c.query_row(sql, [column], |r| r.get::<_, i64>(0))? > 0)
}

fn quoted(columns: &[&str]) -> String {
    columns.iter().map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(", ")
}
