//! The line to head office: listing versions come down, events go up, and nothing here waits for either.
//!
//! Down: a long poll; a new base is checked against its version and swapped in whole. Up: the outbox in order, a batch at
//! a time, as far as the branch's policy lets it; what head office has acknowledged leaves. While head office is away both
//! try again, half a minute apart at most. A box that is not enrolled idles until it is. `protocol` is what both sides say,
//! and pure.

pub mod backoff;
pub mod client;
pub mod clock;
pub mod code;
mod downlink;
pub mod enrol;
pub mod fleet;
pub mod identity;
mod pictures;
pub mod protocol;
mod renewal;
mod status;
pub mod uplink;
pub mod vitals;

pub use status::Status;

use crate::clock::Clock;
use crate::config::DataFolder;
use crate::store::Database;
use backoff::Backoff;
use client::{CallError, Client};
use clock::LineClock;
use identity::Pair;
use jiff::Timestamp;
use protocol::Directives;
use status::{Reporter, Trouble, Way};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uplink::Policy;
use vitals::Vitals;

/// How often a box that is not enrolled looks whether it is.
const LOOK: Duration = Duration::from_secs(1);
/// Bytes of pictures until the daemon says how many.
const PICTURES_LIMIT: u64 = 20_000_000_000;

/// When head office was last heard of, to the hour, also before a restart; `None` for a box that never was in touch.
pub fn last_contact(data: &DataFolder) -> Option<Timestamp> {
    std::fs::read_to_string(data.identity().join("headoffice.contact")).ok()?.trim().parse().ok()
}

/// The running line. Dropping it stops it.
pub struct Sync {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

/// What the tasks use.
struct Shared {
    db: Database,
    data: DataFolder,
    clock: Clock,
    /// What personal data goes up.
    policy: Policy,
    /// The time by which head office's certificate is judged.
    time: Arc<LineClock>,
    /// Hash of the authorities that head office says are to be trusted.
    trust: watch::Sender<Option<String>>,
    /// Fingerprint of the certificate that head office wants to be renewed at once.
    renew: watch::Sender<Option<String>>,
    reporter: Reporter,
    /// How the box itself stands, as the daemon last saw it.
    vitals: watch::Sender<Vitals>,
    /// What head office said last that there is to fetch.
    directives: watch::Sender<Directives>,
    /// How far the box is with that.
    fleet: watch::Sender<fleet::Progress>,
    /// Most bytes of pictures that the box keeps.
    pictures_limit: watch::Sender<u64>,
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
    /// Starts the tasks. `on_listings` is called with the version after each new listing base is in place.
    pub fn start(
        db: Database,
        data: DataFolder,
        clock: Clock,
        policy: Policy,
        on_listings: impl Fn(String) + Send + std::marker::Sync + 'static,
    ) -> Self {
        let time = LineClock::open(&data, clock.clone());
        let shared = Arc::new(Shared {
            db,
            data,
            time,
            trust: watch::Sender::new(None),
            renew: watch::Sender::new(None),
            reporter: Reporter::new(clock.clone()),
            clock,
            policy,
            vitals: watch::Sender::new(Vitals::default()),
            directives: watch::Sender::new(Directives::default()),
            fleet: watch::Sender::new(fleet::Progress::default()),
            pictures_limit: watch::Sender::new(PICTURES_LIMIT),
            on_listings: Box::new(on_listings),
            added: Notify::new(),
            contact: [Notify::new(), Notify::new()],
            stop: CancellationToken::new(),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(downlink::run(Arc::clone(&shared)));
        tasks.spawn(uplink::run(Arc::clone(&shared)));
        tasks.spawn(uplink::run_sound(Arc::clone(&shared)));
        tasks.spawn(renewal::run(Arc::clone(&shared)));
        tasks.spawn(fleet::run(Arc::clone(&shared)));
        tasks.spawn(pictures::run(Arc::clone(&shared)));
        Self { shared, tasks }
    }

    /// Something was added to the outbox: send it now. Without this it goes within seconds.
    pub fn wake(&self) {
        self.shared.added.notify_one();
    }

    /// Most bytes of pictures of listings that the box keeps; 0 keeps none.
    pub fn limit_pictures(&self, bytes: u64) {
        self.shared.pictures_limit.send_replace(bytes);
    }

    /// Where the daemon puts how the box itself stands; it goes up with the next health report.
    pub fn vitals(&self) -> watch::Sender<Vitals> {
        self.shared.vitals.clone()
    }

    /// The time by which head office's certificate is judged: right where the machine's clock is not.
    pub fn time(&self) -> Arc<LineClock> {
        Arc::clone(&self.shared.time)
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

impl Shared {
    /// Why a call failed; notes why head office refuses this box, where it does.
    fn said(&self, error: &CallError) -> Trouble {
        self.reporter.refused(error.reason());
        error.into()
    }

    /// The identity has changed: whoever waits before the next try need not.
    fn wake_all(&self) {
        self.contact.iter().for_each(Notify::notify_waiters);
    }
}

/// A task's own connection, renewed when the box is enrolled anew or its identity renewed.
struct Line {
    shared: Arc<Shared>,
    way: Way,
    backoff: Backoff,
    connected: Option<(Traces, Arc<Client>)>,
}

type Trace = (SystemTime, u64, u64);
type Traces = [Option<Trace>; 3];

impl Line {
    fn new(shared: Arc<Shared>, way: Way) -> Self {
        Self { shared, way, backoff: Backoff::default(), connected: None }
    }

    /// The client of the identity that is there now; `None` where there is none.
    fn client(&mut self) -> Result<Option<Arc<Client>>, String> {
        let Some(trace) = identity::whole_trace(&self.shared.data) else {
            self.connected = None;
            self.shared.reporter.linked(None);
            return Ok(None);
        };
        if let Some((known, client)) = &self.connected
            && *known == trace
        {
            return Ok(Some(Arc::clone(client)));
        }
        let Some((link, client)) = Client::with_pair(&self.shared.data, Pair::InUse, &self.shared.time)?
        else {
            return Ok(None);
        };
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
                Err(sentence) => self.shared.reporter.bad(self.way, sentence.into()),
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
    async fn bad(&mut self, trouble: Trouble) {
        self.shared.reporter.bad(self.way, trouble);
        let wait = self.backoff.next(backoff::chance());
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.shared.contact[self.way as usize].notified() => {}
        }
    }
}
