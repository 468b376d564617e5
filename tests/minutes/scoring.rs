//! Transcripts with known points, scored as `../shared/tools/score_minutes.py` does: a point is found when type, slot,
//! value and polarity agree and its segments overlap the known ones.

use branchbox::language::Gazetteer;
use branchbox::listings::import::read;
use branchbox::minutes::{Transcript, extract};
use branchbox::store::minutes::Point;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A transcript with its points.
#[derive(Debug, Clone, Deserialize)]
pub struct Known {
    pub id: String,
    /// A language's code, or "any" where it is not said.
    pub lang: String,
    pub recorded_at: String,
    pub segments: Vec<Value>,
    pub points: Vec<Value>,
}

impl Known {
    /// The points as ours are.
    fn points(&self) -> Vec<Point> {
        let filled = |v: &Value| {
            let mut v = v.clone();
            v["text"] = json!("");
            v["at"] = json!(0.0);
            serde_json::from_value(v).expect("a point of CONTRACT.md")
        };
        self.points.iter().map(filled).collect()
    }

    /// The request of CONTRACT.md.
    pub fn transcript(&self) -> Transcript {
        let mut body = json!({"segments": self.segments, "recorded_at": self.recorded_at});
        if self.lang != "any" {
            body["language"] = json!(self.lang);
        }
        serde_json::from_value(body).expect("the request of CONTRACT.md")
    }
}

/// The transcripts of a file and the places of its listing base, where both are here.
pub fn load(set: &str, base: &str) -> Option<(Vec<Known>, Gazetteer)> {
    let (Ok(lines), Ok(listings)) = (std::fs::read_to_string(set), std::fs::read(base)) else {
        println!("skipped: {set} or {base} is not here");
        return None;
    };
    let rows = read(&listings, "listings.csv", None).expect("the base is read");
    let known = lines.lines().filter(|l| !l.trim().is_empty());
    let known = known.map(|l| serde_json::from_str(l).expect("a transcript")).collect();
    Some((known, Gazetteer::new(rows.rows.iter().map(|(listing, _)| listing))))
}

/// A point as its key: "preference bedrooms 3", "preference floor_band 低層 avoid", "appointment 2026-11-21T15:00".
pub fn key(p: &Point) -> String {
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

/// Found, invented and missed points, by type, by language and in all.
#[derive(Debug, Default, Clone)]
pub struct Tally(BTreeMap<String, [u32; 3]>);

/// Precision, recall and F1.
fn figures([found, invented, missed]: [u32; 3]) -> (f64, f64, f64) {
    let of = |n: u32, d: u32| if d == 0 { 0.0 } else { f64::from(n) / f64::from(d) };
    let (p, r) = (of(found, found + invented), of(found, found + missed));
    (p, r, if p + r == 0.0 { 0.0 } else { 2.0 * p * r / (p + r) })
}

impl Tally {
    /// Counts the points of one transcript; `show` prints what went wrong.
    pub fn count(&mut self, gazetteer: &Gazetteer, case: &Known, show: bool) {
        let got = extract(gazetteer, &case.transcript()).points;
        let mut left = case.points();
        let said = |p: &Point| {
            let of = |n: usize| case.segments.get(n).and_then(|s| s["text"].as_str()).unwrap_or_default();
            p.segments.segments().map(of).collect::<Vec<_>>().join(" / ")
        };
        let mut add = |kind: &str, what: usize| {
            for name in [kind, case.lang.as_str(), "all"] {
                self.0.entry(name.to_owned()).or_default()[what] += 1;
            }
        };
        for p in &got {
            let same = |w: &Point| key(w).eq_ignore_ascii_case(&key(p)) && w.segments.overlaps(&p.segments);
            match left.iter().position(same) {
                Some(at) => {
                    left.remove(at);
                    add(&p.kind, 0);
                }
                None => {
                    add(&p.kind, 1);
                    if show {
                        let n: Vec<_> = p.segments.segments().collect();
                        println!("{} invented {} {n:?} | {}", case.id, key(p), said(p));
                    }
                }
            }
        }
        for w in &left {
            add(&w.kind, 2);
            if show {
                let n: Vec<_> = w.segments.segments().collect();
                println!("{} missed   {} {n:?} | {}", case.id, key(w), said(w));
            }
        }
    }

    /// Precision and F1 in all.
    pub fn precision_and_f1(&self) -> (f64, f64) {
        let (precision, _, f1) = figures(self.0.get("all").copied().unwrap_or_default());
        (precision, f1)
    }

    /// One line for each type and language.
    pub fn print(&self) {
        for (name, t) in &self.0 {
            let (p, r, f1) = figures(*t);
            println!(
                "{name:12} F1 {:.1} % precision {:.1} % recall {:.1} %  {t:?}",
                f1 * 100.0,
                p * 100.0,
                r * 100.0
            );
        }
    }
}
