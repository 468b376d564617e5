//! A real Chromium without a window, driven through chromedriver. Waiting is polling with a deadline; nothing sleeps
//! for a fixed time and hopes.

use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use std::future::Future;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a page may take for anything: generous, for busy machines.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often a condition is looked at again.
const LOOK: Duration = Duration::from_millis(40);

/// One browser with one window and an empty profile.
pub struct Browser {
    pub client: Client,
    driver: Driver,
    _profile: tempfile::TempDir,
}

/// The process of chromedriver, in a group of its own with the browser it starts.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(group) = rustix::process::Pid::from_raw(self.0.id() as i32) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

impl Browser {
    /// Starts a browser. `None`, with a sentence, where there is no Chromium; under CI that is a failure.
    pub async fn start() -> Option<Self> {
        let installed = |program: &str| {
            Command::new(program)
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .is_ok()
        };
        if !installed("chromedriver") || !installed("chromium") {
            assert!(
                std::env::var_os("CI").is_none(),
                "chromium and chromedriver are not installed (apt-get install chromium chromium-driver)"
            );
            println!(
                "skipped: chromium and chromedriver are not installed (apt-get install chromium chromium-driver)"
            );
            return None;
        }
        let mut driver = Driver(
            Command::new("chromedriver")
                .arg("--port=0")
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .process_group(0)
                .spawn()
                .expect("chromedriver starts"),
        );
        let mut lines = BufReader::new(driver.0.stdout.take().expect("its output is piped")).lines();
        let port: u16 = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
            })
            .expect("chromedriver says its port");
        std::thread::spawn(move || lines.for_each(drop));
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities(profile.path()))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("chromedriver starts chromium");
        Some(Self { client, driver, _profile: profile })
    }

    /// Sets the size of the page itself, in CSS pixels.
    pub async fn size(&self, width: u32, height: u32) {
        self.client.set_window_size(width, height).await.expect("the window takes a size");
        let inner = self.script("return [innerWidth, innerHeight]").await;
        let missing = |i: usize, wanted: u32| wanted.saturating_sub(inner[i].as_u64().unwrap_or(0) as u32);
        self.client
            .set_window_size(width + missing(0, width), height + missing(1, height))
            .await
            .expect("the window takes a size");
    }

    /// Opens an address and waits until the page says that it is ready (`<html data-ready>`).
    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|e| panic!("cannot open {url}: {e}"));
        self.wait_for("html", |html| html.attribute("data-ready").is_some()).await;
    }

    /// Touches the first element that fits, once it is there and shown.
    pub async fn click(&self, css: &str) {
        self.poll(&format!("{css} can be touched"), || async {
            let element = self.client.find(Locator::Css(css)).await.ok()?;
            element.click().await.ok()
        })
        .await;
    }

    /// Types into a field.
    pub async fn type_in(&self, css: &str, text: &str) {
        self.poll(&format!("{css} takes text"), || async {
            let element = self.client.find(Locator::Css(css)).await.ok()?;
            element.send_keys(text).await.ok()
        })
        .await;
    }

    /// The text of the first element that fits, as it is shown ("" where it is hidden).
    pub async fn text(&self, css: &str) -> String {
        self.poll(&format!("there is {css}"), || async {
            self.client.find(Locator::Css(css)).await.ok()?.text().await.ok()
        })
        .await
    }

    /// How many elements fit.
    pub async fn count(&self, css: &str) -> usize {
        self.client.find_all(Locator::Css(css)).await.map(|all| all.len()).unwrap_or(0)
    }

    /// Waits until some element that fits is as wanted, and gives it back.
    pub async fn wait_for(&self, css: &str, wanted: impl Fn(&Seen) -> bool) -> Seen {
        self.poll(&format!("{css} is as wanted"), || async {
            self.see(css).await.into_iter().find(|seen| wanted(seen))
        })
        .await
    }

    /// Every element that fits, as it is now.
    pub async fn see(&self, css: &str) -> Vec<Seen> {
        let script = "return Array.from(document.querySelectorAll(arguments[0]), e => ({ text: e.innerText ?? '', \
            shown: e.checkVisibility(), attributes: Object.fromEntries(Array.from(e.attributes, a => [a.name, a.value])) }))";
        match self.client.execute(script, vec![json!(css)]).await {
            Ok(Value::Array(all)) => all.into_iter().map(Seen).collect(),
            _ => Vec::new(),
        }
    }

    /// Runs a script and gives what it returns.
    pub async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap_or_else(|e| panic!("{script}: {e}"))
    }

    /// Saves what is on the screen as PNG.
    pub async fn screenshot(&self, path: &std::path::Path) {
        let png = self.client.screenshot().await.expect("a screenshot");
        std::fs::write(path, png).unwrap_or_else(|e| panic!("cannot write {}: {e}", path.display()));
    }

    /// Asks until there is an answer; after [`PATIENCE`] the test fails and says what it waited for.
    pub async fn poll<T, F: Future<Output = Option<T>>>(&self, what: &str, mut look: impl FnMut() -> F) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(value) = look().await {
                return value;
            }
            if Instant::now() > deadline {
                let page = self.script("return document.body.innerText").await;
                panic!("waited {PATIENCE:?} until {what}; the page shows: {page}");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Ends the browser.
    pub async fn close(self) {
        let _ = self.client.close().await;
        drop(self.driver);
    }
}

/// An element as it was seen.
#[derive(Debug, Clone)]
pub struct Seen(Value);

impl Seen {
    /// Its text, as it is rendered.
    pub fn text(&self) -> &str {
        self.0["text"].as_str().unwrap_or_default()
    }
    /// Whether it is on the page to be seen.
    pub fn shown(&self) -> bool {
        self.0["shown"].as_bool().unwrap_or(false)
    }
    /// An attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.0["attributes"][name].as_str()
    }
}

fn capabilities(profile: &std::path::Path) -> serde_json::Map<String, Value> {
    let flags = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--no-proxy-server",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--force-device-scale-factor=1",
        "--window-size=1280,800",
    ];
    let mut args: Vec<String> = flags.iter().map(|f| (*f).to_owned()).collect();
    args.push(format!("--user-data-dir={}", profile.display()));
    let wanted = json!({
        "browserName": "chrome",
        "goog:chromeOptions": { "args": args },
        "goog:loggingPrefs": { "browser": "ALL" },
    });
    match wanted {
        Value::Object(map) => map,
        _ => unreachable!("an object was written down"),
    }
}
