//! A meeting, its text as it grows, and an agent who acts on its minutes over HTTP.

use super::support::branch::{Answer, Branch};
use super::support::process::PATIENCE;
use branchbox::daemon::minutes_worker;
use branchbox::store::recordings::{self, Consent, NewRecording};
use branchbox::store::transcripts::{self, Segment, SegmentKind};
use branchbox::store::{Database, Tx, jobs, outbox};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// A Cantonese meeting; the last word on the rooms comes late.
pub const TALK: [&str; 10] = [
    "你好 想買定係租呀",
    "我哋想買樓",
    "咁要幾多房呢",
    "兩房啦 一定要兩房",
    "景觀有冇要求呀",
    "我哋一定要海景",
    "咁預算大概幾多呢",
    "預算最多一千三百萬",
    "我今晚send個平面圖俾你",
    "唔好意思改返 都係三房好啲",
];

pub const ID: &str = "0193a000-0000-7000-8000-000000000001";

pub fn spoken(n: usize, text: &str) -> Segment {
    let start_ms = n as i64 * 4_000;
    Segment {
        start_ms,
        end_ms: start_ms + 3_500,
        kind: SegmentKind::Speech,
        language: Some("yue".into()),
        text: text.into(),
        heard: None,
    }
}

/// A meeting that begins.
pub async fn begin(db: &Database, now: Timestamp) {
    let new = NewRecording {
        id: ID.into(),
        started_at: now,
        agent: "May Chan".into(),
        consent: Consent::Spoken,
        microphone: "test".into(),
        key: [7; 32],
    };
    db.write("begin", move |tx| recordings::begin(tx, &new)).await.unwrap();
}

/// The text grows to `to` segments.
pub async fn hear(db: &Database, from: usize, to: usize) {
    let add = move |tx: &Tx| {
        (from..to).try_for_each(|n| transcripts::add_segment(tx, ID, n as i64, &spoken(n, TALK[n])))
    };
    db.write("hear", add).await.unwrap();
}

/// The meeting ends and its text is complete.
pub async fn end(db: &Database, now: Timestamp) {
    let end = move |tx: &Tx| {
        recordings::finish(tx, ID, 16_000 * 40, None, now)?;
        // The box's own transcriber, which has no model, may have the job in its hands at this moment.
        let job = tx.query_row("SELECT id FROM job WHERE kind = ?1", [jobs::TRANSCRIBE], |r| r.get(0))?;
        transcripts::finish(tx, ID, "test", Some("yue"), job, now)
    };
    db.write("end", end).await.unwrap();
}

/// A branch with an agent who is signed in, and the worker that draws minutes up.
pub struct Desk {
    pub branch: Branch,
    pub cookie: String,
    _stop: tokio_util::sync::DropGuard,
}

impl Desk {
    pub async fn open() -> Self {
        let branch = Branch::start(60).await;
        let cookie = branch.sign_in("May Chan").await;
        let stop = CancellationToken::new();
        let parts = (branch.db.clone(), branch.assistant.clone(), branch.clock.clone(), stop.clone());
        tokio::spawn(minutes_worker::run(parts.0, parts.1, parts.2, false, parts.3));
        begin(&branch.db, branch.clock.now()).await;
        Self { branch, cookie, _stop: stop.drop_guard() }
    }

    /// With a meeting whose minutes are drawn up.
    pub async fn after_the_meeting() -> Self {
        let desk = Self::open().await;
        hear(&desk.branch.db, 0, TALK.len()).await;
        end(&desk.branch.db, desk.branch.clock.now()).await;
        desk.ready().await;
        desk
    }

    pub async fn ready(&self) -> Value {
        let began = Instant::now();
        loop {
            let minutes = self.minutes("yue").await;
            if minutes["state"] == "ready" {
                return minutes;
            }
            assert!(began.elapsed() < PATIENCE, "{minutes}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn minutes(&self, language: &str) -> Value {
        let line = format!("GET /agent/api/recordings/{ID}/minutes?language={language}");
        self.branch.request(&line, &[("cookie", &self.cookie)], None).await.json
    }

    pub async fn post(&self, verb: &str, body: Value) -> Answer {
        let headers = [("cookie", self.cookie.as_str()), ("x-branchbox", "1")];
        let line = format!("POST /agent/api/recordings/{ID}/minutes/{verb}?language=en");
        self.branch.request(&line, &headers, Some(body)).await
    }

    /// Says something of the point that the slot's name finds; the minutes after it.
    pub async fn say(&self, verdict: &str, slot: &str, mut with: Value) -> Value {
        let now = self.minutes("en").await;
        with["point"] = point(&now, slot)["id"].clone();
        with["verdict"] = json!(verdict);
        let answer = self.post("review", with).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
        answer.json
    }

    /// What waits for head office of one kind.
    pub async fn events(&self, kind: &'static str) -> Vec<Value> {
        let all = self.branch.db.read("read the outbox", |c| outbox::oldest(c, 100)).await.unwrap();
        all.into_iter().filter(|e| e.kind == kind).map(|e| e.body).collect()
    }
}

/// The point of a slot, in whichever list it is.
pub fn point<'a>(minutes: &'a Value, slot: &str) -> &'a Value {
    let lists = ["points", "offered", "struck", "replaced"];
    let mut all = lists.iter().flat_map(|list| minutes[list].as_array().unwrap());
    all.find(|p| p["slot"] == slot).unwrap_or_else(|| panic!("no {slot}: {minutes:#}"))
}

/// "slot value" of what is in a list.
pub fn says(minutes: &Value, list: &str) -> Vec<String> {
    let name = |p: &Value| format!("{} {}", p["slot"].as_str().unwrap_or("-"), p["value"]);
    minutes[list].as_array().unwrap().iter().map(name).collect()
}

pub const EXTRACTED: [&str; 5] =
    ["deal \"sale\"", "view \"sea\"", "budget_max 13000000", "agent \"2026-11-22\"", "bedrooms 3"];

pub fn problem(answer: &Answer) -> &str {
    answer.json["type"].as_str().unwrap_or_default().rsplit(':').next().unwrap_or_default()
}
