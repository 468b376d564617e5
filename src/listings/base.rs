//! The listing base on disk: `listings.db`, public and plain, replaced whole.
//!
//! A new version is built in a file of its own beside the old one, synced, and renamed over it; a reader sees the old
//! base or the new one, never half of each, whenever the power goes. The owners' side goes to `records.db` under the
//! new version first, so the base that is shown always has its private rows.

use super::{COLUMNS, Listing, PrivateFacts, snapshot};
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::parallel;
use crate::store::{Database, StoreError, audit, private_facts};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    let mut statement = c.prepare(&format!(
        "SELECT {} FROM listing WHERE ref >= ?1 AND (?2 IS NULL OR ref < ?2) ORDER BY ref",
        quoted(COLUMNS)
    ))?;
    let rows =
        statement.query_map(rusqlite::params![from, to], |row| Listing::from_sql(row).map(Arc::new))?;
    rows.collect()
}

/// The references at which the parts of a base begin, the first part's apart.
fn part_starts(rows: &[(Listing, PrivateFacts)]) -> Vec<&str> {
    let mut refs: Vec<&str> = rows.iter().map(|(l, _)| l.reference.as_str()).collect();
    refs.sort_unstable();
    let size = rows.len().div_ceil(MOST_PARTS).max(SMALLEST_PART);
    refs.into_iter().step_by(size).skip(1).collect()
}

/// Puts a new version in the place of the base of `data`, with its private side into `db`.
pub async fn replace(
    data: &DataFolder,
    db: &Database,
    rows: Vec<(Listing, PrivateFacts)>,
    source: &str,
    clock: &Clock,
) -> Result<Replaced, BaseError> {
    if rows.is_empty() {
        return Err(BaseError::Empty);
    }
    let now = clock.now();
    let path = data.listings();
    let (build_path, build_source) = (path.clone(), source.to_owned());
    let (aside, replaced, private) =
        tokio::task::spawn_blocking(move || build_aside(&build_path, rows, &build_source, &now.to_string()))
            .await
            .expect("building a base does not panic")?;

    let version = replaced.version.clone();
    db.write("keep the private side of the listings", move |tx| private_facts::put(tx, &version, &private))
        .await
        .map_err(|e| if e.is_disk_full() { BaseError::DiskFull } else { BaseError::Private(e) })?;

    aside.put_in_place().map_err(|source| BaseError::Replace { path, source })?;

    let version = replaced.version.clone();
    let detail = serde_json::json!({
        "source": source, "taken": replaced.taken.len(), "changed": replaced.changed.len(),
        "unchanged": replaced.unchanged.len(), "removed": replaced.removed.len(),
    });
    db.write("note the new listing base", move |tx| {
        private_facts::keep_only(tx, &version)?;
        audit::add(tx, now, "listings", "listings.replaced", &version, Some(&detail))
    })
    .await
    .map_err(BaseError::Private)?;
    Ok(replaced)
}

/// A base that is built and not yet shown. Dropped without being put in place, its file goes.
struct Aside {
    aside: PathBuf,
    path: PathBuf,
    /// Held until the end: one replacement at a time, whichever process does it.
    _lock: File,
}

impl Aside {
    fn put_in_place(self) -> std::io::Result<()> {
        File::open(&self.aside)?.sync_all()?;
        std::fs::rename(&self.aside, &self.path)?;
        File::open(self.path.parent().unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // After the rename there is nothing here; before it, half a base that nobody wants.
        let _ = std::fs::remove_file(&self.aside);
    }
}

type Private = Vec<(String, PrivateFacts)>;

fn build_aside(
    path: &Path,
    rows: Vec<(Listing, PrivateFacts)>,
    source: &str,
    imported_at: &str,
) -> Result<(Aside, Replaced, Private), BaseError> {
    let io = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::StorageFull => BaseError::DiskFull,
        _ => BaseError::Replace { path: path.to_owned(), source },
    };
    let lock = File::create(path.with_extension("lock")).map_err(io)?;
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).map_err(|e| io(e.into()))?;
    let aside = Aside { aside: path.with_extension("db.new"), path: path.to_owned(), _lock: lock };
    match std::fs::remove_file(&aside.aside) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io(e)),
        _ => {} // what a crash left there is of no use
    }
    let mut replaced = compare(path, &rows);
    replaced.version = snapshot::content_hash(&rows);
    let build = || -> rusqlite::Result<()> {
        let mut c = Connection::open(&aside.aside)?;
        // Nobody reads this file until it is whole and synced, so it needs no journal of its own.
        // A row is some 2 KB; on the usual pages of 4 KB each would be cut in two.
        c.execute_batch("PRAGMA page_size = 32768; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
        let tx = c.transaction()?;
        tx.execute_batch(&format!(
            "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
             CREATE TABLE listing ({}, PRIMARY KEY (ref)) WITHOUT ROWID;",
            quoted(COLUMNS)
        ))?;
        let parts = serde_json::json!(part_starts(&rows)).to_string();
        for (key, value) in [
            ("version", replaced.version.as_str()),
            ("source", source),
            ("imported_at", imported_at),
            (PARTS, &parts),
        ] {
            tx.execute("INSERT INTO meta VALUES (?1, ?2)", [key, value])?;
        }
        let marks = vec!["?"; COLUMNS.len()].join(",");
        let mut insert = tx.prepare(&format!("INSERT INTO listing VALUES ({marks})"))?;
        for (listing, _) in &rows {
            insert.execute(rusqlite::params_from_iter(listing.to_sql()))?;
        }
        drop(insert);
        tx.commit()
    };
    build().map_err(|source| match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => BaseError::DiskFull,
        _ => BaseError::Build { path: aside.aside.clone(), source },
    })?;
    let private = rows.into_iter().map(|(l, p)| (l.reference, p)).collect();
    Ok((aside, replaced, private))
}

/// Sorts the new rows by what they mean for the base that is shown. A base that cannot be read counts as none: the
/// new one mends it.
fn compare(path: &Path, rows: &[(Listing, PrivateFacts)]) -> Replaced {
    let before = load(path).ok().flatten().map(|b| b.listings).unwrap_or_default();
    let mut before: HashMap<String, Arc<Listing>> =
        before.into_iter().map(|l| (l.reference.clone(), l)).collect();
    let mut replaced = Replaced::default();
    for (listing, _) in rows {
        let list = match before.remove(&listing.reference) {
            None => &mut replaced.taken,
            Some(old) if *old == *listing => &mut replaced.unchanged,
            Some(_) => &mut replaced.changed,
        };
        list.push(listing.reference.clone());
    }
    replaced.removed = before.into_keys().collect();
    replaced.removed.sort();
    replaced
}

fn quoted(columns: &[&str]) -> String {
    columns.iter().map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(", ")
}
