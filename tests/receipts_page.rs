//! What a manager reads of the line to head office, in a real browser: what waits and since when, what head office has
//! acknowledged, and which personal data goes there.

mod support;

use branchbox::clock::hong_kong;
use branchbox::reason::Reason;
use branchbox::store::outbox;
use branchbox::sync::uplink::{Policy, Sound, settle};
use jiff::SignedDuration;
use serde_json::json;
use support::agent_page::{connect, sign_in};
use support::branch::Branch;
use support::browser::{Browser, Seen};

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_reads_what_waits_and_what_has_arrived() {
    let Some(browser) = Browser::start().await else { return };
    let branch = Branch::start(50).await;
    let now = branch.clock.now();
    let day = |at: jiff::Timestamp| at.to_zoned(hong_kong()).date().to_string();
    let before = now - SignedDuration::from_hours(48);
    let write = move |tx: &branchbox::store::Tx| {
        for at in [before, now] {
            for kind in ["meeting", "interaction", "interaction"] {
                outbox::add(tx, at, kind, &json!({}))?;
            }
        }
        settle(tx, 3, 2, before)?;
        settle(tx, 4, 900, now)
    };
    let waiting = branch.db.write("fill the outbox", write).await.unwrap();
    assert_eq!(waiting.count, 2, "an acknowledgement counts no further than what was sent");
    connect(&branch, waiting.count);
    branch.sync.send_modify(|s| s.waiting = waiting);
    sign_in(&browser, &branch).await;
    browser.wait_for("#sync", |s| s.text() == "Connected to head office, 2 waiting").await;

    browser.script("document.getElementById('sync').focus()").await;
    browser.script("document.activeElement.click()").await;
    browser.wait_for("#uplink", Seen::shown).await;
    assert_eq!(browser.text("#uplink-kinds").await.replace('\n', " "), "Answers to clients 2");
    assert!(browser.text("#uplink-since").await.starts_with("2 waiting, the oldest since "));
    let days = browser.see("#uplink-days li").await;
    let days: Vec<_> = days.iter().map(|d| (d.attribute("data-last"), d.text().to_owned())).collect();
    assert_eq!(days.len(), 2, "{days:?}");
    assert_eq!((days[0].0, days[1].0), (Some("4"), Some("2")), "the newest first: {days:?}");
    assert!(days[0].1.contains("2 kept by head office (nos. 3 to 4)"), "{days:?}");
    assert!(day(now) > day(before));
    let policy = ["always", "agents", "minutes", "sound.none"];
    for language in ["yue", "cmn", "en"] {
        // The dialog is above the page: its language is changed as it would be by a colleague in another tab.
        browser.script("document.getElementById('uplink').close()").await;
        browser.click(&format!("[data-language={language}]")).await;
        browser.click("#sync").await;
        browser.wait_for("#uplink", Seen::shown).await;
        let lines = browser.see("#uplink-policy li").await;
        let keys: Vec<_> = lines.iter().filter_map(|l| l.attribute("data-policy")).collect();
        assert_eq!(keys, policy);
        let text = browser.text("#uplink").await;
        assert!(!text.contains("uplink.") && !text.contains('{'), "{language}: {text}");
        if let Some(folder) = std::env::var_os("SCREENSHOTS").map(std::path::PathBuf::from) {
            for width in [1280, 390] {
                browser.size(width, 844).await;
                browser.screenshot(&folder.join(format!("receipts-{language}-{width}.png"))).await;
            }
        }
    }
    browser.click("#uplink-close").await;
    browser.wait_for("#uplink", |d| !d.shown()).await;

    branch.sync.send_modify(|s| {
        s.connected = false;
        s.problem = Some("head office at https://h does not answer".into());
    });
    browser.click("#sync").await;
    browser.wait_for("#uplink-line", |l| l.text().contains("cannot reach head office")).await;
    browser
        .wait_for("#uplink-problem", |p| p.text() == "For IT: head office at https://h does not answer")
        .await;
    // What the box found wrong with the line is told in the reader's language.
    let why = Reason::LineOurCertificate { url: "https://h".into() };
    for (language, words) in [
        ("yue", "總行（https://h）不接受這部機的憑證："),
        ("cmn", "总行（https://h）不接受这台机器的证书："),
        ("en", "For IT: head office at https://h does not accept this box's certificate: "),
    ] {
        branch.sync.send_modify(|s| (s.problem, s.why) = (Some(why.to_string()), Some(why.clone())));
        browser.script("document.getElementById('uplink').close()").await;
        browser.click(&format!("[data-language={language}]")).await;
        browser.click("#sync").await;
        browser.wait_for("#uplink-problem", |p| p.shown() && p.text().contains(words)).await;
    }
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_asked_to_be_recorded_is_told_where_the_sound_goes() {
    let Some(browser) = Browser::start().await else { return };
    let copies = ["副本亦會送去總行", "副本也会发送到总行", "goes to head office"];
    let conditions = ["如果各位書面同意", "如各位书面同意", "If everybody agrees in writing"];
    for sound in [Sound::None, Sound::Written, Sound::All] {
        let policy = Policy { sound, ..Policy::default() };
        let branch = Branch::start_sending(20, None, policy).await;
        sign_in(&browser, &branch).await;
        browser.click("#record").await;
        let asked = browser.wait_for("#consent", Seen::shown).await;
        let told = |words: &[&str; 3]| words.iter().filter(|w| asked.text().contains(**w)).count();
        let (copy, condition) = match sound {
            Sound::None => (0, 0),
            Sound::Written => (3, 3),
            Sound::All => (3, 0),
        };
        assert_eq!((told(&copies), told(&conditions)), (copy, condition), "{sound:?}: {}", asked.text());
        assert!(
            asked.text().contains("Does everybody in the room agree to be recorded?"),
            "{}",
            asked.text()
        );
        browser.click("#consent-no").await;
        browser.click("#button-switch").await;
        let statement = browser.wait_for("#button-statement", Seen::shown).await;
        let said = statement.text().contains("a copy of the sound goes to head office");
        assert_eq!(said, sound == Sound::All, "{sound:?}: a press notes spoken agreement");
        browser.click("#button-no").await;
    }
    browser.close().await;
}
