//! The head-office page: what it serves, what it refuses, and what it does for the person in front of it.

use crate::parts::*;
use branchbox::demo::listings::{generate, to_csv};
use serde_json::{Value, json};

on_both_engines!(
    a_page_of_another_site_gets_nothing,
    a_code_from_the_page_enrols_a_box,
    an_upload_accounts_for_every_row
);

async fn a_page_of_another_site_gets_nothing(engine: Engine) {
    let office = Office::start(engine).await;
    let (http, at) = (reqwest_plain(), format!("http://{}", office.running.console));
    let page = http.get(&at).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    let text = page.text().await.unwrap();
    assert!(!text.contains("http://") && !text.contains("https://"), "nothing is loaded from elsewhere");
    for path in [
        "page.css",
        "page.js",
        "say.js",
        "fleet.js",
        "phrases/yue.json",
        "phrases/cmn.json",
        "phrases/en.json",
    ] {
        assert_eq!(http.get(format!("{at}/{path}")).send().await.unwrap().status(), 200, "{path}");
    }
    let rebound = http.get(format!("{at}/api/overview")).header("host", "headoffice.evil.example");
    assert_eq!(rebound.send().await.unwrap().status(), 421);
    let forged = http.post(format!("{at}/api/codes")).body("{\"branch\":\"x\"}").send().await.unwrap();
    assert_eq!(forged.status(), 403);
    assert_eq!(http.get(format!("{at}/../headoffice.key")).send().await.unwrap().status(), 404);
}

async fn a_code_from_the_page_enrols_a_box(engine: Engine) {
    let office = Office::start(engine).await;
    let (http, at) = (reqwest_plain(), format!("http://{}", office.running.console));
    let make =
        |body: Value| http.post(format!("{at}/api/codes")).header("x-branchbox", "1").json(&body).send();
    let given: Value =
        make(json!({ "branch": "Quarry Bay", "hours": 2 })).await.unwrap().json().await.unwrap();
    assert!(given["command"].as_str().unwrap().contains(&office.url()), "{given}");
    assert_eq!(overview(office.running.console).await["codes"][0]["branch"], "Quarry Bay");
    let link = Branch::new().enrol(&office.url(), given["code"].as_str().unwrap()).await.unwrap();
    assert_eq!(link.branch.name, "Quarry Bay");
    for (body, words) in [
        (json!({ "branch": " " }), "needs a name"),
        (json!({ "branch": "x", "hours": 0 }), "good for 1 to 720 hours"),
    ] {
        let reply = make(body).await.unwrap();
        assert_eq!(reply.headers()["content-type"], "application/problem+json");
        let problem: Value = reply.json().await.unwrap();
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
    }
}

async fn an_upload_accounts_for_every_row(engine: Engine) {
    let office = Office::start(engine).await;
    let (http, at) = (reqwest_plain(), format!("http://{}", office.running.console));
    let upload = |bytes: Vec<u8>| {
        http.post(format!("{at}/api/listings?file=C:%5Clists%5Cweek%2047.csv"))
            .header("x-branchbox", "1")
            .body(bytes)
            .send()
    };
    let rows = generate(20, 3, jiff::civil::date(2026, 11, 22));
    let csv = to_csv(&rows);
    let report: Value = upload(csv.clone().into_bytes()).await.unwrap().json().await.unwrap();
    assert_eq!(report["taken"].as_array().unwrap().len(), 20, "{report}");
    let base = overview(office.running.console).await["listings"].clone();
    assert_eq!((&base["count"], &base["source"]), (&json!(20), &json!("week 47.csv")));

    // The same again changes nothing, and makes no version.
    let report: Value = upload(csv.clone().into_bytes()).await.unwrap().json().await.unwrap();
    assert_eq!(report["unchanged"].as_array().unwrap().len(), 20);
    assert_eq!(overview(office.running.console).await["listings"], base);

    for (bytes, words) in
        [(b"ref,status\nA-1,available\n".to_vec(), "the heading lacks"), (Vec::new(), "nothing was imported")]
    {
        let reply = upload(bytes).await.unwrap();
        assert_eq!(reply.status(), 422);
        let problem: Value = reply.json().await.unwrap();
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
    }
    assert_eq!(overview(office.running.console).await["listings"], base);
}
