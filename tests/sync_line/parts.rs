//! The parts the tests are made of: a head office, a branch, events, and a wait with a limit.

use branchbox::clock::Clock;
use branchbox::config::{DataFolder, HeadOfficeConfig};
use branchbox::headoffice::store::{self, Place, Store, params};
use branchbox::headoffice::{self, HeadOffice};
use branchbox::listings::{Listing, PrivateFacts};
use branchbox::store::outbox::{self, Event};
use branchbox::store::{Database, open_records};
use branchbox::sync::client::Client;
use branchbox::sync::enrol::{EnrolError, enrol};
use branchbox::sync::identity::Link;
use branchbox::sync::protocol::Batch;
use branchbox::sync::uplink::Policy;
use branchbox::sync::{Status, Sync};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;

/// The day of the generated listings.
pub const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 22);

/// What any one step may take on a machine that is busy with other things.
pub const LIMIT: Duration = Duration::from_secs(60);

/// What head office keeps its things in.
#[derive(Clone, Copy)]
pub enum Engine {
    Sqlite,
    Postgres(&'static crate::postgres::Server),
}

/// Makes two tests of each function, one on each engine.
macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::parts::Engine::Sqlite).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(server) = $crate::postgres::server() {
                    super::$name($crate::parts::Engine::Postgres(server)).await;
                }
            })*
        }
    };
}

/// A head office in this process.
pub struct Office {
    pub running: HeadOffice,
    pub clock: Clock,
    _folder: tempfile::TempDir,
    pub place: Place,
    config: HeadOfficeConfig,
}

pub const ANY: &str = "127.0.0.1:0";

impl Office {
    /// Under the name 127.0.0.1, with a clock that can be moved.
    pub async fn start(engine: Engine) -> Self {
        Self::named(engine, &["127.0.0.1"]).await
    }

    pub async fn named(engine: Engine, names: &[&str]) -> Self {
        Self::configured(engine, names, |_| {}).await
    }

    pub async fn configured(
        engine: Engine,
        names: &[&str],
        change: impl FnOnce(&mut HeadOfficeConfig),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // A branch goes by the system's clock, so this one begins there.
        let clock = Clock::fixed(Clock::system().now());
        let mut config = HeadOfficeConfig::new(folder.path(), ANY.parse().unwrap(), ANY.parse().unwrap());
        config.names = names.iter().map(|n| n.to_string()).collect();
        if let Engine::Postgres(server) = engine {
            config.database = Some(server.database());
        }
        change(&mut config);
        Self::at(folder, config, clock).await
    }

    /// On what is there already.
    pub async fn at(folder: tempfile::TempDir, config: HeadOfficeConfig, clock: Clock) -> Self {
        let place = config.place();
        let running = HeadOffice::start(config.clone(), clock.clone()).await.unwrap();
        Self { running, clock, _folder: folder, place, config }
    }

    /// Its configuration, for another process beside it.
    pub fn config(&self) -> HeadOfficeConfig {
        self.config.clone()
    }

    pub fn url(&self) -> String {
        format!("https://{}", self.running.branches)
    }

    pub async fn code(&self, branch: &str) -> String {
        headoffice::code(&self.place, branch, 1, &self.clock).await.unwrap().code
    }

    /// A branch that is enrolled here.
    pub async fn branch(&self, name: &str) -> Branch {
        let branch = Branch::new();
        branch.enrol(&self.url(), &self.code(name).await).await.unwrap();
        branch
    }

    /// Waits until the running head office has looked at least once since: it goes by its clock and its store.
    pub async fn settled(&self) {
        self.running.settle().await.unwrap();
    }

    /// Waits until head office has heard that the branch trusts what it is to trust, `count` authorities.
    pub async fn trusted_by(&self, branch: &Branch, count: usize) {
        let id = branch.link().branch.id;
        eventually("trusted", async || {
            let trusted = branchbox::sync::identity::authorities(&branch.data).unwrap();
            let hash = branchbox::sync::identity::trust_hash(&trusted);
            let id = id.clone();
            let said: Option<String> = self
                .store()
                .read("read what a branch trusts", move |tx| {
                    tx.one("SELECT trust FROM branch WHERE id = ?1", params![&id], |r| r.get(0))
                })
                .await
                .unwrap();
            trusted.len() == count && said == Some(hash)
        })
        .await;
    }

    /// Waits until the branch uses another certificate than the one with this fingerprint.
    pub async fn renewed(&self, branch: &Branch, old: &str) {
        let path = branchbox::sync::identity::folder(&branch.data).join("identity.pem");
        eventually("renewed", async || {
            let pair = branchbox::tls::Identity::load(&path, &path).unwrap();
            branchbox::tls::fingerprint(&pair.chain[0]) != old
        })
        .await;
    }

    /// Names of the branches that head office has noted as cloned.
    pub async fn noticed_clones(&self) -> Vec<String> {
        let read = |tx: &branchbox::headoffice::store::Tx| {
            tx.query("SELECT name FROM branch WHERE clone_noticed_at IS NOT NULL", &[], |r| r.get(0))
        };
        self.store().read("read the clones", read).await.unwrap()
    }

    /// Imports a whole base beside the server, as a command would; its version.
    pub async fn import(&self, rows: &[(Listing, PrivateFacts)]) -> String {
        let opened = store::open(&self.place, &self.clock).await.unwrap();
        let bytes = branchbox::demo::listings::to_csv(rows).into_bytes();
        let file = headoffice::File {
            name: "listings.csv".into(),
            bytes,
            encoding: None,
            allow_removals: false,
            mode: Default::default(),
        };
        let imported =
            headoffice::import(&opened.store, opened.authorities.current(), &self.clock, file, "test")
                .await
                .unwrap();
        assert!(imported.rejected.is_empty(), "{:?}", imported.rejected);
        imported.rows.version
    }

    pub fn store(&self) -> &Store {
        self.running.store()
    }
}

/// The real binary as head office; killed when dropped.
pub struct OfficeProcess {
    child: Child,
    pub branches: SocketAddr,
    pub console: SocketAddr,
    data: PathBuf,
}

pub fn branchbox() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_branchbox"));
    command.env("RUST_LOG", "warn");
    command
}

impl OfficeProcess {
    pub fn start(data: &Path, listen: &str, console: &str) -> Self {
        let child = branchbox()
            .args(["headoffice", "--name", "127.0.0.1", "--listen", listen, "--console", console, "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self::ready(child, data)
    }

    /// By a configuration file, which names `data` as its folder.
    pub fn configured(file: &Path, data: &Path, change: impl FnOnce(&mut Command)) -> Self {
        let mut command = branchbox();
        command.args(["headoffice", "--config"]).arg(file).stdout(Stdio::piped());
        change(&mut command);
        Self::ready(command.spawn().unwrap(), data)
    }

    fn ready(mut child: Child, data: &Path) -> Self {
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = |prefix: &str| -> SocketAddr {
            let line = lines.next().expect("head office says where it listens").unwrap();
            line.strip_prefix(prefix).unwrap_or_else(|| panic!("{line}")).parse().unwrap()
        };
        let (branches, console) = (address("branches https://"), address("console http://"));
        Self { child, branches, console, data: data.to_owned() }
    }

    /// kill -9, then a new process on the same addresses and folder.
    pub fn kill(mut self) -> (PathBuf, String, String) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        (self.data.clone(), self.branches.to_string(), self.console.to_string())
    }

    pub fn code(&self, branch: &str) -> String {
        let out = branchbox()
            .args(["headoffice", "code", "--branch", branch, "--data"])
            .arg(&self.data)
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for OfficeProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A branch's box: its folder and its records.
pub struct Branch {
    pub data: DataFolder,
    pub db: Database,
    _folder: tempfile::TempDir,
}

impl Branch {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::new(folder.path());
        let db = open_records(data.path(), &data.records_key()).unwrap();
        Self { data, db, _folder: folder }
    }

    pub async fn enrol(&self, url: &str, code: &str) -> Result<Link, EnrolError> {
        enrol(&self.data, url, code, false, &Clock::system()).await
    }

    pub fn client(&self) -> Client {
        Client::for_box(&self.data).unwrap().expect("the box is enrolled").1
    }

    pub fn link(&self) -> Link {
        Client::for_box(&self.data).unwrap().expect("the box is enrolled").0
    }

    /// Starts the line; the receiver hears of each listing version in place.
    pub fn sync(&self) -> (Sync, UnboundedReceiver<String>) {
        self.sync_at(Clock::system())
    }

    /// The same on a machine with this clock.
    pub fn sync_at(&self, machine: Clock) -> (Sync, UnboundedReceiver<String>) {
        self.sync_with(machine, Policy::default())
    }

    /// The same with a policy for what goes up.
    pub fn sync_with(&self, machine: Clock, policy: Policy) -> (Sync, UnboundedReceiver<String>) {
        let (tell, versions) = unbounded_channel();
        let sync = Sync::start(self.db.clone(), self.data.clone(), machine, policy, move |version| {
            let _ = tell.send(version);
        });
        (sync, versions)
    }

    /// Something happens `count` times.
    pub async fn happen(&self, count: usize) {
        let at = Clock::system().now();
        let add = move |tx: &branchbox::store::Tx| {
            for _ in 0..count {
                outbox::add(tx, at, "interaction", &json!({ "kind": "results" }))?;
            }
            Ok(())
        };
        self.db.write("add events", add).await.unwrap();
    }
}

/// Events `from..=to` as a branch would send them.
pub fn batch(since: i64, from: i64, to: i64) -> Batch {
    let event = |seq: i64| Event {
        seq,
        id: format!("00000000-0000-4000-8000-{seq:012}"),
        at: "2026-11-20T07:00:00Z".into(),
        kind: "interaction".into(),
        body: json!({ "id": seq.to_string(), "kind": "results" }),
    };
    Batch { since, events: (from..=to).map(event).collect() }
}

/// What the ledger holds of a branch: events, distinct ids, the highest sequence, and what was drawn from them.
#[derive(Debug, PartialEq)]
pub struct Ledger {
    pub events: i64,
    pub distinct: i64,
    pub highest: i64,
    pub counted: i64,
}

impl Ledger {
    /// A ledger of `n` events, each applied once.
    pub fn of(n: i64) -> Self {
        Self { events: n, distinct: n, highest: n, counted: n }
    }

    pub async fn read(store: &Store, branch: &str) -> Self {
        let branch = branch.to_owned();
        let read = move |tx: &store::Tx| {
            let (events, distinct, highest) = tx.one(
                "SELECT count(*), count(DISTINCT id), coalesce(max(seq), 0) FROM event WHERE branch_id = ?1",
                params![&branch],
                |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
            )?;
            let counted = tx.one(
                "SELECT CAST(coalesce(sum(events), 0) AS BIGINT) FROM branch_day WHERE branch_id = ?1",
                params![&branch],
                |r| r.get(0),
            )?;
            Ok(Self { events, distinct, highest, counted })
        };
        store.read("read the ledger", read).await.unwrap()
    }
}

/// Waits until something is so that nobody tells of.
pub async fn eventually(what: &str, so: impl AsyncFn() -> bool) {
    let wait = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LIMIT, wait).await.unwrap_or_else(|_| panic!("not {what} within {LIMIT:?}"));
}

/// Waits until the status is as wanted.
pub async fn until(
    status: &mut watch::Receiver<Status>,
    what: &str,
    wanted: impl Fn(&Status) -> bool,
) -> Status {
    let found = tokio::time::timeout(LIMIT, status.wait_for(|s| wanted(s))).await.map(|s| s.unwrap().clone());
    found.unwrap_or_else(|_| panic!("not {what} within {LIMIT:?}: {:?}", *status.borrow()))
}

/// Waits until the problem holds these words.
pub async fn problem(status: &mut watch::Receiver<Status>, words: &str) -> Status {
    until(status, words, |s| s.problem.as_ref().is_some_and(|p| p.contains(words))).await
}

/// A call of the head-office page.
pub async fn overview(console: SocketAddr) -> Value {
    let http = reqwest_plain();
    http.get(format!("http://{console}/api/overview")).send().await.unwrap().json().await.unwrap()
}

/// A plain HTTP client. Its TLS side is never used, but has to name its cryptography all the same.
pub fn reqwest_plain() -> reqwest::Client {
    branchbox::tls::plain_http_client().unwrap()
}
