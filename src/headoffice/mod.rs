//! Head office: what fifty branches share.
//!
//! Branches come in over mutual TLS (`api`): a one-time code gets a box its certificate, listing versions go down,
//! events come up and are kept once. People look at the page (`console`), on a loopback address. Everything that lasts
//! is in the `store` (`headoffice.db`, or a PostgreSQL server that several head-office processes share), the authorities'
//! keys sealed; commands beside the server (a code, an import, another authority) work on the same, and the server
//! notices within a second.
//!
//! Left out for now: signing people in on the page.

pub mod alarms;
mod api;
pub mod authorities;
pub mod authority;
pub mod backup;
mod console;
mod folder;
mod identity;
mod listings;
mod pictures;
mod problem;
pub mod rollover;
pub mod seal;
mod sound;
pub mod store;
mod tries;
pub mod warnings;

pub use listings::{File, Imported, Mode, import};

use crate::clock::Clock;
use crate::config::HeadOfficeConfig;
use crate::listings::import::ImportError;
use crate::listings::wire;
use crate::reason::Reason;
use crate::store::{StoreError, stamp};
use crate::sync::code::Code;
use crate::tls::{Server, TlsError};
use authority::{Authority, AuthorityError};
use axum::body::Bytes;
use jiff::SignedDuration;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use store::versions::{self, Difference, Version};
use store::{Opened, Place, Store};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How often the server looks for a version that a command beside it imported.
const LOOK: Duration = Duration::from_secs(1);

/// Why head office cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum HeadOfficeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error("head office cannot listen on {address} for {whom}: {source}")]
    Listen { address: SocketAddr, whom: &'static str, source: std::io::Error },
    /// A file that was read and still was not taken.
    #[error("{0}")]
    NotTaken(Reason),
    #[error("{0}")]
    Refused(String),
}

impl HeadOfficeError {
    /// Why, where pages can say it in their reader's language.
    fn why(&self) -> Option<&Reason> {
        match self {
            Self::Import(ImportError(why)) | Self::NotTaken(why) => Some(why),
            _ => None,
        }
    }
}

/// Versions from which updates are kept ready. Branches that are in touch have one of the last few.
const UPDATES: usize = 32;

/// What the handlers share.
pub(crate) struct Office {
    store: Store,
    identity: identity::Own,
    clock: Clock,
    /// Wrong enrolment codes of late.
    tries: tries::Tries,
    /// How many branches have ended: who waits looks whether it is one of them.
    ended: watch::Sender<i64>,
    /// The newest listing version, for those who wait for it.
    latest: watch::Sender<Option<Version>>,
    /// Updates to the newest version, packed, by the version that they start from. One is made while the others who
    /// ask for it wait.
    updates: Mutex<HashMap<String, Update>>,
    /// Long polls end when the server does.
    stop: CancellationToken,
    /// Where branches reach it, for the command shown beside a code.
    url: String,
    /// How the watched folder stands; `None` where this process watches none.
    folder: watch::Sender<Option<folder::Now>>,
}

/// A listing update, ready to send.
#[derive(Clone)]
struct Update {
    /// The version that it leads to.
    to: String,
    packed: Bytes,
}

impl Office {
    /// Looks for what has changed beside this process: a newer listing version, other authorities, branches that have
    /// ended.
    async fn look(&self) -> Result<(), HeadOfficeError> {
        let read = |tx: &store::Tx| {
            Ok((versions::latest(tx)?, store::branches::ended(tx)?, store::authorities::states(tx)?))
        };
        let (newest, ended, states) = self.store.read("look for what has changed", read).await?;
        self.ended.send_if_modified(|known| std::mem::replace(known, ended) != ended);
        if self.identity.keep_up(&self.store, states, self.clock.now()).await? {
            // What is packed carries a signature of the authority before.
            self.updates.lock().await.clear();
        }
        if let Some(newest) = newest
            && self.latest.borrow().as_ref() != Some(&newest)
        {
            log::info!(
                "headoffice.listings version={} n={} listings={}",
                &newest.version[..12.min(newest.version.len())],
                newest.n,
                newest.listings
            );
            self.latest.send_replace(Some(newest));
        }
        Ok(())
    }

    /// What leads from the version `have` to the newest; `None` where that is what `have` is.
    async fn update_from(&self, have: &str) -> Result<Option<Bytes>, StoreError> {
        let newest = self.latest.borrow().as_ref().map(|v| v.version.clone());
        let mut updates = self.updates.lock().await;
        if let Some(update) = updates.get(have).filter(|u| Some(&u.to) == newest.as_ref()) {
            return Ok(Some(update.packed.clone()));
        }
        let from = have.to_owned();
        let read = move |tx: &store::Tx| versions::difference(tx, &from);
        let Some(difference) = self.store.read("read the changes of the listings", read).await? else {
            return Ok(None);
        };
        let to = difference.manifest.version.clone();
        let pack = move |d: Difference| {
            wire::encode(&d.manifest, d.lines.iter().map(String::as_str), d.gone.iter().map(String::as_str))
        };
        let packed = tokio::task::spawn_blocking(move || pack(difference)).await;
        let packed: Bytes = packed
            .map_err(|e| StoreError::Refused(format!("the listing update cannot be packed: {e}")))?
            .into();
        updates.retain(|_, u| u.to == to);
        if updates.len() < UPDATES {
            updates.insert(have.to_owned(), Update { to, packed: packed.clone() });
        }
        Ok(Some(packed))
    }
}

/// A running head office.
pub struct HeadOffice {
    /// Where branches come in.
    pub branches: SocketAddr,
    /// Where the page is.
    pub console: SocketAddr,
    office: Arc<Office>,
    servers: [Server; 2],
    watching: JoinSet<()>,
}

impl HeadOffice {
    /// Opens everything and listens: what is running is ready.
    pub async fn start(config: HeadOfficeConfig, clock: Clock) -> Result<Self, HeadOfficeError> {
        if !config.console.ip().is_loopback() {
            return Err(HeadOfficeError::Refused(format!(
                "console: {} is not a loopback address, and the head-office page has no sign-in of its own yet; take 127.0.0.1",
                config.console
            )));
        }
        let opened = store::open(&config.place(), &clock).await?;
        Self::listen(config, clock, opened).await
    }

    async fn listen(config: HeadOfficeConfig, clock: Clock, opened: Opened) -> Result<Self, HeadOfficeError> {
        let identity = identity::Own::new(opened.authorities, opened.seal, config.names.clone(), &clock)?;
        let tls = identity.tls();
        let branches = listen(config.listen, "branches").await?;
        let console = listen(config.console, "its page").await?;
        let failed = |whom, address| move |source| HeadOfficeError::Listen { address, whom, source };
        let port = branches.local_addr().map_err(failed("branches", config.listen))?.port();
        let name = config.names.first().map_or("localhost", String::as_str);
        let office = Arc::new(Office {
            store: opened.store,
            identity,
            clock,
            tries: tries::Tries::default(),
            ended: watch::Sender::new(0),
            latest: watch::Sender::new(None),
            updates: Mutex::default(),
            stop: CancellationToken::new(),
            url: format!("https://{name}:{port}"),
            folder: watch::Sender::new(None),
        });
        office.look().await?;
        let servers = [
            Server::start(branches, Some(tls), api::router(Arc::clone(&office)))
                .map_err(failed("branches", config.listen))?,
            Server::start(console, None, console::router(Arc::clone(&office)))
                .map_err(failed("its page", config.console))?,
        ];
        let mut watching = JoinSet::new();
        watching.spawn(keep_looking(Arc::clone(&office)));
        watching.spawn(warnings::run(Arc::clone(&office), config.warnings));
        watching.spawn(pictures::run(Arc::clone(&office), config.feeds.clone()));
        if let Some(folder) = config.feeds.folder.clone() {
            watching.spawn(folder::run(Arc::clone(&office), folder, config.feeds));
        }
        Ok(Self { branches: servers[0].address, console: servers[1].address, office, servers, watching })
    }

    /// The store, for whoever looks after the process (backup, health).
    pub fn store(&self) -> &Store {
        &self.office.store
    }

    /// Takes up now what has changed in the store or by the clock, instead of within a second.
    pub async fn settle(&self) -> Result<(), HeadOfficeError> {
        self.office.look().await
    }

    /// Waits until a part has ended by itself, which happens only through a fault.
    pub async fn ended(&mut self) {
        let [branches, console] = &mut self.servers;
        tokio::select! {
            () = branches.ended() => log::error!("headoffice.branches the listener ended"),
            () = console.ended() => log::error!("headoffice.console the listener ended"),
            _ = self.watching.join_next() => log::error!("headoffice.look ended"),
        }
    }

    /// Ends long polls, lets requests in progress finish, and closes; three seconds at most.
    pub async fn shutdown(mut self) {
        self.office.stop.cancel();
        self.watching.shutdown().await;
        let [branches, console] = self.servers;
        tokio::join!(branches.stop(), console.stop());
    }
}

async fn listen(address: SocketAddr, whom: &'static str) -> Result<TcpListener, HeadOfficeError> {
    TcpListener::bind(address).await.map_err(|source| HeadOfficeError::Listen { address, whom, source })
}

async fn keep_looking(office: Arc<Office>) {
    let mut failing = false;
    let mut notified = office.store.notified();
    loop {
        let told = async {
            if notified.changed().await.is_err() {
                std::future::pending::<()>().await; // an engine that never tells
            }
        };
        tokio::select! {
            () = office.stop.cancelled() => return,
            () = told => {}
            () = tokio::time::sleep(LOOK) => {}
        }
        let result = office.look().await;
        match &result {
            Err(e) if !failing => log::error!("headoffice.look failed: {e}"),
            _ => {}
        }
        failing = result.is_err();
    }
}

/// A code that was given out.
#[derive(Debug, Clone, serde::Serialize)]
pub struct GivenCode {
    pub code: String,
    pub branch: String,
    /// RFC 3339.
    pub expires_at: String,
}

/// Longest that a code may be good for, hours.
const MAX_HOURS: i64 = 24 * 30;

/// Makes a one-time code for a branch and keeps its hash. `actor` is who asked, for the audit.
pub(crate) async fn give_code(
    store: &Store,
    authority: &Authority,
    clock: &Clock,
    branch: &str,
    hours: i64,
    actor: &'static str,
) -> Result<GivenCode, HeadOfficeError> {
    let branch = branch.trim().to_owned();
    if branch.is_empty() || branch.chars().count() > 80 || branch.chars().any(char::is_control) {
        return Err(HeadOfficeError::Refused("the branch needs a name of 1 to 80 characters".into()));
    }
    if !(1..=MAX_HOURS).contains(&hours) {
        return Err(HeadOfficeError::Refused(format!(
            "a code is good for 1 to {MAX_HOURS} hours, not {hours}"
        )));
    }
    let mut random = [0u8; 12];
    getrandom::fill(&mut random)
        .map_err(|e| HeadOfficeError::Refused(format!("the system gives no random numbers: {e}")))?;
    let code = Code::new(random, &authority.fingerprint());
    let now = clock.now();
    let expires_at = now + SignedDuration::from_hours(hours);
    let given = GivenCode { code: code.to_string(), branch: branch.clone(), expires_at: stamp(expires_at) };
    store
        .write("keep the enrolment code", move |tx| {
            store::enrolment::add_code(tx, &code, &branch, actor, now, expires_at)
        })
        .await?;
    Ok(given)
}

/// [`give_code`] for a command beside the server: opens the folder itself.
pub async fn code(
    place: &Place,
    branch: &str,
    hours: i64,
    clock: &Clock,
) -> Result<GivenCode, HeadOfficeError> {
    let Opened { store, authorities, .. } = store::open(place, clock).await?;
    give_code(&store, authorities.current(), clock, branch, hours, "command line").await
}

/// Makes a token with which the system `name` sends listings; it is shown once and not kept.
pub(crate) async fn give_token(
    store: &Store,
    clock: &Clock,
    name: &str,
    actor: &'static str,
) -> Result<String, HeadOfficeError> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)
        .map_err(|e| HeadOfficeError::Refused(format!("the system gives no random numbers: {e}")))?;
    let token = store::feed_tokens::token(random);
    let (keep, name, now) = (token.clone(), name.trim().to_owned(), clock.now());
    let add = move |tx: &store::Tx| store::feed_tokens::add(tx, &keep, &name, actor, now);
    store.write("keep the token", add).await?;
    Ok(token)
}
