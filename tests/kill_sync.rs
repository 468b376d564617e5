//! kill -9 on either side while the outbox drains, twenty times each: at the end head office has every event that
//! the branch committed, each once, in order, without a gap. Two real processes, real mutual TLS.

mod support;

use branchbox::clock::Clock;
use branchbox::config::DataFolder;
use branchbox::headoffice::store::Tx;
use branchbox::store::{Database, open_records, outbox, settings};
use std::path::Path;
use std::time::Duration;
use support::office::{HeadOffice, enrol};
use support::process::{PATIENCE, Process};

#[tokio::test(flavor = "multi_thread")]
async fn no_event_is_lost_or_applied_twice() {
    let folder = tempfile::tempdir().unwrap();
    let office = HeadOffice::new(&folder.path().join("headoffice"));
    let mut head = office.start();
    let data = DataFolder::new(folder.path().join("branch"));
    enrol(&office, data.path());
    let (mut branch, _) = Process::start_box(data.path(), |_| {});
    let db = open_records(data.path(), &data.records_key()).unwrap();

    let mut committed = 0;
    for round in 0..20u64 {
        // Steady work, then a burst, and head office dies the instant its acknowledgement is seen: one given before
        // its commit loses events here (tried: such a build fails this test).
        for batch in 0..4 {
            committed += commit(&db, committed, 50).await;
            tokio::time::sleep(Duration::from_millis((round * 7 + batch * 13) % 40)).await;
        }
        committed += commit(&db, committed, 500).await;
        acknowledged(&db).await;
        head.kill();
        committed += commit(&db, committed, 20).await;
        head = office.start();
        tokio::time::sleep(Duration::from_millis(30 + round * 17)).await;
        branch.kill();
        committed += commit(&db, committed, 20).await;
        branch = Process::start_box(data.path(), |_| {}).0;
    }
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while db.read("look", outbox::waiting).await.unwrap().count > 0 {
        assert!(tokio::time::Instant::now() < deadline, "the outbox did not drain");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    branch.kill();
    head.kill();

    let applied = applied(office.data()).await;
    let odd = applied.iter().zip(1..).find(|((seq, _), expected)| seq != expected);
    assert_eq!(odd, None, "the sequence has a gap or a double");
    let numbers: Vec<i64> = applied.iter().filter_map(|(_, n)| *n).collect();
    let odd = numbers.iter().zip(0..).find(|(n, expected)| *n != expected);
    assert_eq!((odd, numbers.len() as i64), (None, committed), "events were lost, doubled or reordered");
    println!("killed each side 20 times: {committed} events committed, {} applied, each once", applied.len());
}

/// Commits events as the box itself would; how many are durable.
async fn commit(db: &Database, first: i64, count: i64) -> i64 {
    let now = Clock::system().now();
    db.write("note test events", move |tx| {
        (first..first + count)
            .try_for_each(|n| outbox::add(tx, now, "alarm", &serde_json::json!({ "code": n })))
    })
    .await
    .unwrap();
    count
}

/// Waits for the next acknowledgement, as closely as this process can see it.
async fn acknowledged(db: &Database) {
    let seen = || db.read("look", |c| settings::get(c, settings::OUTBOX_ACKNOWLEDGED));
    let before = seen().await.unwrap();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while seen().await.unwrap() == before {
        assert!(tokio::time::Instant::now() < deadline, "nothing was acknowledged");
    }
}

/// Head office's ledger: sequence, and the number of a test event.
async fn applied(office: &Path) -> Vec<(i64, Option<i64>)> {
    let store = support::office::open_store(office).await;
    let read = |tx: &Tx| {
        tx.query("SELECT seq, json_extract(body, '$.code') FROM event ORDER BY seq", &[], |r| {
            Ok((r.get(0)?, r.get(1)?))
        })
    };
    store.read("read the ledger", read).await.unwrap()
}
