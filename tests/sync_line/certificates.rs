//! Who gets in, with the sentence that each case gives the person at the box: the certificate matrix.
//!
//! Every case is played and its outcome written down; the whole is compared with `certificates.txt`, which people
//! review. Whatever the outcome, what the branch does by itself goes on.

use crate::parts::*;
use branchbox::clock::Clock;
use branchbox::headoffice::authority::{Authority, Request};
use branchbox::headoffice::{rollover, store};
use branchbox::sync::client::{CallError, Client};
use branchbox::sync::identity;
use branchbox::tls::{self, CertificateDer, Identity, Now, Server};
use jiff::{SignedDuration, Timestamp};
use std::fmt::Write;
use std::sync::Arc;

on_both_engines!(
    the_certificate_matrix,
    a_branch_that_was_removed_is_told_so_and_works_on,
    a_server_of_another_authority_is_not_trusted
);

/// What every case came to, as in the reviewed file.
#[derive(Default)]
struct Report(String);

impl Report {
    fn case(&mut self, case: &str) {
        writeln!(self.0, "{case}").unwrap();
    }

    fn outcome(&mut self, what: &str, outcome: &str) {
        writeln!(self.0, "    {what}: {}", plain(outcome)).unwrap();
    }

    /// What the certificate of `client` opens.
    async fn doors(&mut self, case: &str, client: &Client) {
        self.case(case);
        let outcome = |e: Option<CallError>| match e {
            None => "in".to_owned(),
            Some(CallError::Refused(p)) => format!("{} {}", p.status, p.detail),
            Some(e) => e.to_string(),
        };
        self.outcome("listings", &outcome(client.listings("", 0).await.err()));
        self.outcome("events", &outcome(client.events(&batch(0, 1, 0)).await.err()));
        self.outcome("renewal", &outcome(client.renew(request().1).await.err()));
    }
}

/// Without what differs from run to run.
fn plain(text: &str) -> String {
    let word = |word: &str| {
        let (bare, tail) = match word.find([':', ',', ';']) {
            Some(at) if !word.contains("://") => word.split_at(at),
            _ => (word, ""),
        };
        let date = bare.len() == 10
            && bare
                .bytes()
                .enumerate()
                .all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
        match () {
            () if date => format!("DATE{tail}"),
            () if word.starts_with("https://") => {
                format!("HEADOFFICE{}", &word[word.trim_end_matches([':', ',', ';']).len()..])
            }
            () => word.to_owned(),
        }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// A new key and a request for its certificate.
fn request() -> (rcgen::KeyPair, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let csr = rcgen::CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
    (key, csr)
}

/// A certificate for a new key, from `authority`, given out at `at`.
fn certified(authority: &Authority, branch: &str, at: Timestamp) -> Identity {
    let (key, csr) = request();
    let issued = authority.certify(&Request::parse(&csr).unwrap(), branch, at).unwrap();
    Identity::from_pem(&issued.pem, &key.serialize_pem()).unwrap()
}

/// The pair that a box has in use.
fn pair(branch: &Branch) -> Identity {
    let path = identity::folder(&branch.data).join("identity.pem");
    Identity::load(&path, &path).unwrap()
}

async fn authority(office: &Office) -> Arc<Authority> {
    Arc::clone(store::open(&office.place, &office.clock).await.unwrap().authorities.current())
}

fn days(n: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * n)
}

/// A client that shows one certificate and signs with another key.
fn with_a_strangers_key(
    url: &str,
    trusted: &[CertificateDer<'static>],
    own: Identity,
    other: Identity,
) -> Client {
    #[derive(Debug)]
    struct Mixed(Arc<rustls::sign::CertifiedKey>);
    impl rustls::client::ResolvesClientCert for Mixed {
        fn resolve(
            &self,
            _: &[&[u8]],
            _: &[rustls::SignatureScheme],
        ) -> Option<Arc<rustls::sign::CertifiedKey>> {
            Some(Arc::clone(&self.0))
        }
        fn has_certs(&self) -> bool {
            true
        }
    }
    let key = rustls::crypto::ring::sign::any_supported_type(&other.key).unwrap();
    let mixed = Mixed(Arc::new(rustls::sign::CertifiedKey::new(own.chain.clone(), key)));
    let mut config = tls::branch_config(trusted, own, &Now::of(&Clock::system())).unwrap();
    config.client_auth_cert_resolver = Arc::new(mixed);
    Client::new(url, config).unwrap()
}

async fn the_certificate_matrix(engine: Engine) {
    let mut report = Report::default();
    boxes(engine, &mut report).await;
    in_time(engine, &mut report).await;
    rolled_over(engine, &mut report).await;
    servers(engine, &mut report).await;
    clocks(engine, &mut report).await;
    let reviewed = include_str!("certificates.txt");
    for (n, (got, expected)) in report.0.lines().zip(reviewed.lines()).enumerate() {
        assert_eq!(got, expected, "line {} of certificates.txt; all of it:\n{}", n + 1, report.0);
    }
    assert_eq!(report.0.lines().count(), reviewed.lines().count(), "{}", report.0);
}

/// Certificates that are what they are at any time.
async fn boxes(engine: Engine, report: &mut Report) {
    let office = Office::start(engine).await;
    let (branch, other) = (office.branch("Taikoo Shing").await, office.branch("Quarry Bay").await);
    let (id, now, authority) = (branch.link().branch.id, office.clock.now(), authority(&office).await);
    let trusted = [authority.certificate().clone()];
    let time = Now::of(&Clock::system());
    let with = |identity| {
        Client::new(&office.url(), tls::branch_config(&trusted, identity, &time).unwrap()).unwrap()
    };
    report.doors("A box with the certificate that head office gave it", &branch.client()).await;
    let none = tls::pinned_config(&authority.fingerprint()[..16], &time).unwrap();
    report.doors("No certificate", &Client::new(&office.url(), none).unwrap()).await;
    let rogue = Authority::make(now).unwrap();
    report.doors("A certificate of another authority", &with(certified(&rogue, &id, now))).await;
    let own = rcgen::generate_simple_self_signed(vec!["box".into()]).unwrap();
    let own = Identity::from_pem(&own.cert.pem(), &own.signing_key.serialize_pem()).unwrap();
    report.doors("A certificate that the box signed itself", &with(own)).await;
    let server = authority.server_identity(&["127.0.0.1".into()], now).unwrap();
    report.doors("Head office's own certificate, shown by a box", &with(server)).await;
    report
        .doors("Signed by our authority, but not in the ledger", &with(certified(&authority, &id, now)))
        .await;
    let mixed = with_a_strangers_key(&office.url(), &trusted, pair(&branch), pair(&other));
    report.doors("A branch's certificate with another branch's key", &mixed).await;
    let replaced = office.branch("Quarry Bay").await;
    report.doors("A box in whose place another was enrolled", &other.client()).await;
    let url = format!("http://{}/api/branches/{}", office.running.console, replaced.link().branch.id);
    reqwest_plain().delete(url).header("x-branchbox", "1").send().await.unwrap();
    report.doors("A box that head office has removed", &replaced.client()).await;
    report.doors("And the first one still", &branch.client()).await;
}

/// One certificate as time goes on at head office.
async fn in_time(engine: Engine, report: &mut Report) {
    let office = Office::start(engine).await;
    let branch = office.branch("Taikoo Shing").await;
    let (start, url) = (office.clock.now(), office.url());
    let authority = authority(&office).await;
    let trusted = [authority.certificate().clone()];
    // A client that goes by head office's clock, so that only the box's certificate is at stake.
    let time = Now::of(&office.clock);
    let client = || Client::new(&url, tls::branch_config(&trusted, pair(&branch), &time).unwrap()).unwrap();
    for (case, at) in [
        ("Two days before the certificate was given out", start - days(2)),
        ("The day after it was given out", start + days(1)),
        ("Its last day", start + days(180) - SignedDuration::from_hours(1)),
        ("The day after it ran out", start + days(181)),
        ("400 days after it ran out", start + days(180 + 400) - SignedDuration::from_hours(1)),
        ("401 days after it ran out", start + days(180 + 401)),
    ] {
        office.clock.set(at);
        office.settled().await;
        report.doors(case, &client()).await;
    }
    office.clock.set(start + days(100));
    office.settled().await;
    let (key, csr) = request();
    let reply = client().renew(csr).await.unwrap();
    let renewed = Identity::from_pem(&reply.certificate, &key.serialize_pem()).unwrap();
    let renewed = Client::new(&url, tls::branch_config(&trusted, renewed, &time).unwrap()).unwrap();
    report.doors("Renewed, and the new certificate not used yet: the old one", &client()).await;
    report.doors("Renewed: the new one", &renewed).await;
    report.doors("At once after the new one was used: the old one", &client()).await;
    office.clock.set(start + days(100) + SignedDuration::from_mins(11));
    report.doors("Eleven minutes after the new one was used: the old one", &client()).await;
    let noticed = office.noticed_clones().await;
    report.outcome("noted at head office as cloned", &noticed.join(", "));
}

/// The authority is changed, with a branch that follows and one that was away all the while.
async fn rolled_over(engine: Engine, report: &mut Report) {
    let office = Office::start(engine).await;
    let (branch, away) = (office.branch("Taikoo Shing").await, office.branch("Quarry Bay").await);
    let step = |name: &str, result: Result<(), branchbox::headoffice::HeadOfficeError>| {
        format!("{name}: {}", result.err().map_or("done".into(), |e| e.to_string()))
    };
    let (sync, _) = branch.sync();
    until(&mut sync.status(), "connected", |s| s.connected).await;
    report.case(&step(
        "No next authority: switch",
        rollover::switch(&office.place, false, &office.clock).await,
    ));
    report.case(&step("Next", rollover::next(&office.place, &office.clock).await));
    office.trusted_by(&branch, 2).await;
    report.doors("After next: the branch that follows", &branch.client()).await;
    report.doors("After next: the branch that was away", &away.client()).await;
    report.case(&step("Switch", rollover::switch(&office.place, false, &office.clock).await));
    report.case(&step("Switch by force", rollover::switch(&office.place, true, &office.clock).await));
    let old = tls::fingerprint(&pair(&branch).chain[0]);
    office.clock.set(office.clock.now() + SignedDuration::from_secs(1)); // certificates have an order in time
    office.settled().await;
    sync.stop().await;
    let (sync, _) = branch.sync(); // it asks whom to trust when it starts, and need not be told
    office.renewed(&branch, &old).await;
    report.doors("After switch: the branch that follows", &branch.client()).await;
    report
        .doors("After switch: the branch that was away, which knows the old authority only", &away.client())
        .await;
    let late = office.branch("Sai Wan Ho").await;
    report.doors("After switch: a branch that was enrolled just now", &late.client()).await;
    report.case(&step("Retire", rollover::retire(&office.place, false, &office.clock).await));
    report.case(&step("Retire by force", rollover::retire(&office.place, true, &office.clock).await));
    office.settled().await;
    sync.stop().await;
    let (sync, _) = branch.sync();
    office.trusted_by(&branch, 1).await;
    report.doors("After retire: the branch that follows", &branch.client()).await;
    report.doors("After retire: the branch that was away", &away.client()).await;
    sync.stop().await;
    report.outcome("its work meanwhile", &works(&away).await);
}

/// What a box says to servers that are not quite head office.
async fn servers(engine: Engine, report: &mut Report) {
    let office = Office::start(engine).await;
    let branch = office.branch("Taikoo Shing").await;
    let (authority, now) = (authority(&office).await, office.clock.now());
    let name = || vec!["127.0.0.1".to_owned()];
    let long_ago = now - days(400);
    let client_pair = pair(&branch);
    let with_authority = Identity {
        chain: vec![client_pair.chain[0].clone(), authority.certificate().clone()],
        key: client_pair.key,
    };
    let rogue = Authority::make(now).unwrap();
    for (case, identity) in [
        ("A server of another authority", rogue.server_identity(&name(), now).unwrap()),
        (
            "A server with head office's certificate for another name",
            authority.server_identity(&["headoffice.example".into()], now).unwrap(),
        ),
        ("A server that shows a branch's certificate", with_authority),
        (
            "A server with a stolen certificate that has run out, which cannot tell the time",
            authority.server_identity(&name(), long_ago).unwrap(),
        ),
        (
            "A server whose certificate is not good yet, which cannot tell the time",
            authority.server_identity(&name(), now + days(400)).unwrap(),
        ),
    ] {
        let server = false_office(identity, &rogue).await;
        report.case(case);
        report.outcome("the box", &said(&branch, server.address, Clock::system()).await);
        report.outcome("its work meanwhile", &works(&branch).await);
        server.stop().await;
    }
    // Its holder passes the question on: the time is right, and so the certificate is out of date.
    let stolen = authority.server_identity(&name(), long_ago).unwrap();
    let server = false_office(stolen, &authority).await;
    report.case(
        "The same stolen certificate, and the right time: to a box whose clock says the day it was good",
    );
    let clock = Clock::fixed(long_ago + days(1));
    report.outcome("the box", &said(&branch, server.address, clock).await);
    report.outcome("its work meanwhile", &works(&branch).await);
}

/// A server with this identity and nothing to say but the time, signed by `authority`.
async fn false_office(identity: Identity, authority: &Authority) -> Server {
    use branchbox::sync::protocol::{TimeReply, TimeRequest};
    let authority = Arc::new(Authority::from_pem(authority.pem(), &authority.key_pem()).unwrap());
    let trusted = [identity.chain.last().unwrap().clone()];
    let config = tls::head_office_config(vec![identity], &trusted, &Now::of(&Clock::system())).unwrap();
    let time = move |axum::Json(request): axum::Json<TimeRequest>| {
        let time = Clock::system().now().to_string();
        let signed = authority.sign(&branchbox::sync::clock::signed_text(&request.nonce, &time)).unwrap();
        let authorities = authority.pem().to_owned();
        async move { axum::Json(TimeReply { time, signatures: vec![signed], authorities }) }
    };
    let router = axum::Router::new().route("/v1/time", axum::routing::post(time));
    let listener = tokio::net::TcpListener::bind(ANY).await.unwrap();
    Server::start(listener, Some(tls::fixed(config)), router).unwrap()
}

/// What the box says when the server at `address` answers in head office's name.
async fn said(branch: &Branch, address: std::net::SocketAddr, machine: Clock) -> String {
    let path = identity::folder(&branch.data).join("headoffice.json");
    let mut link: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    link["url"] = format!("https://{address}").into();
    std::fs::write(&path, link.to_string()).unwrap();
    let (sync, _) = branch.sync_at(machine);
    let status = until(&mut sync.status(), "a problem", |s| s.problem.is_some()).await;
    assert!(!status.connected);
    sync.stop().await;
    status.problem.unwrap()
}

/// Something happens in the branch, and is kept.
async fn works(branch: &Branch) -> String {
    let before = branch.db.read("count", branchbox::store::outbox::waiting).await.unwrap().count;
    branch.happen(1).await;
    let after = branch.db.read("count", branchbox::store::outbox::waiting).await.unwrap().count;
    if after == before + 1 { "goes on".into() } else { format!("{before} waited, then {after}") }
}

/// Boxes whose clock is wrong.
async fn clocks(engine: Engine, report: &mut Report) {
    for (case, at) in [
        ("A box that believes in 1970", "1970-01-01T00:00:30Z"),
        ("A box that believes in 2019", "2019-06-01T00:00:00Z"),
        ("A box that believes in 2099", "2099-12-31T00:00:00Z"),
    ] {
        let office = Office::start(engine).await;
        let machine = Clock::fixed(at.parse().unwrap());
        let branch = Branch::new();
        report.case(case);
        let code = office.code("Taikoo Shing").await;
        let enrolled =
            branchbox::sync::enrol::enrol(&branch.data, &office.url(), &code, false, &machine).await;
        report.outcome("enrols", &enrolled.err().map_or("yes".into(), |e| e.to_string()));
        branch.happen(3).await;
        let (sync, _) = branch.sync_at(machine.clone());
        let done = until(&mut sync.status(), "drained", |s| {
            s.connected && s.last_contact.is_some() && s.waiting.count == 0
        })
        .await;
        report.outcome("connected", if done.connected { "yes" } else { "no" });
        sync.stop().await;
        let id = branch.link().branch.id;
        assert_eq!(Ledger::read(office.store(), &id).await, Ledger::of(3));
        // Half a year later, the box having been off: its certificate is over, and its clock still wrong.
        office.clock.set(office.clock.now() + days(200));
        office.settled().await;
        branch.happen(2).await;
        let (sync, _) = branch.sync_at(machine);
        until(&mut sync.status(), "drained", |s| s.connected && s.waiting.count == 0 && s.refused.is_none())
            .await;
        let off = sync.time().now().duration_since(office.clock.now()).abs();
        report.outcome(
            "200 days later",
            if off < days(1) { "connected, renewed, and knows the day" } else { "connected" },
        );
        sync.stop().await;
        assert_eq!(Ledger::read(office.store(), &id).await, Ledger::of(5));
    }
}

async fn a_branch_that_was_removed_is_told_so_and_works_on(engine: Engine) {
    let office = Office::start(engine).await;
    let branch = office.branch("Taikoo Shing").await;
    let (sync, _) = branch.sync();
    let mut status = sync.status();
    until(&mut status, "connected", |s| s.connected).await;
    let url = format!("http://{}/api/branches/{}", office.running.console, branch.link().branch.id);
    let removed = reqwest_plain().delete(url).header("x-branchbox", "1").send().await.unwrap();
    assert_eq!(removed.status(), 204);
    branch.happen(1).await;
    sync.wake();
    let told = problem(&mut status, "head office has removed Taikoo Shing").await;
    assert_eq!(told.refused.as_deref(), Some("removed"));
    // The way down may have been told before the way up has counted.
    until(&mut status, "the event waits", |s| !s.connected && s.waiting.count == 1).await;
    sync.stop().await;
    assert_eq!(overview(office.running.console).await["branches"], serde_json::json!([]));
}

async fn a_server_of_another_authority_is_not_trusted(engine: Engine) {
    let (office, other) = (Office::start(engine).await, Office::start(engine).await);
    let branch = office.branch("Taikoo Shing").await;
    // Another head office answers under the address of ours.
    branch.happen(1).await;
    let problem = said(&branch, other.running.branches, Clock::system()).await;
    assert!(problem.contains("is not the head office this box trusts"), "{problem}");
    let waiting = branch.db.read("count", branchbox::store::outbox::waiting).await.unwrap();
    assert_eq!(waiting.count, 1);
}
