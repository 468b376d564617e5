//! `branchbox bench sync`: how fast a long outage is made up for, what a change of 100 listings costs on the line, and
//! how soon it is at the kiosk.
//!
//! A real head office and a real box, each a process of its own, over mutual TLS on loopback. The outbox is filled while
//! the box is off, then the box starts and the clock runs until nothing waits; what that is compared with is the same
//! batches applied by head office's own code to a store of its own, with no line, no TLS and no box in between. The
//! change is committed beside the running head office as an import does it; the clock runs from there until the kiosk
//! answers with the new price.

use super::http::Connection;
use super::server::{Folder, HeadOffice, Server};
use crate::clock::Clock;
use crate::config::DataFolder;
use crate::demo::listings::{generate, to_csv};
use crate::headoffice::store::{Place, events, params};
use crate::headoffice::{self, File};
use crate::listings::{Listing, PrivateFacts};
use crate::store::outbox::{self, Event};
use crate::store::{Database, open_records};
use crate::sync::client::Client;
use crate::sync::protocol::{Batch, MAX_EVENTS};
use anyhow::{Context, ensure};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Listings of the base, and how many of them change.
const LISTINGS: usize = 100_000;
const CHANGED: usize = 100;
const SEED: u64 = 12;
/// Longest that any step may take.
const LIMIT: Duration = Duration::from_secs(900);

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    pub events: usize,
    /// Events a second from an outbox that filled while the line was down, until nothing waits.
    pub drain_events_per_s: f64,
    /// The same batches applied by head office's code alone.
    pub baseline_events_per_s: f64,
    /// The first over the second.
    pub drain_ratio: f64,
    /// What a change of 100 listings among 100,000 is on the line, bytes.
    pub delta_100_of_100k_bytes: usize,
    /// The whole base on the line, bytes.
    pub snapshot_bytes: usize,
    /// From the commit at head office until the kiosk answers with it, seconds.
    pub commit_to_kiosk_s: f64,
}

/// Measures with `events` events waiting; `say` is told what is done.
pub async fn measure(events: usize, say: impl Fn(&str)) -> anyhow::Result<Report> {
    let folder = Folder::make()?;
    let clock = Clock::system();
    let place = Place::folder(folder.path().join("headoffice"));
    let data = DataFolder::new(folder.path().join("box"));
    std::fs::create_dir_all(data.path())?;

    say("making a base of 100,000 listings");
    let mut rows = generate(LISTINGS, SEED, clock.today());
    let first = import(&place, &rows, &clock).await?;
    let office = HeadOffice::start(&place.data)?;
    let code = headoffice::code(&place, "Bench", 1, &clock).await?.code;
    crate::sync::enrol::enrol(&data, &office.url, &code, false, &clock).await?;
    let db = open_records(data.path(), &data.records_key())?;

    say("the box takes the whole base");
    let server = Server::start(&data)?;
    let path = data.listings();
    until("the base is shown", || Ok(path.exists())).await?;
    drop(server);

    say("filling the outbox while the box is off");
    fill(&db, events, &clock).await?;
    say("draining it");
    let begun = Instant::now();
    let server = Server::start(&data)?;
    loop {
        if db.read("look at the outbox", outbox::waiting).await?.count == 0 {
            break;
        }
        ensure!(begun.elapsed() < LIMIT, "the outbox did not drain");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let drained = events as f64 / begun.elapsed().as_secs_f64();
    let held = ledger(&place, &clock).await?;
    ensure!(held as usize >= events, "head office has {held} events of {events}");

    say("the same batches without a line");
    let baseline = baseline(&folder, events, &clock).await?;

    say("changing 100 listings");
    let for_sale = |l: &Listing| l.sale_price_hkd.is_some() && l.status == crate::listings::Status::Available;
    let at = rows.iter().position(|(l, _)| for_sale(l)).context("no listing is for sale")?;
    let step = LISTINGS / CHANGED;
    let others: Vec<usize> = (0..LISTINGS).step_by(step).filter(|i| *i != at).take(CHANGED - 1).collect();
    for i in others.into_iter().chain([at]) {
        let listing = &mut rows[i].0;
        listing.sale_price_hkd = listing.sale_price_hkd.map(|p| p + 10_000);
        listing.monthly_rent_hkd = listing.monthly_rent_hkd.map(|r| r + 100);
    }
    let (reference, price) = (rows[at].0.reference.clone(), rows[at].0.sale_price_hkd);
    import(&place, &rows, &clock).await?;
    let commit_to_kiosk_s = kiosk_says(&server, &reference, price, Instant::now()).await?;
    let client = Client::for_box(&data).map_err(anyhow::Error::msg)?.context("the box is enrolled")?.1;
    let delta = client.listings(&first, 0).await?.context("there is a change")?;
    let snapshot = client.listings("", 0).await?.context("there is a base")?;
    Ok(Report {
        events,
        drain_events_per_s: drained.round(),
        baseline_events_per_s: baseline.round(),
        drain_ratio: (drained / baseline * 100.0).round() / 100.0,
        delta_100_of_100k_bytes: delta.len(),
        snapshot_bytes: snapshot.len(),
        commit_to_kiosk_s,
    })
}

async fn until(what: &str, done: impl Fn() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let begun = Instant::now();
    while !done()? {
        ensure!(begun.elapsed() < LIMIT, "waited too long until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// Imports beside a head office that may be running; the version.
async fn import(place: &Place, rows: &[(Listing, PrivateFacts)], clock: &Clock) -> anyhow::Result<String> {
    let opened = headoffice::store::open(place, clock).await?;
    let file = File {
        name: "bench.csv".into(),
        bytes: to_csv(rows).into_bytes(),
        encoding: None,
        allow_removals: false,
        mode: Default::default(),
    };
    let imported =
        headoffice::import(&opened.store, opened.authorities.current(), clock, file, "bench").await?;
    ensure!(imported.rejected.is_empty(), "{} rows were rejected", imported.rejected.len());
    Ok(imported.rows.version)
}

/// What an interaction at the kiosk adds to the outbox, in size and shape.
fn body(n: usize) -> Value {
    json!({ "id": uuid::Uuid::from_u128(n as u128).to_string(), "channel": "kiosk", "language": "yue", "kind": "results",
        "refs": [format!("TS-{n:05}"), format!("KS-{n:05}"), format!("MF-{n:05}")] })
}

async fn fill(db: &Database, events: usize, clock: &Clock) -> anyhow::Result<()> {
    const AT_ONCE: usize = 10_000;
    let now = clock.now();
    for first in (0..events).step_by(AT_ONCE) {
        let last = (first + AT_ONCE).min(events);
        let add = move |tx: &crate::store::Tx| {
            (first..last).try_for_each(|n| outbox::add(tx, now, "interaction", &body(n)))
        };
        db.write("fill the outbox", add).await?;
    }
    Ok(())
}

async fn ledger(place: &Place, clock: &Clock) -> anyhow::Result<i64> {
    let store = headoffice::store::open(place, clock).await?.store;
    Ok(store.read("count events", |tx| tx.one("SELECT count(*) FROM event", &[], |r| r.get(0))).await?)
}

async fn baseline(folder: &Folder, events: usize, clock: &Clock) -> anyhow::Result<f64> {
    let store = headoffice::store::open(&Place::folder(folder.path().join("baseline")), clock).await?.store;
    let add = |tx: &headoffice::store::Tx| {
        tx.execute(
            "INSERT INTO branch (id, name, enrolled_at) VALUES ('b', 'b', ?1)",
            params!["2026-11-01T00:00:00Z"],
        )
    };
    store.write("make a branch", add).await?;
    let (now, batches) = (clock.now(), events.min(60_000) / MAX_EVENTS);
    let at = now.to_string();
    let event = |n: usize| Event {
        seq: n as i64 + 1,
        id: uuid::Uuid::now_v7().to_string(),
        at: at.clone(),
        kind: "interaction".into(),
        body: body(n),
    };
    let ready: Vec<Batch> = (0..batches)
        .map(|b| Batch { since: 0, events: (b * MAX_EVENTS..(b + 1) * MAX_EVENTS).map(event).collect() })
        .collect();
    let begun = Instant::now();
    for batch in ready {
        store.write("keep events", move |tx| events::apply(tx, "b", &batch, now)).await?;
    }
    Ok((batches * MAX_EVENTS) as f64 / begun.elapsed().as_secs_f64())
}

/// Asks the kiosk for the listing until it has the price; seconds since `begun`.
async fn kiosk_says(
    server: &Server,
    reference: &str,
    price: Option<i64>,
    begun: Instant,
) -> anyhow::Result<f64> {
    let mut line = Connection::open(server.address)?;
    let question = json!({ "text": format!("{reference} 售價幾多") }).to_string();
    loop {
        let (_, reply) = line.request("POST /api/v1/ask", &question)?;
        let reply: Value = serde_json::from_slice(reply)?;
        let facts = reply["facts"].as_array().map(Vec::as_slice).unwrap_or_default();
        if facts.iter().any(|f| f["field"] == "sale_price_hkd" && f["value"].as_i64() == price) {
            return Ok((begun.elapsed().as_secs_f64() * 100.0).round() / 100.0);
        }
        ensure!(begun.elapsed() < LIMIT, "the kiosk never says it; it says: {}", reply["text"]);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{} events waiting: {} a second; head office's code alone {} a second ({:.2} of it)",
            self.events, self.drain_events_per_s, self.baseline_events_per_s, self.drain_ratio
        )?;
        writeln!(
            f,
            "{CHANGED} of {LISTINGS} listings changed: {} bytes on the line (the whole base: {})",
            self.delta_100_of_100k_bytes, self.snapshot_bytes
        )?;
        write!(f, "from the commit to the kiosk: {} s", self.commit_to_kiosk_s)
    }
}
