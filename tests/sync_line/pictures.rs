//! Pictures: fetched once from a real server by one of two head offices, refused where they must be, and brought to the
//! branch's own disk.

use crate::parts::*;
use crate::png::noise;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use branchbox::clock::Clock;
use branchbox::demo::listings::generate;
use branchbox::headoffice::HeadOffice;
use branchbox::headoffice::store::{Store, Tx, media, params};
use branchbox::listings::pictures::shelf::Shelf;
use branchbox::listings::{Listing, PrivateFacts, Status};
use branchbox::tls;
use jiff::ToSpan;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

on_both_engines!(
    pictures_reach_the_branch_once_and_go_with_their_listing,
    what_is_no_picture_has_its_sentence
);

/// A server of pictures: how often each path was asked for.
#[derive(Clone, Default)]
struct Pictures(Arc<Mutex<HashMap<String, usize>>>);

impl Pictures {
    fn hits(&self, path: &str) -> usize {
        self.0.lock().unwrap().get(path).copied().unwrap_or(0)
    }

    fn router(self) -> Router {
        Router::new().route("/{name}", get(picture)).with_state(self)
    }

    /// Serves them over plain HTTP; the address.
    async fn serve(&self) -> String {
        let listener = TcpListener::bind(ANY).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(axum::serve(listener, self.clone().router()).into_future());
        format!("http://{address}")
    }
}

/// A picture of some 60 KB, by its name.
fn good(name: &str) -> Vec<u8> {
    noise(160, 120, name.bytes().map(u32::from).sum())
}

/// A picture of two pieces.
fn large() -> Vec<u8> {
    noise(800, 600, 7)
}

async fn picture(State(pictures): State<Pictures>, Path(name): Path<String>) -> Response {
    *pictures.0.lock().unwrap().entry(name.clone()).or_default() += 1;
    let to = |address: &str| (StatusCode::FOUND, [(header::LOCATION, address.to_owned())]).into_response();
    match name.as_str() {
        "large.png" => large().into_response(),
        // Without a length, as a proxy sends it.
        "endless.jpg" => {
            let parts = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![0xffu8; 1 << 16]));
            Body::from_stream(parts).into_response()
        }
        "huge.jpg" => vec![0xffu8; 11 << 20].into_response(),
        "text.jpg" => ([(header::CONTENT_TYPE, "image/jpeg")], "<html>please sign in</html>").into_response(),
        "cut.png" => good("cut")[..5_000].to_vec().into_response(),
        "gone.png" => StatusCode::NOT_FOUND.into_response(),
        "moved.png" => to("/a.png"),
        "round.png" => to("/round.png"),
        "inside.png" => to("https://127.0.0.2:8443/latest/meta-data"),
        "localhost.png" => to("https://localhost:8443/"),
        "plain.png" => to("http://8.8.8.8/a.png"),
        _ => ([(header::CONTENT_TYPE, "text/plain")], good(&name)).into_response(),
    }
}

type Rows = Vec<(Listing, PrivateFacts)>;

/// Units on offer with these pictures, one each.
fn units(photos: &[String]) -> Rows {
    let mut rows = generate(photos.len(), 5, TODAY);
    for (row, photo) in rows.iter_mut().zip(photos) {
        row.0.status = Status::Available;
        row.0.pictures.photos = vec![photo.clone()];
    }
    rows
}

async fn standing(store: &Store) -> media::Standing {
    store.read("read how it stands", media::standing).await.unwrap()
}

async fn problem_of(store: &Store, reference: &str) -> String {
    let reference = reference.to_owned();
    let read = move |tx: &Tx| {
        let sql = "SELECT problem FROM media_reference WHERE reference = ?1";
        tx.one(sql, params![&reference], |r| r.get::<Option<String>>(0))
    };
    store.read("read a problem", read).await.unwrap().unwrap_or_default()
}

async fn pictures_reach_the_branch_once_and_go_with_their_listing(engine: Engine) {
    let server = Pictures::default();
    let url = server.serve().await;
    let office =
        Office::configured(engine, &["127.0.0.1"], |c| c.feeds.media_hosts = vec!["127.0.0.1".into()]).await;
    let second = HeadOffice::start(office.config(), office.clock.clone()).await.unwrap();

    let names = ["a.png", "b.png", "c.png", "large.png", "moved.png", "d.png", "e.png", "f.png"];
    let mut rows = units(&names.map(|n| format!("{url}/{n}")));
    rows[0].0.pictures.floor_plan = Some(format!("{url}/plan.png"));
    rows[1].0.pictures.photos.push(format!("{url}/a.png")); // two units share a photo of the garden
    let version = office.import(&rows).await;
    eventually("fetched", async || standing(office.store()).await.here == 9).await;
    for name in names.iter().chain(&["plan.png"]) {
        let expected = if *name == "a.png" { 2 } else { 1 }; // once more behind moved.png
        assert_eq!(server.hits(name), expected, "{name} was fetched once by one of the two");
    }

    // A part of one lies there from before, with its end lost in a power cut.
    let branch = office.branch("Quarry Bay").await;
    let shelf = Shelf::of(&branch.data);
    let hash = hex::encode(Sha256::digest(large()));
    shelf.begun(&hash).unwrap();
    shelf.append(&hash, 0, &large()[..700_000]).unwrap();
    let (sync, mut versions) = branch.sync();
    assert_eq!(tokio::time::timeout(LIMIT, versions.recv()).await.unwrap().unwrap(), version);
    eventually("on the shelf", async || shelf.load().len() == 9).await;
    let index = shelf.load();
    let bytes = |name: &str| {
        let picture = index.get(&format!("{url}/{name}")).unwrap();
        std::fs::read(shelf.path(&picture.sha256).unwrap()).unwrap()
    };
    assert!(bytes("a.png") == good("a.png") && bytes("moved.png") == good("a.png"));
    assert!(bytes("plan.png") == good("plan.png") && bytes("large.png") == large());

    // In pieces, and only what a listing names.
    let client = branch.client();
    assert!(client.picture_piece(&hash, 0).await.unwrap() == large()[..1 << 20]);
    assert!(client.picture_piece(&hash, 1_000_000).await.unwrap() == large()[1_000_000..1 << 20]);
    assert!(client.picture_piece(&hash, 1 << 20).await.unwrap() == large()[1 << 20..]);
    for other in ["0".repeat(64), "..%2Fheadoffice.db".into(), hash.to_uppercase()] {
        let refused = client.picture_piece(&other, 0).await.unwrap_err().to_string();
        assert!(refused.contains("no listing names"), "{refused}");
    }

    // The unit with the large picture is withdrawn: its picture goes, here and for whoever asks.
    rows.remove(3);
    office.import(&rows).await;
    eventually("gone", async || !shelf.path(&hash).unwrap().exists()).await;
    assert_eq!(shelf.load().len(), 8);
    let refused = client.picture_piece(&hash, 0).await.unwrap_err().to_string();
    assert!(refused.contains("no listing names"), "{refused}");

    // A box may keep fewer: what matters most stays, and with none at all nothing does.
    sync.limit_pictures(200_000);
    eventually("within the limit", async || (1..=200_000).contains(&shelf.load().bytes())).await;
    assert!(shelf.load().get(&format!("{url}/plan.png")).is_none(), "first photos come first");
    sync.limit_pictures(0);
    eventually("empty", async || shelf.load().is_empty()).await;
    sync.limit_pictures(1_000_000_000);
    eventually("back", async || shelf.load().len() == 8).await;

    // After a month head office forgets it, too.
    let kept = async || -> i64 {
        let count = |tx: &Tx| tx.one("SELECT count(*) FROM media_piece", &[], |r| r.get(0));
        office.store().read("count", count).await.unwrap()
    };
    let before = kept().await;
    let later = Clock::system().now() + (24 * 31).hours();
    for now in [office.clock.now(), later] {
        let forget = move |tx: &Tx| media::forget_unused(tx, now);
        office.store().write("forget", forget).await.unwrap();
    }
    assert_eq!(before - kept().await, 2, "the two pieces of the large one");

    // With no head office everything stays where it is.
    second.shutdown().await;
    office.running.shutdown().await;
    assert_eq!(shelf.load().len(), 8);
    sync.stop().await;
}

async fn what_is_no_picture_has_its_sentence(engine: Engine) {
    let server = Pictures::default();
    let url = server.serve().await;
    let office =
        Office::configured(engine, &["127.0.0.1"], |c| c.feeds.media_hosts = vec!["127.0.0.1".into()]).await;
    let cases = [
        ("endless.jpg", "more than 10 MB"),
        ("huge.jpg", "more than 10 MB"),
        ("text.jpg", "is not a JPEG, PNG or WebP"),
        ("cut.png", "is damaged or breaks off"),
        ("gone.png", "404"),
        ("round.png", "more than 3 times"),
        ("inside.png", "sends on, and 127.0.0.2 is in a private network"),
        ("localhost.png", "sends on, and localhost is in a private network"),
        ("plain.png", "8.8.8.8 is called without encryption"),
    ];
    let mut named: Vec<String> = cases.iter().map(|(name, _)| format!("{url}/{name}")).collect();
    let others = [
        ("https://10.0.0.7/secret-of-the-feed.png", "10.0.0.7 is in a private network"),
        ("https://[::1]/a.png", "::1 is in a private network"),
        ("http://127.0.0.1:1/a.png", "127.0.0.1 is not reached"),
        ("https://no-such-host.invalid/a.png", "not found by its name"),
    ];
    named.extend(others.iter().map(|(reference, _)| (*reference).to_owned()));
    named.push("kitchen.png".into());
    office.import(&units(&named)).await;
    eventually("tried", async || standing(office.store()).await.failed == 13).await;
    for (reference, words) in cases
        .iter()
        .map(|(name, words)| (format!("{url}/{name}"), words))
        .chain(others.iter().map(|(r, w)| (r.to_string(), w)))
    {
        let problem = problem_of(office.store(), &reference).await;
        assert!(problem.contains(words) && !problem.contains("secret"), "{reference}: {problem}");
    }
    let now = standing(office.store()).await;
    assert_eq!((now.here, now.waiting, now.files), (0, 14, 1));
    let page = |path: &str| format!("http://{}{path}", office.running.console);
    let told: serde_json::Value =
        reqwest_plain().get(page("/api/feeds")).send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&told["folder"], &told["pictures"]["failed"]),
        (&serde_json::Value::Null, &13.into()),
        "{told}"
    );
    assert!(told.to_string().contains("this head office watches no folder"), "{told}");
    // Each as pages know it, too, so that they can say it in their reader's language.
    let problems = told["pictures"]["problems"].as_array().unwrap();
    assert!(
        problems.iter().all(|p| p["why"]["reason"] == p["problem"] && p["why"]["code"].is_string()),
        "{told}"
    );
    let sent_on = problems.iter().find(|p| p["why"]["code"] == "picture_sent_on").unwrap();
    assert_eq!(sent_on["why"]["args"]["why"]["code"], "picture_host_private", "{told}");

    // Later and later, not again and again.
    assert_eq!(server.hits("gone.png"), 1);
    office.clock.set(office.clock.now() + 61.seconds());
    eventually("tried again", async || server.hits("gone.png") == 2).await;
    eventually("noted", async || standing(office.store()).await.failed == 13).await;
    office.clock.set(office.clock.now() + 61.seconds());
    office.settled().await;
    assert_eq!(server.hits("gone.png"), 2, "the second pause is longer");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_https_the_certificate_has_to_be_one_that_this_machine_trusts() {
    let folder = tempfile::tempdir().unwrap();
    let server = Pictures::default();
    let names = ["127.0.0.1".to_owned()];
    let config = tls::box_server_config(folder.path(), &names).unwrap();
    let listener = TcpListener::bind(ANY).await.unwrap();
    let served = tls::Server::start(listener, Some(tls::fixed(config)), server.clone().router()).unwrap();
    let url = format!("https://{}/a.png", served.address);
    let certificate = folder.path().join("box/certificate.pem");
    for (trusted, expected) in [(false, "is not reached"), (true, "")] {
        let data = folder.path().join(format!("office-{trusted}"));
        let file = folder.path().join("headoffice.toml");
        let text = format!(
            "data = {data:?}\nlisten = \"{ANY}\"\nconsole = \"{ANY}\"\n[feeds]\nmedia_hosts = [\"127.0.0.1\"]\n"
        );
        std::fs::write(&file, text).unwrap();
        let office = OfficeProcess::configured(&file, &data, |command| {
            if trusted {
                command.env("SSL_CERT_FILE", &certificate);
            }
        });
        let csv = folder.path().join("listings.csv");
        std::fs::write(&csv, branchbox::demo::listings::to_csv(&units(std::slice::from_ref(&url)))).unwrap();
        let out = branchbox().args(["headoffice", "import", "--data"]).arg(&data).arg(&csv).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let feeds = async || -> serde_json::Value {
            let page = format!("http://{}/api/feeds", office.console);
            reqwest_plain().get(page).send().await.unwrap().json().await.unwrap()
        };
        eventually("settled", async || {
            let told = feeds().await;
            told["pictures"]["failed"] == 1 || told["pictures"]["here"] == 1
        })
        .await;
        let told = feeds().await;
        assert_eq!(told["pictures"]["here"] == 1, trusted, "{told}");
        assert!(told.to_string().contains(expected), "{told}");
    }
    assert_eq!(server.hits("a.png"), 1, "nothing was asked for over a line that is not trusted");
    served.stop().await;
}
