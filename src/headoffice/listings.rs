//! Import at head office: a file becomes the next version of the listing base, with every row accounted for.

use super::HeadOfficeError;
use super::authority::Authority;
use super::store::feed_folder::{self, Taken};
use super::store::versions::{self, Kept, New};
use super::store::{Store, Tx};
use crate::clock::Clock;
use crate::listings::import::{self, RejectedRow};
use crate::listings::{Listing, PrivateFacts, base::Replaced, wire};
use crate::reason::Reason;
use crate::store::{StoreError, StoreResult};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Tries to keep a version while others keep theirs.
const TRIES: usize = 5;

/// What became of a file.
#[derive(Debug, Clone, Serialize)]
pub struct Imported {
    /// By reference, against the version before.
    #[serde(flatten)]
    pub rows: Replaced,
    pub rejected: Vec<RejectedRow>,
    /// Listings whose row was rejected and which stay as they were.
    pub kept: Vec<String>,
    /// Columns that Branchbox has no use for.
    pub unused_columns: Vec<String>,
}

/// A file to import.
pub struct File {
    pub name: String,
    pub bytes: Vec<u8>,
    /// Overrides what its bytes look like.
    pub encoding: Option<String>,
    /// Whether it may withdraw most of the base.
    pub allow_removals: bool,
    /// What it does not mention.
    pub mode: Mode,
}

/// What a file says about listings that it does not mention.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// That they are gone: it is the whole base.
    #[default]
    Complete,
    /// Nothing: it holds what changed, and names what is withdrawn.
    Changes,
}

/// A file that would withdraw more than this share of a base of at least so many listings is refused unless that is
/// asked for: a feed that was cut off, or of one branch only, looks just like it.
const MOST_REMOVED: f64 = 0.5;
const OF_AT_LEAST: usize = 20;

/// Imports a file; `actor` is who asked, for the audit.
pub async fn import(
    store: &Store,
    authority: &Arc<Authority>,
    clock: &Clock,
    file: File,
    actor: &'static str,
) -> Result<Imported, HeadOfficeError> {
    import_with(store, authority, clock, file, actor, |_, _| Ok(())).await
}

/// Imports a file of the watched folder; that it is imported, and the `report` on it, is kept with the version.
pub(super) async fn import_taken(
    store: &Store,
    authority: &Arc<Authority>,
    clock: &Clock,
    file: File,
    taken: Taken,
    report: fn(&Imported) -> String,
) -> Result<Imported, HeadOfficeError> {
    let now = clock.now();
    let note = move |tx: &Tx, imported: &Imported| feed_folder::imported(tx, &taken, &report(imported), now);
    import_with(store, authority, clock, file, "folder", note).await
}

/// `note` runs in the transaction that keeps the version.
async fn import_with(
    store: &Store,
    authority: &Arc<Authority>,
    clock: &Clock,
    file: File,
    actor: &'static str,
    note: impl Fn(&Tx, &Imported) -> StoreResult<()> + Send + Sync + 'static,
) -> Result<Imported, HeadOfficeError> {
    let note = Arc::new(note);
    let (name, mode) = (file.name.clone(), file.mode);
    let allow_removals = file.allow_removals || mode == Mode::Changes;
    let (rows, rejected, unused_columns) = blocking(&name, move || {
        let read = import::read_as(&file.bytes, &file.name, file.encoding.as_deref(), Row::of)?;
        let withdraws = mode == Mode::Changes && !read.withdrawn.is_empty();
        if read.rows.is_empty() && !withdraws {
            let rejected = read.rejected.len();
            return Err(HeadOfficeError::NotTaken(Reason::ImportNone { file: file.name, rejected }));
        }
        let refused = read.rejected.iter().map(|r| r.reference.clone()).filter(|r| !r.is_empty()).collect();
        let rows = Arc::new(Prepared {
            refused,
            withdrawn: read.withdrawn.into_iter().collect(),
            mode,
            rows: read.rows.into_iter().collect(),
        });
        Ok((rows, read.rejected, read.unused_columns))
    })
    .await?;
    for _ in 0..TRIES {
        let before = store.read("read the listing version before", versions::rows).await?;
        let (prepared, source) = (Arc::clone(&rows), name.clone());
        let known = before.1.len();
        let (new, replaced, stays) = blocking(&name, move || Ok(prepared.against(before, source))).await?;
        let removed = replaced.removed.len();
        if !allow_removals && known >= OF_AT_LEAST && removed as f64 > known as f64 * MOST_REMOVED {
            return Err(HeadOfficeError::NotTaken(Reason::ImportWithdraws { file: name, removed, known }));
        }
        let imported = Arc::new(Imported {
            rows: replaced,
            rejected: rejected.clone(),
            kept: stays,
            unused_columns: unused_columns.clone(),
        });
        let replaced = &imported.rows;
        let report = serde_json::json!({
            "source": name, "taken": replaced.taken.len(), "changed": replaced.changed.len(),
            "unchanged": replaced.unchanged.len(), "removed": replaced.removed.len(), "rejected": rejected.len(),
            "kept": imported.kept.len(),
        });
        let (now, authority) = (clock.now(), Arc::clone(authority));
        let sign = move |text: &str| authority.sign(text).map_err(|e| StoreError::Refused(e.to_string()));
        let (note, told) = (Arc::clone(&note), Arc::clone(&imported));
        let keep = move |tx: &Tx| {
            let kept = versions::add(tx, &new, actor, now, &report, &sign)?;
            if kept == Kept::Yes {
                note(tx, &told)?;
            }
            Ok(kept)
        };
        if store.write("keep the new listing version", keep).await? == Kept::Yes {
            return Ok(Arc::unwrap_or_clone(imported));
        }
    }
    Err(HeadOfficeError::NotTaken(Reason::ImportOvertaken { file: name, tries: TRIES }))
}

async fn blocking<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> Result<T, HeadOfficeError> + Send + 'static,
) -> Result<T, HeadOfficeError> {
    let broke = |e| HeadOfficeError::Refused(format!("{name}: the import broke off: {e}"));
    tokio::task::spawn_blocking(work).await.map_err(broke)?
}

/// A row of a file.
struct Row {
    /// As it travels.
    line: Arc<str>,
    hash: [u8; 32],
    /// The pictures that it names.
    pictures: Vec<String>,
}

impl Row {
    /// A listing's row, by its reference.
    fn of(listing: Listing, private: PrivateFacts) -> (String, Self) {
        let line = wire::line(&listing, &private);
        let hash = wire::row_hash(&line);
        let pictures = listing.pictures.all().map(str::to_owned).collect();
        (listing.reference, Self { line: line.into(), hash, pictures })
    }
}

/// The rows of a file with their lines and hashes, by reference.
struct Prepared {
    rows: BTreeMap<String, Row>,
    /// References of rows that were rejected.
    refused: HashSet<String>,
    /// References that the file withdraws.
    withdrawn: HashSet<String>,
    mode: Mode,
}

impl Prepared {
    /// What these rows mean for the version before. The owners' side counts too: it travels with it. A listing whose row
    /// was rejected stays as it was: a slip of the keyboard withdraws nothing.
    fn against(
        &self,
        (base, mut before): (i64, HashMap<String, String>),
        source: String,
    ) -> (New, Replaced, Vec<String>) {
        let mut replaced = Replaced::default();
        let mut changed = Vec::new();
        let mut hashes: BTreeMap<&str, [u8; 32]> = BTreeMap::new();
        let mut kept = Vec::new();
        let old = before.clone();
        for (reference, hash) in &old {
            let refused = self.refused.contains(reference);
            let stays = (refused || self.mode == Mode::Changes)
                && !self.rows.contains_key(reference)
                && !self.withdrawn.contains(reference);
            let hash = hex::decode(hash).ok().and_then(|hash| hash.try_into().ok());
            if let Some(hash) = hash.filter(|_| stays) {
                before.remove(reference);
                hashes.insert(reference, hash);
                if refused {
                    kept.push(reference.clone());
                } else {
                    replaced.unchanged.push(reference.clone());
                }
            }
        }
        kept.sort();
        let mut pictures = Vec::new();
        for (reference, row) in &self.rows {
            hashes.insert(reference, row.hash);
            let hash = hex::encode(row.hash);
            let list = match before.remove(reference) {
                Some(old) if old == hash => {
                    replaced.unchanged.push(reference.clone());
                    continue;
                }
                Some(_) => &mut replaced.changed,
                None => &mut replaced.taken,
            };
            list.push(reference.clone());
            changed.push((reference.clone(), hash, Arc::clone(&row.line)));
            pictures.push((reference.clone(), row.pictures.clone()));
        }
        replaced.removed = before.into_keys().collect();
        replaced.removed.sort();
        replaced.version = versions::base_hash(&hashes);
        let new = New {
            base,
            version: replaced.version.clone(),
            source,
            listings: hashes.len() as i64,
            changed,
            gone: replaced.removed.clone(),
            pictures,
        };
        (new, replaced, kept)
    }
}
