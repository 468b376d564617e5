//! A new listing base is swapped in while eight clients ask: no error, every reply is wholly of the version that it
//! names, and the new one is seen at once.

mod support;

use branchbox::assistant::{Assistant, Session};
use branchbox::clock::Clock;
use branchbox::demo::listings::{generate, to_csv};
use branchbox::listings::base;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};
use support::http::client;
use support::process::{PATIENCE, Process, branchbox_output, text};
use tokio::sync::watch;

const CLIENTS: usize = 8;
const SWAPS: usize = 4;
const LISTINGS: usize = 1500;

/// Each shows prices, of one listing or of many.
const QUESTIONS: &[&str] = &[
    "有咩盤放緊，最平嗰啲先",
    "九龍有咩兩房賣",
    "show me flats for rent, dearest first",
    "what is the median price per square foot in Kowloon",
    "新界售价的中位数是多少",
    "compare Whampoa Garden and Laguna Verde",
    "cheapest flat in the New Territories",
    "最贵的租盘租金多少",
    "TKS-0001 幾多錢",
    "KOR-0002 呎價",
];

/// Both versions as they answer in this process.
struct Versions {
    assistants: HashMap<String, Assistant>,
    clock: Clock,
}

impl Versions {
    /// Holds a reply to the version that it names; the version.
    fn check(&self, question: &str, reply: &Value) -> String {
        let version = reply["understood"]["base_version"].as_str().expect("a reply names its base");
        let assistant = self.assistants.get(version).unwrap_or_else(|| panic!("no such base: {reply}"));
        let own = assistant.ask(&mut Session::default(), question, None, self.clock.today());
        let mut own = serde_json::to_value(own).expect("a reply is JSON");
        own["session"] = reply["session"].clone();
        assert_eq!(&own, reply, "{question}: not what version {version} says");
        version.to_owned()
    }

    /// Holds the prices shown in a reply that depends on a conversation to the version that it names.
    fn check_prices(&self, reply: &Value) {
        let version = reply["understood"]["base_version"].as_str().expect("a reply names its base");
        for shown in reply["listings"].as_array().expect("a reply has listings") {
            let reference = shown["ref"].as_str().expect("a listing has a reference");
            let listing = self.assistants[version].listing(reference).expect("it is in the base");
            assert_eq!(shown["sale_price_hkd"], json!(listing.sale_price_hkd), "{reply}");
            assert_eq!(shown["monthly_rent_hkd"], json!(listing.monthly_rent_hkd), "{reply}");
        }
    }
}

/// Imports a file into the running box; how long that took.
fn import(data: &Path, csv: &Path) -> Duration {
    let begun = Instant::now();
    let output = branchbox_output(["import", "--data", data.to_str().unwrap(), csv.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output));
    begun.elapsed()
}

async fn ask(client: &reqwest::Client, address: &str, body: Value) -> Value {
    let answer = client.post(format!("{address}/api/v1/ask")).json(&body).send().await.expect("an answer");
    let status = answer.status();
    let reply = answer.json().await.expect("JSON");
    assert!(status.is_success(), "{status}: {reply}");
    reply
}

/// Asks until told to stop; how many replies each version gave.
async fn client_asks(
    number: usize,
    address: String,
    versions: Arc<Versions>,
    seen: watch::Sender<String>,
    stop: Arc<AtomicBool>,
) -> HashMap<String, usize> {
    let (client, mut count, mut turn) = (client(), HashMap::new(), number);
    while !stop.load(SeqCst) {
        let question = QUESTIONS[turn % QUESTIONS.len()];
        turn += 1;
        let reply = ask(&client, &address, json!({ "text": question })).await;
        let version = versions.check(question, &reply);
        seen.send_replace(version.clone());
        *count.entry(version).or_default() += 1;
        // The base may change between two questions of one conversation.
        let reply =
            ask(&client, &address, json!({ "text": "any cheaper?", "session": reply["session"] })).await;
        versions.check_prices(&reply);
    }
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn no_reply_is_of_two_versions() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let clock = Clock::system();
    let mut rows = generate(LISTINGS, 5, clock.today());
    let files = [1, 2].map(|version| {
        let path = folder.path().join(format!("{version}.csv"));
        std::fs::write(&path, to_csv(&rows)).unwrap();
        for (l, _) in &mut rows {
            // Every price another, and none that the first version has.
            l.sale_price_hkd = l.sale_price_hkd.map(|p| p * 3 + 7);
            l.monthly_rent_hkd = l.monthly_rent_hkd.map(|p| p * 3 + 7);
        }
        path
    });
    let mut assistants = HashMap::new();
    let names = [1, 0].map(|i| {
        import(&data, &files[i]);
        let base = base::load(&data.join("listings.db")).unwrap().unwrap();
        assistants.insert(base.version.clone(), Assistant::new(base.listings, base.version.clone()));
        base.version
    });
    let versions = Arc::new(Versions { assistants, clock });
    let (_process, address) = Process::start_box(&data, |_| {});

    let (seen, mut shown) = watch::channel(names[1].clone());
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|n| tokio::spawn(client_asks(n, address.clone(), versions.clone(), seen.clone(), stop.clone())))
        .collect();
    drop(seen);
    let mut visible = Vec::new();
    for swap in 0..SWAPS {
        let (data, csv) = (data.clone(), files[1 - swap % 2].clone());
        let took = tokio::task::spawn_blocking(move || import(&data, &csv)).await.unwrap();
        let (imported, wanted) = (Instant::now(), &names[swap % 2]);
        tokio::time::timeout(PATIENCE, shown.wait_for(|v| v == wanted))
            .await
            .expect("the new base is shown")
            .expect("the clients go on");
        visible.push(imported.elapsed());
        assert!(
            imported.elapsed() < 10 * took,
            "seen {:?} after an import that took {took:?}",
            imported.elapsed()
        );
    }
    stop.store(true, SeqCst);
    let mut replies = HashMap::new();
    for client in clients {
        for (version, n) in client.await.expect("no client met an error or a mixture") {
            *replies.entry(version).or_insert(0) += n;
        }
    }
    println!("{SWAPS} swaps under {CLIENTS} clients, replies by version {replies:?}, seen after {visible:?}");
    assert!(names.iter().all(|v| replies[v] > CLIENTS), "both were asked: {replies:?}");
}
