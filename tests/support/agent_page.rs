//! What happens around the agent page in a test: an agent signs in, head office answers, a transcript is written.

use super::branch::Branch;
use super::browser::{Browser, Seen};
use branchbox::store::minutes::{Confidence, Evidence, Minutes, Point};
use branchbox::store::transcripts::{Change, Heard, Reason, Segment, SegmentKind};
use branchbox::store::{jobs, minutes, transcripts};
use branchbox::sync::protocol::BranchName;
use serde_json::json;

/// Tells the page that head office answers.
pub fn connect(branch: &Branch, waiting: i64) {
    branch.sync.send_modify(|s| {
        s.branch = Some(BranchName { id: "b".into(), name: "Quarry Bay".into() });
        s.url = Some("https://headoffice.example:8443".into());
        s.last_contact = Some(branch.clock.now());
        s.connected = true;
        s.waiting.count = waiting;
    });
}

/// Signs in on the agent page, in English.
pub async fn sign_in(browser: &Browser, branch: &Branch) {
    browser.goto(&branch.url("/agent")).await;
    browser.click("[data-language=en]").await;
    browser.type_in("#name", "May Chan").await;
    browser.type_in("#code", &branch.code).await;
    browser.click("#sign-in button").await;
    browser.wait_for("#record", Seen::shown).await;
}

fn segment(start_ms: i64, end_ms: i64, kind: SegmentKind, text: &str) -> Segment {
    let language = (kind == SegmentKind::Speech).then(|| "yue".to_owned());
    Segment { start_ms, end_ms, kind, language, text: text.into(), heard: None }
}

/// Writes the transcript and the minutes that the speech worker and the extractor would.
pub async fn transcribe(branch: &Branch, id: &str) {
    // The transcriber has no model and has put the job off; an hour later it is due again.
    let (id, now) = (id.to_owned(), branch.clock.now() + jiff::SignedDuration::from_hours(1));
    let change = move |tx: &branchbox::store::Tx| {
        let segments = [
            segment(0, 4_000, SegmentKind::Speech, "我哋想搵兩房，預算八百萬"),
            segment(4_000, 6_000, SegmentKind::NoSpeech, ""),
            Segment {
                heard: Some(Heard {
                    text: "最好有海境".into(),
                    changes: vec![Change { at: 3, len: 2, from: "海境".into(), reason: Reason::Sound }],
                }),
                ..segment(6_000, 9_000, SegmentKind::Speech, "最好有海景")
            },
            segment(9_000, 10_000, SegmentKind::Failed, "the worker ran out of memory"),
        ];
        for (n, s) in segments.iter().enumerate() {
            transcripts::add_segment(tx, &id, n as i64, s)?;
        }
        let job = jobs::claim(tx, jobs::TRANSCRIBE, now)?.expect("the transcript is queued");
        transcripts::finish(tx, &id, "estate-test", Some("yue"), job.id, now)?;
        let point = |slot: &str, value, text: &str, n, at| Point {
            kind: "preference".into(),
            slot: Some(slot.into()),
            value,
            polarity: Some("want".into()),
            text: text.into(),
            segments: Evidence::of(n),
            at,
            confidence: Confidence::Sure,
            act: None,
        };
        let points = vec![
            point("bedrooms", json!(2), "客戶想要兩房", 0, 0.0),
            point("view", json!("sea"), "客戶想要海景", 2, 6.0),
        ];
        minutes::put(
            tx,
            &id,
            &Minutes {
                language: "yue".into(),
                summary: "客戶想要兩房海景".into(),
                points,
                ..Minutes::default()
            },
            now,
        )?;
        let job = jobs::claim(tx, jobs::MINUTES, now)?.expect("the minutes are queued");
        jobs::done(tx, job.id)
    };
    branch.db.write("write a transcript", change).await.expect("it is written");
}
