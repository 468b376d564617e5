//! How a new version takes the place of the base: the whole of it built anew, or a copy with what changed.
//!
//! One replacement at a time, whichever process does it. First the private rows are kept, then the file is made and
//! synced and renamed, then the private rows of what was replaced go. What breaks off on the way leaves the base before
//! as it was, and a file or rows that nobody names.

use super::{
    BaseError, MOST_PARTS, PARTS, PRIVATE_ROW, Replaced, SMALLEST_PART, has, load, private_rows, quoted,
};
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::listings::wire::{self, Hashes, Manifest, Update};
use crate::listings::{COLUMNS, Listing, OPTIONAL_COLUMNS, PrivateFacts};
use crate::store::{Database, audit, private_facts};
use rusqlite::{Connection, params_from_iter};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows with their hashes, as an update carries them.
type Rows = Vec<(Listing, PrivateFacts, [u8; 32])>;

/// Puts a whole base in the place of the one of `data`, with its private side into `db`.
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
    let hashed = move || -> Rows {
        let hash = |(l, p): (Listing, PrivateFacts)| {
            let hash = wire::row_hash(&wire::line(&l, &p));
            (l, p, hash)
        };
        rows.into_iter().map(hash).collect()
    };
    let rows = blocking(move || Ok(hashed())).await?;
    let hashes: BTreeMap<&str, &[u8; 32]> = rows.iter().map(|(l, _, h)| (l.reference.as_str(), h)).collect();
    let version = wire::base_hash(hashes.into_iter());
    let replacing = Replacing::begin(data, source, clock).await?;
    replacing.whole(db, version, rows).await
}

/// Applies an update from head office: checks first that it leads to what its manifest says.
pub async fn update(
    data: &DataFolder,
    db: &Database,
    update: Update,
    source: &str,
    clock: &Clock,
) -> Result<Replaced, BaseError> {
    let replacing = Replacing::begin(data, source, clock).await?;
    let whole = update.manifest.from.is_none();
    let known = if whole { None } else { replacing.known(db).await? };
    let (version, named, hashes) = known.unwrap_or_default();
    let (update, named, reached) = blocking(move || {
        let reached = wire::updated(&version, hashes, &update).map_err(BaseError::Refused)?;
        Ok((update, named, reached.len()))
    })
    .await?;
    if reached == 0 {
        return Err(BaseError::Empty);
    }
    if whole {
        return replacing.whole(db, update.manifest.version, update.rows).await;
    }
    replacing.changed(db, update.manifest, update.rows, update.gone, named).await
}

/// Forgets private rows that no listing names: a crash between the two files of a replacement leaves some.
pub async fn tidy(data: &DataFolder, db: &Database) -> Result<(), BaseError> {
    let path = data.listings();
    let lock = blocking(move || lock(&path)).await?;
    let path = data.listings();
    if let Some((_, named)) = blocking(move || private_rows(&path)).await? {
        let named = named.into_values().collect();
        let tidy = move |tx: &Connection| private_facts::keep_only(tx, &named);
        db.write("tidy the private side of the listings", tidy).await.map_err(BaseError::Private)?;
    }
    drop(lock);
    Ok(())
}

/// Waits until nobody else replaces the base.
fn lock(path: &Path) -> Result<File, BaseError> {
    let lock = File::create(path.with_extension("lock")).map_err(|e| io(path, e))?;
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).map_err(|e| io(path, e.into()))?;
    Ok(lock)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BaseError> + Send + 'static,
) -> Result<T, BaseError> {
    tokio::task::spawn_blocking(work).await.expect("a listing base is made without a panic")
}

/// A replacement that is under way.
struct Replacing {
    path: PathBuf,
    aside: PathBuf,
    source: String,
    clock: Clock,
    /// Held until the end: one replacement at a time, whichever process does it.
    _lock: File,
}

impl Drop for Replacing {
    fn drop(&mut self) {
        // After the rename there is nothing here; before it, half a base that nobody wants.
        let _ = std::fs::remove_file(&self.aside);
    }
}

impl Replacing {
    async fn begin(data: &DataFolder, source: &str, clock: &Clock) -> Result<Self, BaseError> {
        let (path, source, clock) = (data.listings(), source.to_owned(), clock.clone());
        let aside = path.with_extension("db.new");
        blocking(move || {
            let lock = lock(&path)?;
            match std::fs::remove_file(&aside) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io(&path, e)),
                _ => {} // what a crash left there is of no use
            }
            Ok(Self { path, aside, source, clock, _lock: lock })
        })
        .await
    }

    /// What is known of the base that is shown: its version, the private row of each listing and the hash of its row.
    async fn known(
        &self,
        db: &Database,
    ) -> Result<Option<(String, HashMap<String, i64>, Hashes)>, BaseError> {
        let path = self.path.clone();
        let Some((version, named)) = blocking(move || private_rows(&path)).await? else { return Ok(None) };
        let by_id = db
            .read("read the hashes of the listings", private_facts::hashes)
            .await
            .map_err(BaseError::Private)?;
        let hash = |(reference, id): (&String, &i64)| Some((reference.clone(), *by_id.get(id)?));
        let hashes = named.iter().filter_map(hash).collect();
        Ok(Some((version, named, hashes)))
    }

    async fn put(&self, db: &Database, rows: Rows) -> Result<Vec<(Listing, i64)>, BaseError> {
        let (listings, facts): (Vec<_>, Vec<_>) = rows
            .into_iter()
            .map(|(listing, private, hash)| {
                let reference = listing.reference.clone();
                (listing, (reference, hash, private))
            })
            .unzip();
        let put =
            db.write("keep the private side of the listings", move |tx| private_facts::put(tx, &facts)).await;
        let ids =
            put.map_err(|e| if e.is_disk_full() { BaseError::DiskFull } else { BaseError::Private(e) })?;
        Ok(listings.into_iter().zip(ids).collect())
    }

    /// The whole base.
    async fn whole(self, db: &Database, version: String, rows: Rows) -> Result<Replaced, BaseError> {
        let rows = self.put(db, rows).await?;
        let named = rows.iter().map(|(_, id)| *id).collect();
        let (this, replaced) = blocking(move || {
            let mut replaced = compare(&self.path, &rows);
            replaced.version = version;
            self.build(&replaced.version, &rows)?;
            self.put_in_place()?;
            Ok((self, replaced))
        })
        .await?;
        this.finish(db, &replaced, move |tx| private_facts::keep_only(tx, &named)).await?;
        Ok(replaced)
    }

    /// A copy of the base with what changed.
    async fn changed(
        self,
        db: &Database,
        manifest: Manifest,
        rows: Rows,
        gone: Vec<String>,
        named: HashMap<String, i64>,
    ) -> Result<Replaced, BaseError> {
        let mut replaced = Replaced { version: manifest.version, ..Replaced::default() };
        for (listing, ..) in &rows {
            let known = named.contains_key(&listing.reference);
            let list = if known { &mut replaced.changed } else { &mut replaced.taken };
            list.push(listing.reference.clone());
        }
        replaced.removed = gone.into_iter().filter(|reference| named.contains_key(reference)).collect();
        let stale: Vec<i64> =
            replaced.changed.iter().chain(&replaced.removed).filter_map(|r| named.get(r).copied()).collect();
        let rows = self.put(db, rows).await?;
        let (this, replaced) = blocking(move || {
            std::fs::copy(&self.path, &self.aside).map_err(|e| io(&self.path, e))?;
            self.change(&replaced, &rows)?;
            self.put_in_place()?;
            Ok((self, replaced))
        })
        .await?;
        this.finish(db, &replaced, move |tx| private_facts::forget(tx, stale.iter().copied())).await?;
        Ok(replaced)
    }

    /// Builds the file of a whole base.
    fn build(&self, version: &str, rows: &[(Listing, i64)]) -> Result<(), BaseError> {
        let parts = serde_json::json!(part_starts(rows)).to_string();
        let imported_at = self.clock.now().to_string();
        self.make(|tx| {
            tx.execute_batch(&format!(
                "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
                 CREATE TABLE listing ({}, {}, {PRIVATE_ROW} INTEGER NOT NULL, PRIMARY KEY (ref)) WITHOUT ROWID;",
                quoted(COLUMNS),
                quoted(OPTIONAL_COLUMNS)
            ))?;
            let facts = [
                ("version", version),
                ("source", &self.source),
                ("imported_at", &imported_at),
                (PARTS, &parts),
            ];
            for (key, value) in facts {
                tx.execute("INSERT INTO meta VALUES (?1, ?2)", [key, value])?;
            }
            insert(tx, rows)
        })
    }

    /// Changes the copy.
    fn change(&self, replaced: &Replaced, rows: &[(Listing, i64)]) -> Result<(), BaseError> {
        let imported_at = self.clock.now().to_string();
        self.make(|tx| {
            for column in OPTIONAL_COLUMNS {
                if !has(tx, column)? {
                    tx.execute(&format!("ALTER TABLE listing ADD COLUMN \"{column}\""), [])?; // it is older than the column
                }
            }
            let mut delete = tx.prepare("DELETE FROM listing WHERE ref = ?1")?;
            for reference in &replaced.removed {
                delete.execute([reference])?;
            }
            insert(tx, rows)?;
            for (key, value) in
                [("version", &replaced.version), ("source", &self.source), ("imported_at", &imported_at)]
            {
                tx.execute("UPDATE meta SET value = ?2 WHERE key = ?1", [key, value])?;
            }
            Ok(())
        })
    }

    fn make(&self, fill: impl Fn(&Connection) -> rusqlite::Result<()>) -> Result<(), BaseError> {
        let make = || -> rusqlite::Result<()> {
            let mut c = Connection::open(&self.aside)?;
            // Nobody reads this file until it is whole and synced, so it needs no journal of its own.
            // A row is some 2 KB; on the usual pages of 4 KB each would be cut in two.
            c.execute_batch(
                "PRAGMA page_size = 32768; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;",
            )?;
            let tx = c.transaction()?;
            fill(&tx)?;
            tx.commit()
        };
        make().map_err(|source| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => BaseError::DiskFull,
            _ => BaseError::Build { path: self.aside.clone(), source },
        })
    }

    fn put_in_place(&self) -> Result<(), BaseError> {
        let place = || -> std::io::Result<()> {
            File::open(&self.aside)?.sync_all()?;
            std::fs::rename(&self.aside, &self.path)?;
            File::open(self.path.parent().unwrap_or(Path::new(".")))?.sync_all()
        };
        place().map_err(|e| io(&self.path, e))
    }

    /// Forgets the private rows of what was replaced, and notes what happened.
    async fn finish(
        &self,
        db: &Database,
        replaced: &Replaced,
        forget: impl FnOnce(&Connection) -> crate::store::StoreResult<()> + Send + 'static,
    ) -> Result<(), BaseError> {
        let (now, version) = (self.clock.now(), replaced.version.clone());
        let detail = serde_json::json!({
            "source": self.source, "taken": replaced.taken.len(), "changed": replaced.changed.len(),
            "unchanged": replaced.unchanged.len(), "removed": replaced.removed.len(),
        });
        let note = move |tx: &Connection| {
            forget(tx)?;
            audit::add(tx, now, "listings", "listings.replaced", &version, Some(&detail))
        };
        db.write("note the new listing base", note).await.map_err(BaseError::Private)
    }
}

fn io(path: &Path, source: std::io::Error) -> BaseError {
    match source.kind() {
        std::io::ErrorKind::StorageFull => BaseError::DiskFull,
        _ => BaseError::Replace { path: path.to_owned(), source },
    }
}

fn insert(tx: &Connection, rows: &[(Listing, i64)]) -> rusqlite::Result<()> {
    let marks = vec!["?"; COLUMNS.len() + OPTIONAL_COLUMNS.len() + 1].join(",");
    let (columns, optional) = (quoted(COLUMNS), quoted(OPTIONAL_COLUMNS));
    let sql =
        format!("INSERT OR REPLACE INTO listing ({columns}, {optional}, {PRIVATE_ROW}) VALUES ({marks})");
    let mut insert = tx.prepare(&sql)?;
    for (listing, id) in rows {
        insert.execute(params_from_iter(listing.to_sql().into_iter().chain([(*id).into()])))?;
    }
    Ok(())
}

/// The references at which the parts of a base begin, the first part's apart.
fn part_starts(rows: &[(Listing, i64)]) -> Vec<&str> {
    let mut refs: Vec<&str> = rows.iter().map(|(l, _)| l.reference.as_str()).collect();
    refs.sort_unstable();
    let size = rows.len().div_ceil(MOST_PARTS).max(SMALLEST_PART);
    refs.into_iter().step_by(size).skip(1).collect()
}

/// Sorts the new rows by what they mean for the base that is shown. A base that cannot be read counts as none: the
/// new one mends it.
fn compare(path: &Path, rows: &[(Listing, i64)]) -> Replaced {
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
