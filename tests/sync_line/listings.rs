//! Listings down: what head office imports is shown at the branch within seconds, and only if it arrives whole.

use crate::parts::*;
use branchbox::clock::Clock;
use branchbox::demo::listings::{generate, to_csv};
use branchbox::headoffice::import;
use branchbox::listings::{base, snapshot};
use branchbox::store::private_facts;
use std::time::Instant;

const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 22);

#[tokio::test(flavor = "multi_thread")]
async fn an_import_beside_the_server_reaches_the_branch_through_the_long_poll() {
    let folder = tempfile::tempdir().unwrap();
    let office = OfficeProcess::start(folder.path(), ANY, ANY);
    let branch = Branch::new();
    branch.enrol(&format!("https://{}", office.branches), &office.code("Taikoo Shing")).await.unwrap();
    let (sync, mut versions) = branch.sync();
    until(&mut sync.status(), "connected", |s| s.connected).await;

    let rows = generate(400, 5, TODAY);
    let file = folder.path().join("listings.csv");
    std::fs::write(&file, to_csv(&rows)).unwrap();
    let import = || {
        branchbox().args(["headoffice", "import", "--data"]).arg(folder.path()).arg(&file).output().unwrap()
    };
    let out = import();
    let began = Instant::now();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(String::from_utf8_lossy(&out.stdout).contains("400 new, 0 changed"), "{out:?}");
    let version = tokio::time::timeout(LIMIT, versions.recv()).await.unwrap().unwrap();
    println!("at the branch {:?} after the import", began.elapsed());
    let shown = base::load(&branch.data.listings()).unwrap().unwrap();
    assert_eq!((shown.version.as_str(), shown.source.as_str()), (version.as_str(), "headoffice"));
    assert_eq!(version, snapshot::content_hash(&rows));
    let (reference, facts) = (rows[0].0.reference.clone(), rows[0].1.clone());
    let kept = branch.db.read("read", move |c| private_facts::get(c, &version, &reference)).await.unwrap();
    assert!(kept == Some(facts), "the owner's side came along");

    // A price changes; a row that cannot be taken is told, and the rest goes out.
    let mut rows = rows;
    let at = rows.iter().position(|(l, _)| l.sale_price_hkd.is_some()).unwrap();
    rows[at].0.sale_price_hkd = Some(9_990_000);
    let bad = to_csv(&rows[1..]) + &to_csv(&rows[..1]).lines().nth(1).unwrap().replace("available", "maybe");
    std::fs::write(&file, &bad).unwrap();
    let out = import();
    assert_eq!(bad.contains("maybe"), !out.status.success(), "{out:?}");
    let version = tokio::time::timeout(LIMIT, versions.recv()).await.unwrap().unwrap();
    until(&mut sync.status(), "shown", |s| s.listings.as_deref() == Some(&version)).await;
    let shown = base::load(&branch.data.listings()).unwrap().unwrap();
    assert!(
        shown
            .listings
            .iter()
            .any(|l| l.reference == rows[at].0.reference && l.sale_price_hkd == Some(9_990_000))
    );
    until(&mut sync.status(), "connected", |s| s.connected).await;
    sync.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn head_office_sees_which_version_a_branch_shows() {
    let office = Office::start().await;
    let branch = office.branch("Taikoo Shing").await;
    let csv = to_csv(&generate(30, 9, TODAY)).into_bytes();
    let imported = import(office.db(), &office.clock, "a.csv", csv, None, "test").await.unwrap();
    let (sync, mut versions) = branch.sync();
    assert_eq!(tokio::time::timeout(LIMIT, versions.recv()).await.unwrap().unwrap(), imported.rows.version);
    let told = async {
        loop {
            let now = overview(office.running.console).await;
            if now["branches"][0]["current"] == true {
                return now;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let now = tokio::time::timeout(LIMIT, told).await.expect("head office hears of it");
    assert_eq!(now["branches"][0]["listings"], imported.rows.version.as_str());
    assert_eq!(now["listings"]["count"], 30);
    assert_eq!(now["branches"][0]["waiting"], 0);
    sync.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_damaged_on_the_way_is_refused_and_the_one_before_stays() {
    let office = Office::start().await;
    let branch = office.branch("Taikoo Shing").await;
    let good = generate(30, 1, TODAY);
    base::replace(&branch.data, &branch.db, good.clone(), "headoffice", &Clock::system()).await.unwrap();

    // What head office sends under a version is not what that version says: one listing is missing.
    let packed = snapshot::encode(&good[1..]);
    let cut = packed[..packed.len() / 2].to_vec();
    for (version, bytes, words) in
        [("another", packed, "does not match its version"), ("a third", cut, "the listing base is damaged")]
    {
        let add = move |tx: &branchbox::store::Tx| {
            tx.execute(
                "INSERT INTO listing_version (version, made_at, source, listings, snapshot) VALUES (?1, '', '', 29, ?2)",
                rusqlite::params![version, bytes],
            )?;
            Ok(())
        };
        office.db().write("damage a version", add).await.unwrap();
        let (sync, _) = branch.sync();
        let status = problem(&mut sync.status(), words).await;
        assert!(status.problem.unwrap().contains("the one before stays"));
        sync.stop().await;
        assert_eq!(
            base::load(&branch.data.listings()).unwrap().unwrap().version,
            snapshot::content_hash(&good)
        );
    }

    // A good version heals it.
    let csv = to_csv(&generate(31, 1, TODAY)).into_bytes();
    let imported = import(office.db(), &office.clock, "b.csv", csv, None, "test").await.unwrap();
    let (sync, mut versions) = branch.sync();
    assert_eq!(tokio::time::timeout(LIMIT, versions.recv()).await.unwrap().unwrap(), imported.rows.version);
    until(&mut sync.status(), "connected", |s| s.connected && s.problem.is_none()).await;
    sync.stop().await;
}
