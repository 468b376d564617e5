//! Head office: what fifty branches share.
//!
//! Branches come in over mutual TLS (`api`): a one-time code gets a box its certificate, listing versions go down,
//! events come up and are kept once. People look at the page (`console`), on a loopback address. Everything that lasts
//! is in `headoffice.db` (`store`) and in the folder of the `authority`; commands beside the server (a code, an
//! import) work on the same files, and the server notices within a second.
//!
//! Left out for now: signing people in on the page, differences instead of whole listing bases, other databases.

mod api;
pub mod authority;
mod console;
mod listings;
mod problem;
pub mod store;

pub use listings::{Imported, import};

use crate::clock::Clock;
use crate::config::HeadOfficeConfig;
use crate::store::{Database, StoreError, stamp};
use crate::sync::code::Code;
use crate::tls::{self, Server, TlsError};
use authority::{Authority, AuthorityError};
use axum::body::Bytes;
use jiff::SignedDuration;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use store::versions::{self, Version};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How often the server looks for a version that a command beside it imported.
const LOOK: Duration = Duration::from_secs(1);

/// Why head office cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum HeadOfficeError {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Authority(#[from] AuthorityError),
    #[error("{0}")]
    Tls(#[from] TlsError),
    #[error("{0}")]
    Import(#[from] crate::listings::import::ImportError),
    #[error("head office cannot listen on {address} for {whom}: {source}")]
    Listen { address: SocketAddr, whom: &'static str, source: std::io::Error },
    #[error("{0}")]
    Refused(String),
}

/// What the handlers share.
pub(crate) struct Office {
    db: Database,
    authority: Authority,
    clock: Clock,
    /// The newest listing version with its content, for those who wait for it.
    latest: watch::Sender<Option<Latest>>,
    /// Long polls end when the server does.
    stop: CancellationToken,
    /// Where branches reach it, for the command shown beside a code.
    url: String,
}

/// The newest listing version, ready to send.
#[derive(Clone)]
pub(crate) struct Latest {
    version: Version,
    snapshot: Bytes,
}

impl Office {
    /// Reads the newest listing version, if it is not the one that is held.
    async fn look(&self) -> Result<(), StoreError> {
        let held = self.latest.borrow().as_ref().map(|l| l.version.n);
        let newest = self
            .db
            .read("look for a new listing version", move |c| {
                let Some(version) = versions::latest(c)?.filter(|v| Some(v.n) != held) else {
                    return Ok(None);
                };
                let snapshot = versions::snapshot(c, version.n)?.unwrap_or_default();
                Ok(Some(Latest { version, snapshot: snapshot.into() }))
            })
            .await?;
        if let Some(latest) = newest {
            log::info!(
                "headoffice.listings version={} listings={}",
                &latest.version.version[..12.min(latest.version.version.len())],
                latest.version.listings
            );
            self.latest.send_replace(Some(latest));
        }
        Ok(())
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
        let (data, opening) = (config.data.clone(), clock.clone());
        let (db, authority) = tokio::task::spawn_blocking(move || store::open(&data, &opening))
            .await
            .map_err(|e| HeadOfficeError::Refused(format!("head office cannot open its store: {e}")))??;
        Self::listen(config, clock, db, authority).await
    }

    async fn listen(
        config: HeadOfficeConfig,
        clock: Clock,
        db: Database,
        authority: Authority,
    ) -> Result<Self, HeadOfficeError> {
        let identity = authority.server_identity(&config.names, clock.now())?;
        let tls = tls::head_office_config(identity, std::slice::from_ref(authority.certificate()))?;
        let branches = listen(config.listen, "branches").await?;
        let console = listen(config.console, "its page").await?;
        let failed = |whom, address| move |source| HeadOfficeError::Listen { address, whom, source };
        let port = branches.local_addr().map_err(failed("branches", config.listen))?.port();
        let name = config.names.first().map_or("localhost", String::as_str);
        let office = Arc::new(Office {
            db,
            authority,
            clock,
            latest: watch::Sender::new(None),
            stop: CancellationToken::new(),
            url: format!("https://{name}:{port}"),
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
        Ok(Self { branches: servers[0].address, console: servers[1].address, office, servers, watching })
    }

    /// The database, for whoever looks after the process (backup, health).
    pub fn database(&self) -> &Database {
        &self.office.db
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
    loop {
        tokio::select! {
            () = office.stop.cancelled() => return,
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
    db: &Database,
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
    db.write("keep the enrolment code", move |tx| {
        store::enrolment::add_code(tx, &code, &branch, actor, now, expires_at)
    })
    .await?;
    Ok(given)
}

/// [`give_code`] for a command beside the server: opens the folder itself.
pub async fn code(
    data: &Path,
    branch: &str,
    hours: i64,
    clock: &Clock,
) -> Result<GivenCode, HeadOfficeError> {
    let (db, authority) = store::open(data, clock)?;
    give_code(&db, &authority, clock, branch, hours, "command line").await
}
