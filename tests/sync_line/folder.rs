//! The watched folder: a file becomes the base once, whatever dies in between; what is no listing file is put aside with a
//! sentence, and nothing is lost.

use crate::parts::*;
use branchbox::demo::listings::{generate, to_csv};
use branchbox::headoffice::HeadOffice;
use branchbox::headoffice::store::{Place, Store, Tx, media, open, versions};
use branchbox::listings::Status;
use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

on_both_engines!(
    a_file_is_imported_once_by_one_of_two_and_the_newest_counts,
    what_cannot_be_imported_is_put_aside_with_a_sentence
);

/// 2026-11-18 19:06:40 in Hong Kong.
const THEN: u64 = 1_795_000_000;

/// A whole base as CSV; another seed is another base of the same references.
fn base(n: usize, price: i64) -> Vec<u8> {
    let mut rows = generate(n, 5, TODAY);
    rows.iter_mut().filter(|r| r.0.sale_price_hkd.is_some()).for_each(|r| r.0.sale_price_hkd = Some(price));
    to_csv(&rows).into_bytes()
}

/// Puts a file there as a program does that writes it bit by bit.
fn put(folder: &Path, name: &str, content: &[u8], modified: u64) {
    use std::io::Write;
    let mut file = File::create(folder.join(name)).unwrap();
    for part in content.chunks(1 + content.len() / 3) {
        file.write_all(part).unwrap();
        file.flush().unwrap();
    }
    file.set_modified(UNIX_EPOCH + Duration::from_secs(modified)).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).map(|e| e.collect::<Vec<_>>()).unwrap_or_default();
    let mut names: Vec<String> =
        entries.into_iter().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn text(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// How often a file of the folder became a version, and the newest one.
async fn imported(store: &Store) -> (i64, Option<(i64, String)>) {
    let read = |tx: &Tx| {
        let sql = "SELECT count(*) FROM audit WHERE action = 'listings.imported' AND actor = 'folder'";
        let count = tx.one(sql, &[], |r| r.get(0))?;
        Ok((count, versions::latest(tx)?.map(|v| (v.n, v.source))))
    };
    store.read("read what was imported", read).await.unwrap()
}

async fn watching(engine: Engine, folder: &Path) -> Office {
    Office::configured(engine, &["127.0.0.1"], |c| {
        c.feeds.folder = Some(folder.to_owned());
        c.feeds.quiet = Duration::from_millis(300);
    })
    .await
}

async fn a_file_is_imported_once_by_one_of_two_and_the_newest_counts(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let office = watching(engine, at).await;
    let second = HeadOffice::start(office.config(), office.clock.clone()).await.unwrap();
    put(at, "樓盤.csv", &base(40, 5_000_000), THEN);
    eventually("imported", async || names(&at.join("done")).len() == 2).await;
    assert_eq!(names(&at.join("done")), ["20261118-190640-樓盤.csv", "20261118-190640-樓盤.csv.report.txt"]);
    let report = text(at.join("done/20261118-190640-樓盤.csv.report.txt"));
    assert!(report.contains("已匯入") && report.contains("40 new, 0 changed"), "{report}");
    assert_eq!(imported(office.store()).await, (1, Some((1, "樓盤.csv".into()))));

    // Three at once: the newest is no listing file, the next one counts, the oldest is only kept.
    std::fs::create_dir(at.join("aside")).unwrap();
    let aside = at.join("aside");
    put(&aside, "old.csv", &base(40, 6_000_000), THEN + 10);
    put(&aside, "new.csv", &base(40, 7_000_000), THEN + 20);
    put(&aside, "newest.csv", b"%PDF-1.7 an invoice", THEN + 30);
    for name in ["new.csv", "newest.csv", "old.csv"] {
        std::fs::rename(aside.join(name), at.join(name)).unwrap();
    }
    eventually("put away", async || names(&at.join("done")).len() == 6).await;
    assert_eq!(imported(office.store()).await, (2, Some((2, "new.csv".into()))));
    let report = text(at.join("done/20261118-190650-old.csv.report.txt"));
    assert!(report.contains("new.csv is newer"), "{report}");
    assert_eq!(names(&at.join("refused")).len(), 2);

    // A picture that a feed names as a file is fetched when it appears, although it came after it was looked for.
    let mut rows = generate(40, 5, TODAY);
    rows[0].0.status = Status::Available;
    rows[0].0.pictures.photos = vec!["客廳 1.png".into()];
    put(at, "photos.csv", to_csv(&rows).as_bytes(), THEN + 40);
    let standing = async || office.store().read("stand", media::standing).await.unwrap();
    eventually("missed", async || standing().await.failed == 1).await;
    assert!(standing().await.problems[0].problem.contains("no file of this name"));
    put(&at.join("media"), "客廳 1.png", &crate::png::noise(40, 30, 1), THEN);
    eventually("fetched", async || standing().await.here == 1).await;

    // One of the two goes; the other takes over at once. Whose it was is not for a test to know.
    second.shutdown().await;
    put(at, "after.csv", &base(40, 8_000_000), THEN + 50);
    eventually("imported", async || names(&at.join("done")).contains(&"20261118-190730-after.csv".into()))
        .await;
    assert_eq!(imported(office.store()).await.0, 4);
    assert_eq!(names(at), ["aside", "done", "media", "refused"]);
}

async fn what_cannot_be_imported_is_put_aside_with_a_sentence(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let office = watching(engine, at).await;
    let whole = base(60, 5_000_000);
    put(at, "good.csv", &whole, THEN);
    eventually("imported", async || !names(&at.join("done")).is_empty() && names(at).len() == 3).await;
    let (count, newest) = imported(office.store()).await;

    let cut = whole.len() / 2;
    let cases: [(&str, &[u8], &str, &str); 5] = [
        ("empty.csv", b"", "is empty", "empty.csv"),
        ("half.csv", &whole[..cut], "half.csv", "沒有匯入任何資料"),
        ("list.csv", b"name,price\nFlat A,5\n", "the heading lacks ref", "標題行欠缺 ref"),
        ("small.csv", &base(10, 1_000_000), "would withdraw 50 of 60", "撤走 60 個樓盤中的 50 個"),
        ("note.txt", b"Dear May, the list comes tomorrow.", "note.txt", "標題行欠缺"),
    ];
    for (n, (name, content, ..)) in cases.iter().enumerate() {
        put(at, name, content, THEN + n as u64);
    }
    let refused = at.join("refused");
    eventually("refused", async || names(&refused).len() == 10).await;
    for (n, (name, content, words, chinese)) in cases.iter().enumerate() {
        let file = refused.join(format!("20261118-19064{n}-{name}"));
        assert!(std::fs::read(&file).unwrap() == *content, "{name} is lost");
        let report = text(format!("{}.report.txt", file.display()));
        for told in ["未匯入", words, chinese] {
            assert!(report.contains(told), "{name}: {told}: {report}");
        }
    }
    assert_eq!(imported(office.store()).await, (count, newest), "the listings are as they were");

    // A file that a program has locked waits, and the page says so; a link is not followed.
    put(at, "locked.csv", &base(60, 6_000_000), THEN);
    let holder = File::open(at.join("locked.csv")).unwrap();
    flock(&holder, FlockOperation::LockExclusive).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", at.join("link.csv")).unwrap();
    let page = format!("http://{}/api/feeds", office.running.console);
    let told = async || -> String { reqwest_plain().get(&page).send().await.unwrap().text().await.unwrap() };
    eventually("said", async || {
        let told = told().await;
        told.contains("locked by another program") && told.contains("links are not followed")
    })
    .await;
    drop(holder);
    eventually("taken", async || !at.join("locked.csv").exists()).await;
    assert_eq!(imported(office.store()).await.0, count + 1);
    assert!(told().await.contains("60 changed") || told().await.contains("changed"), "{}", told().await);
    assert!(at.join("link.csv").is_symlink());
}

/// Head office as the real binary, watching a folder.
struct Watching {
    folder: tempfile::TempDir,
    process: Option<OfficeProcess>,
}

impl Watching {
    fn new() -> Self {
        let mut watching = Self { folder: tempfile::tempdir().unwrap(), process: None };
        let (feeds, data) = (watching.feeds(), watching.data());
        std::fs::create_dir(&feeds).unwrap();
        let text = format!(
            "data = {data:?}\nlisten = \"{ANY}\"\nconsole = \"{ANY}\"\n[feeds]\nfolder = {feeds:?}\nquiet_seconds = 2\n"
        );
        std::fs::write(watching.folder.path().join("headoffice.toml"), text).unwrap();
        watching.start();
        watching
    }

    fn feeds(&self) -> std::path::PathBuf {
        self.folder.path().join("feeds")
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    fn start(&mut self) {
        let file = self.folder.path().join("headoffice.toml");
        self.process = Some(OfficeProcess::configured(&file, &self.data(), |_| {}));
    }

    fn kill(&mut self) {
        self.process.take().unwrap().kill();
    }

    /// The store, and the lease given up as if its minute were over.
    async fn store(&self) -> Store {
        open(&Place::folder(self.data()), &branchbox::clock::Clock::system()).await.unwrap().store
    }

    async fn expire_lease(&self) {
        let forget = |tx: &Tx| tx.execute("DELETE FROM feed_lease", &[]).map(drop);
        self.store().await.write("end the lease", forget).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_between_the_import_and_the_move_it_does_not_import_again() {
    let mut office = Watching::new();
    let feeds = office.feeds();
    eventually("made", async || feeds.join("done").exists()).await;
    // What is in the way keeps the file where it is after its import.
    let in_the_way = feeds.join("done/20261118-190650-new.csv.report.tmp");
    std::fs::create_dir(&in_the_way).unwrap();
    let aside = office.folder.path().to_owned();
    put(&aside, "new.csv", &base(40, 5_000_000), THEN + 10);
    put(&aside, "old.csv", &base(40, 4_000_000), THEN);
    for name in ["new.csv", "old.csv"] {
        std::fs::rename(aside.join(name), feeds.join(name)).unwrap();
    }
    let store = office.store().await;
    eventually("imported", async || imported(&store).await.0 == 1).await;
    office.kill();
    assert!(feeds.join("new.csv").exists() && feeds.join("old.csv").exists());
    std::fs::remove_dir(&in_the_way).unwrap();
    // Worst: the newer one is moved by hand, and only the older one is left to find.
    std::fs::rename(feeds.join("new.csv"), aside.join("new.csv")).unwrap();
    office.expire_lease().await;
    office.start();
    eventually("moved", async || !feeds.join("old.csv").exists()).await;
    let report = text(feeds.join("done/20261118-190640-old.csv.report.txt"));
    assert!(report.contains("new.csv is newer"), "{report}");
    std::fs::rename(aside.join("new.csv"), feeds.join("new.csv")).unwrap();
    eventually("moved", async || !feeds.join("new.csv").exists()).await;
    let (count, newest) = imported(&store).await;
    assert_eq!((newest.unwrap().1.as_str(), names(&feeds.join("refused")).len()), ("new.csv", 0));
    println!("imports of the newer file: {count}");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_an_import_every_file_is_imported_once() {
    let mut office = Watching::new();
    let feeds = office.feeds();
    let store = office.store().await;
    let (mut before, mut after) = (0, 0);
    let rounds = 8;
    for round in 0..rounds {
        put(&feeds, "base.csv", &base(3_000, 1_000_000 + round), THEN + round as u64);
        // From before it is read to after it was moved.
        tokio::time::sleep(Duration::from_millis(1_500 + 900 * round as u64)).await;
        office.kill();
        match imported(&store).await.0 - round {
            0 => before += 1,
            _ => after += 1,
        }
        office.expire_lease().await;
        office.start();
        eventually("put away", async || !feeds.join("base.csv").exists()).await;
        assert_eq!(imported(&store).await.0, round + 1, "round {round}");
    }
    println!("killed {rounds} times: {before} before the version was kept, {after} after");
    let done = names(&feeds.join("done"));
    let reports = done.iter().filter(|n| n.ends_with(".report.txt")).count() as i64;
    assert_eq!((done.len() as i64, reports), (2 * rounds, rounds), "{done:?}");
    assert_eq!(names(&feeds.join("refused")), Vec::<String>::new());
}
