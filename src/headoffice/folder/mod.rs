//! The watched folder (`feeds.folder`): a file that somebody or some system puts there becomes the listing base, as by
//! upload, and goes to `done/` or `refused/` with a report beside it.
//!
//! Of several head-office processes one looks after the folder, by a lease in the store. That a file was imported is kept in
//! the transaction that keeps its version, so that whatever dies in between, none is imported twice, and none is lost. Of
//! several files that lie there at once the newest counts, each being the whole base. `files` is what is done on the disk,
//! `report` what is written. Left out: taking only what changed from a file; that is what the endpoint with a token does.

mod files;
mod report;

use super::listings::import_taken;
use super::store::feed_folder::{self, Taken};
use super::store::{Tx, media};
use super::{File, HeadOfficeError, Mode, Office};
use crate::config::FeedSettings;
use crate::reason::Reason;
use crate::store::StoreError;
use files::{Content, DONE, MEDIA, REFUSED, Seen, Watched};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

pub use files::MEDIA as MEDIA_FOLDER;

/// How often it looks, unless the time for which a file has to be quiet is shorter.
const LOOK: Duration = Duration::from_secs(2);
/// How often the lease (a minute) is prolonged.
const LEASE: Duration = Duration::from_secs(15);
/// How often another process asks for it.
const ASK: Duration = Duration::from_secs(5);
/// The wait after the store or the folder failed.
const AGAIN: Duration = Duration::from_secs(10);
/// How often what has lain in `done/` for long is deleted.
const SWEEP: Duration = Duration::from_secs(3_600);
/// Pictures of which the store is told at once.
const TOLD: usize = 1_000;

/// How the folder stands, as the process that looks after it sees it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Now {
    pub folder: PathBuf,
    /// Whether this process looks after it; if not, another one does.
    pub here: bool,
    /// What keeps it from being looked after.
    pub problem: Option<String>,
    /// Files that wait, and why.
    pub waiting: Vec<Waiting>,
    /// What became of the last file since this process began.
    pub last: Option<Last>,
}

/// A file that waits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Waiting {
    pub file: String,
    /// The end of a sentence that begins with the file.
    #[serde(flatten)]
    pub why: Reason,
}

/// The last file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Last {
    pub file: String,
    pub at: String,
    pub imported: bool,
    /// The line of its report that says what became of it.
    pub said: String,
}

/// Looks after the folder, in turns with other processes.
pub(super) async fn run(office: Arc<Office>, folder: PathBuf, settings: FeedSettings) {
    let look = settings.quiet.min(LOOK);
    let stop = office.stop.clone();
    let mut keeper = Keeper {
        me: uuid::Uuid::new_v4().to_string(),
        now: Now { folder: folder.clone(), ..Now::default() },
        office,
        folder,
        settings,
        began: Instant::now(),
        leased: None,
        swept: None,
        files: Watched::default(),
        pictures: Watched::default(),
        told: Vec::new(),
    };
    loop {
        let wait = match stop.run_until_cancelled(keeper.round()).await {
            None => break,
            Some(Ok(())) => {
                keeper.now.problem = None;
                look
            }
            Some(Err(sentence)) => {
                if keeper.now.problem.as_ref() != Some(&sentence) {
                    log::error!("headoffice.folder {sentence}");
                }
                keeper.now.problem = Some(sentence);
                keeper.told.clear(); // a drive that comes back brings its pictures back
                AGAIN
            }
        };
        keeper.office.folder.send_replace(Some(keeper.now.clone()));
        if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            break;
        }
    }
    // The next process need not wait for the lease to run out.
    let me = keeper.me.clone();
    let release =
        keeper.office.store.write("give the feed folder back", move |tx| feed_folder::release(tx, &me));
    let _ = tokio::time::timeout(Duration::from_secs(1), release).await;
}

struct Keeper {
    office: Arc<Office>,
    folder: PathBuf,
    settings: FeedSettings,
    me: String,
    now: Now,
    began: Instant,
    /// When the lease was asked for last.
    leased: Option<Instant>,
    swept: Option<Instant>,
    files: Watched,
    pictures: Watched,
    /// The pictures of which the store was told, as they were.
    told: Vec<Seen>,
}

impl Keeper {
    /// Looks once. The error is a sentence.
    async fn round(&mut self) -> Result<(), String> {
        if !self.mine().await? {
            (self.files, self.pictures) = (Watched::default(), Watched::default());
            self.told.clear();
            self.now.waiting.clear();
            return Ok(());
        }
        let folder = self.folder.clone();
        let list = move || {
            files::make(&folder)?;
            Ok((files::list(&folder)?, files::list(&folder.join(MEDIA))?.0))
        };
        let ((there, links), pictures) = self.on_disk("look into", list).await?;
        let (quiet, now) = (self.settings.quiet, self.began.elapsed());
        let (whole, growing) = self.files.look(there, now, quiet);
        self.now.waiting = growing.into_iter().map(|s| waits(s.name, Reason::FileGrowing)).collect();
        self.now.waiting.extend(links.into_iter().map(|name| waits(name, Reason::FileLink)));
        self.appeared(pictures, now, quiet).await?;
        if !whole.is_empty() {
            self.take(whole).await?;
        }
        if self.swept.is_none_or(|at| at.elapsed() >= SWEEP) {
            self.swept = Some(Instant::now());
            let (folder, at, days) = (self.folder.clone(), self.office.clock.now(), self.settings.keep_days);
            let deleted =
                self.on_disk("delete old files of", move || files::sweep(&folder, at, days)).await?;
            if deleted > 0 {
                log::info!("headoffice.folder deleted={deleted} from done/ after {days} days");
            }
        }
        Ok(())
    }

    /// Takes or keeps the lease; whether this process has it.
    async fn mine(&mut self) -> Result<bool, String> {
        let pause = if self.now.here { LEASE } else { ASK };
        if self.leased.is_some_and(|at| at.elapsed() < pause) {
            return Ok(self.now.here);
        }
        self.leased = Some(Instant::now());
        let here = prolong(&self.office, &self.me).await.map_err(|e| {
            self.leased = None;
            e.to_string()
        })?;
        if here != self.now.here {
            log::info!("headoffice.folder {} here={here}", self.folder.display());
        }
        self.now.here = here;
        Ok(here)
    }

    /// Tells the store of pictures that are new or have changed.
    async fn appeared(&mut self, there: Vec<Seen>, now: Duration, quiet: Duration) -> Result<(), String> {
        let (whole, _) = self.pictures.look(there, now, quiet);
        if whole == self.told {
            return Ok(());
        }
        let known: std::collections::HashSet<(&str, u64, (i64, i64))> =
            self.told.iter().map(|s| (s.name.as_str(), s.length, s.modified)).collect();
        let new: Vec<String> = whole
            .iter()
            .filter(|s| !known.contains(&(s.name.as_str(), s.length, s.modified)))
            .map(|s| s.name.clone())
            .collect();
        for names in new.chunks(TOLD) {
            let (names, at) = (names.to_vec(), self.office.clock.now());
            let tell = move |tx: &Tx| media::appeared(tx, &names, at);
            self.office.store.write("note new pictures", tell).await.map_err(|e| e.to_string())?;
        }
        self.told = whole;
        Ok(())
    }

    /// Imports the newest of the files that can be, and puts all away that are settled.
    async fn take(&mut self, newest_first: Vec<Seen>) -> Result<(), String> {
        let mut read = Vec::new();
        for seen in newest_first {
            let (folder, file) = (self.folder.clone(), seen.clone());
            let content = move || {
                let content = files::content(&folder, &file);
                let id = match &content {
                    Content::Whole(bytes) => file.id(bytes),
                    _ => String::new(),
                };
                Ok((content, id))
            };
            match self.on_disk("read a file of", content).await? {
                (Content::Later(why), _) => self.now.waiting.push(waits(seen.name, why)),
                (Content::Wrong(why), _) => {
                    self.put_away(&seen, REFUSED, &report::unusable(&seen.name, &why)).await?;
                }
                (Content::Whole(bytes), id) => {
                    if let Some(told) = self.report(&id).await? {
                        // A process died between keeping the version and moving the file.
                        self.put_away(&seen, DONE, &told).await?;
                    } else {
                        // Only the newest is held in memory: another is read again should it be its turn.
                        let bytes = read.is_empty().then_some(bytes);
                        read.push((seen, id, bytes));
                    }
                }
            }
        }
        while !read.is_empty() {
            let (seen, id, bytes) = read.remove(0);
            let bytes = match bytes {
                Some(bytes) => bytes,
                None => {
                    let (folder, file) = (self.folder.clone(), seen.clone());
                    match self.on_disk("read a file of", move || Ok(files::content(&folder, &file))).await? {
                        Content::Whole(bytes) if seen.id(&bytes) == id => bytes,
                        _ => continue, // it has changed: the next round sees to it
                    }
                }
            };
            let told = report::superseded(&seen.name);
            let older = read.iter().map(|(s, id, _)| (id.clone(), s.name.clone(), told.clone())).collect();
            let taken = Taken { id, name: seen.name.clone(), by: self.me.clone(), older };
            match self.import(&seen, bytes, taken).await {
                Ok(text) => {
                    self.office.look().await.map_err(|e| e.to_string())?;
                    self.put_away(&seen, DONE, &text).await?;
                    for (seen, ..) in read.drain(..) {
                        self.put_away(&seen, DONE, &told).await?;
                    }
                }
                Err(
                    e @ (HeadOfficeError::Import(_)
                    | HeadOfficeError::NotTaken(_)
                    | HeadOfficeError::Refused(_)),
                ) => {
                    self.put_away(&seen, REFUSED, &report::not_taken(&e.to_string(), e.why())).await?;
                }
                // The file stays: it is not its fault.
                Err(e) => {
                    self.leased = None;
                    return Err(format!("{} could not be imported just now: {e}", seen.name));
                }
            }
        }
        self.forget().await
    }

    /// Imports a file, keeping the lease meanwhile; its report.
    async fn import(&self, seen: &Seen, bytes: Vec<u8>, taken: Taken) -> Result<String, HeadOfficeError> {
        let file = File {
            name: seen.name.clone(),
            bytes,
            encoding: None,
            allow_removals: false,
            mode: Mode::Complete,
        };
        let office = &self.office;
        let authorities = office.identity.authorities();
        let work =
            import_taken(&office.store, authorities.current(), &office.clock, file, taken, report::imported);
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done.map(|imported| report::imported(&imported)),
                () = tokio::time::sleep(LEASE) => {
                    // If it fails, the transaction that keeps the version sees whose the folder is.
                    let _ = prolong(office, &self.me).await;
                }
            }
        }
    }

    async fn report(&self, id: &str) -> Result<Option<String>, String> {
        let id = id.to_owned();
        let read = move |tx: &Tx| feed_folder::report(tx, &id);
        self.office.store.read("look whether a file was imported", read).await.map_err(|e| e.to_string())
    }

    async fn put_away(&mut self, seen: &Seen, to: &'static str, report: &str) -> Result<(), String> {
        let (folder, file, text) = (self.folder.clone(), seen.clone(), report.to_owned());
        let away = move || files::put_away(&folder, &file, to, &text);
        self.on_disk("move a file to done/ or refused/ in", away).await?;
        log::info!("headoffice.folder to={to} bytes={}", seen.length);
        self.now.last = Some(Last {
            file: seen.name.clone(),
            at: crate::store::stamp(self.office.clock.now()),
            imported: to == DONE,
            said: report.lines().nth(2).unwrap_or("").to_owned(), // after the verdict and an empty line
        });
        Ok(())
    }

    /// Forgets the files that are no longer in the folder.
    async fn forget(&self) -> Result<(), String> {
        let folder = self.folder.clone();
        let (there, _) = self.on_disk("look into", move || files::list(&folder)).await?;
        let names: Vec<String> = there.into_iter().map(|s| s.name).collect();
        let forget = move |tx: &Tx| feed_folder::forget_moved(tx, &names);
        self.office.store.write("forget files that were put away", forget).await.map_err(|e| e.to_string())
    }

    /// Work on the disk, off the runtime's threads. A network drive that is away is a sentence, and tried again.
    async fn on_disk<T: Send + 'static>(
        &self,
        operation: &str,
        work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, String> {
        let sentence = |folder: &Path, why: String| {
            format!("head office cannot {operation} the feed folder {}: {why}", folder.display())
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(e)) => Err(sentence(&self.folder, e.to_string())),
            Err(e) => Err(sentence(&self.folder, e.to_string())),
        }
    }
}

fn waits(file: String, why: Reason) -> Waiting {
    Waiting { file, why }
}

async fn prolong(office: &Office, me: &str) -> Result<bool, StoreError> {
    let (me, now) = (me.to_owned(), office.clock.now());
    office.store.write("look after the feed folder", move |tx| feed_folder::lease(tx, &me, now)).await
}
