//! Fetches the pictures that listings name, once each, into the store, from which branches have them.
//!
//! References wait in the store's queue; every head-office process takes some at a time, so that however many there are,
//! each is fetched by one of them. What cannot be had keeps its reason, and is tried again with growing
//! pauses. `fetch` is one picture from the network, `addresses` which addresses may be called at all. Left out: making
//! pictures smaller, and a picture that changes under its address: another picture has another address.

mod addresses;
mod fetch;

use super::Office;
use super::folder::MEDIA_FOLDER;
use super::store::{Tx, media};
use crate::config::FeedSettings;
use crate::listings::pictures::{self, LARGEST, Picture, image};
use crate::reason::Reason;
use crate::store::{StoreError, StoreResult};
use fetch::Fetcher;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// How often it looks whether anything is due.
const LOOK: Duration = Duration::from_secs(1);
/// Pictures fetched at a time: enough to hide the way to a server, too few to be a burden to it.
const AT_ONCE: usize = 8;
/// How often pictures that nobody names are looked for.
const SWEEP: Duration = Duration::from_secs(3_600);

/// Fetches until the server stops.
pub(super) async fn run(office: Arc<Office>, settings: FeedSettings) {
    let stop = office.stop.clone();
    let fetcher = Arc::new(Source {
        folder: settings.folder.map(|f| f.join(MEDIA_FOLDER)),
        fetcher: Fetcher::new(settings.media_hosts),
        office,
    });
    tokio::join!(
        stop.run_until_cancelled(fetching(Arc::clone(&fetcher))),
        stop.run_until_cancelled(sweeping(&fetcher))
    );
}

/// Where pictures come from.
struct Source {
    office: Arc<Office>,
    /// Where those are that are named as files.
    folder: Option<PathBuf>,
    fetcher: Fetcher,
}

async fn fetching(source: Arc<Source>) {
    let mut under_way = JoinSet::new();
    let mut failing = false;
    loop {
        let taken = source.take(AT_ONCE - under_way.len()).await;
        if let (Err(e), false) = (&taken, failing) {
            log::error!("headoffice.pictures {e}");
        }
        failing = taken.is_err();
        for (reference, tries) in taken.unwrap_or_default() {
            let source = Arc::clone(&source);
            under_way.spawn(async move { source.settle(reference, tries).await });
        }
        // With all hands full the next look is when one is free; else soon.
        let free = under_way.len() < AT_ONCE;
        tokio::select! {
            Some(settled) = under_way.join_next(), if !under_way.is_empty() => {
                // What is not noted is taken again after a while.
                if let Ok(Err(e)) = settled {
                    log::error!("headoffice.pictures {e}");
                }
            }
            () = tokio::time::sleep(LOOK), if free => {}
        }
    }
}

async fn sweeping(source: &Source) {
    loop {
        let now = source.office.clock.now();
        let swept = source
            .office
            .store
            .write("forget unused pictures", move |tx| media::forget_unused(tx, now))
            .await;
        if let Err(e) = swept {
            log::error!("headoffice.pictures {e}");
        }
        tokio::time::sleep(SWEEP).await;
    }
}

impl Source {
    async fn take(&self, most: usize) -> StoreResult<Vec<(String, i64)>> {
        // Files are the business of whoever looks after the folder: elsewhere it may not be there.
        let files = self.folder.is_some() && self.office.folder.borrow().as_ref().is_some_and(|f| f.here);
        let (now, most) = (self.office.clock.now(), most as i64);
        if most == 0 {
            return Ok(Vec::new());
        }
        let store = &self.office.store;
        // A look that costs no commit.
        if !store.read("look for pictures to fetch", move |tx| media::any_due(tx, files, now)).await? {
            return Ok(Vec::new());
        }
        store.write("take pictures to fetch", move |tx| media::take(tx, files, most, now)).await
    }

    /// Fetches a picture and keeps it, or why it could not be had.
    async fn settle(&self, reference: String, tries: i64) -> Result<(), StoreError> {
        let found = match self.bytes(&reference).await {
            Ok((bytes, host)) => tokio::task::spawn_blocking(move || look(bytes, host))
                .await
                .unwrap_or_else(|e| Err(Reason::PictureUnlooked { error: e.to_string() })),
            Err(problem) => Err(problem),
        };
        let now = self.office.clock.now();
        match found {
            Ok((picture, bytes)) => {
                log::info!("headoffice.picture bytes={} sha256={}", picture.bytes, &picture.sha256[..12]);
                let keep = move |tx: &Tx| media::keep(tx, &reference, &picture, &bytes, now);
                self.office.store.write("keep a picture", keep).await
            }
            Err(problem) => {
                // Neither address nor name: either may say more than a log should hold.
                log::warn!("headoffice.picture try={} failed: {problem}", tries + 1);
                let note = move |tx: &Tx| media::failed(tx, &reference, tries, &problem, now);
                self.office.store.write("note why a picture is not here", note).await
            }
        }
    }

    /// The bytes, and the host that they are from; `None` for the folder.
    async fn bytes(&self, reference: &str) -> Result<(Vec<u8>, Option<String>), Reason> {
        if pictures::is_url(reference) {
            return self.fetcher.fetch(reference).await.map(|(bytes, host)| (bytes, Some(host)));
        }
        let folder = self.folder.clone().ok_or(Reason::PictureNoFolder)?;
        let name = reference.to_owned();
        let read = tokio::task::spawn_blocking(move || from_folder(&folder, &name)).await;
        let read = read.unwrap_or_else(|e| Err(Reason::PictureFileUnreadable { error: e.to_string() }));
        read.map(|bytes| (bytes, None))
    }
}

/// What a picture is, by its content.
fn look(bytes: Vec<u8>, host: Option<String>) -> Result<(Picture, Vec<u8>), Reason> {
    let image = image::look(&bytes).map_err(|why| match host {
        Some(host) => Reason::PictureOfHost { host, why: Box::new(why) },
        None => Reason::PictureOfFolder { why: Box::new(why) },
    })?;
    let sha256 = hex::encode(Sha256::digest(&bytes));
    Ok((Picture { sha256, bytes: bytes.len() as u64, image }, bytes))
}

fn from_folder(folder: &Path, name: &str) -> Result<Vec<u8>, Reason> {
    pictures::check_reference(name).map_err(|why| Reason::PictureReference { why: Box::new(why) })?;
    let path = folder.join(name);
    let told = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => Reason::PictureNoFile,
        kind => Reason::PictureFolderUnreadable { error: kind.to_string() },
    };
    // A link could lead anywhere.
    if !std::fs::symlink_metadata(&path).map_err(told)?.is_file() {
        return Err(Reason::PictureNotPlain);
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(&path).map_err(told)?;
    file.take(LARGEST as u64 + 1).read_to_end(&mut bytes).map_err(told)?;
    if bytes.len() > LARGEST {
        return Err(Reason::PictureFileTooLarge { mb: LARGEST >> 20 });
    }
    Ok(bytes)
}
