//! `phrasebook.json` on disk: read whole and checked against its version, replaced whole, one replacement at a time.

use super::{Phrasebook, Script, Word};
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::durable;
use crate::store::{Database, StoreError, audit};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// What became of the rows of a new version, by id or by word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replaced {
    /// Not there before.
    pub taken: Vec<String>,
    /// There before, otherwise.
    pub changed: Vec<String>,
    pub unchanged: Vec<String>,
    /// There before and no longer.
    pub removed: Vec<String>,
}

/// Why the phrasebook was not read or replaced. What was there stays.
#[derive(Debug, thiserror::Error)]
pub enum PhrasebookError {
    #[error("cannot read the scripts and words in {path}: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "the scripts and words in {path} are damaged ({reason}): import the branch's scripts and words again, both together"
    )]
    Damaged { path: PathBuf, reason: String },
    #[error(
        "the disk is full: the scripts and words were not put in place; free some space and import again"
    )]
    DiskFull,
    #[error("cannot put the scripts and words in place at {path}: {source}; the ones before stay")]
    Replace { path: PathBuf, source: io::Error },
    #[error(
        "the scripts and words are in place, and that they changed was not noted in the audit trail ({0})"
    )]
    Note(StoreError),
}

/// Reads the phrasebook at `path`; an empty one where there is none.
pub fn load(path: &Path) -> Result<Phrasebook, PhrasebookError> {
    let damaged = |reason: String| PhrasebookError::Damaged { path: path.to_owned(), reason };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Phrasebook::default()),
        Err(source) => return Err(PhrasebookError::Read { path: path.to_owned(), source }),
    };
    let book: Phrasebook = serde_json::from_slice(&bytes).map_err(|e| damaged(e.to_string()))?;
    if book.content_hash() != book.version {
        return Err(damaged("the content is not that of its version".into()));
    }
    Ok(book)
}

/// Puts new scripts, new words or both in the place of the branch's; `None` leaves a kind as it is. Gives the version,
/// and what became of the scripts and of the words.
pub async fn replace(
    data: &DataFolder,
    db: &Database,
    scripts: Option<Vec<Script>>,
    words: Option<Vec<Word>>,
    source: &str,
    clock: &Clock,
) -> Result<(String, Replaced, Replaced), PhrasebookError> {
    let (path, source, now) = (data.phrasebook(), source.to_owned(), clock.now());
    let put = move || put_in_place(&path, scripts, words, source, now.to_string());
    let (book, of_scripts, of_words) =
        tokio::task::spawn_blocking(put).await.expect("writing a phrasebook does not panic")?;
    let count = |r: &Replaced| {
        serde_json::json!({ "taken": r.taken.len(), "changed": r.changed.len(),
            "unchanged": r.unchanged.len(), "removed": r.removed.len() })
    };
    let detail = serde_json::json!({
        "source": book.source, "scripts": count(&of_scripts), "words": count(&of_words),
    });
    let version = book.version.clone();
    db.write("note the new scripts and words", move |tx| {
        audit::add(tx, now, "listings", "phrasebook.replaced", &version, Some(&detail))
    })
    .await
    .map_err(PhrasebookError::Note)?;
    Ok((book.version, of_scripts, of_words))
}

fn put_in_place(
    path: &Path,
    scripts: Option<Vec<Script>>,
    words: Option<Vec<Word>>,
    source: String,
    imported_at: String,
) -> Result<(Phrasebook, Replaced, Replaced), PhrasebookError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::StorageFull => PhrasebookError::DiskFull,
        _ => PhrasebookError::Replace { path: path.to_owned(), source },
    };
    // One replacement at a time, whichever process does it: each keeps what the other kind of file had.
    let lock = File::create(path.with_extension("lock")).map_err(failed)?;
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).map_err(|e| failed(e.into()))?;
    let before = match load(path) {
        // Both kinds are new: whatever is wrong with the old ones, these mend it.
        Err(_) if scripts.is_some() && words.is_some() => Phrasebook::default(),
        before => before?,
    };
    let mut book = Phrasebook {
        version: String::new(),
        source,
        imported_at,
        scripts: scripts.unwrap_or_else(|| before.scripts.clone()),
        words: words.unwrap_or_else(|| before.words.clone()),
    };
    book.version = book.content_hash();
    let of_scripts = compare(&before.scripts, &book.scripts, |s| &s.id);
    let of_words = compare(&before.words, &book.words, |w| &w.word);
    let text = serde_json::to_vec_pretty(&book).expect("a phrasebook is JSON");
    durable::write(path, &text).map_err(failed)?;
    Ok((book, of_scripts, of_words))
}

fn compare<T: PartialEq>(before: &[T], after: &[T], name: impl Fn(&T) -> &String) -> Replaced {
    let mut replaced = Replaced::default();
    for row in after {
        let list = match before.iter().find(|b| name(b) == name(row)) {
            None => &mut replaced.taken,
            Some(old) if old == row => &mut replaced.unchanged,
            Some(_) => &mut replaced.changed,
        };
        list.push(name(row).clone());
    }
    let gone = before.iter().filter(|b| !after.iter().any(|a| name(a) == name(b)));
    replaced.removed = gone.map(|b| name(b).clone()).collect();
    replaced
}
