//! Who gets in: the certificate matrix, with the sentence that each case gives the person at the box.

use crate::parts::*;
use branchbox::headoffice::authority::{Authority, Request};
use branchbox::sync::client::{CallError, Client};
use branchbox::tls::{self, Identity};
use jiff::{SignedDuration, Timestamp};
use std::path::Path;

/// A certificate for a new key, from the authority in `folder`, given out at `at`.
fn certified(folder: &Path, branch: &str, at: Timestamp) -> Identity {
    let authority = Authority::open_or_make(folder, at).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let csr = rcgen::CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
    let issued = authority.certify(&Request::parse(&csr).unwrap(), branch, at).unwrap();
    Identity::from_pem(&issued.pem, &key.serialize_pem()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_certificate_that_head_office_gave_out_gets_in() {
    let office = Office::start().await;
    let branch = office.branch("Taikoo Shing").await;
    let id = branch.link().branch.id;
    let folder = office.folder.path().join("authority");
    let rogue = tempfile::tempdir().unwrap();
    let now = office.clock.now();
    let authority = Authority::open_or_make(&folder, now).unwrap();
    let trusted = [authority.certificate().clone()];

    let with =
        |identity: Identity| Client::new(&office.url(), tls::branch_config(&trusted, identity).unwrap());
    let years_ago = now - SignedDuration::from_hours(24 * 365 * 4);
    let years_ahead = now + SignedDuration::from_hours(24 * 365);
    let server = authority.server_identity(&["127.0.0.1".into()], now).unwrap();
    let refused_by_tls = [
        ("another authority", certified(rogue.path(), &id, now)),
        ("expired", certified(&folder, &id, years_ago)),
        ("not yet valid", certified(&folder, &id, years_ahead)),
        ("a server's certificate", server),
    ];
    for (case, identity) in refused_by_tls {
        let e = with(identity).unwrap().listings("", 0).await.unwrap_err();
        assert!(matches!(e, CallError::OurCertificate { .. }), "{case}: {e}");
        assert!(e.to_string().contains("does not accept this box's certificate"), "{case}: {e}");
    }

    let none =
        Client::new(&office.url(), tls::pinned_config(&authority.fingerprint()[..16]).unwrap()).unwrap();
    let stray = with(certified(&folder, &id, now)).unwrap();
    for (case, client, status, words) in [
        ("no certificate", &none, 401, "no client certificate was shown"),
        ("never entered in the ledger", &stray, 403, "does not know this certificate"),
    ] {
        let CallError::Refused(problem) = client.listings("", 0).await.unwrap_err() else {
            panic!("{case}: not refused with a problem")
        };
        assert!(problem.status == status && problem.detail.contains(words), "{case}: {problem:?}");
        assert!(
            matches!(client.events(&batch(0, 1, 1)).await, Err(CallError::Refused(p)) if p.status == status)
        );
    }
    assert_eq!(Ledger::read(office.db(), &id).await, Ledger::of(0));
    branch.client().events(&batch(0, 1, 1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_that_was_removed_is_told_so_and_works_on() {
    let office = Office::start().await;
    let branch = office.branch("Taikoo Shing").await;
    let (sync, _) = branch.sync();
    let mut status = sync.status();
    until(&mut status, "connected", |s| s.connected).await;
    let url = format!("http://{}/api/branches/{}", office.running.console, branch.link().branch.id);
    let removed = reqwest_plain().delete(url).header("x-branchbox", "1").send().await.unwrap();
    assert_eq!(removed.status(), 204);
    branch.happen(1).await;
    sync.wake();
    problem(&mut status, "head office has removed Taikoo Shing").await;
    // The way down may have been told before the way up has counted.
    until(&mut status, "the event waits", |s| !s.connected && s.waiting.count == 1).await;
    sync.stop().await;
    assert_eq!(overview(office.running.console).await["branches"], serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_another_authority_is_not_trusted() {
    let (office, other) = (Office::start().await, Office::start().await);
    let branch = office.branch("Taikoo Shing").await;
    // Another head office answers under the address of ours.
    let path = branchbox::sync::identity::folder(&branch.data).join("headoffice.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace(&office.url(), &other.url())).unwrap();
    branch.happen(1).await;
    let (sync, _) = branch.sync();
    let status = problem(&mut sync.status(), "is not the head office this box trusts").await;
    assert!(!status.connected);
    sync.stop().await;
    let waiting = branch.db.read("count", branchbox::store::outbox::waiting).await.unwrap();
    assert_eq!(waiting.count, 1);
}
