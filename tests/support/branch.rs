//! A branch's web room on a port of its own, over an invented listing base.

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use branchbox::assistant::Assistant;
use branchbox::audio::Recorder;
use branchbox::clock::Clock;
use branchbox::config::DataFolder;
use branchbox::demo::listings::generate;
use branchbox::listings::Listing;
use branchbox::listings::pictures::Gallery;
use branchbox::speech::{Progress, Transcriber};
use branchbox::store::outbox::Waiting;
use branchbox::store::{Database, open_records};
use branchbox::sync;
use branchbox::sync::uplink::Policy;
use branchbox::web::{AgentCode, BaseInfo, ButtonHolder, Parts, router};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// The day of the tests: the invented listings are some days old then.
/// Most bytes of an uploaded recording in a test.
pub const UPLOAD_LIMIT: u64 = 3_000_000;
pub const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 22);

/// A branch that is served.
pub struct Branch {
    pub address: SocketAddr,
    pub listings: Vec<Listing>,
    pub db: Database,
    pub clock: Clock,
    /// The agents' code, as the file has it.
    pub code: String,
    /// Real, and without a model.
    pub transcriber: Transcriber,
    /// What the page is told of a transcript's progress.
    pub progress: watch::Sender<Option<Progress>>,
    pub sync: watch::Sender<sync::Status>,
    pub base: watch::Sender<Option<BaseInfo>>,
    /// Who answers; a test may put another in its place.
    pub assistant: Arc<ArcSwap<Assistant>>,
    /// The pictures of what is shown.
    pub pictures: Arc<ArcSwap<Gallery>>,
    app: Router,
    stopping: CancellationToken,
    pub data: DataFolder,
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
        Self::start_with(listings, None).await
    }

    /// The same, with a microphone.
    pub async fn start_with(listings: usize, microphone: Option<String>) -> Self {
        Self::start_sending(listings, microphone, Policy::default()).await
    }

    /// The same, with a policy for what goes to head office.
    pub async fn start_sending(listings: usize, microphone: Option<String>, uplink: Policy) -> Self {
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
            hidden: 0,
            prices_withheld_days: None,
        });
        let agent_code = AgentCode::load_or_make(&data.agent_code()).expect("a code");
        let code = std::fs::read_to_string(data.agent_code()).expect("the code's file").trim().to_owned();
        // Without a model it starts no worker, so that the program it would start does not matter.
        let transcriber =
            Transcriber::start(db.clone(), data.clone(), clock.clone(), None, Arc::new(Vec::new))
                .expect("a transcriber");
        let progress = watch::channel(None).0;
        let (sync, base) = (watch::channel(alone()).0, watch::channel(info).0);
        let stopping = CancellationToken::new();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let recorder =
            Recorder::start(db.clone(), data.clone(), clock.clone(), microphone.clone()).expect("a recorder");
        let assistant = Arc::new(ArcSwap::from_pointee(Assistant::new(listings.clone(), "test".into())));
        let pictures = Arc::new(ArcSwap::from_pointee(Gallery::default()));
        let app = router(Parts {
            uplink,
            db: db.clone(),
            data: data.clone(),
            upload_limit: UPLOAD_LIMIT,
            clock: clock.clone(),
            listen: address,
            assistant: Arc::clone(&assistant),
            pictures: Arc::clone(&pictures),
            base: base.subscribe(),
            recorder,
            microphone,
            button: Some(ButtonHolder::new(clock.clone())),
            transcriber: transcriber.clone(),
            progress: progress.subscribe(),
            sync: sync.subscribe(),
            agent_code,
            stopping: stopping.clone(),
        });
        let stop = stopping.clone().cancelled_owned();
        let served = app.clone();
        tokio::spawn(async move { axum::serve(listener, served).with_graceful_shutdown(stop).await });
        Self {
            address,
            listings,
            db,
            clock,
            code,
            transcriber,
            progress,
            sync,
            base,
            assistant,
            pictures,
            app,
            stopping,
            data,
            _folder: folder,
        }
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A request with further headers, in the process; a body that is JSON comes back read, another as text.
    pub async fn request(&self, line: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        let (method, path) = line.split_once(' ').expect("a method and a path");
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", self.address.to_string());
        }
        if body.is_some() && !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        // A text is sent as it is, so that a test can send what is no JSON.
        let body = match body {
            Some(Value::String(text)) => Body::from(text),
            Some(value) => Body::from(value.to_string()),
            None => Body::empty(),
        };
        let request = request.body(body).expect("a request");
        let response = self.app.clone().oneshot(request).await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Answer { status, headers, json: serde_json::from_str(&text).unwrap_or(Value::Null), text }
    }

    /// The header `Cookie` of an agent who signed in.
    pub async fn sign_in(&self, name: &str) -> String {
        let typed = serde_json::json!({ "code": self.code, "name": name });
        let answer = self.request("POST /agent/api/sign-in", &[("x-branchbox", "1")], Some(typed)).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
        let cookie = answer.headers["set-cookie"].to_str().expect("a cookie");
        cookie.split(';').next().expect("its name and value").to_owned()
    }
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    /// Null where the body is not JSON.
    pub json: Value,
}

/// A box that is not enrolled.
fn alone() -> sync::Status {
    sync::Status {
        branch: None,
        url: None,
        connected: false,
        last_contact: None,
        problem: None,
        why: None,
        refused: None,
        waiting: Waiting { count: 0, since: None },
        listings: None,
    }
}
