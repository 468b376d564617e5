//! The line to head office: listing versions come down, events go up, and nothing here waits for either.
//!
//! Two tasks. Down: a long poll; a new base is checked against its version and swapped in whole. Up: the outbox in
//! order, a batch at a time; what head office has acknowledged leaves. While head office is away both try again, half a
//! minute apart at most. A box that is not enrolled idles until it is. `protocol` is what both sides say, and pure.

pub mod backoff;
pub mod client;
pub mod code;
mod downlink;
pub mod enrol;
pub mod identity;
pub mod protocol;
mod status;
mod uplink;

pub use status::Status;

use crate::clock::Clock;
use crate::config::DataFolder;
use crate::store::Database;
use backoff::Backoff;
use client::Client;
use status::{Reporter, Way};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How often a box that is not enrolled looks whether it is.
const LOOK: Duration = Duration::from_secs(1);

/// The running line. Dropping it stops it.
pub struct Sync {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

/// What both tasks use.
struct Shared {
    db: Database,
    data: DataFolder,
    clock: Clock,
    reporter: Reporter,
    /// Told of each listing version that has taken its place.
    on_listings: Box<dyn Fn(String) + Send + std::marker::Sync>,
    /// Something was added to the outbox.
    added: Notify,
    /// Head office answers again one way: the other need not wait any longer. Signals are not kept: one from before
    /// a failure says nothing about it.
    contact: [Notify; 2],
    stop: CancellationToken,
}

impl Sync {
    /// Starts both tasks. `on_listings` is called with the version after each new listing base is in place.
    pub fn start(
        db: Database,
        data: DataFolder,
        clock: Clock,
        on_listings: impl Fn(String) + Send + std::marker::Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            db,
            data,
            reporter: Reporter::new(clock.clone()),
            clock,
            on_listings: Box::new(on_listings),
            added: Notify::new(),
            contact: [Notify::new(), Notify::new()],
            stop: CancellationToken::new(),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(downlink::run(Arc::clone(&shared)));
        tasks.spawn(uplink::run(Arc::clone(&shared)));
        Self { shared, tasks }
    }

    /// Something was added to the outbox: send it now. Without this it goes within seconds.
    pub fn wake(&self) {
        self.shared.added.notify_one();
    }

    /// How the box stands with head office, to watch.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.shared.reporter.subscribe()
    }

    /// Waits until a task has ended by itself, which happens only through a fault.
    pub async fn ended(&mut self) {
        self.tasks.join_next().await;
    }

    /// Stops. What was not acknowledged stays in the outbox.
    pub async fn stop(mut self) {
        self.shared.stop.cancel();
        // A listing base on its way into place is not waited for: it is swapped in whole or not at all.
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(Duration::from_secs(2), ended).await;
        self.tasks.shutdown().await;
    }
}

/// A task's own connection, renewed when the box is enrolled anew.
struct Line {
    shared: Arc<Shared>,
    way: Way,
    backoff: Backoff,
    connected: Option<(Trace, Arc<Client>)>,
}

type Trace = (SystemTime, u64, u64);

impl Line {
    fn new(shared: Arc<Shared>, way: Way) -> Self {
        Self { shared, way, backoff: Backoff::default(), connected: None }
    }

    /// The client of the identity that is there now; `None` where there is none.
    fn client(&mut self) -> Result<Option<Arc<Client>>, String> {
        let path: PathBuf = identity::folder(&self.shared.data).join(identity::LINK);
        let Some(trace) = identity::trace(&path) else {
            self.connected = None;
            self.shared.reporter.linked(None);
            return Ok(None);
        };
        if let Some((known, client)) = &self.connected
            && *known == trace
        {
            return Ok(Some(Arc::clone(client)));
        }
        let Some((link, client)) = Client::for_box(&self.shared.data)? else { return Ok(None) };
        let client = Arc::new(client);
        self.shared.reporter.linked(Some(&link));
        self.connected = Some((trace, Arc::clone(&client)));
        Ok(Some(client))
    }

    /// Waits for an identity. An identity that cannot be used is reported and waited on.
    async fn enrolled(&mut self) -> Arc<Client> {
        loop {
            match self.client() {
                Ok(Some(client)) => return client,
                Ok(None) => {}
                Err(sentence) => self.shared.reporter.bad(self.way, sentence),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn good(&mut self) {
        self.shared.reporter.good(self.way);
        if self.backoff.reset() {
            self.shared.contact[1 - self.way as usize].notify_waiters();
        }
    }

    /// Reports, and waits before the next try.
    async fn bad(&mut self, sentence: String) {
        self.shared.reporter.bad(self.way, sentence);
        let wait = self.backoff.next(backoff::chance());
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.shared.contact[self.way as usize].notified() => {}
        }
    }
}
