//! Backup of a running head office, and restore to the same engine or to the other one; its branches go on with it.

use crate::parts::*;
use branchbox::clock::Clock;
use branchbox::demo::listings::generate;
use branchbox::headoffice::backup;
use branchbox::headoffice::store::{Place, Tx, audit, params};

on_both_engines!(
    its_branches_go_on_with_the_restored_one,
    a_damaged_backup_or_a_place_in_use_is_refused_and_nothing_changes,
);

async fn its_branches_go_on_with_the_restored_one(engine: Engine) {
    goes_on(engine, engine).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_moves_from_sqlite_to_postgres() {
    if let Some(server) = crate::postgres::server() {
        goes_on(Engine::Sqlite, Engine::Postgres(server)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_moves_from_postgres_to_sqlite() {
    if let Some(server) = crate::postgres::server() {
        goes_on(Engine::Postgres(server), Engine::Sqlite).await;
    }
}

async fn events(office: &Office) -> Vec<i64> {
    let read = |tx: &Tx| tx.query("SELECT seq FROM event ORDER BY seq", params![], |r| r.get(0));
    office.store().read("list the events", read).await.unwrap()
}

async fn goes_on(from: Engine, to: Engine) {
    let office = Office::start(from).await;
    let branch = office.branch("Taikoo Shing").await;
    let mut rows = generate(300, 5, TODAY);
    let version = office.import(&rows).await;
    let (sync, _) = branch.sync();
    branch.happen(3).await;
    sync.wake();
    eventually("three events and the base", async || {
        events(&office).await.len() == 3
            && sync.status().borrow().listings.as_deref() == Some(version.as_str())
    })
    .await;
    // More numbered rows than an engine that counts anew would get past by trying again.
    let many =
        |tx: &Tx| (0..40).try_for_each(|_| audit::add(tx, Clock::system().now(), "test", "looked", "", None));
    office.store().write("fill the audit", many).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.zip");
    let done = backup::back_up(&office.place, None, &file, &office.clock).await.unwrap();
    assert!(!office.place.data.join("backup.tmp").exists());
    // After the backup: acknowledged, and so gone from the branch.
    branch.happen(2).await;
    sync.wake();
    eventually("five events", async || events(&office).await.len() == 5).await;
    sync.stop().await;

    let mut config = office.config();
    config.listen = office.running.branches;
    office.running.shutdown().await;
    let folder = tempfile::tempdir().unwrap();
    config.data = folder.path().join("restored");
    config.database = match to {
        Engine::Sqlite => None,
        Engine::Postgres(server) => Some(server.database()),
    };
    let restored = backup::restore(&file, &config.place(), &Clock::system()).await.unwrap();
    assert_eq!((&restored.made_at, restored.files), (&done.made_at, done.files));
    assert_eq!(config.data.join("headoffice.db").exists(), config.database.is_none());

    let office = Office::at(folder, config, Clock::system()).await;
    assert_eq!(events(&office).await, [1, 2, 3]);
    branch.happen(2).await;
    let (sync, _) = branch.sync();
    eventually("what came after", async || events(&office).await == [1, 2, 3, 6, 7]).await;
    let audit = |tx: &Tx| {
        let sql = "SELECT detail FROM audit WHERE action = 'events.lost_with_restore'";
        tx.query(sql, params![], |r| r.get::<String>(0))
    };
    let lost = office.store().read("read the audit", audit).await.unwrap();
    assert_eq!(lost, [r#"{"from":4,"to":5}"#], "what is lost is written down once");
    // Numbers that the engine gives go on, so a new version takes its place behind the old ones.
    rows.pop();
    let next = office.import(&rows).await;
    until(&mut sync.status(), "the next version", |s| s.listings.as_deref() == Some(&next)).await;
    sync.stop().await;
    // A backup of the restored one holds all that there is, too.
    let again = tempfile::tempdir().unwrap();
    let file = again.path().join("again.zip");
    backup::back_up(&office.place, None, &file, &office.clock).await.unwrap();
    let place = Place::folder(again.path().join("second"));
    backup::restore(&file, &place, &Clock::system()).await.unwrap();
    let second = branchbox::headoffice::store::open(&place, &Clock::system()).await.unwrap().store;
    assert_eq!(rows_of(&second).await, rows_of(office.store()).await);
    office.running.shutdown().await;
}

/// What a store holds of what takes longest to come by, in an order of its own.
async fn rows_of(store: &branchbox::headoffice::store::Store) -> Vec<String> {
    let read = |tx: &Tx| {
        let mut all = Vec::new();
        for sql in [
            "SELECT branch_id || seq || id || at || kind || body || received_at FROM event ORDER BY branch_id, seq",
            "SELECT ref || n || coalesce(row_hash, '-') || coalesce(line, '-') FROM listing_change ORDER BY ref, n",
            "SELECT n || version || made_at || source || listings || signature FROM listing_version ORDER BY n",
            "SELECT n || certificate || state || made_at FROM authority ORDER BY n",
            "SELECT fingerprint || branch_id || pem || coalesce(authority, 0) FROM certificate ORDER BY fingerprint",
        ] {
            all.extend(tx.query(sql, params![], |r| r.get::<String>(0))?);
        }
        Ok(all)
    };
    store.read("read all of it", read).await.unwrap()
}

async fn a_damaged_backup_or_a_place_in_use_is_refused_and_nothing_changes(engine: Engine) {
    let office = Office::start(engine).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.zip");
    backup::back_up(&office.place, None, &file, &office.clock).await.unwrap();
    let e = backup::back_up(&office.place, None, &file, &office.clock).await.unwrap_err();
    assert!(e.to_string().contains("is there already"), "{e}");
    let e = backup::restore(&file, &office.place, &Clock::system()).await.unwrap_err();
    assert!(e.to_string().contains("is not empty"), "{e}");
    // An empty folder beside a database that is in use.
    if office.place.database.is_some() {
        let place = Place { data: folder.path().join("beside"), database: office.place.database.clone() };
        let e = backup::restore(&file, &place, &Clock::system()).await.unwrap_err();
        assert!(e.to_string().contains("holds a head office already"), "{e}");
        assert!(!place.data.exists(), "nothing stands in the way of another try");
    }
    let mut bytes = std::fs::read(&file).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 0xff;
    let damaged = folder.path().join("damaged.zip");
    std::fs::write(&damaged, bytes).unwrap();
    let place = Place::folder(folder.path().join("restored"));
    let e = backup::restore(&damaged, &place, &Clock::system()).await.unwrap_err();
    assert!(e.to_string().contains("nothing was restored"), "{e}");
    assert!(!place.data.exists());
    office.running.shutdown().await;
}
