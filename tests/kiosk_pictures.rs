//! Photos and floor plans at the kiosk: a real box serves them from its own disk to a real browser, and only while their
//! unit is on offer. With SCREENSHOTS=folder it leaves pictures of the page there for a person to look at.

mod support;

use branchbox::config::DataFolder;
use branchbox::demo::listings::{generate, to_csv};
use branchbox::listings::pictures::shelf::{Index, Shelf};
use branchbox::listings::pictures::{Picture, image};
use branchbox::listings::{Listing, PrivateFacts, Status};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use support::browser::{Browser, Seen};
use support::png::png;
use support::process::{Process, branchbox, branchbox_output, text};

const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 22);

/// A room with a window, some wall, a floor.
fn room(hue: [u8; 3]) -> Vec<u8> {
    png(640, 480, |x, y| match (x, y) {
        (120..=320, 90..=260) if (x - 120) % 100 < 6 || (y - 90) % 85 < 6 => [250, 250, 250],
        (120..=320, 90..=260) => [150, (190 + y / 8) as u8, 235],
        (400..=560, 250..=400) => [hue[0] / 2, hue[1] / 2, hue[2] / 2],
        (_, 380..) => [156, (120 + x % 32) as u8, 84],
        _ => hue,
    })
}

/// Walls and a door, upright.
fn plan() -> Vec<u8> {
    png(360, 520, |x, y| {
        let wall = |at: u32, from: u32| (from..from + 6).contains(&at);
        let outer = [20, 334].iter().any(|w| wall(x, *w)) || [20, 494].iter().any(|w| wall(y, *w));
        let inner = (wall(x, 180) && y < 300) || (wall(y, 300) && !(60..120).contains(&x));
        let inside = (20..340).contains(&x) && (20..500).contains(&y);
        if inside && (outer || inner) { [30, 30, 30] } else { [255, 255, 255] }
    })
}

/// Puts pictures on the shelf as the line does.
fn shelve(shelf: &Shelf, pictures: &[(&str, Vec<u8>)]) -> Vec<Picture> {
    let mut index: BTreeMap<String, Picture> =
        shelf.load().iter().map(|(r, p)| (r.clone(), p.clone())).collect();
    let mut shelved = Vec::new();
    for (reference, bytes) in pictures {
        let sha256 = hex::encode(Sha256::digest(bytes));
        let picture = Picture { sha256, bytes: bytes.len() as u64, image: image::look(bytes).unwrap() };
        shelf.begun(&picture.sha256).unwrap();
        shelf.append(&picture.sha256, 0, bytes).unwrap();
        shelf.finish(&picture).unwrap().unwrap();
        index.insert((*reference).to_owned(), picture.clone());
        shelved.push(picture);
    }
    shelf.save(&Index::of(index)).unwrap();
    shelved
}

fn import(data: &Path, rows: &[(Listing, PrivateFacts)]) {
    let file = data.with_extension("csv");
    std::fs::write(&file, to_csv(rows)).unwrap();
    let output = branchbox_output(["import", "--data", data.to_str().unwrap(), file.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output));
}

async fn ask(address: &str, question: &str) -> Value {
    let http = branchbox::tls::plain_http_client().unwrap();
    let call = http.post(format!("{address}/api/v1/ask")).json(&json!({ "text": question }));
    call.send().await.unwrap().json().await.unwrap()
}

async fn get(address: &str, path: &str) -> reqwest::Response {
    let http = branchbox::tls::plain_http_client().unwrap();
    http.get(format!("{address}{path}")).send().await.unwrap()
}

/// Asks again until the answer is there.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(support::process::PATIENCE, wait)
        .await
        .unwrap_or_else(|_| panic!("not in time: {what}"))
}

/// What the page shows of pictures: alternative text, whether the picture was decoded, its height.
const SHOWN: &str = "return Array.from(document.querySelectorAll('.card[data-ref=\"REF\"] .picture img'), \
    i => [i.alt, i.complete && i.naturalWidth > 0, i.loading])";

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_on_offer_shows_what_lies_on_the_box() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataFolder::new(folder.path().join("branch"));
    let mut rows = generate(60, 7, TODAY);
    for row in &mut rows {
        row.0.status = Status::Available;
    }
    let names = ["living.png", "kitchen.png", "missing.png", "bedroom.png"];
    rows[0].0.pictures.photos = names.map(str::to_owned).to_vec();
    rows[0].0.pictures.floor_plan = Some("plan.png".into());
    rows[1].0.pictures.photos = vec!["later.png".into()];
    rows[2].0.pictures.photos = vec!["living.png".into()];
    let (one, two) = (rows[0].0.clone(), rows[1].0.clone());
    import(data.path(), &rows);
    let shelf = Shelf::of(&data);
    let pictures = shelve(
        &shelf,
        &[
            ("living.png", room([222, 205, 180])),
            ("kitchen.png", room([190, 214, 205])),
            ("bedroom.png", room([205, 196, 222])),
            ("plan.png", plan()),
        ],
    );
    let (_process, address) = Process::start_box(data.path(), |_| {});

    // The reply: what is here, photos first, the floor plan last, and no name from the feed.
    let reply = ask(&address, &format!("{} 實用面積", one.reference)).await;
    let shown = reply["listings"][0]["pictures"].as_array().unwrap();
    let kinds: Vec<&str> = shown.iter().map(|p| p["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["photo", "photo", "photo", "floor_plan"], "{reply}");
    assert_eq!(
        shown[3],
        json!({ "kind": "floor_plan", "url": format!("/media/{}", pictures[3].sha256), "width": 360, "height": 520 })
    );
    assert!(!reply.to_string().contains("living.png"), "{reply}");
    let without = ask(&address, &format!("{} 實用面積", two.reference)).await;
    assert!(without["listings"][0].get("pictures").is_none(), "{without}");

    // The bytes, under the right type, and nothing else.
    let served = get(&address, shown[0]["url"].as_str().unwrap()).await;
    assert_eq!(served.headers()["content-type"], "image/png");
    assert_eq!(served.headers()["x-content-type-options"], "nosniff");
    assert!(served.bytes().await.unwrap() == room([222, 205, 180]));
    for path in ["index.json", "..%2Frecords.db", &"0".repeat(64), &format!("{}.part", pictures[0].sha256)] {
        assert_eq!(get(&address, &format!("/media/{path}")).await.status(), 404, "{path}");
    }

    // One that comes later is shown without a restart.
    let later = shelve(&shelf, &[("later.png", room([180, 200, 225]))]).remove(0);
    until("the one that came later", async || {
        let reply = ask(&address, &format!("{} 實用面積", two.reference)).await;
        reply["listings"][0].get("pictures").map(|p| assert_eq!(p.as_array().unwrap().len(), 1))
    })
    .await;

    at_the_page(&address, &one).await;

    // Withdrawn: no pictures in the reply, and none are served, whoever kept the address. A unit that shares one keeps it.
    rows[0].0.status = Status::Withdrawn;
    rows[1].0.status = Status::Sold;
    import(data.path(), &rows);
    until("gone", async || {
        (get(&address, &format!("/media/{}", later.sha256)).await.status() == 404).then_some(())
    })
    .await;
    for picture in &pictures[1..] {
        assert_eq!(get(&address, &format!("/media/{}", picture.sha256)).await.status(), 404);
    }
    assert_eq!(get(&address, &format!("/media/{}", pictures[0].sha256)).await.status(), 200);
    let reply = ask(&address, &format!("{} 實用面積", one.reference)).await;
    assert!(reply["listings"][0].get("pictures").is_none(), "{reply}");
}

async fn at_the_page(address: &str, one: &Listing) {
    let Some(browser) = Browser::start().await else { return };
    let screenshots = std::env::var_os("SCREENSHOTS").map(std::path::PathBuf::from);
    for (width, height) in [(390, 844), (1280, 800)] {
        browser.size(width, height).await;
        browser.goto(&format!("{address}/")).await;
        for (language, estate, photo, plan, close) in [
            ("yue", &one.estate_zh, "相片 1／", "平面圖／", "關閉"),
            ("cmn", &one.estate_zh, "照片 1／", "平面图／", "关闭"),
            ("en", &one.estate_en, "Photo 1, ", "Floor plan, ", "Close"),
        ] {
            browser.click(&format!("[data-language={language}]")).await;
            browser.type_in("#question", &format!("{} 實用面積\n", one.reference)).await;
            browser.wait_for(".turn", |t| t.attribute("data-kind") == Some("answer")).await;
            let script = SHOWN.replace("REF", &one.reference);
            let shown = browser
                .poll("the pictures are decoded", || async {
                    // What is out of sight is loaded when it comes into sight.
                    let scroll = "document.querySelectorAll('.picture').forEach(p => p.scrollIntoView({ inline: 'nearest', block: 'nearest' })); return 0";
                    browser.script(scroll).await;
                    let shown = browser.script(&script).await;
                    let all = shown.as_array().is_some_and(|s| s.len() == 4 && s.iter().all(|i| i[1] == true));
                    all.then_some(shown)
                })
                .await;
            let alt = |n: usize| shown[n][0].as_str().unwrap().to_owned();
            assert!(alt(0).starts_with(photo) && alt(3).starts_with(plan), "{shown}");
            if language != "cmn" {
                assert!(alt(0).ends_with(estate.as_str()), "{shown}");
            }
            assert!(shown.as_array().unwrap().iter().all(|i| i[2] == "lazy"), "{shown}");
            let fits = "return document.documentElement.scrollWidth <= innerWidth";
            assert_eq!(browser.script(fits).await, json!(true), "{width} {language}");

            // Touched, it fills the screen; touched again, it is gone.
            if let Some(folder) = &screenshots {
                browser.script("document.querySelectorAll('.pictures').forEach(p => p.scrollTo(0, 0)); scrollTo(0, 0); return 0").await;
                browser.screenshot(&folder.join(format!("kiosk-pictures-{language}-{width}.png"))).await;
            }
            browser.click(".picture[data-kind=floor_plan]").await;
            browser.wait_for("#enlarged", Seen::shown).await;
            assert!(browser.text("#enlarged-words").await.starts_with(plan));
            assert_eq!(browser.text("#shrink").await, close);
            if let Some(folder) = &screenshots {
                browser.screenshot(&folder.join(format!("kiosk-plan-{language}-{width}.png"))).await;
            }
            browser.click("#shrink").await;
            browser.wait_for("#enlarged", |e| !e.shown()).await;
            browser.click("#finish").await;
            browser.wait_for("#greeting", Seen::shown).await;
        }
        if let Some(folder) = &screenshots {
            browser.click("[data-language=en]").await;
            browser.type_in("#question", &format!("flats in {}\n", one.estate_en)).await;
            browser.wait_for(".turn", |t| t.attribute("data-kind") == Some("results")).await;
            browser.poll("decoded", || async {
                let script = "return Array.from(document.querySelectorAll('.picture img')).slice(0, 1).every(i => i.complete && i.naturalWidth > 0)";
                (browser.script(script).await == json!(true)).then_some(())
            }).await;
            browser.screenshot(&folder.join(format!("kiosk-results-{width}.png"))).await;
        }
    }
    browser.close().await;
}

/// kill -9 on the box again and again while pictures come: in the end all are there, each whole; and they are there
/// without head office, which had its base and the pictures from its folder.
#[tokio::test(flavor = "multi_thread")]
async fn killed_while_pictures_come_a_box_has_them_all_in_the_end() {
    const PICTURES: usize = 120;
    let folder = tempfile::tempdir().unwrap();
    let (feeds, office) = (folder.path().join("feeds"), folder.path().join("office"));
    std::fs::create_dir_all(feeds.join("media")).unwrap();
    let config = folder.path().join("headoffice.toml");
    let settings = format!(
        "data = {office:?}\nlisten = \"127.0.0.1:0\"\nconsole = \"127.0.0.1:0\"\n[feeds]\nfolder = {feeds:?}\nquiet_seconds = 2\n"
    );
    std::fs::write(&config, settings).unwrap();
    let mut rows = generate(PICTURES, 7, TODAY);
    for (n, row) in rows.iter_mut().enumerate() {
        row.0.status = Status::Available;
        row.0.pictures.photos = vec![format!("{n}.png")];
        std::fs::write(feeds.join(format!("media/{n}.png")), support::png::noise(300, 300, n as u32))
            .unwrap();
    }
    std::fs::write(feeds.join("base.csv"), to_csv(&rows)).unwrap();
    let mut head = Process::start(branchbox().args(["headoffice", "--config"]).arg(&config));
    let url = head.wait_for("branches ");
    let output =
        branchbox_output(["headoffice", "code", "--config", config.to_str().unwrap(), "--branch", "Test"]);
    let said = text(&output);
    let code = said.split_whitespace().find(|w| w.starts_with("BRANCHBOX-")).expect("a code").to_owned();
    let data = DataFolder::new(folder.path().join("branch"));
    let path = data.path().to_str().unwrap();
    let output = branchbox_output(["enrol", "--data", path, "--headoffice", &url, "--code", &code]);
    assert!(output.status.success(), "{}", text(&output));

    let shelf = Shelf::of(&data);
    let lying = || {
        let entries =
            std::fs::read_dir(data.media()).map(|e| e.flatten().collect::<Vec<_>>()).unwrap_or_default();
        entries.iter().filter(|e| e.file_name().len() == 64).count()
    };
    let mut seen = Vec::new();
    for round in 1.. {
        let (process, _) = Process::start_box(data.path(), |_| {});
        let wanted = (round * 12).min(PICTURES);
        until("some more pictures", async || (lying() >= wanted).then_some(())).await;
        process.kill();
        seen.push(lying());
        if lying() >= PICTURES {
            break;
        }
    }
    let (process, _) = Process::start_box(data.path(), |_| {});
    until("all pictures", async || (shelf.load().len() == PICTURES).then_some(())).await;
    process.kill();
    head.kill();
    println!("killed {} times with {seen:?} of {PICTURES} pictures there", seen.len());
    assert!(seen.len() > 3, "the kills were all after the last picture");

    for entry in std::fs::read_dir(data.media()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let whole =
            name == "index.json" || hex::encode(Sha256::digest(std::fs::read(entry.path()).unwrap())) == name;
        assert!(whole, "{name} is damaged or left over");
    }
    let (_process, address) = Process::start_box(data.path(), |_| {});
    let reply = ask(&address, &format!("{} 實用面積", rows[5].0.reference)).await;
    let served = get(&address, reply["listings"][0]["pictures"][0]["url"].as_str().expect("a picture")).await;
    assert!(served.bytes().await.unwrap() == support::png::noise(300, 300, 5));
}
