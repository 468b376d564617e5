//! Keeps the listing base that is shown equal to the file: whoever replaces `listings.db` (an import, the sync), the
//! kiosk answers from the new one within a second, and a base that cannot be read leaves the old one shown. The
//! branch's scripts and words and the pictures beside it likewise; an answer comes from one version of each. What has grown too old to
//! be shown (`freshness`) is left out, from the day on that it has.

use crate::assistant::Assistant;
use crate::clock::Clock;
use crate::config::{BoxConfig, DataFolder};
use crate::listings::phrasebook::{self, Phrasebook};
use crate::listings::pictures::Gallery;
use crate::listings::pictures::shelf::{Index, Shelf};
use crate::listings::{Listing, base, freshness};
use crate::store::Database;
use crate::sync;
use crate::web::BaseInfo;
use arc_swap::ArcSwap;
use jiff::civil::Date;
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
    pictures: Arc<ArcSwap<Gallery>>,
    info: watch::Sender<Option<BaseInfo>>,
    /// The scripts and words that were read last.
    book: Phrasebook,
    /// The files that were read last: the base and the phrasebook.
    loaded: (Option<FileId>, Option<FileId>),
    /// Where the pictures lie, what was read of it last, and the file that was read.
    shelf: Shelf,
    index: Arc<Index>,
    shelved: Option<FileId>,
    /// The day for which they were read, and for how many days prices have been withheld then.
    aged: Option<(Date, Option<i64>)>,
    clock: Clock,
    withhold_after_days: u64,
}

/// Inode, size and time: a replaced file has another.
type FileId = (u64, u64, i64, i64);

impl Shown {
    /// Reads the base at start. Without one, the kiosk says so.
    pub async fn load(config: &BoxConfig, db: &Database, clock: &Clock) -> Self {
        let data = &config.data;
        let mut shown = Self {
            data: data.clone(),
            assistant: Arc::new(ArcSwap::from_pointee(Assistant::new(Vec::<Listing>::new(), String::new()))),
            pictures: Arc::default(),
            index: Arc::default(),
            shelf: Shelf::of(data),
            shelved: None,
            info: watch::channel(None).0,
            book: Phrasebook::default(),
            loaded: (None, None),
            aged: None,
            clock: clock.clone(),
            withhold_after_days: config.withhold_prices_after_days,
        };
        shown.look().await;
        if let Err(e) = base::tidy(data, db).await {
            log::warn!("listings.tidy failed: {e}");
        }
        shown
    }

    /// Who answers; swapped when a new base is loaded.
    pub fn assistant(&self) -> Arc<ArcSwap<Assistant>> {
        Arc::clone(&self.assistant)
    }

    /// The pictures of what is shown.
    pub fn pictures(&self) -> Arc<ArcSwap<Gallery>> {
        Arc::clone(&self.pictures)
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
        self.look_at_pictures().await;
        let (base, book) = (file_id(&self.data.listings()), file_id(&self.data.phrasebook()));
        let withheld = sync::last_contact(&self.data)
            .and_then(|at| freshness::withheld_days(at, self.clock.now(), self.withhold_after_days));
        let aged = (self.clock.today(), withheld);
        if base.is_none() || ((base, book) == self.loaded && Some(aged) == self.aged) {
            return;
        }
        if withheld.is_some() && self.aged.is_none_or(|(_, before)| before.is_none()) {
            log::warn!(
                "listings.prices are withheld: head office was not heard of for {} days",
                withheld.unwrap_or(0)
            );
        }
        self.aged = Some(aged);
        if book != self.loaded.1 {
            self.read_phrasebook().await;
        }
        self.loaded = (base, book);
        let (path, book) = (self.data.listings(), self.book.clone());
        let index = Arc::clone(&self.index);
        let read = move || base::load(&path).map(|base| base.map(|base| prepare(base, &book, aged, &index)));
        match tokio::task::spawn_blocking(read).await {
            Ok(Ok(Some((assistant, gallery, info)))) => {
                log::info!("listings.loaded version={} listings={}", info.version, info.listings);
                for word in assistant.words_without_meaning() {
                    log::warn!("phrasebook.word leads nowhere: {word} (its place is not in this base)");
                }
                self.pictures.store(Arc::new(gallery));
                let before = self.assistant.swap(Arc::new(assistant));
                self.info.send_replace(Some(info));
                tokio::spawn(retire(before));
            }
            Ok(Ok(None)) => {}
            Ok(Err(e)) => log::error!("listings.load failed, the base before stays: {e}"),
            Err(e) => log::error!("listings.load failed, the base before stays: {e}"),
        }
    }

    /// Reads the index of the pictures where it was replaced. The base is left as it is.
    async fn look_at_pictures(&mut self) {
        let trace = self.shelf.trace();
        if trace == self.shelved {
            return;
        }
        self.shelved = trace;
        let (shelf, assistant) = (self.shelf.clone(), self.assistant.load_full());
        let read = move || {
            let index = shelf.load();
            let gallery = Gallery::of(assistant.listings(), &index);
            (index, gallery)
        };
        match tokio::task::spawn_blocking(read).await {
            Ok((index, gallery)) => {
                log::info!("listings.pictures here={} shown={}", index.len(), gallery.len());
                self.index = Arc::new(index);
                self.pictures.store(Arc::new(gallery));
            }
            Err(e) => log::error!("listings.pictures cannot be read, those before stay: {e}"),
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

fn prepare(
    base: base::Base,
    book: &Phrasebook,
    (today, withheld): (Date, Option<i64>),
    index: &Index,
) -> (Assistant, Gallery, BaseInfo) {
    let mut info = BaseInfo::from(&base);
    let before = base.listings.len();
    let mut listings = base.listings;
    listings.retain(|listing| freshness::may_show(listing, today));
    if withheld.is_some() {
        listings.iter_mut().for_each(|listing| *listing = Arc::new(freshness::without_prices(listing)));
    }
    info.listings = listings.len();
    info.hidden = before - listings.len();
    info.prices_withheld_days = withheld;
    let gallery = Gallery::of(listings.iter().map(Arc::as_ref), index);
    let assistant = Assistant::with_phrasebook(listings, base.version, book).withholding_prices(withheld);
    (assistant, gallery, info)
}
