//! Listings down: what head office imports is shown at the branch within seconds, and only if it arrives whole.

use crate::parts::*;
use branchbox::clock::Clock;
use branchbox::demo::listings::{generate, to_csv};
use branchbox::headoffice::store::{Tx, feed_tokens, versions};
use branchbox::listings::{base, wire};
use branchbox::store::private_facts;
use std::time::Instant;

on_both_engines!(
    head_office_sees_which_version_a_branch_shows,
    a_base_damaged_on_the_way_is_refused_and_the_one_before_stays,
    a_difference_leads_to_the_same_base_as_a_snapshot,
    a_companys_own_system_sends_changes
);

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
    assert_eq!(version, wire::content_hash(&rows));
    let (_, named) = base::private_rows(&branch.data.listings()).unwrap().unwrap();
    let (row, facts) = (named[&rows[0].0.reference], rows[0].1.clone());
    let kept = branch.db.read("read", move |c| private_facts::get(c, row)).await.unwrap();
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

async fn head_office_sees_which_version_a_branch_shows(engine: Engine) {
    let office = Office::start(engine).await;
    let branch = office.branch("Taikoo Shing").await;
    let version = office.import(&generate(30, 9, TODAY)).await;
    let (sync, mut versions) = branch.sync();
    assert_eq!(tokio::time::timeout(LIMIT, versions.recv()).await.unwrap().unwrap(), version);
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
    assert_eq!(now["branches"][0]["listings"], version.as_str());
    assert_eq!(now["listings"]["count"], 30);
    assert_eq!(now["branches"][0]["waiting"], 0);
    sync.stop().await;
}

async fn a_base_damaged_on_the_way_is_refused_and_the_one_before_stays(engine: Engine) {
    let office = Office::start(engine).await;
    let branch = office.branch("Taikoo Shing").await;
    let good = generate(30, 1, TODAY);
    office.import(&good).await;
    base::replace(&branch.data, &branch.db, good.clone(), "headoffice", &Clock::system()).await.unwrap();

    // What head office sends under a version is not what that version says: one figure is another.
    let mut rows = good.clone();
    rows[3].0.saleable_area_sqft += 1;
    office.import(&rows).await;
    let damage = |tx: &Tx| {
        let sql = "UPDATE listing_change SET line = replace(line, '\"floor\":', '\"floor\":1') WHERE n = 2";
        assert_eq!(tx.execute(sql, &[])?, 1);
        Ok(())
    };
    office.store().write("damage a version", damage).await.unwrap();
    let (sync, _) = branch.sync();
    let status = problem(&mut sync.status(), "does not match its version").await;
    assert!(status.problem.unwrap().contains("the one before stays"));
    sync.stop().await;
    assert_eq!(base::load(&branch.data.listings()).unwrap().unwrap().version, wire::content_hash(&good));

    // A good version heals it.
    rows[3].0.saleable_area_sqft += 1;
    let version = office.import(&rows).await;
    let (sync, mut versions) = branch.sync();
    assert_eq!(tokio::time::timeout(LIMIT, versions.recv()).await.unwrap().unwrap(), version);
    until(&mut sync.status(), "connected", |s| s.connected && s.problem.is_none()).await;
    sync.stop().await;
}

async fn a_difference_leads_to_the_same_base_as_a_snapshot(engine: Engine) {
    let office = Office::start(engine).await;
    let branch = office.branch("Taikoo Shing").await;
    let mut rows = generate(200, 3, TODAY);
    let first = office.import(&rows).await;
    let (sync, mut versions) = branch.sync();
    tokio::time::timeout(LIMIT, versions.recv()).await.unwrap().unwrap();
    // Three versions while the branch looks on or is away: changed, gone, new, and back as it was.
    let more = generate(210, 4, TODAY);
    rows[10].0.sale_price_hkd = Some(7_770_000);
    let gone = rows.remove(20);
    office.import(&rows).await;
    rows.push(gone);
    rows.remove(30);
    office.import(&rows).await;
    let mut fresh = more[205].clone();
    fresh.0.reference = "ZZ-9999".into();
    rows.push(fresh);
    let version = office.import(&rows).await;
    until(&mut sync.status(), "shown", |s| s.listings.as_deref() == Some(&version)).await;
    sync.stop().await;
    let shown = base::load(&branch.data.listings()).unwrap().unwrap();
    let mut expected: Vec<_> = rows.iter().map(|(l, _)| l.clone()).collect();
    expected.sort_by(|a, b| a.reference.cmp(&b.reference));
    assert!(shown.listings.iter().map(|l| l.as_ref()).eq(expected.iter()), "the base is head office's");
    // What goes over the line is a difference.
    let client = branch.client();
    assert!(client.listings(&version, 0).await.unwrap().is_none(), "it is up to date");
    let packed = client.listings(&first, 0).await.unwrap().unwrap();
    let difference = wire::decode(&packed).unwrap();
    assert_eq!(difference.manifest.from, Some(first));
    assert_eq!(
        (difference.rows.len(), difference.gone.len()),
        (3, 1),
        "the price, the one that came back, the new one"
    );
    let packed = client.listings("another", 0).await.unwrap().unwrap();
    let whole = wire::decode(&packed).unwrap();
    assert_eq!(
        (whole.manifest.from, whole.rows.len()),
        (None, rows.len()),
        "from an unknown version all of it"
    );
}

async fn a_companys_own_system_sends_changes(engine: Engine) {
    let office = Office::start(engine).await;
    let rows = generate(40, 3, TODAY);
    office.import(&rows).await;
    let token = feed_tokens::token([7; 32]);
    let (keep, now) = (token.clone(), office.clock.now());
    let make = move |tx: &Tx| feed_tokens::add(tx, &keep, "Office system", "test", now);
    office.store().write("make a token", make).await.unwrap();

    // What it trusts is head office's authority, by its fingerprint, as a box at first contact does.
    let code = office.code("Any").await;
    let time = branchbox::tls::Now::of(&Clock::system());
    let tls = branchbox::tls::pinned_config(code.trim().rsplit('-').next().unwrap(), &time).unwrap();
    let http = reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap();
    let url = format!("{}/feeds/listings", office.url());
    let send = async |token: &str, query: &str, body: String| {
        let call = http.post(format!("{url}{query}")).bearer_auth(token).body(body);
        let reply = call.send().await.unwrap();
        (reply.status().as_u16(), reply.json::<serde_json::Value>().await.unwrap())
    };
    let withdrawn = serde_json::json!([{ "ref": rows[5].0.reference, "withdrawn": true }]).to_string();
    for wrong in ["", "branchbox-feed-00", "Bearer"] {
        let (status, problem) = send(wrong, "?mode=changes", withdrawn.clone()).await;
        assert_eq!((status, problem["title"].as_str()), (401, Some("Unauthorized")), "{problem}");
    }
    let (status, report) = send(&token, "?mode=changes", withdrawn.clone()).await;
    assert_eq!((status, &report["removed"]), (200, &serde_json::json!([rows[5].0.reference])), "{report}");
    assert_eq!(report["unchanged"].as_array().unwrap().len(), 39);
    // A price changes; what the file does not mention stays.
    let mut one = rows[9].clone();
    one.0.management_fee_hkd_month = Some(4321);
    let (status, report) = send(&token, "?mode=changes", to_csv(&[one])).await;
    assert_eq!((status, &report["changed"]), (200, &serde_json::json!([rows[9].0.reference])), "{report}");
    let whole = office.store().read("read", |tx| versions::difference(tx, "")).await.unwrap().unwrap();
    assert_eq!((whole.lines.len(), whole.manifest.n), (39, 3));
    // As a whole base that file would withdraw nearly everything.
    let (status, problem) = send(&token, "", to_csv(&rows[..2])).await;
    assert!(status == 422 && problem["detail"].as_str().unwrap().contains("would withdraw"), "{problem}");
    let end = move |tx: &Tx| feed_tokens::revoke(tx, "Office system", "test", now);
    office.store().write("end the token", end).await.unwrap();
    assert_eq!(send(&token, "?mode=changes", withdrawn).await.0, 401);
}
