//! Why the box answered so, as an agent sees it in a real browser: what was understood, never what was said.

mod support;

use branchbox::assistant::Assistant;
use branchbox::listings::phrasebook::{Phrasebook, Script};
use serde_json::json;
use std::sync::Arc;
use support::agent_page::sign_in;
use support::branch::Branch;
use support::browser::{Browser, Seen};

async fn asked(branch: &Branch, question: &str) {
    let kiosk = [("x-branchbox-kiosk", "1")];
    let answer = branch.request("POST /api/v1/ask", &kiosk, Some(json!({ "text": question }))).await;
    assert!(answer.status.is_success(), "{}", answer.text);
    // The log is written behind the answer, by the one writer.
    branch.db.write("wait for the writer", |_| Ok(())).await.unwrap();
}

fn opening_hours() -> Phrasebook {
    let script = Script {
        id: "opening-hours".into(),
        priority: 0,
        triggers_zh: vec!["幾點開門".into()],
        triggers_en: vec!["opening hours".into()],
        answer_yue: "朝早十點。".into(),
        answer_cmn: "上午十点。".into(),
        answer_en: "At 10 am.".into(),
    };
    let mut book = Phrasebook { scripts: vec![script], ..Phrasebook::default() };
    book.version = book.content_hash();
    book
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_opens_a_past_answer() {
    let Some(browser) = Browser::start().await else { return };
    let branch = Branch::start(200).await;
    let book = opening_hours();
    let assistant = Assistant::with_phrasebook(branch.listings.clone(), "0123456789".into(), &book);
    branch.assistant.store(Arc::new(assistant));
    let unit = branch.listings[0].clone();
    asked(&branch, &format!("我係黃太，{}有冇兩房", unit.estate_zh)).await;
    asked(&branch, "Mrs Wong here, what are your opening hours").await;
    asked(&branch, &format!("Mrs Wong again, the management fee of {}?", unit.reference)).await;

    sign_in(&browser, &branch).await;
    browser.wait_for("#answers button", |a| a.attribute("data-kind") == Some("results")).await;
    let shown = browser.see("#answers button").await;
    assert_eq!(shown.len(), 3, "newest first");
    assert!(shown[1].text().contains("opening-hours (“opening hours”)"), "{}", shown[1].text());
    assert!(shown[2].text().contains(&format!("{} (full name)", unit.estate_en)), "{}", shown[2].text());
    assert!(shown.iter().all(|a| a.text().contains("listings 01234567")), "{}", shown[0].text());
    for (language, kind, how) in [
        ("yue", "搜尋結果", "（全名）"),
        ("cmn", "搜索结果", "（全名）"),
        ("en", "Search results", "(full name)"),
    ] {
        browser.click(&format!("[data-language={language}]")).await;
        browser.wait_for("#answers button", |a| a.text().contains(kind) && a.text().contains(how)).await;
    }

    browser.click("#answers button[data-kind=results]").await;
    browser.wait_for("#answer", Seen::shown).await;
    assert!(!browser.see("#answers-section").await[0].shown(), "one thing is open at a time");
    let query = browser.text("#answer-query").await;
    let query: serde_json::Value = serde_json::from_str(&query).expect("the query in structure");
    assert_eq!(
        (&query["where"]["estate_en"], &query["where"]["bedrooms"]),
        (&json!(unit.estate_en), &json!(2))
    );
    assert!(browser.text("[data-part=words]").await.contains(&unit.estate_zh));
    assert_eq!(browser.text("[data-part=base]").await, "0123456789");
    assert_eq!(browser.text("[data-part=phrasebook]").await, book.version);
    browser.click("[data-language=cmn]").await;
    browser.wait_for("#answer", |a| a.text().contains("查询结构")).await;
    browser.click("[data-language=en]").await;
    browser.click("#answer-back").await;
    browser.wait_for("#answers-section", Seen::shown).await;

    browser.click("#answers li:nth-child(2) button").await;
    browser.wait_for("[data-part=trigger]", |t| t.text() == "opening-hours (“opening hours”)").await;
    let page = browser.script("return document.documentElement.outerHTML").await;
    let page = page.as_str().unwrap();
    assert!(!page.contains("Wong") && !page.contains("黃太"), "the client's words are nowhere");
    browser.click("#sign-out").await;
    browser.wait_for("#sign-in", Seen::shown).await;
    assert_eq!(browser.count("#answers li").await, 0, "nothing stays behind the sign-in");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn earlier_answers_are_fetched_on_demand() {
    let Some(browser) = Browser::start().await else { return };
    let branch = Branch::start(50).await;
    for _ in 0..33 {
        asked(&branch, "業主電話幾多").await;
    }
    sign_in(&browser, &branch).await;
    browser.wait_for("#more-answers", Seen::shown).await;
    assert_eq!(browser.count("#answers li").await, 30);
    browser.click("#more-answers").await;
    browser.wait_for("#answers li:nth-child(33)", Seen::shown).await;
    browser.wait_for("#more-answers", |m| !m.shown()).await;
    browser.click("[data-language=yue]").await;
    browser.wait_for("#answers button", |a| a.text().contains("問業主或其他人嘅身份、聯絡")).await;
    assert_eq!(browser.count("#answers li").await, 33);
    browser.close().await;
}
