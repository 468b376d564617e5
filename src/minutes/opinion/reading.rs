//! What of a model's answer is kept.

use super::one_line;
use super::quotes::{self, Transcript};
use crate::language::{Gazetteer, Language, Tongue};
use crate::minutes::sameness::likeness;
use crate::minutes::slots::{self, Takes};
use crate::minutes::wording;
use crate::store::minutes::{Act, Confidence, Evidence, Minutes, Point};
use crate::store::transcripts::{Segment, SegmentKind};
use serde::Deserialize;
use serde_json::{Value, json};

/// The most points that are taken from one answer.
const MOST: usize = 20;
/// The most characters of a summary: two sentences.
const SUMMARY: usize = 400;

/// What is kept of an answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Opinion {
    /// New, each with its quote in the transcript; unsure, all of them.
    pub points: Vec<Point>,
    pub summary: Option<String>,
    /// How many proposals were not kept.
    pub dropped: usize,
}

#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    summary: Value,
    #[serde(default)]
    points: Vec<Value>,
}

/// A proposal as a model writes it.
#[derive(Deserialize)]
struct Proposal {
    #[serde(rename = "type")]
    kind: String,
    slot: Option<String>,
    #[serde(default)]
    value: Value,
    polarity: Option<String>,
    line: Option<usize>,
    quote: String,
}

/// Reads a model's answer about minutes and their transcript; `None` where it holds no JSON object of the kind that was
/// asked for.
pub fn opinion(
    gazetteer: &Gazetteer,
    answer: &str,
    segments: &[Segment],
    minutes: &Minutes,
) -> Option<Opinion> {
    let reply = object(answer)?;
    let transcript = Transcript::new(segments);
    let reader = Tongue::of(Language::of_code(&minutes.language).unwrap_or(Language::Yue));
    let (all, mut kept) = (reply.points.len(), Vec::<Point>::new());
    for proposal in reply.points.into_iter().filter_map(|p| serde_json::from_value::<Proposal>(p).ok()) {
        let point = transcript
            .find(&proposal.quote, proposal.line)
            .and_then(|evidence| checked(gazetteer, &proposal, evidence, segments));
        let known = |p: &Point| {
            let noted = minutes.points.iter().chain(&minutes.offered);
            noted.chain(minutes.replaced.iter().map(|r| &r.point)).chain(&kept).any(|old| same(old, p))
        };
        if let Some(point) = point.filter(|p| kept.len() < MOST && !known(p)) {
            kept.push(Point { text: wording::text(gazetteer, reader, &point), ..point });
        }
    }
    kept.sort_by(|a, b| a.at.total_cmp(&b.at));
    let summary = summary(&reply.summary, segments, minutes);
    Some(Opinion { dropped: all - kept.len(), points: kept, summary })
}

/// The JSON object of an answer: models think aloud before it, and fence it in.
fn object(answer: &str) -> Option<Reply> {
    let said = answer.rsplit_once("</think>").map_or(answer, |(_, said)| said);
    let (from, to) = (said.find('{')?, said.rfind('}')?);
    serde_json::from_str(said.get(from..=to)?).ok()
}

/// A proposal as a point, if its slot and value are ones we know and its quote bears them out. What an action or a
/// decision is about is the quote.
fn checked(gazetteer: &Gazetteer, p: &Proposal, segments: Evidence, transcript: &[Segment]) -> Option<Point> {
    let slot = slots::slot(&p.kind, p.slot.as_deref().filter(|_| p.kind != "appointment")).ok()?;
    let said = slots::words(&one_line(&p.quote)).ok()?;
    let given = match slot.takes {
        Takes::Words => &json!(said),
        Takes::Flag if p.kind == "objection" => &Value::Null,
        _ => &p.value,
    };
    let value = slot.value(gazetteer, given).ok()?;
    let borne_out = match (slot.takes, &value) {
        (Takes::Place(kind), Value::String(name)) => quotes::names(gazetteer, &said, kind, name),
        (_, Value::Number(n)) => n.as_i64().is_some_and(|n| quotes::numbers(&said).contains(&n)),
        _ => true,
    };
    let start = transcript.get(segments.first())?.start_ms;
    borne_out.then_some(Point {
        kind: p.kind.clone(),
        slot: slot.of_point(),
        value,
        polarity: slot.polarity(p.polarity.as_deref().filter(|_| p.kind == "preference")).ok()?,
        text: String::new(),
        at: start as f64 / 1000.0,
        segments,
        confidence: Confidence::Unsure,
        act: (p.kind == "action").then(|| Act { said, ..Act::default() }),
    })
}

/// Whether a point is there already. An objection says no more than its slot, and so does a wish.
fn same(old: &Point, new: &Point) -> bool {
    let heads = |p: &Point| (p.kind.clone(), p.slot.clone());
    likeness(old, new) > 0
        || heads(old) == heads(new)
            && (new.kind == "objection"
                || old.value == new.value && new.kind == "preference"
                || old.segments.overlaps(&new.segments) && matches!(new.kind.as_str(), "action" | "decision"))
}

/// The summary on at most two lines, if each figure in it was said or noted.
fn summary(given: &Value, segments: &[Segment], minutes: &Minutes) -> Option<String> {
    let lines: Vec<String> = given.as_str()?.lines().map(one_line).filter(|line| !line.is_empty()).collect();
    let text = if lines.len() <= 2 { lines.join("\n") } else { lines.join(" ") };
    if text.is_empty() || text.chars().count() > SUMMARY {
        return None;
    }
    let said = segments.iter().filter(|s| s.kind == SegmentKind::Speech).map(|s| s.text.as_str());
    let noted = minutes.points.iter().flat_map(|p| [p.text.clone(), p.value.to_string()]);
    let mut known: Vec<i64> = noted.flat_map(|text| quotes::numbers(&text)).collect();
    known.extend(said.flat_map(quotes::numbers));
    quotes::all_known(&text, &known).then_some(text)
}
