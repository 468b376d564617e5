//! Events up: applied exactly once, whatever is doubled, missing or lost on the way.

use crate::parts::*;
use branchbox::clock::Clock;
use branchbox::headoffice::store::Store;
use branchbox::sync::client::CallError;
use branchbox::sync::identity;
use branchbox::tls;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

on_both_engines!(
    doubled_overlapping_and_gapped_batches_leave_each_event_once,
    a_cloned_box_is_noticed_and_nothing_of_it_is_taken,
    concurrent_copies_of_a_batch_count_once,
    a_box_of_a_later_version_is_told_so_and_loses_nothing,
    a_meeting_and_its_minutes_reach_the_page,
    an_alarm_is_shown_until_it_is_over_or_its_meeting_ends,
    an_acknowledgement_that_is_lost_is_asked_for_again_and_nothing_counts_twice
);

async fn doubled_overlapping_and_gapped_batches_leave_each_event_once(engine: Engine) {
    let office = Office::start(engine).await;
    let branch = office.branch("Taikoo Shing").await;
    let (client, id) = (branch.client(), branch.link().branch.id);
    for (since, from, to, acknowledged) in
        [(0, 1, 5, 5), (0, 1, 5, 5), (2, 3, 8, 8), (8, 9, 9, 9), (0, 1, 2, 9), (9, 1, 0, 9)]
    {
        let reply = client.events(&batch(since, from, to)).await.unwrap();
        assert_eq!(reply.acknowledged, acknowledged, "{from}..={to}");
    }
    let CallError::Refused(gap) = client.events(&batch(9, 11, 12)).await.unwrap_err() else {
        panic!("a gap is refused")
    };
    assert_eq!((gap.status, gap.expected), (409, Some(10)));
    let mut jumping = batch(9, 10, 12);
    jumping.events.remove(1);
    let CallError::Refused(disorder) = client.events(&jumping).await.unwrap_err() else {
        panic!("disorder is refused")
    };
    assert_eq!(disorder.status, 400);
    assert_eq!(Ledger::read(office.store(), &id).await, Ledger::of(9));
}

async fn a_cloned_box_is_noticed_and_nothing_of_it_is_taken(engine: Engine) {
    let office = Office::start(engine).await;
    let branch = office.branch("Taikoo Shing").await;
    let client = branch.client();
    client.events(&batch(0, 1, 3)).await.unwrap();
    let mut clone = batch(2, 3, 6);
    clone.events[0].id = "another event".into();
    let CallError::Refused(fork) = client.events(&clone).await.unwrap_err() else { panic!("refused") };
    assert!(fork.status == 409 && fork.detail.contains("cloned"), "{fork:?}");
    assert_eq!(Ledger::read(office.store(), &branch.link().branch.id).await, Ledger::of(3));
}

async fn concurrent_copies_of_a_batch_count_once(engine: Engine) {
    let office = Office::start(engine).await;
    let branch = office.branch("Taikoo Shing").await;
    let client = Arc::new(branch.client());
    let mut copies = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let client = Arc::clone(&client);
        copies.spawn(async move { client.events(&batch(0, 1, 50)).await.unwrap().acknowledged });
    }
    assert_eq!(copies.join_all().await, [50; 8]);
    assert_eq!(Ledger::read(office.store(), &branch.link().branch.id).await, Ledger::of(50));
}

async fn a_meeting_and_its_minutes_reach_the_page(engine: Engine) {
    let office = Office::start(engine).await;
    let branch = office.branch("Taikoo Shing").await;
    let mut events = batch(0, 1, 3);
    events.events[0].kind = "minutes".into(); // the order of the two does not matter
    events.events[0].body = json!({ "meeting": "m-1", "language": "yue",
        "points": [{ "type": "preference", "slot": "bedrooms", "value": 2, "polarity": "want", "at": 1.0 }] });
    events.events[1].kind = "meeting".into();
    events.events[1].body = json!({ "id": "m-1", "started_at": "2026-11-20T06:50:00Z",
        "stopped_at": "2026-11-20T07:00:00Z", "state": "finished", "seconds": 600.5, "agent": "Jimmy Li" });
    events.events[2].kind = "something of a later version".into();
    events.events[2].body = json!(["kept", "drawn nowhere"]);
    branch.client().events(&events).await.unwrap();
    let meetings = overview(office.running.console).await["meetings"].clone();
    assert_eq!(meetings.as_array().unwrap().len(), 1);
    let meeting = &meetings[0];
    assert_eq!(
        (&meeting["branch"], &meeting["seconds"], &meeting["agent"], &meeting["started_at"]),
        (&json!("Taikoo Shing"), &json!(600.5), &json!("Jimmy Li"), &json!("2026-11-20T06:50:00Z"))
    );
    assert_eq!(meeting["points"][0]["value"], 2);
    // An agent corrected a point.
    let mut events = batch(0, 4, 4);
    events.events[0].kind = "minutes_reviewed".into();
    events.events[0].body = json!({ "meeting": "m-1", "language": "yue",
        "points": [{ "type": "preference", "slot": "bedrooms", "value": 3, "polarity": "want", "at": 1.0 }] });
    branch.client().events(&events).await.unwrap();
    let meetings = overview(office.running.console).await["meetings"].clone();
    assert_eq!((&meetings[0]["points"][0]["value"], &meetings[0]["agent"]), (&json!(3), &json!("Jimmy Li")));
    assert_eq!(Ledger::read(office.store(), &branch.link().branch.id).await, Ledger::of(4));
}

async fn an_alarm_is_shown_until_it_is_over_or_its_meeting_ends(engine: Engine) {
    let office = Office::start(engine).await;
    let branch = office.branch("Taikoo Shing").await;
    let send = async |first, kind: &str, body| {
        let mut events = batch(0, first, first);
        (events.events[0].kind, events.events[0].body) = (kind.into(), body);
        branch.client().events(&events).await.unwrap();
        overview(office.running.console).await["branches"][0]["alarms"].clone()
    };
    let alarm = |code, over| json!({ "code": code, "recording": "m-1", "over": over });
    assert_eq!(send(1, "alarm", alarm("microphone-lost", false)).await, json!(["microphone-lost"]));
    assert_eq!(send(2, "alarm", alarm("clipping", false)).await, json!(["clipping", "microphone-lost"]));
    assert_eq!(send(3, "alarm", alarm("microphone-lost", true)).await, json!(["clipping"]));
    let ended = json!({ "id": "m-1", "started_at": "2026-11-20T06:50:00Z", "state": "broken_off" });
    assert_eq!(send(4, "meeting", ended).await, json!([]));
}

/// The branch whose acknowledgement a line loses.
type Losing = Arc<Mutex<Option<String>>>;

/// A line that can be made to lose what head office answers, and to break with it, from the moment on that head office
/// has events of a branch. Not from before: the batch could need a new connection, and would never get there.
async fn proxy(to: SocketAddr, store: Store) -> (SocketAddr, Losing) {
    let losing = Losing::default();
    let listener = TcpListener::bind(ANY).await.unwrap();
    let address = listener.local_addr().unwrap();
    let of = Arc::clone(&losing);
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpStream::connect(to).await.unwrap();
            let ((mut near_in, mut near_out), (mut far_in, mut far_out)) =
                (near.into_split(), far.into_split());
            tokio::spawn(async move {
                let _ = tokio::io::copy(&mut near_in, &mut far_out).await;
            });
            let (of, store) = (Arc::clone(&of), store.clone());
            tokio::spawn(async move {
                let mut bytes = [0; 16384];
                while let Ok(n @ 1..) = far_in.read(&mut bytes).await {
                    let branch = of.lock().unwrap().clone();
                    let lost = match branch {
                        Some(branch) => Ledger::read(&store, &branch).await.events > 0,
                        None => false,
                    };
                    // An answer that is lost ends the connection: the box never learns what became of its batch.
                    if lost || near_out.write_all(&bytes[..n]).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    (address, losing)
}

async fn an_acknowledgement_that_is_lost_is_asked_for_again_and_nothing_counts_twice(engine: Engine) {
    let office = Office::start(engine).await;
    let (address, losing) = proxy(office.running.branches, office.store().clone()).await;
    let branch = Branch::new();
    branch.enrol(&format!("https://{address}"), &office.code("Taikoo Shing").await).await.unwrap();
    let id = branch.link().branch.id;
    let (sync, _) = branch.sync();
    let mut status = sync.status();
    until(&mut status, "connected", |s| s.connected).await;

    *losing.lock().unwrap() = Some(id.clone());
    branch.happen(7).await;
    sync.wake();
    // Head office has them, and the box does not know.
    eventually("landed", async || Ledger::read(office.store(), &id).await.events == 7).await;
    until(&mut status, "failing with all still waiting", |s| !s.connected && s.waiting.count == 7).await;

    *losing.lock().unwrap() = None;
    until(&mut status, "drained", |s| s.connected && s.waiting.count == 0).await;
    sync.stop().await;
    assert_eq!(Ledger::read(office.store(), &id).await, Ledger::of(7));
}

async fn a_box_of_a_later_version_is_told_so_and_loses_nothing(engine: Engine) {
    let office = Office::start(engine).await;
    let branch = office.branch("Taikoo Shing").await;
    let pair = identity::folder(&branch.data).join("identity.pem");
    let pair = tls::Identity::load(&pair, &pair).unwrap();
    let trusted = identity::authorities(&branch.data).unwrap();
    let config = tls::branch_config(&trusted, pair, &tls::Now::of(&Clock::system())).unwrap();
    let http = reqwest::Client::builder().tls_backend_preconfigured(config).no_proxy().build().unwrap();
    // What a later version might say more is passed over, and a kind that is not known yet is kept.
    let mut body = serde_json::to_value(batch(0, 1, 2)).unwrap();
    body["priority"] = json!("high");
    body["events"][1]["kind"] = json!("valuation");
    let send = async |protocol: &str| {
        let call = http.post(format!("{}/v1/events", office.url())).json(&body);
        let reply = call.header("x-branchbox-protocol", protocol).send().await.unwrap();
        (reply.status().as_u16(), reply.json::<serde_json::Value>().await.unwrap())
    };
    for later in ["2", "99999999999", "one", ""] {
        let (status, problem) = send(later).await;
        let detail = problem["detail"].as_str().unwrap();
        assert!(status == 426 && detail.contains("bring head office up to date"), "{later}: {problem}");
    }
    let id = branch.link().branch.id;
    assert_eq!(Ledger::read(office.store(), &id).await, Ledger::of(0));
    assert_eq!(send("1").await, (200, json!({ "acknowledged": 2 })));
    assert_eq!(Ledger::read(office.store(), &id).await, Ledger::of(2));
}
