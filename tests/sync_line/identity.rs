//! How a box's identity lives on: renewal through crashes, an authority taken in from a folder, a branch that ends
//! while it waits, a cloned disk, codes that are guessed.

use crate::parts::*;
use branchbox::clock::Clock;
use branchbox::headoffice::authority::Authority;
use branchbox::headoffice::{HeadOffice, store};
use branchbox::sync::client::CallError;
use branchbox::sync::{enrol::enrol, identity};
use branchbox::tls::{self, Identity};
use jiff::SignedDuration;
use std::path::Path;

on_both_engines!(
    a_box_renews_at_half_its_certificates_life,
    a_crash_at_any_point_of_a_renewal_leaves_a_box_that_can_call,
    a_long_poll_of_a_branch_that_is_removed_ends_without_listings,
    a_cloned_disk_is_noticed_and_one_of_the_two_is_refused,
    wrong_codes_wait_after_thirty_in_a_minute
);

fn days(n: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * n)
}

fn file(branch: &Branch, name: &str) -> std::path::PathBuf {
    identity::folder(&branch.data).join(name)
}

fn in_use(branch: &Branch) -> String {
    let path = file(branch, "identity.pem");
    tls::fingerprint(&Identity::load(&path, &path).unwrap().chain[0])
}

/// Copies a box's disk: its identity and its records.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

async fn a_box_renews_at_half_its_certificates_life(engine: Engine) {
    let office = Office::start(engine).await;
    let machine = Clock::fixed(office.clock.now());
    let branch = Branch::new();
    let code = office.code("Taikoo Shing").await;
    enrol(&branch.data, &office.url(), &code, false, &machine).await.unwrap();
    let first = in_use(&branch);
    for (after, renewed) in [(days(1), false), (days(88), false), (days(91), true)] {
        let now = office.clock.now();
        machine.set(identity::dates(&branch.data).unwrap().not_before + days(1) + after);
        office.clock.set(machine.now());
        office.settled().await;
        let (sync, _) = branch.sync_at(machine.clone());
        until(&mut sync.status(), "connected", |s| s.connected).await;
        if renewed {
            office.renewed(&branch, &first).await;
            until(&mut sync.status(), "connected", |s| s.connected).await;
        }
        sync.stop().await;
        assert_eq!(in_use(&branch) != first, renewed, "{after:?} since {now}");
    }
    let left: Vec<_> =
        std::fs::read_dir(identity::folder(&branch.data)).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "nothing is left beside the identity: {left:?}");
}

async fn a_crash_at_any_point_of_a_renewal_leaves_a_box_that_can_call(engine: Engine) {
    let office = Office::start(engine).await;
    let branch = office.branch("Taikoo Shing").await;
    let old = std::fs::read_to_string(file(&branch, "identity.pem")).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let csr = rcgen::CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
    office.clock.set(office.clock.now() + SignedDuration::from_secs(1));

    // After the key was made, and after its certificate's answer was lost: the same key gets the same certificate.
    std::fs::write(file(&branch, "key-next.pem"), key.serialize_pem()).unwrap();
    let first = branch.client().renew(csr.clone()).await.unwrap().certificate;
    assert_eq!(branch.client().renew(csr).await.unwrap().certificate, first);

    // After the new pair was written, before it was used; after it was used (head office ends the old one ten minutes
    // later), before it took the old one's place.
    for used in [false, true] {
        std::fs::write(file(&branch, "identity.pem"), &old).unwrap();
        std::fs::write(file(&branch, "identity-next.pem"), format!("{}{first}", key.serialize_pem()))
            .unwrap();
        if used {
            office.clock.set(office.clock.now() + SignedDuration::from_mins(30));
            let e = branch.client().trust().await.unwrap_err();
            assert_eq!(e.reason(), Some("cloned"), "{e}");
        }
        let (sync, _) = branch.sync();
        let expected = tls::fingerprint(&tls::certificates_from_pem(&first).unwrap()[0]);
        eventually("the new pair is in use", async || in_use(&branch) == expected).await;
        until(&mut sync.status(), "connected", |s| s.connected).await;
        sync.stop().await;
    }

    // A next pair that head office does not know, as after it was put back from a backup: the one in use stays.
    let stranger = Authority::make(office.clock.now()).unwrap();
    let strange = stranger.certify(&request(&key), &branch.link().branch.id, office.clock.now()).unwrap();
    let good = in_use(&branch);
    std::fs::write(file(&branch, "identity-next.pem"), format!("{}{}", key.serialize_pem(), strange.pem))
        .unwrap();
    let (sync, _) = branch.sync();
    eventually("it is thrown away", async || !file(&branch, "identity-next.pem").exists()).await;
    until(&mut sync.status(), "connected", |s| s.connected).await;
    sync.stop().await;
    assert_eq!(in_use(&branch), good);
}

fn request(key: &rcgen::KeyPair) -> branchbox::headoffice::authority::Request {
    let csr = rcgen::CertificateParams::default().serialize_request(key).unwrap().pem().unwrap();
    branchbox::headoffice::authority::Request::parse(&csr).unwrap()
}

async fn a_long_poll_of_a_branch_that_is_removed_ends_without_listings(engine: Engine) {
    let office = Office::start(engine).await;
    let branch = office.branch("Taikoo Shing").await;
    let client = branch.client();
    client.trust().await.unwrap();
    let poll = tokio::spawn(async move { client.listings("", 50).await });
    let id = branch.link().branch.id;
    eventually("the poll is open", async || {
        let id = id.clone();
        let seen: Option<String> = office
            .store()
            .read("read when it was seen", move |tx| {
                tx.one("SELECT last_seen FROM branch WHERE id = ?1", store::params![&id], |r| r.get(0))
            })
            .await
            .unwrap();
        seen.is_some()
    })
    .await;
    let url = format!("http://{}/api/branches/{id}", office.running.console);
    let removed = reqwest_plain().delete(url).header("x-branchbox", "1").send().await.unwrap();
    assert_eq!(removed.status(), 204);
    let e = poll.await.unwrap().unwrap_err();
    assert!(matches!(&e, CallError::Refused(p) if p.status == 403), "{e}");
    assert_eq!(e.reason(), Some("removed"));
}

async fn a_cloned_disk_is_noticed_and_one_of_the_two_is_refused(engine: Engine) {
    let office = Office::start(engine).await;
    let branch = office.branch("Taikoo Shing").await;
    branch.happen(2).await;
    let (sync, _) = branch.sync();
    until(&mut sync.status(), "drained", |s| s.connected && s.last_contact.is_some() && s.waiting.count == 0)
        .await;
    sync.stop().await;
    let clone = Branch::new();
    copy(&branch.data.identity(), &clone.data.identity());
    // Both go on from the same number with events of their own.
    let acknowledged = |tx: &branchbox::store::Tx| {
        branchbox::store::settings::set(tx, branchbox::store::settings::OUTBOX_ACKNOWLEDGED, "0")
    };
    clone.db.write("copy", acknowledged).await.unwrap();
    clone.happen(3).await;
    let (sync, _) = clone.sync();
    let mut status = sync.status();
    problem(&mut status, "was cloned or put back from a backup").await;
    let refused = until(&mut status, "refused", |s| s.refused.is_some()).await;
    assert_eq!((refused.refused.as_deref(), refused.waiting.count), (Some("cloned"), 3));
    sync.stop().await;
    assert_eq!(office.noticed_clones().await, ["Taikoo Shing"]);
    assert_eq!(Ledger::read(office.store(), &branch.link().branch.id).await, Ledger::of(2));

    // The first goes on, and is asked to leave the certificate that they share behind. Then the other is out altogether.
    let shared = in_use(&branch);
    assert_eq!(shared, in_use(&clone));
    assert!(clone.client().trust().await.is_ok(), "so far its certificate is as good");
    let noticed = office.clock.now();
    office.clock.set(noticed + SignedDuration::from_mins(1));
    branch.happen(1).await;
    let (sync, _) = branch.sync();
    until(&mut sync.status(), "drained", |s| s.connected && s.last_contact.is_some() && s.waiting.count == 0)
        .await;
    office.renewed(&branch, &shared).await;
    branch.happen(1).await;
    eventually("four events", async || {
        Ledger::read(office.store(), &branch.link().branch.id).await == Ledger::of(4)
    })
    .await;
    sync.stop().await;
    office.clock.set(noticed + SignedDuration::from_mins(12));
    assert_eq!(clone.client().trust().await.unwrap_err().reason(), Some("cloned"));
    assert!(branch.client().trust().await.is_ok());
    let renewed = audited(&office, "certificate.renewed").await;
    assert_eq!(renewed, 1, "asked for once and not again");

    // The alarm lasts as long as the second box is about.
    office.clock.set(noticed + SignedDuration::from_hours(20));
    clone.client().trust().await.unwrap_err();
    for (hours, cloned) in [(43, true), (45, false)] {
        office.clock.set(noticed + SignedDuration::from_hours(hours));
        let shown = &overview(office.running.console).await["branches"][0];
        assert_eq!(shown["cloned"], cloned, "{hours} hours: {shown}");
    }
    clone.client().trust().await.unwrap_err();
    assert_eq!(audited(&office, "branch.clone_noticed").await, 2, "it is back, and that is another time");
}

/// How often something was noted in head office's audit.
async fn audited(office: &Office, action: &'static str) -> i64 {
    let count = move |tx: &store::Tx| {
        tx.one("SELECT count(*) FROM audit WHERE action = ?1", store::params![action], |r| r.get(0))
    };
    office.store().read("count in the audit", count).await.unwrap()
}

async fn wrong_codes_wait_after_thirty_in_a_minute(engine: Engine) {
    let office = Office::start(engine).await;
    let code = office.code("Taikoo Shing").await;
    let (head, pin) = (&code[..10], &code[24..]);
    let wrong = format!("{head}AAAA-AAAA-AAAA{pin}");
    let mut answers = Vec::new();
    for _ in 0..31 {
        answers.push(Branch::new().enrol(&office.url(), &wrong).await.unwrap_err().to_string());
    }
    assert!(answers[..30].iter().all(|a| a.contains("does not know this code")), "{answers:?}");
    assert!(answers[30].contains("too many wrong codes"), "{}", answers[30]);
    let e = Branch::new().enrol(&office.url(), &code).await.unwrap_err().to_string();
    assert!(e.contains("wait a minute") && e.contains("the code is still good"), "{e}");
    office.clock.set(office.clock.now() + SignedDuration::from_mins(1));
    Branch::new().enrol(&office.url(), &code).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_in_a_folder_is_taken_in_and_its_branches_stay() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::fixed(Clock::system().now());
    let made = Authority::make(clock.now()).unwrap();
    std::fs::create_dir(folder.path().join("authority")).unwrap();
    std::fs::write(folder.path().join("authority/certificate.pem"), made.pem()).unwrap();
    std::fs::write(folder.path().join("authority/key.pem"), made.key_pem().as_bytes()).unwrap();
    let place = store::Place::folder(folder.path());
    let opened = store::open(&place, &clock).await.unwrap();
    assert_eq!(opened.authorities.current().fingerprint(), made.fingerprint());
    assert!(!folder.path().join("authority").exists(), "its key lies nowhere in the clear");
    drop(opened);
    let again = store::open(&place, &clock).await.unwrap();
    assert_eq!(again.authorities.current().fingerprint(), made.fingerprint());
    drop(again);
    std::fs::remove_file(folder.path().join("headoffice.seal")).unwrap();
    let mut config =
        branchbox::config::HeadOfficeConfig::new(folder.path(), ANY.parse().unwrap(), ANY.parse().unwrap());
    config.names = vec!["127.0.0.1".into()];
    let e =
        HeadOffice::start(config, clock).await.err().expect("without its seal it does not start").to_string();
    assert!(e.contains("copy it from the machine where head office was set up"), "{e}");
}
