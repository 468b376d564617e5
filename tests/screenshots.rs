//! Pictures of both pages in every language and size, for whoever changes a page and for the README:
//! `SCREENSHOTS=folder cargo test --test screenshots -- --ignored`.

mod support;

use branchbox::speech::Progress;
use branchbox::store::recordings;
use support::agent_page::{connect, sign_in, transcribe};
use support::branch::Branch;
use support::browser::{Browser, Seen};
use support::microphone::{speech, with_microphone};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes screenshots for a person to look at"]
async fn look() {
    let Some(folder) = std::env::var_os("SCREENSHOTS").map(std::path::PathBuf::from) else { return };
    let Some((microphone, _feeder)) = with_microphone("look") else { return };
    let Some(browser) = Browser::start().await else { return };
    let branch = Branch::start_with(400, Some(microphone.device_id())).await;
    connect(&branch, 0);
    let kind = |wanted: &'static str| move |t: &Seen| t.attribute("data-kind") == Some(wanted);
    for (width, height) in [(1080, 1920), (1920, 1080), (1280, 800)] {
        browser.size(width, height).await;
        for language in ["yue", "cmn", "en"] {
            let shot = |name: &str| folder.join(format!("{name}-{language}-{width}.png"));
            browser.goto(&branch.url("/")).await;
            browser.click(&format!("[data-language={language}]")).await;
            browser.screenshot(&shot("kiosk-greeting")).await;
            browser.click("#suggestions button").await;
            browser.wait_for(".turn", |t| t.attribute("data-kind") == Some("results")).await;
            browser.screenshot(&shot("kiosk-results")).await;
            if width == 1280 {
                let compare =
                    format!("比較 {} 同 {}", branch.listings[0].reference, branch.listings[9].reference);
                for (name, words) in [("comparison", compare.as_str()), ("refuse", "業主電話幾多？")] {
                    browser.type_in("#question", &format!("{words}\n")).await;
                    browser.wait_for(".turn", kind(name)).await;
                    browser.screenshot(&shot(&format!("kiosk-{name}"))).await;
                }
                browser.click("#larger").await;
                browser.click("#larger").await;
                browser.screenshot(&shot("kiosk-large")).await;
            }
            browser.click("#finish").await;
        }
    }
    browser.size(1280, 800).await;
    browser.goto(&branch.url("/agent")).await;
    browser.screenshot(&folder.join("agent-sign-in.png")).await;
    sign_in(&browser, &branch).await;
    microphone.play(&speech("yue_0.wav")).expect("it speaks");
    browser.click("#record").await;
    browser.screenshot(&folder.join("agent-consent.png")).await;
    browser.click("[data-consent=written]").await;
    browser.wait_for("#elapsed", |e| e.text() == "0:01").await;
    browser.screenshot(&folder.join("agent-recording.png")).await;
    browser.click("#record").await;
    browser.wait_for("#recorder", |r| r.attribute("data-state") == Some("idle")).await;
    let recording = branch.db.read("find it", |c| recordings::latest(c, 1)).await.unwrap().remove(0);
    let progress = Progress { recording_id: recording.id.clone(), done_ms: 500, total_ms: 2_000 };
    branch.progress.send_replace(Some(progress));
    browser.wait_for("#meetings progress", |_| true).await;
    for language in ["yue", "cmn", "en"] {
        browser.click(&format!("[data-language={language}]")).await;
        browser.screenshot(&folder.join(format!("agent-desk-{language}.png"))).await;
    }
    transcribe(&branch, &recording.id).await;
    branch.progress.send_replace(None);
    browser.click("#meetings button").await;
    browser.click(".point[data-slot=view] .open").await;
    for language in ["yue", "cmn", "en"] {
        browser.click(&format!("[data-language={language}]")).await;
        browser.wait_for(".point[data-slot=view] .quote", Seen::shown).await;
        browser.screenshot(&folder.join(format!("agent-meeting-{language}.png"))).await;
    }
    browser.close().await;
}
