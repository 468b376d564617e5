//! A thousand branches against two head-office processes on one PostgreSQL server: real TLS connections, each branch
//! with its own certificate, a long poll and batches of events. One process is killed in the middle; the other takes
//! over, and nothing is lost. Prints what a branch costs: memory, bytes on the line, processor time.
//!
//! The branches are tasks of this process with the box's own client; what stands before the two head offices is a
//! balancer of the test's, as a company would have one. `BRANCHES=100` makes it smaller.

mod support;

use branchbox::clock::Clock;
use branchbox::config::DataFolder;
use branchbox::demo::listings::{generate, to_csv};
use branchbox::headoffice::store::{self, Place, Store, enrolment, params};
use branchbox::headoffice::{self, File};
use branchbox::store::outbox::Event;
use branchbox::sync::client::Client;
use branchbox::sync::code::Code;
use branchbox::sync::enrol::enrol;
use branchbox::sync::protocol::Batch;
use jiff::SignedDuration;
use rustix::process::{Resource, getrlimit, setrlimit};
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use support::postgres;
use support::process::{Process, branchbox};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Events of each branch, and of a batch.
const EVENTS: i64 = 40;
const BATCH: i64 = 10;
/// The whole test may take this long.
const LIMIT: Duration = Duration::from_secs(600);

fn branches() -> usize {
    std::env::var("BRANCHES").ok().and_then(|n| n.parse().ok()).unwrap_or(1000)
}

/// As many open files as this machine lets us have.
fn many_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}

/// Sends each connection to the next head office that takes it; counts the bytes.
struct Balancer {
    address: SocketAddr,
    up: Arc<AtomicU64>,
    down: Arc<AtomicU64>,
}

impl Balancer {
    async fn start(offices: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let balancer =
            Self { address: listener.local_addr().unwrap(), up: Arc::default(), down: Arc::default() };
        let (up, down) = (Arc::clone(&balancer.up), Arc::clone(&balancer.down));
        let next = AtomicUsize::new(0);
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let first = next.fetch_add(1, Ordering::Relaxed);
                let (offices, up, down) = (offices.clone(), Arc::clone(&up), Arc::clone(&down));
                tokio::spawn(async move {
                    for i in 0..offices.len() {
                        let Ok(mut far) = TcpStream::connect(offices[(first + i) % offices.len()]).await
                        else {
                            continue;
                        };
                        if let Ok((sent, got)) = tokio::io::copy_bidirectional(&mut near, &mut far).await {
                            up.fetch_add(sent, Ordering::Relaxed);
                            down.fetch_add(got, Ordering::Relaxed);
                        }
                        return;
                    }
                });
            }
        });
        balancer
    }
}

/// A head-office process on the shared server.
fn start(folder: &Path, name: &str, place: &Place) -> (Process, SocketAddr) {
    let address = place.database.as_ref().unwrap();
    let config = folder.join(format!("{name}.toml"));
    let text = format!(
        "data = {:?}\nlisten = \"127.0.0.1:0\"\nconsole = \"127.0.0.1:0\"\nnames = [\"127.0.0.1\"]\ndatabase = {:?}\ndatabase_authority = {:?}\n",
        place.data,
        address.url,
        address.authority.as_ref().unwrap()
    );
    std::fs::write(&config, text).unwrap();
    let mut process = Process::start(branchbox().args(["headoffice", "serve", "--config"]).arg(&config));
    let branches = process.wait_for("branches https://").parse().unwrap();
    (process, branches)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_head_offices_serve_a_thousand_branches_and_one_of_them_dies() {
    let Some(server) = postgres::server() else { return };
    many_files();
    let (count, folder, clock) = (branches(), tempfile::tempdir().unwrap(), Clock::system());
    let place = Place { data: folder.path().join("headoffice"), database: Some(server.database()) };
    let opened = store::open(&place, &clock).await.unwrap();
    let (shared, authority) = (opened.store, Arc::clone(opened.authorities.current()));
    let rows = generate(500, 3, clock.today());
    let file = |rows: &[_]| File {
        name: "a.csv".into(),
        bytes: to_csv(rows).into_bytes(),
        encoding: None,
        allow_removals: false,
        mode: Default::default(),
    };
    headoffice::import(&shared, &authority, &clock, file(&rows), "test").await.unwrap();

    let (one, first) = start(folder.path(), "one", &place);
    let (two, second) = start(folder.path(), "two", &place);
    let balancer = Balancer::start(vec![first, second]).await;
    let before = [Usage::of(&one), Usage::of(&two)];

    let begun = Instant::now();
    let folders =
        enrol_all(&shared, &authority.fingerprint(), &clock, folder.path(), balancer.address, count).await;
    println!("{count} boxes enrolled in {:.1} s", begun.elapsed().as_secs_f64());

    // All at once: a long poll each, and their events.
    let begun = Instant::now();
    let (done, shown) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut tasks = JoinSet::new();
    for data in folders {
        let (done, shown) = (Arc::clone(&done), Arc::clone(&shown));
        tasks.spawn(async move {
            let client = Arc::new(Client::for_box(&data).unwrap().unwrap().1);
            let polling = Arc::clone(&client);
            let poll = tokio::spawn(poll(polling, shown));
            send(&client, &done).await;
            poll.await.unwrap();
        });
    }
    let reached = async |n: usize, of: &AtomicUsize| {
        while of.load(Ordering::Relaxed) < n {
            assert!(begun.elapsed() < LIMIT, "{} of {n}", of.load(Ordering::Relaxed));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    reached(count / 3, &done).await;
    let (connected, cost) = (shown.load(Ordering::Relaxed), [Usage::of(&one), Usage::of(&two)]);
    one.kill();
    println!("one head office killed when {} branches were done", done.load(Ordering::Relaxed));
    reached(count, &done).await;
    let sent = begun.elapsed();
    // A price changes: each branch hears of it through its long poll, whichever process it is held by now.
    let mut rows = rows;
    rows[0].0.saleable_area_sqft += 1;
    let commit = Instant::now();
    headoffice::import(&shared, &authority, &clock, file(&rows), "test").await.unwrap();
    while tasks.join_next().await.is_some() {
        assert!(begun.elapsed() < LIMIT, "not all branches heard of the change");
    }
    let pushed = commit.elapsed();

    let (events, distinct, uneven): (i64, i64, i64) = shared
        .read("read the ledger", |tx| {
            tx.one(
                "SELECT count(*), count(DISTINCT id), (SELECT count(*) FROM branch WHERE acknowledged <> ?1) FROM event",
                params![EVENTS],
                |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
            )
        })
        .await
        .unwrap();
    assert_eq!(
        (events, distinct, uneven),
        (count as i64 * EVENTS, count as i64 * EVENTS, 0),
        "each event once"
    );

    let after = Usage::of(&two);
    let memory = |i: usize| cost[i].memory_kb.saturating_sub(before[i].memory_kb);
    println!(
        "{events} events of {count} branches in {:.1} s ({:.0} a second), {connected} long polls held then; a change was at all of them {:.2} s after its import began",
        sent.as_secs_f64(),
        events as f64 / sent.as_secs_f64(),
        pushed.as_secs_f64()
    );
    println!(
        "a branch costs head office {:.0} KB of memory in all, {:.1} KB up and {:.1} KB down with its enrolment and two bases, {:.1} ms of processor time with {EVENTS} events",
        (memory(0) + memory(1)) as f64 / count as f64,
        balancer.up.load(Ordering::Relaxed) as f64 / 1000.0 / count as f64,
        balancer.down.load(Ordering::Relaxed) as f64 / 1000.0 / count as f64,
        (cost[0].cpu_ms - before[0].cpu_ms + after.cpu_ms - before[1].cpu_ms) as f64 / count as f64
    );
    two.kill();
}

async fn enrol_all(
    store: &Store,
    fingerprint: &str,
    clock: &Clock,
    folder: &Path,
    address: SocketAddr,
    count: usize,
) -> Vec<DataFolder> {
    let codes: Vec<Code> = (0..count)
        .map(|_| {
            let mut random = [0; 12];
            getrandom::fill(&mut random).unwrap();
            Code::new(random, fingerprint)
        })
        .collect();
    let (keep, now) = (codes.clone(), clock.now());
    let add = move |tx: &store::Tx| {
        keep.iter().enumerate().try_for_each(|(i, code)| {
            enrolment::add_code(
                tx,
                code,
                &format!("Branch {i}"),
                "test",
                now,
                now + SignedDuration::from_hours(1),
            )
        })
    };
    store.write("keep the codes", add).await.unwrap();
    let at_once = Arc::new(Semaphore::new(16));
    let mut tasks = JoinSet::new();
    for (i, code) in codes.into_iter().enumerate() {
        let (data, at_once) = (DataFolder::new(folder.join(format!("box-{i}"))), Arc::clone(&at_once));
        tasks.spawn(async move {
            let _permit = at_once.acquire().await.unwrap();
            let url = format!("https://{address}");
            enrol(&data, &url, &code.to_string(), false, &Clock::system()).await.unwrap();
            data
        });
    }
    tasks.join_all().await
}

/// Holds a long poll until the second version has come.
async fn poll(client: Arc<Client>, shown: Arc<AtomicUsize>) {
    let mut have = String::new();
    for version in 0.. {
        let packed = loop {
            match client.listings(&have, 50).await {
                Ok(Some(packed)) => break packed,
                Ok(None) => {}
                Err(_) => tokio::time::sleep(Duration::from_millis(300)).await,
            }
        };
        have = branchbox::listings::wire::decode(&packed).unwrap().manifest.version;
        shown.fetch_add(1, Ordering::Relaxed);
        if version == 1 {
            return;
        }
    }
}

/// Sends its events, each batch until it is acknowledged.
async fn send(client: &Client, done: &AtomicUsize) {
    let own = uuid::Uuid::now_v7();
    for first in (1..=EVENTS).step_by(BATCH as usize) {
        let event = |seq: i64| Event {
            seq,
            id: format!("{own}-{seq}"),
            at: "2026-11-20T07:00:00Z".into(),
            kind: "interaction".into(),
            body: json!({ "kind": "results", "channel": "kiosk", "refs": ["TS-0001", "TS-0002"] }),
        };
        let batch = Batch { since: first - 1, events: (first..first + BATCH).map(event).collect() };
        while client.events(&batch).await.is_err() {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
    done.fetch_add(1, Ordering::Relaxed);
}

/// What a process uses.
struct Usage {
    memory_kb: u64,
    cpu_ms: u64,
}

impl Usage {
    fn of(process: &Process) -> Self {
        let folder = PathBuf::from(format!("/proc/{}", process.id()));
        let status = std::fs::read_to_string(folder.join("status")).unwrap();
        let memory = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap().trim();
        let stat = std::fs::read_to_string(folder.join("stat")).unwrap();
        // After the name in parentheses: state is the first, utime and stime the 12th and 13th, in hundredths.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Self { memory_kb: memory.trim_end_matches(" kB").parse().unwrap(), cpu_ms: ticks * 10 }
    }
}
