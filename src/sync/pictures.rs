//! Brings the pictures that the base names from head office to the box's shelf (`listings::pictures::shelf`), so that they
//! are there when the line is not.
//!
//! What is on offer comes first, and of each unit the first photo. Each picture comes in pieces, is checked by its SHA-256
//! and renamed into place; what broke off goes on where it was. What no listing names any more goes, and what would be
//! over the limit does not come. Head office fetches pictures after the base is out, so what it does not have yet is asked
//! for again, soon at first, then less and less often. Nothing waits for any of this.

use super::client::{CallError, Client};
use super::protocol::{MAX_REFERENCES, PicturesAsked};
use super::status::Way;
use super::{Line, Shared, Trace, identity};
use crate::listings::base;
use crate::listings::pictures::gallery::may_show;
use crate::listings::pictures::shelf::{Index, Shelf, wanted};
use crate::listings::pictures::{LARGEST, Picture, is_hash};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often it looks whether the base has changed; a look is one `stat`.
const LOOK: Duration = Duration::from_secs(1);
/// The first wait before head office is asked again for what it did not have.
const SOON: Duration = Duration::from_secs(3);
/// The longest such wait.
const SELDOM: Duration = Duration::from_secs(300);
/// What has come is shown after this many pictures, or this time: the index is written then.
const SHOWN_AFTER: (usize, Duration) = (100, Duration::from_secs(3));
/// Bytes of the disk that pictures leave free: recordings come first.
const LEAVE_FREE: u64 = 2 << 30;

pub(super) async fn run(shared: Arc<Shared>) {
    let stop = shared.stop.clone();
    let line = Line::new(Arc::clone(&shared), Way::Down);
    let fetcher = Fetcher { shelf: Shelf::of(&shared.data), shared, line, failed: None };
    stop.run_until_cancelled(fetcher.follow()).await;
}

struct Fetcher {
    shared: Arc<Shared>,
    line: Line,
    shelf: Shelf,
    /// The sentence that was logged last.
    failed: Option<String>,
}

/// What the base names.
#[derive(Default)]
struct Named {
    /// What is worth fetching, the most useful first.
    fetch: Vec<String>,
    /// Everything: what lies on the shelf of a unit that was sold stays while the base knows it.
    all: HashSet<String>,
}

impl Fetcher {
    async fn follow(mut self) {
        let mut seen: Option<(Option<Trace>, u64)> = None;
        let mut named = Named::default();
        let mut index = Index::default();
        let (mut wait, mut next) = (SOON, Instant::now());
        loop {
            let limit = *self.shared.pictures_limit.borrow();
            let now = (identity::trace(&self.shared.data.listings()), limit);
            if seen != Some(now) {
                match self.take_stock(limit).await {
                    Ok((found, shelved)) => {
                        (named, index, seen) = (found, shelved, Some(now));
                        (wait, next) = (SOON, Instant::now());
                    }
                    Err(sentence) => self.say(Some(sentence)),
                }
            }
            let missing = named.fetch.iter().any(|r| index.get(r).is_none());
            if missing && limit > 0 && Instant::now() >= next {
                // Not enrolled, or an identity that cannot be used: the other tasks say so.
                if let Ok(Some(client)) = self.line.client() {
                    let before = index.len();
                    let result = self.fetch(&client, &named, &mut index, limit).await;
                    let came = index.len() > before;
                    self.say(result.err());
                    wait = if came { SOON } else { (wait * 2).min(SELDOM) };
                    next = Instant::now() + wait;
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Logs a sentence once.
    fn say(&mut self, sentence: Option<String>) {
        if let Some(sentence) = sentence.as_ref().filter(|s| self.failed.as_ref() != Some(s)) {
            log::warn!("sync.pictures {sentence}");
        }
        self.failed = sentence;
    }

    /// What the base names, and what is on the shelf once what it does not name, or is over the limit, is gone.
    async fn take_stock(&self, limit: u64) -> Result<(Named, Index), String> {
        let (path, shelf) = (self.shared.data.listings(), self.shelf.clone());
        blocking(move || {
            let listings = base::pictures(&path).map_err(|e| e.to_string())?;
            let on_offer = listings.iter().filter(|(status, _)| may_show(*status));
            let fetch = wanted(on_offer.map(|(status, pictures)| (*status, pictures)));
            let order = wanted(listings.iter().map(|(status, pictures)| (*status, pictures)));
            let index = shelf.load();
            let kept: HashSet<&str> = within(&order, &index, limit);
            let missing = fetch.iter().any(|r| index.get(r).is_none());
            let index = shelf
                .tidy(index, &kept, missing)
                .map_err(|e| format!("pictures cannot be tidied away: {e}"))?;
            Ok((Named { fetch, all: order.into_iter().collect() }, index))
        })
        .await
    }

    /// Fetches what is missing. The error is a sentence; what has come by then is kept.
    async fn fetch(
        &self,
        client: &Client,
        named: &Named,
        index: &mut Index,
        limit: u64,
    ) -> Result<(), String> {
        let missing: Vec<&String> = named.fetch.iter().filter(|r| index.get(r).is_none()).collect();
        let mut all: BTreeMap<String, Picture> = index
            .iter()
            .filter(|(r, _)| named.all.contains(*r))
            .map(|(r, p)| (r.clone(), p.clone()))
            .collect();
        let mut held: HashMap<String, u64> = all.values().map(|p| (p.sha256.clone(), p.bytes)).collect();
        let mut bytes: u64 = held.values().sum();
        let (mut new, mut since) = (0, Instant::now());
        let mut result = Ok(());
        'all: for asked in missing.chunks(MAX_REFERENCES) {
            let asked = PicturesAsked { references: asked.iter().map(|r| (*r).clone()).collect() };
            let known = match client.pictures(&asked).await {
                Ok(known) => known.pictures,
                Err(e) => {
                    result = Err(e.to_string());
                    break;
                }
            };
            for reference in asked.references {
                let Some(picture) = known.get(&reference).filter(|p| is_sound(p)) else { continue };
                if !held.contains_key(&picture.sha256) {
                    if bytes + picture.bytes > limit {
                        result = Err(format!(
                            "the pictures of all units are more than the {} GB that they may take (listings.pictures_max_gb): the others are not shown",
                            limit / 1_000_000_000
                        ));
                        break 'all;
                    }
                    match self.bring(client, picture).await {
                        Ok(()) => {}
                        // One picture that cannot be had holds up no other; a line that is down does.
                        Err(Halt::Picture(sentence)) => {
                            result = Err(sentence);
                            continue;
                        }
                        Err(Halt::All(sentence)) => {
                            result = Err(sentence);
                            break 'all;
                        }
                    }
                    bytes += picture.bytes;
                    held.insert(picture.sha256.clone(), picture.bytes);
                }
                all.insert(reference, picture.clone());
                new += 1;
                if new >= SHOWN_AFTER.0 || since.elapsed() >= SHOWN_AFTER.1 {
                    self.save(Index::of(all.clone())).await?;
                    (new, since) = (0, Instant::now());
                }
            }
        }
        let came = all.len().saturating_sub(index.len());
        *index = if new > 0 { self.save(Index::of(all)).await? } else { Index::of(all) };
        if came > 0 {
            log::info!("sync.pictures came={came} shelf={} bytes={}", index.len(), index.bytes());
        }
        result
    }

    async fn save(&self, index: Index) -> Result<Index, String> {
        let shelf = self.shelf.clone();
        blocking(move || {
            shelf.save(&index).map_err(|e| format!("the index of the pictures cannot be kept: {e}"))?;
            Ok(index)
        })
        .await
    }

    /// Brings one picture to the shelf.
    async fn bring(&self, client: &Client, picture: &Picture) -> Result<(), Halt> {
        let (shelf, wanted) = (self.shelf.clone(), picture.clone());
        let mut from = self.disk(move || begin(&shelf, &wanted)).await?;
        while let Some(at) = from.filter(|at| *at < picture.bytes) {
            let piece = client.picture_piece(&picture.sha256, at).await.map_err(|e| match e {
                CallError::Refused(problem) if problem.status == 404 => Halt::Picture(
                    "head office no longer has a picture that it named: it is asked again".into(),
                ),
                other => Halt::All(other.to_string()),
            })?;
            if piece.is_empty() || at + piece.len() as u64 > picture.bytes {
                return Err(Halt::Picture(
                    "head office sends a picture of another length than it said".into(),
                ));
            }
            let (shelf, hash) = (self.shelf.clone(), picture.sha256.clone());
            let next = at + piece.len() as u64;
            self.disk(move || shelf.append(&hash, at, &piece)).await?;
            from = Some(next);
        }
        if from.is_none() {
            return Ok(()); // it lay there
        }
        let (shelf, wanted) = (self.shelf.clone(), picture.clone());
        self.disk(move || shelf.finish(&wanted)).await?.map_err(Halt::Picture)
    }

    async fn disk<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, Halt> {
        blocking(move || work().map_err(|e| format!("pictures cannot be kept: {e}"))).await.map_err(Halt::All)
    }
}

/// Why a picture did not come.
enum Halt {
    /// This one only.
    Picture(String),
    /// None can come now.
    All(String),
}

/// Where to go on with a picture; `None` where it lies there whole.
fn begin(shelf: &Shelf, picture: &Picture) -> std::io::Result<Option<u64>> {
    if shelf.has(picture)? {
        return Ok(None);
    }
    let begun = shelf.begun(&picture.sha256)?;
    let free = shelf.free()?;
    if free < LEAVE_FREE + picture.bytes {
        return Err(std::io::Error::other("the disk is nearly full, and recordings come first"));
    }
    Ok(Some(if begun > picture.bytes { 0 } else { begun }))
}

/// What head office says of a picture is looked at before anything is kept under its name.
fn is_sound(picture: &Picture) -> bool {
    is_hash(&picture.sha256) && (1..=LARGEST as u64).contains(&picture.bytes)
}

/// Those of `order` whose pictures fit the limit with all before them.
fn within<'a>(order: &'a [String], index: &Index, limit: u64) -> HashSet<&'a str> {
    let (mut bytes, mut held) = (0, HashSet::new());
    let fits = |reference: &&String| {
        let Some(picture) = index.get(reference) else { return limit > 0 };
        let more = if held.insert(picture.sha256.clone()) { picture.bytes } else { 0 };
        bytes += more;
        bytes <= limit
    };
    order.iter().filter(fits).map(String::as_str).collect()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|e| format!("work on the pictures ended: {e}"))?
}
