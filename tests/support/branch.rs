//! A branch's web room on a port of its own, over an invented listing base.

use arc_swap::ArcSwap;
use branchbox::clock::Clock;
use branchbox::config::DataFolder;
use branchbox::demo::listings::generate;
use branchbox::listings::Listing;
use branchbox::store::{Database, open_records};
use branchbox::web::pending::{assistant::Assistant, audio::Recorder, speech::Transcriber, sync::SyncStatus};
use branchbox::web::{AgentCode, BaseInfo, Parts, router};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The day of the tests: the invented listings are some days old then.
pub const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 22);

/// A branch that is served.
pub struct Branch {
    pub address: SocketAddr,
    pub listings: Vec<Listing>,
    pub db: Database,
    pub clock: Clock,
    /// The agents' code, as the file has it.
    pub code: String,
    pub transcriber: Transcriber,
    pub sync: watch::Sender<SyncStatus>,
    pub base: watch::Sender<Option<BaseInfo>>,
    stopping: CancellationToken,
    _folder: tempfile::TempDir,
}

impl Drop for Branch {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

impl Branch {
    /// A branch with a generated base of `listings` listings; none leaves it without a base.
    pub async fn start(listings: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = DataFolder::new(folder.path());
        let db = open_records(data.path(), &data.records_key()).expect("a store");
        let clock = Clock::fixed("2026-11-22T02:00:00Z".parse().expect("a time"));
        let rows = generate(listings, 7, TODAY);
        let listings: Vec<Listing> = rows.into_iter().map(|(listing, _)| listing).collect();
        let info = (!listings.is_empty()).then(|| BaseInfo {
            version: "0123456789abcdef".into(),
            source: "demo.csv".into(),
            imported_at: clock.now().to_string(),
            listings: listings.len(),
        });
        let agent_code = AgentCode::load_or_make(&data.agent_code()).expect("a code");
        let code = std::fs::read_to_string(data.agent_code()).expect("the code's file").trim().to_owned();
        let transcriber = Transcriber::pretend();
        let (sync, base) = (watch::channel(SyncStatus::default()).0, watch::channel(info).0);
        let stopping = CancellationToken::new();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let app = router(Parts {
            db: db.clone(),
            clock: clock.clone(),
            listen: address,
            assistant: Arc::new(ArcSwap::from_pointee(Assistant::new(listings.clone()))),
            base: base.subscribe(),
            recorder: Recorder::pretend(db.clone(), clock.clone()),
            microphone: None,
            transcriber: transcriber.clone(),
            sync: sync.subscribe(),
            agent_code,
            stopping: stopping.clone(),
        });
        let stop = stopping.clone().cancelled_owned();
        tokio::spawn(async move { axum::serve(listener, app).with_graceful_shutdown(stop).await });
        Self { address, listings, db, clock, code, transcriber, sync, base, stopping, _folder: folder }
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}
