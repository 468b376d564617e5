//! The head-office page over a real fleet: boxes that are enrolled and speak over TLS, a person at a real browser, and one
//! flow by keyboard alone. What comes from a box is shown and never run.
//! With `SCREENSHOTS=folder` it leaves pictures for whoever changes the page.

mod support;

use branchbox::clock::Clock;
use branchbox::config::{DataFolder, HeadOfficeConfig};
use branchbox::headoffice::HeadOffice;
use branchbox::headoffice::store::{Tx, releases};
use branchbox::store::{Database, open_records, outbox};
use branchbox::sync::Sync;
use branchbox::sync::enrol::enrol;
use branchbox::sync::fleet::{held_settings, updates_folder};
use branchbox::sync::uplink::Policy;
use branchbox::sync::vitals::{MicrophoneState, Vitals};
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use jiff::SignedDuration;
use support::browser::{Browser, Seen};

/// A name that a page must show and never run.
const HOSTILE: &str = "Tai Po <img src=x onerror=\"document.title='run'\">";

/// A box: its records, and its line to head office while that is up.
struct Branch {
    data: DataFolder,
    db: Database,
    line: Option<Sync>,
}

impl Branch {
    /// Enrolled by a code that the page of `office` gave out.
    async fn enrolled(folder: &std::path::Path, office: &HeadOffice, code: &str) -> Self {
        let data = DataFolder::new(folder);
        let db = open_records(data.path(), &data.records_key()).unwrap();
        enrol(&data, &format!("https://{}", office.branches), code, false, &Clock::system()).await.unwrap();
        let mut this = Self { data, db, line: None };
        this.up();
        this.stands(|v| v.microphone = Some(MicrophoneState::Present));
        this
    }

    fn up(&mut self) {
        let (db, data) = (self.db.clone(), self.data.clone());
        self.line = Some(Sync::start(db, data, Clock::system(), Policy::default(), |_| {}));
    }

    fn line(&self) -> &Sync {
        self.line.as_ref().unwrap()
    }

    /// What the box says of itself from now on.
    fn stands(&self, change: impl FnOnce(&mut Vitals)) {
        self.line().vitals().send_modify(change);
        self.line().wake();
    }

    async fn down(&mut self) {
        self.line.take().unwrap().stop().await;
    }

    fn settings(&self) -> Option<String> {
        held_settings(&self.data).map(|s| s.settings)
    }

    fn has_update(&self, version: &str) -> bool {
        updates_folder(&self.data).join(format!("branchbox-{version}")).exists()
    }
}

/// Presses a key where the keyboard is (WebDriver names them: e004 is the tabulator, e007 Enter, e00c Escape).
async fn press(browser: &Browser, value: char) {
    let key =
        KeyActions::new("keyboard".into()).then(KeyAction::Down { value }).then(KeyAction::Up { value });
    browser.client.perform_actions(key).await.unwrap();
}

async fn is_at(browser: &Browser, css: &str) -> bool {
    browser.script(&format!("return document.activeElement.matches(\"{css}\")")).await == true
}

/// Goes on with the tabulator until it is at what is wanted, as a person without a mouse does, and presses Enter there.
async fn go_to_and_enter(browser: &Browser, css: &str) {
    for _ in 0..80 {
        if is_at(browser, css).await {
            return press(browser, '\u{e007}').await;
        }
        press(browser, '\u{e004}').await;
    }
    panic!("{css} is not within reach of the keyboard");
}

/// Texts on the page whose contrast with what is behind them is under 4.5 (WCAG 2.2, 1.4.3 AA).
const PALE: &str = "
    const parse = (c) => c.match(/[\\d.]+/g).map(Number);
    const lum = (c) => c.map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
      .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
    const over = (top, under) => [0, 1, 2].map((i) => top[i] * (top[3] ?? 1) + under[i] * (1 - (top[3] ?? 1)));
    const ground = (e) => e ? over(parse(getComputedStyle(e).backgroundColor), ground(e.parentElement)) : [255, 255, 255];
    return [...document.querySelectorAll('body *')]
      .filter((e) => e.checkVisibility() && !e.disabled && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
      .map((e) => {
        const under = ground(e), ink = lum(over(parse(getComputedStyle(e).color), under)), back = lum(under);
        return [(Math.max(ink, back) + .05) / (Math.min(ink, back) + .05), e.textContent];
      }).filter(([ratio]) => ratio < 4.5)";

/// Texts that are a key of the phrase file, or have a blank that nothing filled.
const UNTRANSLATED: &str = "
    return fetch('phrases/en.json').then((r) => r.json()).then((keys) => {
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
      while (walk.nextNode()) {
        const text = walk.currentNode.textContent.trim();
        if (/^[a-z]+[._][a-z_.]+$/.test(text) && text in keys || /\\{\\w+\\}/.test(text)) found.push(text);
      }
      return found;
    })";

/// Fields and buttons that nothing names.
const NAMELESS: &str = "
    return [...document.querySelectorAll('input, select, textarea, button')].filter((e) => e.checkVisibility())
      .filter((e) => !e.textContent.trim() && ![...(e.labels ?? [])].some((l) => l.textContent.trim())).map((e) => e.outerHTML)";

#[tokio::test(flavor = "multi_thread")]
async fn a_real_fleet_is_seen_and_led_from_the_page() {
    let Some(browser) = Browser::start().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let any = "127.0.0.1:0".parse().unwrap();
    let clock = Clock::fixed(Clock::system().now());
    let mut config = HeadOfficeConfig::new(folder.path().join("office"), any, any);
    config.names = vec!["127.0.0.1".into()];
    let office = HeadOffice::start(config, clock.clone()).await.unwrap();
    let shot = async |name: &str| {
        if let Some(folder) = std::env::var_os("SCREENSHOTS") {
            browser.screenshot(&std::path::Path::new(&folder).join(format!("fleet-{name}.png"))).await;
        }
    };
    browser.size(1280, 900).await;
    browser.goto(&format!("http://{}", office.console)).await;
    browser.click("[data-language=en]").await;

    // Two boxes are enrolled with codes from the page.
    browser.type_in("#branch-name", &format!("Wan Chai\n{HOSTILE}")).await;
    browser.click("#make-code").await;
    browser.wait_for("#code a", |a| a.text() == "Save as CSV").await;
    let codes: Vec<String> = browser.see("#code td code").await.iter().map(|c| c.text().to_owned()).collect();
    let mut wan_chai = Branch::enrolled(&folder.path().join("wan-chai"), &office, &codes[0]).await;
    let tai_po = Branch::enrolled(&folder.path().join("tai-po"), &office, &codes[1]).await;
    let row = async |name: &str, parts: &[&str]| {
        let fits = |r: &Seen| r.text().contains(name) && parts.iter().all(|part| r.text().contains(part));
        browser.wait_for("#branches tr", fits).await;
    };
    row("Wan Chai", &["online", "present"]).await;
    row(HOSTILE, &["online", "present"]).await;
    browser.wait_for("#line", |l| l.text() == "2 of 2 branches online").await;
    assert_eq!(browser.count("main img").await, 0);
    assert_eq!(browser.script("return document.title").await, "Branchbox · Head office");

    // An alarm of a box is on the page, first in the table.
    tai_po.stands(|v| (v.disk_free, v.disk_total) = (Some(5), Some(100)));
    let full = |r: &Seen| r.text().contains("Disk nearly full: 5 % free");
    browser.wait_for("#branches tr:first-child", full).await;
    browser.wait_for("#fleet-line", |l| l.text() == "Needing attention: 1").await;

    // By keyboard alone: open a branch, see its receipts, ask for its log, close it, and be where one was.
    let at = Clock::system().now();
    let happened = move |tx: &branchbox::store::Tx| {
        outbox::add(tx, at, "interaction", &serde_json::json!({ "kind": "results" }))
    };
    wan_chai.db.write("add an event", happened).await.unwrap();
    wan_chai.line().wake();
    branchbox::log_tail::push("2026-11-23T04:00:00Z INFO test.line agent=Chan Tai Man call=50001234 n=1");
    let of_wan_chai = "return [...document.querySelectorAll('#branches .link')].find((b) => b.textContent === 'Wan Chai').dataset.key";
    let key = browser.script(of_wan_chai).await;
    let key = key.as_str().unwrap();
    let open = format!("[data-key='{key}']");
    browser.script("document.activeElement.blur()").await;
    go_to_and_enter(&browser, &open).await;
    browser.wait_for("#h-branch", |h| h.shown() && h.text() == "Wan Chai").await;
    browser.wait_for("#facts", |f| f.text().contains("everything up to no. 1")).await;
    go_to_and_enter(&browser, "#ask-log").await;
    browser.wait_for("#log-state", |s| s.text().contains("arriving")).await;
    wan_chai.stands(|v| v.uptime_s = Some(61));
    browser.wait_for("#log-state", |s| s.text().starts_with("received")).await;
    let log = browser.wait_for("#log", |l| l.shown() && l.text().contains("test.line")).await;
    assert!(!log.text().contains("Chan") && !log.text().contains("5000"), "{log:?}");
    go_to_and_enter(&browser, "#close-branch").await;
    assert!(is_at(&browser, &open).await);

    // A group is made, a branch is put into it, and what it sets is on that box and on no other.
    browser.type_in("#group-name", "Island\n").await;
    browser.click("[data-group=Island] summary").await;
    browser.click(&format!("[data-key='{}']", key.replace("open-", "member-Island-"))).await;
    browser.wait_for("[data-group=Island] summary", |s| s.text() == "Branches in it: 1").await;
    browser.type_in("[id=settings-Island]", "upload.max_mb = 700").await;
    browser.script("document.getElementById('settings-Island').form.requestSubmit()").await;
    browser.wait_for(".group .report", |r| r.text() == "Island: saved").await;
    for branch in [&wan_chai, &tai_po] {
        branch.stands(|v| v.uptime_s = Some(62));
    }
    let arrived = |wanted| move |settings: Option<String>| (settings? == wanted).then_some(());
    browser.poll("settings", || async { arrived("upload.max_mb = 700\n")(wan_chai.settings()) }).await;
    browser.poll("no settings", || async { arrived("")(tai_po.settings()) }).await;

    // A release goes to one, to a tenth, and is halted; all of it by keyboard.
    let now = clock.now();
    let add = move |tx: &Tx| releases::add(tx, "9.9.1", &vec![7; 300_000], "test", now);
    office.store().write("add a release", add).await.unwrap();
    let (next, halt) = ("[data-key='next-9.9.1']", "[data-key='halt-9.9.1']");
    let stage = async |words: &str| {
        browser.wait_for("#releases [aria-current]", |s| s.text().contains(words)).await;
    };
    stage("nobody").await;
    go_to_and_enter(&browser, next).await;
    stage("one branch").await;
    for branch in [&wan_chai, &tai_po] {
        branch.stands(|v| v.uptime_s = Some(63));
    }
    let one_has_it = || async {
        let there = [&wan_chai, &tai_po].map(|b| b.has_update("9.9.1"));
        (there[0] != there[1]).then_some(())
    };
    browser.poll("the update is on one box", one_has_it).await;
    for branch in [&wan_chai, &tai_po] {
        branch.stands(|v| v.uptime_s = Some(64));
    }
    browser.wait_for("#releases article", |r| r.text().contains("downloaded: 1 (")).await;
    go_to_and_enter(&browser, next).await;
    stage("a tenth").await;
    // To all is asked about first, and no is no.
    go_to_and_enter(&browser, next).await;
    browser.wait_for("#sure", |d| d.shown() && d.text().contains("every branch (2)?")).await;
    press(&browser, '\u{e00c}').await;
    stage("a tenth").await;
    go_to_and_enter(&browser, halt).await;
    for (language, words) in [("yue", "已停 人手停止"), ("cmn", "已停止 人工停止"), ("en", "halted by hand")]
    {
        browser.click(&format!("[data-language={language}]")).await;
        browser.wait_for("#releases article", |r| r.text().contains(words)).await;
    }

    // A token for the company's own system is shown once; ending it is asked about.
    browser.script("document.querySelector('#new-token').closest('details').open = true").await;
    browser.type_in("#system-name", "Listing system\n").await;
    let token = browser.wait_for("#token code", |c| c.text().starts_with("branchbox-feed-")).await;
    let feeds = browser.script("return fetch('api/feeds').then((r) => r.text())").await;
    assert!(!feeds.as_str().unwrap().contains(token.text()), "{feeds}");
    browser.wait_for("#systems li", |s| s.text().contains("Listing system")).await;
    browser.click("[data-key='end-Listing system']").await;
    browser.click("#sure-yes").await;
    let none = || async { (browser.count("#systems li").await == 0).then_some(()) };
    browser.poll("no system has a token", none).await;

    // A line goes down: offline, since when, and first in the table after ten minutes.
    wan_chai.down().await;
    clock.set(now + SignedDuration::from_mins(11));
    tai_po.stands(|v| v.uptime_s = Some(65));
    row("Wan Chai", &["offline", "since 11 minutes ago", "Offline: 11 minutes ago"]).await;
    browser.wait_for("#line", |l| l.text() == "1 of 2 branches online").await;
    browser.wait_for("#branches tr:first-child", |r| r.text().contains("Wan Chai")).await;
    browser.click(&open).await;

    // In each language everything is said in it, at a desk and on a telephone, legibly, and every field has a name.
    for language in ["yue", "cmn", "en"] {
        browser.click(&format!("[data-language={language}]")).await;
        let pressed = format!("[data-language={language}]");
        browser.wait_for(&pressed, |b| b.attribute("aria-pressed") == Some("true")).await;
        browser.script("document.querySelectorAll('details').forEach((d) => { d.open = true; })").await;
        for script in [UNTRANSLATED, PALE, NAMELESS] {
            assert_eq!(browser.script(script).await, serde_json::json!([]), "{language}");
        }
        for (width, height) in [(390, 844), (1280, 900)] {
            browser.size(width, height).await;
            let wide = browser.script("return document.documentElement.scrollWidth - innerWidth").await;
            assert!(wide.as_i64().unwrap() <= 0, "{language} at {width}: the page is {wide} px too wide");
            for part in ["branch", "listings", "enrol", "groups", "releases"] {
                browser.script(&format!("document.querySelector('#h-{part}').scrollIntoView()")).await;
                shot(&format!("{language}-{width}-{part}")).await;
            }
        }
    }
    wan_chai.up();
    row("Wan Chai", &["online"]).await;

    // Removing a branch is asked about, and then its box is refused.
    browser.click("#remove-branch").await;
    browser.click("#sure-yes").await;
    browser.wait_for("#fleet-done", |s| s.text() == "Wan Chai was removed.").await;
    let one = || async { (browser.count("#branches tr").await == 1).then_some(()) };
    browser.poll("one branch is left", one).await;
    let mut status = wan_chai.line().status();
    let refused = status.wait_for(|s| s.refused.is_some());
    tokio::time::timeout(std::time::Duration::from_secs(60), refused).await.expect("told in time").unwrap();
    wan_chai.down().await;
    browser.close().await;
    office.shutdown().await;
}
