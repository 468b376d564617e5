//! The box's HTTP at the boundary: what CONTRACT.md promises, who may do what, and that every error is a document.

mod support;

use axum::http::StatusCode;
use branchbox::store::interactions;
use jiff::SignedDuration;
use serde_json::{Value, json};
use support::branch::{Answer, Branch};

fn is_problem(answer: &Answer, status: u16) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{}", answer.text);
    assert_eq!(answer.json["status"], status);
    for part in ["type", "title", "detail"] {
        assert!(answer.json[part].as_str().is_some_and(|t| !t.is_empty()), "{part}: {}", answer.text);
    }
}

#[tokio::test]
async fn every_error_is_a_problem_document() {
    let branch = Branch::start(20).await;
    let ask = "POST /api/v1/ask";
    is_problem(&branch.request("GET /nothing", &[], None).await, 404);
    is_problem(&branch.request("GET /api/v1/ask", &[], None).await, 405);
    is_problem(&branch.request(ask, &[], Some(json!("{not json"))).await, 400);
    is_problem(&branch.request(ask, &[], Some(json!({ "words": "?" }))).await, 400);
    is_problem(&branch.request(ask, &[], Some(json!({ "text": "?", "language": "fr" }))).await, 400);
    is_problem(&branch.request(ask, &[], Some(json!({ "text": " \n" }))).await, 400);
    is_problem(
        &branch.request(ask, &[("content-type", "text/plain")], Some(json!({ "text": "?" }))).await,
        415,
    );
    is_problem(&branch.request(ask, &[], Some(json!({ "text": "房".repeat(1366) }))).await, 413);
    is_problem(&branch.request(ask, &[], Some(json!({ "text": "x".repeat(1 << 20) }))).await, 413);
    is_problem(
        &branch.request("POST /api/v1/translate", &[], Some(json!({ "text": "a", "to": "yue" }))).await,
        501,
    );
    let backwards = json!({ "segments": [{ "start": 2.0, "end": 1.0, "text": "?" }], "recorded_at": "2026-11-20T15:00:00+08:00" });
    is_problem(&branch.request("POST /api/v1/minutes/extract", &[], Some(backwards)).await, 400);
    is_problem(&branch.request("GET /healthz", &[("host", "evil.example")], None).await, 421);
    let longest = branch.request(ask, &[], Some(json!({ "text": "房".repeat(1365) }))).await;
    assert_eq!(longest.status, StatusCode::OK, "{}", longest.text);
    let empty = Branch::start(0).await;
    is_problem(&empty.request(ask, &[], Some(json!({ "text": "太古城" }))).await, 503);
    assert_eq!(empty.request("GET /healthz", &[], None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let branch = Branch::start(20).await;
    for line in [
        "GET /",
        "GET /agent",
        "GET /healthz",
        "GET /kiosk/kiosk.js",
        "GET /kiosk/welcome",
        "GET /nothing",
        "GET /agent/api/me",
    ] {
        let answer = branch.request(line, &[], None).await;
        let header = |name: &str| {
            answer.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
        };
        let policy = header("content-security-policy");
        assert!(
            policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"),
            "{line}: {policy}"
        );
        assert_eq!(header("x-content-type-options"), "nosniff", "{line}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{line}");
        assert_eq!(header("cache-control"), "no-store", "{line}");
    }
}

#[tokio::test]
async fn a_question_opens_a_session_that_the_client_can_end() {
    let branch = Branch::start(60).await;
    let unit = &branch.listings[0].reference;
    let ask = |body: Value| branch.request("POST /api/v1/ask", &[], Some(body));
    let first = ask(json!({ "text": format!("What is the saleable area of {unit}?") })).await.json;
    let session = first["session"].as_str().expect("a session").to_owned();
    assert_eq!((&first["kind"], &first["language"]), (&json!("answer"), &json!("en")), "{first}");
    assert_eq!(first["listings"][0]["ref"], json!(unit));
    let fee = json!({ "text": "and its management fee?", "session": session });
    let second = ask(fee.clone()).await.json;
    assert_eq!(second["session"], json!(session));
    assert_eq!(second["listings"][0]["ref"], json!(unit), "the session knows what was shown");
    let gone = branch.request(&format!("DELETE /api/v1/sessions/{session}"), &[], None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let third = ask(fee).await.json;
    assert_ne!(third["session"], json!(session));
    assert_ne!(third["kind"], json!("answer"), "nothing is known of what was shown: {third}");
}

#[tokio::test]
async fn a_question_that_gives_no_language_away_is_answered_in_the_page_s() {
    let branch = Branch::start(60).await;
    for (page, question, language) in [
        ("cmn", "三房", "cmn"),
        ("yue", "三房", "yue"),
        ("1", "三房", "yue"),
        ("cmn", "有冇三房", "yue"),
        ("cmn", "Any flats with three bedrooms?", "en"),
    ] {
        let kiosk = [("x-branchbox-kiosk", page)];
        let reply = branch.request("POST /api/v1/ask", &kiosk, Some(json!({ "text": question }))).await.json;
        assert_eq!(reply["language"], language, "{question} on the {page} page");
    }
}

#[tokio::test]
async fn answers_are_logged_without_the_words() {
    let branch = Branch::start(60).await;
    let cookie = branch.sign_in("May").await;
    let unit = branch.listings[0].clone();
    let kiosk = [("x-branchbox-kiosk", "1")];
    let questions = [
        format!("Mrs Wong wants to know: the saleable area of {}?", unit.reference),
        format!("{}有冇兩房，黃太想知", unit.estate_zh),
        "Anything in Wongsville Heights Court?".to_owned(),
        "A-1234567 管理費幾多".to_owned(),
        "Mrs Wong: 業主電話".to_owned(),
    ];
    for question in &questions {
        branch.request("POST /api/v1/ask", &kiosk, Some(json!({ "text": question }))).await;
    }
    // The log is written behind the answer; a change that is waited for comes after it in the one writer.
    branch.db.write("wait for the writer", |_| Ok(())).await.unwrap();
    let kept = branch.db.read("read the log", |c| interactions::latest(c, None, 100)).await.unwrap();
    let whole = serde_json::to_string(&kept).unwrap();
    for word in ["Wong", "wong", "黃太", "黄太", "1234567", "電話"] {
        assert!(!whole.contains(word), "{word}: {whole}");
    }
    let kinds: Vec<&str> = kept.iter().rev().map(|k| k.kind.as_str()).collect();
    assert_eq!(kinds, ["answer", "results", "not_found", "not_found", "refuse"]);

    let agent = [("cookie", cookie.as_str())];
    let list = branch.request("GET /agent/api/answers", &agent, None).await.json;
    let list = list["answers"].as_array().expect("a list");
    assert_eq!(list.len(), questions.len());
    assert!(list.iter().all(|a| a["channel"] == "kiosk" && a["base_version"] == "test"), "{list:?}");
    assert_eq!(list[0]["rule"], "owner's contact");
    let results = &list[3];
    assert_eq!(
        results["matched"],
        json!([{ "place": unit.estate_en, "place_zh": unit.estate_zh, "how": "exact" }])
    );
    assert!(results["words"].as_str().unwrap().contains(&unit.estate_zh), "{results}");
    let id = |answer: &Value| answer["id"].as_str().unwrap().to_owned();
    let first = branch.request(&format!("GET /agent/api/answers/{}", id(&list[4])), &agent, None).await.json;
    assert_eq!(first["refs"], json!([unit.reference]));
    assert_eq!(first["understood"]["query"]["subject"], json!({ "ref": unit.reference }));
    let earlier =
        branch.request(&format!("GET /agent/api/answers?before={}", id(results)), &agent, None).await.json;
    assert_eq!((earlier["answers"].as_array().unwrap().len(), &earlier["more"]), (1, &json!(false)));
    is_problem(&branch.request("GET /agent/api/answers/x", &agent, None).await, 404);
}

/// Every route of the agent's API but the sign-in.
const AGENT_ROUTES: [&str; 21] = [
    "GET /agent/api/me",
    "GET /agent/api/microphones",
    "GET /agent/api/button",
    "GET /agent/api/recordings",
    "GET /agent/api/recordings/x",
    "GET /agent/api/recordings/x/minutes",
    "GET /agent/api/recordings/x/minutes/vocabulary",
    "POST /agent/api/recordings/x/minutes/review",
    "POST /agent/api/recordings/x/minutes/add",
    "POST /agent/api/recordings/x/minutes/redo",
    "GET /agent/api/answers",
    "GET /agent/api/answers/x",
    "GET /agent/api/events",
    "POST /agent/api/recordings",
    "POST /agent/api/button",
    "POST /agent/api/microphones/test",
    "POST /agent/api/recordings/stop",
    "POST /agent/api/recordings/pause",
    "POST /agent/api/recordings/resume",
    "POST /agent/api/recordings/mark",
    "POST /agent/api/sign-out",
];

#[tokio::test]
async fn nobody_does_anything_without_signing_in() {
    let branch = Branch::start(0).await;
    for line in AGENT_ROUTES {
        let body = line
            .ends_with("recordings")
            .then(|| json!({ "consent": "spoken" }))
            .filter(|_| line.starts_with("POST"));
        let page = [("x-branchbox", "1"), ("cookie", "branchbox_agent=00000000000000000000000000000000")];
        is_problem(&branch.request(line, &page, body).await, 401);
    }
}

#[tokio::test]
async fn what_changes_something_must_come_from_our_page() {
    let branch = Branch::start(0).await;
    let cookie = branch.sign_in("May").await;
    for line in AGENT_ROUTES.into_iter().filter(|line| line.starts_with("POST")) {
        is_problem(
            &branch.request(line, &[("cookie", &cookie)], Some(json!({ "consent": "spoken" }))).await,
            403,
        );
    }
    let typed = json!({ "code": branch.code, "name": "May" });
    is_problem(&branch.request("POST /agent/api/sign-in", &[], Some(typed)).await, 403);
}

#[tokio::test]
async fn five_wrong_codes_pause_the_sign_in_for_half_a_minute() {
    let branch = Branch::start(0).await;
    let page = [("x-branchbox", "1")];
    let sign_in = |code: String| {
        branch.request("POST /agent/api/sign-in", &page, Some(json!({ "code": code, "name": "May" })))
    };
    for _ in 0..5 {
        is_problem(&sign_in("wrong".into()).await, 403);
    }
    let paused = sign_in(branch.code.clone()).await;
    is_problem(&paused, 429);
    assert!(paused.headers.contains_key("retry-after"));
    branch.clock.set(branch.clock.now() + SignedDuration::from_secs(30));
    let right = sign_in(branch.code.clone()).await;
    assert_eq!(right.status, StatusCode::NO_CONTENT, "{}", right.text);
    let cookie = right.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Path=/agent"),
        "{cookie}"
    );
    is_problem(
        &branch
            .request("POST /agent/api/sign-in", &page, Some(json!({ "code": branch.code, "name": " " })))
            .await,
        400,
    );
}

#[tokio::test]
async fn a_sign_in_ends_after_a_working_day() {
    let branch = Branch::start(0).await;
    let cookie = branch.sign_in("May").await;
    let me = || async { branch.request("GET /agent/api/me", &[("cookie", &cookie)], None).await };
    assert_eq!(me().await.json, json!({ "name": "May", "sound": "none" }));
    branch.clock.set(branch.clock.now() + SignedDuration::from_hours(12));
    is_problem(&me().await, 401);
}

#[tokio::test]
async fn a_microphone_that_is_not_there_is_one_clear_sentence() {
    let branch = Branch::start_with(0, Some("alsa:not_plugged_in".into())).await;
    let cookie = branch.sign_in("May").await;
    let page = [("x-branchbox", "1"), ("cookie", cookie.as_str())];
    let pressed =
        branch.request("POST /agent/api/recordings", &page, Some(json!({ "consent": "spoken" }))).await;
    is_problem(&pressed, 503);
    assert!(pressed.json["detail"].as_str().unwrap().contains("not_plugged_in"), "{}", pressed.text);
    for verb in ["stop", "pause", "resume", "mark"] {
        is_problem(&branch.request(&format!("POST /agent/api/recordings/{verb}"), &page, None).await, 409);
    }
    let list = branch.request("GET /agent/api/recordings", &page, None).await.json;
    assert_eq!(list, json!([]), "nothing was begun");
}
