//! The pages and their API at the boundary: real HTTP, and a real browser where a page is looked at.

mod support;

use support::branch::Branch;
use support::browser::Browser;

/// Screenshots for whoever changes a page: `SCREENSHOTS=folder cargo test --test pages -- --ignored look`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes screenshots for a person to look at"]
async fn look() {
    let Some(folder) = std::env::var_os("SCREENSHOTS").map(std::path::PathBuf::from) else { return };
    let Some(browser) = Browser::start().await else { return };
    let branch = Branch::start(400).await;
    branch.sync.send_modify(|s| (s.enrolled, s.connected) = (true, true));
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
                for (name, words) in
                    [("compare", "compare 比較 "), ("clarify", "which 邊個 "), ("refuse", "owner 業主 ")]
                {
                    browser.type_in("#question", &format!("{words}{}\n", branch.listings[0].estate_zh)).await;
                    browser
                        .wait_for(".turn", |t| {
                            t.text().contains(words.trim()) && t.attribute("data-kind") != Some("waiting")
                        })
                        .await;
                    browser.screenshot(&shot(&format!("kiosk-{name}"))).await;
                }
                browser.click("#larger").await;
                browser.click("#larger").await;
                browser.screenshot(&shot("kiosk-large")).await;
            }
            browser.click("#finish").await;
        }
    }
    browser.close().await;
}
