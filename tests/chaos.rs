//! Two real processes with a line between them that misbehaves, both killed again and again: at the end head office has
//! every event once and the branch shows head office's base; meanwhile the kiosk answers as if nothing were.

mod support;

use branchbox::clock::Clock;
use branchbox::config::DataFolder;
use branchbox::demo::listings::{generate, to_csv};
use branchbox::headoffice::store::Tx;
use branchbox::listings::base;
use branchbox::store::{Database, open_records, outbox};
use jiff::SignedDuration;
use std::path::Path;
use std::time::Duration;
use support::chaos::Chaos;
use support::office::{HeadOffice, open_store};
use support::process::{PATIENCE, Process, branchbox_output, text};

const ROUNDS: u64 = 12;

/// Commits events as the box itself would, spread over the days of an outage; how many are durable.
async fn commit(db: &Database, first: i64, count: i64, day: i64) -> i64 {
    let at = Clock::system().now() - SignedDuration::from_hours(24 * day);
    let add = move |tx: &branchbox::store::Tx| {
        (first..first + count)
            .try_for_each(|n| outbox::add(tx, at, "alarm", &serde_json::json!({ "code": n })))
    };
    db.write("note test events", add).await.unwrap();
    count
}

fn import(
    office: &HeadOffice,
    file: &Path,
    rows: &[(branchbox::listings::Listing, branchbox::listings::PrivateFacts)],
) {
    std::fs::write(file, to_csv(rows)).unwrap();
    office.import(file);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_line_does_each_event_counts_once_and_the_base_is_head_offices() {
    let folder = tempfile::tempdir().unwrap();
    let office = HeadOffice::new(&folder.path().join("headoffice"));
    let mut head = office.start();
    let chaos = Chaos::start(office.branches(), 7).await;
    let data = DataFolder::new(folder.path().join("branch"));
    let code = branchbox_output([
        "headoffice",
        "code",
        "--data",
        office.data().to_str().unwrap(),
        "--branch",
        "Test",
    ]);
    let (url, code) = (format!("https://{}", chaos.address), String::from_utf8(code.stdout).unwrap());
    let place = data.path().to_str().unwrap();
    let enrolled = branchbox_output(["enrol", "--data", place, "--headoffice", &url, "--code", code.trim()]);
    assert!(enrolled.status.success(), "{}", text(&enrolled));

    let file = folder.path().join("listings.csv");
    let mut rows = generate(300, 1, jiff::civil::date(2026, 11, 22));
    import(&office, &file, &rows);
    let (mut branch, mut kiosk) = Process::start_box(data.path(), |_| {});
    let db = open_records(data.path(), &data.records_key()).unwrap();
    until("the first base", || data.listings().exists()).await;

    // Sixty days without a line: the box is killed and started on the way, and works.
    chaos.trouble(100);
    let mut committed = 0;
    for day in (1..=60).rev() {
        committed += commit(&db, committed, 5_000, day).await;
        if day % 20 == 0 {
            branch.kill();
            (branch, kiosk) = Process::start_box(data.path(), |_| {});
        }
    }
    assert_eq!(
        support::http::ask(&kiosk, "any two-bedroom flats?").await["kind"],
        "results",
        "the kiosk works on"
    );
    assert_eq!(committed, 300_000);
    assert!(db.read("look", outbox::waiting).await.unwrap().count >= committed, "nothing got through");

    // A bad line, and both sides die.
    for round in 0..ROUNDS {
        chaos.trouble(60);
        committed += commit(&db, committed, 500, 0).await;
        rows[round as usize].0.sale_price_hkd = Some(5_000_000 + round as i64);
        rows.remove(100);
        import(&office, &file, &rows);
        tokio::time::sleep(Duration::from_millis(150 + 90 * round)).await;
        if round % 3 == 1 {
            head.kill();
            committed += commit(&db, committed, 20, 0).await;
            head = office.start();
        }
        if round % 3 == 2 {
            branch.kill();
            (branch, kiosk) = Process::start_box(data.path(), |_| {});
        }
        assert_eq!(
            support::http::ask(&kiosk, "any two-bedroom flats?").await["kind"],
            "results",
            "round {round}"
        );
    }

    chaos.trouble(0);
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while db.read("look", outbox::waiting).await.unwrap().count > 0 {
        assert!(tokio::time::Instant::now() < deadline, "the outbox did not drain");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let newest = branchbox::listings::wire::content_hash(&rows);
    until("head office's base is shown", || base::load(&data.listings()).unwrap().unwrap().version == newest)
        .await;
    branch.kill();
    head.kill();

    let store = open_store(office.data()).await;
    let read = |tx: &Tx| {
        let sql = "SELECT seq, json_extract(body, '$.code') FROM event ORDER BY seq";
        tx.query(sql, &[], |r| Ok((r.get::<i64>(0)?, r.get::<Option<i64>>(1)?)))
    };
    let ledger = store.read("read the ledger", read).await.unwrap();
    assert!(ledger.iter().zip(1..).all(|((seq, _), expected)| *seq == expected), "a gap or a double");
    let numbers: Vec<i64> = ledger.iter().filter_map(|(_, n)| *n).collect();
    assert!(numbers.iter().copied().eq(0..committed), "{} of {committed} events", numbers.len());
    println!(
        "{committed} events over {} connections, {} of them cut in the middle: each once",
        chaos.connections.load(std::sync::atomic::Ordering::Relaxed),
        chaos.cut.load(std::sync::atomic::Ordering::Relaxed)
    );
}

async fn until(what: &str, done: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !done() {
        assert!(tokio::time::Instant::now() < deadline, "waited too long: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
