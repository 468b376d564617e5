//! Minutes taken away over HTTP, and the listings under them: what an agent gets, in the three languages, what is
//! noted of it, and that reviews show in both.

mod support;

use branchbox::daemon::minutes_worker;
use branchbox::listings::Status;
use branchbox::store::recordings::{Consent, UploadedRecording, take_in};
use branchbox::store::transcripts::{self, Segment, SegmentKind};
use branchbox::store::{Tx, jobs};
use serde_json::{Value, json};
use std::io::{Cursor, Read};
use std::time::{Duration, Instant};
use support::branch::Branch;
use support::http::client;
use support::process::PATIENCE;
use tokio_util::sync::{CancellationToken, DropGuard};

const ID: &str = "0193a000-0000-7000-8000-000000000002";
const TALK: [&str; 8] = [
    "買呀 自住嘅",
    "咁要幾多房呢",
    "兩房啦 一定要兩房",
    "預算千三萬封頂啦",
    "我今晚send個平面圖俾你",
    "星期六下晝三點得唔得",
    "得 咁星期六下晝三點見",
    "好 拜拜",
];

struct Desk {
    branch: Branch,
    cookie: String,
    _stop: DropGuard,
}

impl Desk {
    /// A branch of 1,200 listings with a meeting whose transcript is complete.
    async fn open() -> Self {
        let branch = Branch::start(1_200).await;
        let cookie = branch.sign_in("May Chan").await;
        let now = branch.clock.now();
        let recording = UploadedRecording {
            id: ID.into(),
            started_at: "2026-11-18T07:10:00Z".parse().unwrap(),
            agent: "May Chan".into(),
            consent: Consent::Spoken,
            key: [7; 32],
            samples: 16_000 * 40,
            problem: None,
            form: "test".into(),
        };
        let write = move |tx: &Tx| {
            take_in(tx, &recording, now)?;
            for (n, text) in TALK.iter().enumerate() {
                let start_ms = n as i64 * 4_000;
                let segment = Segment {
                    start_ms,
                    end_ms: start_ms + 3_500,
                    kind: SegmentKind::Speech,
                    language: Some("yue".into()),
                    text: (*text).into(),
                    heard: None,
                };
                transcripts::add_segment(tx, ID, n as i64, &segment)?;
            }
            Ok(())
        };
        branch.db.write("write a meeting", write).await.unwrap();
        let stop = CancellationToken::new();
        let parts = (branch.db.clone(), branch.assistant.clone(), branch.clock.clone(), stop.clone());
        tokio::spawn(minutes_worker::run(parts.0, parts.1, parts.2, false, parts.3));
        Self { branch, cookie, _stop: stop.drop_guard() }
    }

    /// The transcript is complete, and the minutes are drawn up.
    async fn transcribed(&self) -> Value {
        let now = self.branch.clock.now();
        let finish = move |tx: &Tx| {
            let job = tx.query_row("SELECT id FROM job WHERE kind = ?1", [jobs::TRANSCRIBE], |r| r.get(0))?;
            transcripts::finish(tx, ID, "test", Some("yue"), job, now)
        };
        self.branch.db.write("finish", finish).await.unwrap();
        let began = Instant::now();
        loop {
            let minutes = self.minutes("en").await;
            if minutes["state"] == "ready" {
                return minutes;
            }
            assert!(began.elapsed() < PATIENCE, "{minutes}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn minutes(&self, language: &str) -> Value {
        let line = format!("GET /agent/api/recordings/{ID}/minutes?language={language}");
        self.branch.request(&line, &[("cookie", &self.cookie)], None).await.json
    }

    async fn review(&self, body: Value) -> Value {
        let headers = [("cookie", self.cookie.as_str()), ("x-branchbox", "1")];
        let line = format!("POST /agent/api/recordings/{ID}/minutes/review?language=en");
        let answer = self.branch.request(&line, &headers, Some(body)).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
        answer.json
    }

    /// Sees to it that a wish stands, whatever was made of the talk.
    async fn wants(&self, slot: &str, value: Value, segment: usize) {
        let minutes = self.minutes("en").await;
        let stands =
            minutes["points"].as_array().unwrap().iter().any(|p| p["slot"] == slot && p["value"] == value);
        if !stands {
            let wish = json!({ "type": "preference", "slot": slot, "value": value, "segments": [segment] });
            let headers = [("cookie", self.cookie.as_str()), ("x-branchbox", "1")];
            let line = format!("POST /agent/api/recordings/{ID}/minutes/add?language=en");
            let answer = self.branch.request(&line, &headers, Some(wish)).await;
            assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
        }
    }

    /// Status, headers and bytes of an export.
    async fn export(&self, query: &str) -> (u16, Vec<String>, Vec<u8>) {
        let url = self.branch.url(&format!("/agent/api/recordings/{ID}/minutes/export{query}"));
        let answer = client().get(url).header("cookie", &self.cookie).send().await.unwrap();
        let header = |name: &str| {
            let value = answer.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
            value.unwrap_or_default()
        };
        let headers = vec![header("content-type"), header("content-disposition")];
        (answer.status().as_u16(), headers, answer.bytes().await.unwrap().to_vec())
    }
}

fn point<'a>(minutes: &'a Value, slot: &str) -> &'a Value {
    let mut all = minutes["points"].as_array().unwrap().iter();
    all.find(|p| p["slot"] == slot).unwrap_or_else(|| panic!("no {slot}: {minutes:#}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_under_the_minutes_follow_what_stands() {
    let desk = Desk::open().await;
    desk.transcribed().await;
    desk.wants("deal", json!("sale"), 0).await;
    desk.wants("bedrooms", json!(2), 2).await;
    desk.wants("budget_max", json!(13_000_000), 3).await;
    let minutes = desk.minutes("en").await;
    let fit = |rooms: i64, most: i64| {
        let fits = desk.branch.listings.iter().filter(|l| {
            l.status == Status::Available
                && l.sale_price_hkd.is_some_and(|p| p <= most)
                && l.bedrooms == rooms
        });
        fits.count() as u64
    };
    let listings = &minutes["listings"];
    assert_eq!(listings["total"], fit(2, 13_000_000), "{}", listings["understood"]);
    assert!(fit(2, 13_000_000) > 10 && listings["listings"].as_array().unwrap().len() == 10);
    assert!(listings["understood"].as_str().unwrap().contains("HK$13,000,000"), "{listings}");
    for private in branchbox::listings::PRIVATE_COLUMNS {
        assert!(!listings.to_string().contains(private), "{private}");
    }
    let rooms = point(&minutes, "bedrooms")["id"].clone();
    let corrected = json!({ "point": rooms, "verdict": "correct", "value": 3 });
    assert_eq!(desk.review(corrected).await["listings"]["total"], fit(3, 13_000_000));
    let struck = desk.review(json!({ "point": rooms, "verdict": "strike" })).await;
    let any = (0..9).map(|rooms| fit(rooms, 13_000_000)).sum::<u64>();
    assert_eq!(struck["listings"]["total"], any, "a struck point is no wish");
    let budget = point(&minutes, "budget_max")["id"].clone();
    let little = desk.review(json!({ "point": budget, "verdict": "correct", "value": 2_000 })).await;
    desk.review(json!({ "point": rooms, "verdict": "reopen" })).await;
    assert!(little["listings"].is_object(), "{little}");
}

#[tokio::test(flavor = "multi_thread")]
async fn minutes_are_taken_away_in_three_forms() {
    let desk = Desk::open().await;
    let (status, _, body) = desk.export("?format=md").await;
    assert_eq!(status, 409, "not drawn up: {}", String::from_utf8_lossy(&body));
    desk.transcribed().await;
    desk.wants("bedrooms", json!(2), 2).await;
    let minutes = desk.minutes("en").await;
    desk.review(json!({ "point": point(&minutes, "bedrooms")["id"], "verdict": "accept" })).await;

    let (status, headers, file) = desk.export("?format=md&language=en").await;
    let text = String::from_utf8(file).unwrap();
    assert_eq!((status, headers[0].as_str()), (200, "text/markdown; charset=utf-8"));
    assert_eq!(headers[1], "attachment; filename=\"minutes-2026-11-18-1510.md\"");
    assert!(
        text.starts_with("# Minutes of a meeting\n") && text.contains("Wednesday 18 November 2026, 15:10")
    );
    assert!(
        text.contains("0:08 “兩房啦 一定要兩房”")
            && text.contains("*confirmed by May Chan, 22 November 2026"),
        "{text}"
    );
    assert!(text.contains("\n- saleable area "), "{text}");
    let (_, _, file) = desk.export("?format=md&language=cmn").await;
    assert!(String::from_utf8(file).unwrap().starts_with("# 会面纪要\n"));

    let (status, headers, file) = desk.export("?format=docx&language=yue").await;
    assert_eq!(status, 200);
    assert!(headers[0].contains("wordprocessingml") && headers[1].ends_with(".docx\""));
    let mut document = String::new();
    let mut zip = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    zip.by_name("word/document.xml").unwrap().read_to_string(&mut document).unwrap();
    assert!(document.contains("會面紀要") && document.contains("兩房啦 一定要兩房"));

    let (status, headers, file) = desk.export("?format=ics&language=en").await;
    assert_eq!((status, headers[0].as_str()), (200, "text/calendar; charset=utf-8"));
    let text = String::from_utf8(file).unwrap();
    let unfolded = icalendar::parser::unfold(&text);
    let calendar = icalendar::parser::read_calendar(&unfolded).unwrap();
    let kinds: Vec<&str> = calendar.components.iter().map(|c| c.name.as_ref()).collect();
    assert!(kinds.contains(&"VEVENT") && kinds.contains(&"VTODO"), "{text}");
    assert!(text.contains("DTSTART:20261121T070000Z\r\n"), "Saturday at three: {text}");

    // Who took what stands in the trail, without a word of it.
    let rows = desk.branch.db.read("read the trail", |c| {
        let mut rows =
            c.prepare("SELECT actor, subject, detail FROM audit WHERE action = 'minutes.exported'")?;
        let rows = rows.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
        Ok(rows.collect::<Result<Vec<(String, String, String)>, _>>()?)
    });
    let rows = rows.await.unwrap();
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|r| r.0 == "May Chan" && r.1 == ID));
    assert_eq!(
        serde_json::from_str::<Value>(&rows[2].2).unwrap(),
        json!({ "format": "docx", "language": "yue" })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_exported_is_told_in_a_sentence() {
    let desk = Desk::open().await;
    let minutes = desk.transcribed().await;
    for (query, status) in [("", 400), ("?format=pdf", 400), ("?format=md&language=fr", 400)] {
        let (got, headers, body) = desk.export(query).await;
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((got, headers[0].as_str()), (status, "application/problem+json"), "{query}: {problem}");
        assert!(problem["detail"].as_str().is_some_and(|d| d.ends_with('.')), "{problem}");
    }
    let nowhere = "GET /agent/api/recordings/nowhere/minutes/export?format=md";
    assert_eq!(desk.branch.request(nowhere, &[("cookie", &desk.cookie)], None).await.status.as_u16(), 404);
    let out = desk.branch.request(&nowhere.replace("nowhere", ID), &[], None).await;
    assert_eq!(out.status.as_u16(), 401);
    for p in minutes["points"].as_array().unwrap() {
        if p["type"] == "action" || p["type"] == "appointment" {
            desk.review(json!({ "point": p["id"], "verdict": "strike" })).await;
        }
    }
    let (status, _, body) = desk.export("?format=ics").await;
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (status, problem["type"].as_str().unwrap()),
        (404, "urn:branchbox:problem:nothing-to-do"),
        "{problem}"
    );
}
