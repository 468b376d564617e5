//! Minutes from transcripts: a table of our own, and the corpus where it is at hand, scored as
//! `../shared/tools/score_minutes.py` does (a point is found when type, slot, value and polarity agree and its segments
//! overlap the known ones).

use branchbox::demo::listings::generate;
use branchbox::language::Gazetteer;
use branchbox::listings::import::read;
use branchbox::minutes::{Transcript, extract, of_recording};
use branchbox::store::minutes::Point;
use branchbox::store::transcripts::{Segment, SegmentKind};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The demo's estates, which name 44 of Hong Kong's.
fn gazetteer() -> Gazetteer {
    let rows = generate(400, 11, jiff::civil::date(2026, 11, 22));
    Gazetteer::new(rows.iter().map(|(listing, _)| listing))
}

fn transcript(lines: &[&str], recorded_at: &str, language: Option<&str>) -> Transcript {
    let segments: Vec<Value> = lines
        .iter()
        .enumerate()
        .map(|(i, text)| json!({"start": i as f64 * 3.0 + 0.5, "end": i as f64 * 3.0 + 3.0, "text": text}))
        .collect();
    let mut body = json!({"segments": segments, "recorded_at": recorded_at});
    if let Some(language) = language {
        body["language"] = json!(language);
    }
    serde_json::from_value(body).expect("the request of CONTRACT.md")
}

/// A point as its key: "preference bedrooms 3", "preference floor_band 低層 avoid", "appointment 2026-11-21T15:00".
fn key(p: &Point) -> String {
    let slot = p.slot.as_deref().unwrap_or("");
    let value = match &p.value {
        Value::String(s) => s.trim().to_owned(),
        Value::Null => "-".into(),
        other => other.to_string(),
    };
    match p.kind.as_str() {
        "objection" | "decision" => format!("{} {slot}", p.kind),
        "appointment" => format!("appointment {}", &value[..16]),
        "preference" if p.polarity.as_deref() == Some("avoid") => format!("preference {slot} {value} avoid"),
        kind => format!("{kind} {slot} {value}"),
    }
}

#[derive(Deserialize)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    /// The lines that were spoken.
    says: Vec<String>,
    /// The keys of the points, in any order.
    points: Vec<String>,
    #[serde(default)]
    at: Option<String>,
}

/// A Wednesday afternoon, where a case does not say otherwise.
const RECORDED: &str = "2026-11-18T15:00:00+08:00";

#[test]
fn the_table() {
    let table: Table = toml::from_str(include_str!("minutes/cases.toml")).unwrap();
    assert!(table.case.len() >= 60);
    let gazetteer = gazetteer();
    let mut wrong = Vec::new();
    for case in &table.case {
        let lines: Vec<&str> = case.says.iter().map(String::as_str).collect();
        let minutes = extract(&gazetteer, &transcript(&lines, case.at.as_deref().unwrap_or(RECORDED), None));
        let mut got: Vec<String> = minutes.points.iter().map(key).collect();
        let mut want = case.points.clone();
        got.sort();
        want.sort();
        if got != want {
            wrong.push(format!("{}\n   want {want:?}\n   got  {got:?}", lines.join(" / ")));
        }
        for p in &minutes.points {
            assert!(!p.text.trim().is_empty(), "{p:?}");
            assert!(p.segments.last() < lines.len(), "{p:?}");
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), table.case.len(), wrong.join("\n"));
}

#[derive(Deserialize)]
struct Known {
    id: String,
    lang: String,
    recorded_at: String,
    segments: Value,
    points: Vec<Value>,
}

fn known_point(v: &Value) -> Point {
    let mut v = v.clone();
    v["text"] = json!("");
    v["at"] = json!(0.0);
    serde_json::from_value(v).unwrap()
}

#[test]
fn the_corpus() {
    let (Ok(set), Ok(listings)) = (
        std::fs::read_to_string("../shared/corpus/minutes-dev.jsonl"),
        std::fs::read("../shared/corpus/listings.csv"),
    ) else {
        println!("skipped: ../shared/corpus is not here");
        return;
    };
    let rows = read(&listings, "listings.csv", None).unwrap();
    let gazetteer = Gazetteer::new(rows.rows.iter().map(|(listing, _)| listing));
    let mut tally: BTreeMap<String, [u32; 3]> = BTreeMap::new();
    for line in set.lines().filter(|l| !l.trim().is_empty()) {
        let case: Known = serde_json::from_str(line).unwrap();
        let body = json!({"segments": case.segments, "recorded_at": case.recorded_at, "language": case.lang});
        let got = extract(&gazetteer, &serde_json::from_value(body).unwrap()).points;
        let mut left: Vec<Point> = case.points.iter().map(known_point).collect();
        let mut count = |kind: &str, what: usize| {
            for name in [kind, case.lang.as_str(), "all"] {
                tally.entry(name.to_owned()).or_default()[what] += 1;
            }
        };
        for p in &got {
            match left
                .iter()
                .position(|w| key(w).eq_ignore_ascii_case(&key(p)) && w.segments.overlaps(&p.segments))
            {
                Some(at) => {
                    left.remove(at);
                    count(&p.kind, 0);
                }
                None => {
                    count(&p.kind, 1);
                    println!("{} invented {} {:?} {}", case.id, key(p), p.segments, p.text);
                }
            }
        }
        for w in &left {
            count(&w.kind, 2);
            println!("{} missed   {} {:?}", case.id, key(w), w.segments);
        }
    }
    let figures = |[found, invented, missed]: [u32; 3]| {
        let of = |n: u32, d: u32| if d == 0 { 0.0 } else { f64::from(n) / f64::from(d) };
        let (p, r) = (of(found, found + invented), of(found, found + missed));
        (p, r, if p + r == 0.0 { 0.0 } else { 2.0 * p * r / (p + r) })
    };
    for (name, t) in &tally {
        let (p, r, f1) = figures(*t);
        println!(
            "{name:12} F1 {:.1} % precision {:.1} % recall {:.1} %  {t:?}",
            f1 * 100.0,
            p * 100.0,
            r * 100.0
        );
    }
    let (precision, _, f1) = figures(tally["all"]);
    assert!(f1 >= FLOOR_F1 && precision >= FLOOR_PRECISION, "F1 {f1:.3}, precision {precision:.3}");
}

/// A little under what was reached on the corpus.
const FLOOR_F1: f64 = 0.95;
const FLOOR_PRECISION: f64 = 0.95;

#[test]
fn a_recording_keeps_the_numbers_of_its_segments() {
    let segment = |start_ms: i64, kind, text: &str| Segment {
        start_ms,
        end_ms: start_ms + 2000,
        kind,
        language: None,
        text: text.into(),
        heard: None,
    };
    let segments = [
        segment(0, SegmentKind::NoSpeech, ""),
        segment(2500, SegmentKind::Speech, "客戶想要三房全海景"),
        segment(5000, SegmentKind::Failed, "預算一千萬"),
        segment(9000, SegmentKind::Speech, "預算一千三百五十萬"),
    ];
    let minutes = of_recording(&gazetteer(), RECORDED, &segments, Some("yue"));
    let got: Vec<(String, Vec<usize>, f64)> =
        minutes.points.iter().map(|p| (key(p), p.segments.segments().collect(), p.at)).collect();
    assert_eq!(
        got,
        [
            ("preference bedrooms 3".to_owned(), vec![1], 2.5),
            ("preference view sea".to_owned(), vec![1], 2.5),
            ("preference budget_max 13500000".to_owned(), vec![3], 9.0),
        ]
    );
    assert_eq!(minutes.language, "yue");
    assert_eq!(minutes.summary.lines().count(), 2);
    assert!(minutes.summary.contains("海景") && minutes.summary.contains("1,350萬"), "{}", minutes.summary);
}

#[test]
fn without_a_time_of_recording_no_date_is_made_up() {
    let segments = [Segment {
        start_ms: 0,
        end_ms: 4000,
        kind: SegmentKind::Speech,
        language: None,
        text: "我哋約聽日下晝三點睇樓".into(),
        heard: None,
    }];
    assert!(of_recording(&gazetteer(), "yesterday", &segments, None).points.is_empty());
    assert!(!of_recording(&gazetteer(), RECORDED, &segments, None).points.is_empty());
}

#[test]
fn a_bad_time_is_one_clear_sentence() {
    let body = json!({"segments": [], "recorded_at": "20 November"});
    let error = serde_json::from_value::<Transcript>(body).unwrap_err().to_string();
    assert!(error.contains("recorded_at") && error.contains("RFC 3339"), "{error}");
}
