//! The box's own HTTP: the kiosk page, the agent page and the API that tools speak (CONTRACT.md).
//!
//! One verb a file, and thin: the extractor authorises, one call does it, one line encodes. All errors are
//! `application/problem+json` ([`problem`]); every answer carries the headers of [`guard`]. Pages are static files
//! with ES modules and phrase files beside them; nothing is fetched from elsewhere.
//! Left out: sockets, TLS and start and stop, which belong to `daemon`; head office's page, which is `headoffice`.

/// Sign-in, recording, transcripts and minutes, for the branch's agents.
mod agent;
/// What tools and integrations speak.
mod api;
/// Who may reach the box under which name, and the headers of every answer.
mod guard;
/// The page that clients touch.
mod kiosk;
/// Errors as RFC 9457 documents, and the extractor of JSON bodies.
mod problem;
/// Clients' conversations, in memory.
mod sessions;
/// The files of the pages, built into the program.
mod statics;

use crate::assistant::Assistant;
use crate::audio::Recorder;
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::listings::base::Base;
use crate::listings::pictures::Gallery;
use crate::speech::{Progress, Transcriber};
use crate::store::Database;
use crate::sync;
use agent::sign_ins::SignIns;
pub use agent::{AgentCode, AgentCodeError, ButtonHolder};
use arc_swap::ArcSwap;
use axum::extract::DefaultBodyLimit;
use axum::{Router, middleware};
use serde::Serialize;
use sessions::Sessions;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

/// Largest body of a request. A question is 4 KiB, a two-hour transcript some 200 kB.
const BODY_LIMIT: usize = 1024 * 1024;

/// What is known of the listing base that is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BaseInfo {
    /// The base's version, as head office and the importer name it.
    pub version: String,
    /// Where it came from: a file's name, or head office.
    pub source: String,
    /// When this box took it, RFC 3339.
    pub imported_at: String,
    /// How many listings it shows.
    pub listings: usize,
    /// How many it holds that may no longer be advertised, and are hidden.
    pub hidden: usize,
    /// For how many days the box has been out of touch with head office, where that is so long that prices are withheld.
    pub prices_withheld_days: Option<i64>,
}

impl From<&Base> for BaseInfo {
    fn from(base: &Base) -> Self {
        Self {
            version: base.version.clone(),
            source: base.source.clone(),
            imported_at: base.imported_at.clone(),
            listings: base.listings.len(),
            hidden: 0,
            prices_withheld_days: None,
        }
    }
}

/// What the pages and the API are built from. Handles only: whoever owns the parts starts and stops them.
pub struct Parts {
    /// `records.db`.
    pub db: Database,
    /// Where recordings lie.
    pub data: DataFolder,
    /// Most bytes of an uploaded recording.
    pub upload_limit: u64,
    pub clock: Clock,
    /// The address that was configured. Its host is one that requests may name; anything but loopback makes the
    /// agent's cookie `Secure`, because the box speaks HTTPS there.
    pub listen: SocketAddr,
    /// Answers questions; swapped when a new base is loaded. With no base yet it is one over no listings.
    pub assistant: Arc<ArcSwap<Assistant>>,
    /// The pictures of what it answers about.
    pub pictures: Arc<ArcSwap<Gallery>>,
    /// The base behind `assistant`; `None` until the first one is there.
    pub base: watch::Receiver<Option<BaseInfo>>,
    pub recorder: Recorder,
    /// Stable name of the microphone from the configuration; `None` for the system's default.
    pub microphone: Option<String>,
    /// For whom the record button works; `None` where none is configured.
    pub button: Option<ButtonHolder>,
    /// Woken when a recording was stopped.
    pub transcriber: Transcriber,
    /// How far the transcript under way is.
    pub progress: watch::Receiver<Option<Progress>>,
    /// How it stands with head office.
    pub sync: watch::Receiver<sync::Status>,
    /// What personal data goes to head office.
    pub uplink: sync::uplink::Policy,
    /// What an agent signs in with.
    pub agent_code: AgentCode,
    /// Cancelled when the box stops: live streams end, so that a clean stop need not wait for them.
    pub stopping: CancellationToken,
}

/// The parts, and what this room itself keeps in memory. Both tables are lost at a restart, which is meant.
struct Web {
    parts: Parts,
    sessions: Sessions,
    sign_ins: SignIns,
    /// One upload at a time: decoding takes a core, and the disk is one.
    uploads: Arc<Semaphore>,
}

type Shared = axum::extract::State<Arc<Web>>;

/// The whole service. Answers as soon as it is served: `GET /healthz` says 200.
pub fn router(parts: Parts) -> Router {
    let web = Arc::new(Web {
        sessions: Sessions::new(parts.clock.clone()),
        sign_ins: SignIns::new(parts.clock.clone()),
        uploads: Arc::new(Semaphore::new(1)),
        parts,
    });
    Router::new()
        .merge(api::routes())
        .merge(kiosk::routes())
        .merge(agent::routes())
        .merge(statics::routes())
        .fallback(problem::no_such_page)
        .method_not_allowed_fallback(problem::wrong_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(Arc::clone(&web), guard::guard))
        .with_state(web)
}
