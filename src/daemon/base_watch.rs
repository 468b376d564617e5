//! Keeps the listing base that is shown equal to the file: whoever replaces `listings.db` (an import, the sync), the
//! kiosk answers from the new one within a second, and a base that cannot be read leaves the old one shown. The
//! branch's scripts and words beside it likewise; an answer comes from one version of each.

use crate::assistant::Assistant;
use crate::config::DataFolder;
use crate::listings::phrasebook::{self, Phrasebook};
use crate::listings::{Listing, base};
use crate::store::{Database, private_facts};
use crate::web::BaseInfo;
use arc_swap::ArcSwap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often the file is looked at. A look is one `stat`; what is left of a second is for reading the base.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The base that is shown, and the file it came from.
pub struct Shown {
    data: DataFolder,
    assistant: Arc<ArcSwap<Assistant>>,
    info: watch::Sender<Option<BaseInfo>>,
    /// The scripts and words that were read last.
    book: Phrasebook,
    /// The files that were read last: the base and the phrasebook.
    loaded: (Option<FileId>, Option<FileId>),
}

/// Inode, size and time: a replaced file has another.
type FileId = (u64, u64, i64, i64);

impl Shown {
    /// Reads the base at start. Without one, the kiosk says so.
    pub async fn load(data: &DataFolder, db: &Database) -> Self {
        let mut shown = Self {
            data: data.clone(),
            assistant: Arc::new(ArcSwap::from_pointee(Assistant::new(Vec::<Listing>::new(), String::new()))),
            info: watch::channel(None).0,
            book: Phrasebook::default(),
            loaded: (None, None),
        };
        shown.look().await;
        let version = shown.info.borrow().as_ref().map(|i| i.version.clone());
        if let Some(version) = version {
            // A crash between the two files of an import can leave private rows of a version that never was shown.
            let kept = db
                .write("tidy the private side of the listings", move |tx| {
                    private_facts::keep_only(tx, &version)
                })
                .await;
            if let Err(e) = kept {
                log::warn!("listings.tidy failed: {e}");
            }
        }
        shown
    }

    /// Who answers; swapped when a new base is loaded.
    pub fn assistant(&self) -> Arc<ArcSwap<Assistant>> {
        Arc::clone(&self.assistant)
    }

    /// Which base is shown.
    pub fn info(&self) -> watch::Receiver<Option<BaseInfo>> {
        self.info.subscribe()
    }

    /// Looks at the file until `stop`.
    pub async fn watch(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        while stop.run_until_cancelled(tokio::time::sleep(LOOK_EVERY)).await.is_some() {
            self.look().await;
        }
        Ok(())
    }

    async fn look(&mut self) {
        let (base, book) = (file_id(&self.data.listings()), file_id(&self.data.phrasebook()));
        if base.is_none() || (base, book) == self.loaded {
            return;
        }
        if book != self.loaded.1 {
            self.read_phrasebook().await;
        }
        self.loaded = (base, book);
        let (path, book) = (self.data.listings(), self.book.clone());
        let read = move || base::load(&path).map(|base| base.map(|base| prepare(base, &book)));
        match tokio::task::spawn_blocking(read).await {
            Ok(Ok(Some((assistant, info)))) => {
                log::info!("listings.loaded version={} listings={}", info.version, info.listings);
                for word in assistant.words_without_meaning() {
                    log::warn!("phrasebook.word leads nowhere: {word} (its place is not in this base)");
                }
                let before = self.assistant.swap(Arc::new(assistant));
                self.info.send_replace(Some(info));
                tokio::spawn(retire(before));
            }
            Ok(Ok(None)) => {}
            Ok(Err(e)) => log::error!("listings.load failed, the base before stays: {e}"),
            Err(e) => log::error!("listings.load failed, the base before stays: {e}"),
        }
    }

    async fn read_phrasebook(&mut self) {
        let path = self.data.phrasebook();
        match tokio::task::spawn_blocking(move || phrasebook::load(&path)).await {
            Ok(Ok(book)) => {
                log::info!(
                    "phrasebook.loaded version={} scripts={} words={}",
                    book.version,
                    book.scripts.len(),
                    book.words.len()
                );
                self.book = book;
            }
            Ok(Err(e)) => log::error!("phrasebook.load failed, the one before stays: {e}"),
            Err(e) => log::error!("phrasebook.load failed, the one before stays: {e}"),
        }
    }
}

/// Lets go of a base once nobody answers from it any more: freeing a large one takes a tenth of a second, which no
/// client should wait for.
async fn retire(before: Arc<Assistant>) {
    while Arc::strong_count(&before) > 1 {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    tokio::task::spawn_blocking(move || drop(before));
}

fn file_id(path: &Path) -> Option<FileId> {
    std::fs::metadata(path).ok().map(|m| (m.ino(), m.size(), m.mtime(), m.mtime_nsec()))
}

fn prepare(base: base::Base, book: &Phrasebook) -> (Assistant, BaseInfo) {
    let info = BaseInfo {
        version: base.version.clone(),
        source: base.source,
        imported_at: base.imported_at,
        listings: base.listings.len(),
    };
    (Assistant::with_phrasebook(base.listings, base.version, book), info)
}
