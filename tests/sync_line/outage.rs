//! Head office goes away, in the hardest way, and comes back: nothing is lost and nothing counts twice.

use crate::parts::*;
use branchbox::clock::Clock;
use branchbox::headoffice::store;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_while_head_office_is_down_is_sent_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let office = OfficeProcess::start(folder.path(), ANY, ANY);
    let branch = Branch::new();
    branch.enrol(&format!("https://{}", office.branches), &office.code("Taikoo Shing")).await.unwrap();
    let (sync, _) = branch.sync();
    let mut status = sync.status();
    until(&mut status, "connected", |s| s.connected).await;
    let (data, listen, console) = office.kill();

    branch.happen(1200).await;
    sync.wake();
    let down = problem(&mut status, "does not answer").await;
    assert_eq!(down.why.as_ref().map(|why| why.code()), Some("line_unreachable"));
    assert!(down.problem.unwrap().contains("work goes on here"));
    until(&mut status, "1200 waiting", |s| s.waiting.count == 1200).await;

    let office = OfficeProcess::start(&data, &listen, &console);
    until(&mut status, "drained", |s| s.connected && s.waiting.count == 0).await;
    sync.stop().await;
    drop(office);
    let store = store::open(&store::Place::folder(data), &Clock::system()).await.unwrap().store;
    assert_eq!(Ledger::read(&store, &branch.link().branch.id).await, Ledger::of(1200));
}

#[tokio::test(flavor = "multi_thread")]
async fn head_office_killed_again_and_again_applies_each_event_once() {
    const KILLS: u64 = 6;
    const EVENTS: usize = 2500;
    let folder = tempfile::tempdir().unwrap();
    let mut office = OfficeProcess::start(folder.path(), ANY, ANY);
    let branch = Branch::new();
    branch.enrol(&format!("https://{}", office.branches), &office.code("Taikoo Shing")).await.unwrap();
    let (sync, _) = branch.sync();
    let mut status = sync.status();
    until(&mut status, "connected", |s| s.connected).await;
    for kill in 0..KILLS {
        branch.happen(EVENTS).await;
        sync.wake();
        // Now and then in the middle of a batch, now and then between two.
        tokio::time::sleep(Duration::from_millis(15 + 25 * kill)).await;
        let (data, listen, console) = office.kill();
        office = OfficeProcess::start(&data, &listen, &console);
    }
    until(&mut status, "drained", |s| s.connected && s.waiting.count == 0).await;
    sync.stop().await;
    drop(office);
    let store = store::open(&store::Place::folder(folder.path()), &Clock::system()).await.unwrap().store;
    let expected = i64::try_from(EVENTS).unwrap() * i64::try_from(KILLS).unwrap();
    assert_eq!(Ledger::read(&store, &branch.link().branch.id).await, Ledger::of(expected));
}
