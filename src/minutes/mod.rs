//! A transcript to decision points, each with the segments that bear it out and its time: preferences, offers,
//! objections, decisions, actions, appointments (CONTRACT.md, "POST /api/v1/minutes/extract"). Pure.
//!
//! A meeting is read once (`talk`: what is mentioned in each line, what it asks, who is likely speaking). Everything that
//! may be a point is a candidate with what is true of how it was said (`wish`, `verdict`, `deed`, `appointments`), and
//! fitted weights judge whether it was meant (`model`). What was is put together into points (`preferences` with its
//! `ledger`, where the last word counts; `verdicts`, `actions`, `appointments`) and into words (`wording`). What an agent
//! says of them lies over them (`review`). Phrases live in the TOML files beside the code.
//!
//! Nothing is made up: a point without a segment cannot be written (`store::minutes::Evidence`), each says how sure it is,
//! and what only may have been meant is offered, not asserted. A meeting that still runs is simply read again.
//!
//! What it leaves out: keeping minutes (`store::minutes`), which person of a side is speaking (nobody says).

mod actions;
pub mod amend;
mod appointments;
mod cues;
mod deed;
pub mod export;
mod figures;
mod ledger;
mod line;
pub mod matching;
pub mod model;
pub mod opinion;
mod point;
mod preferences;
pub mod review;
mod sameness;
pub mod shown;
pub mod slots;
mod speakers;
mod stance;
mod talk;
mod things;
mod verdict;
mod verdicts;
pub mod vocabulary;
mod wish;
mod wording;

use crate::clock::hong_kong;
use crate::language::{Gazetteer, Language, Tongue, detect};
use crate::store::minutes::{Minutes, Point, Replaced};
use crate::store::transcripts::{self, SegmentKind};
use jiff::{Timestamp, Zoned, civil::Date};
use point::Draft;
use serde::{Deserialize, Deserializer};
use talk::Talk;

/// What is to be made minutes of: the body of `POST /api/v1/minutes/extract`.
#[derive(Debug, Clone, Deserialize)]
pub struct Transcript {
    pub segments: Vec<Segment>,
    /// When the recording began; days and times are worked out from it in Hong Kong.
    #[serde(deserialize_with = "rfc_3339")]
    pub recorded_at: Zoned,
    /// The language of the minutes; where it is not said, that of the transcript.
    #[serde(default)]
    pub language: Option<Language>,
}

/// A stretch of speech.
#[derive(Debug, Clone, Deserialize)]
pub struct Segment {
    /// Seconds from the beginning.
    pub start: f64,
    pub end: f64,
    pub text: String,
}

fn rfc_3339<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zoned, D::Error> {
    let text = String::deserialize(deserializer)?;
    let at: Timestamp = text.parse().map_err(|_| {
        serde::de::Error::custom(format!(
            "recorded_at: {text:?} is not a time in RFC 3339 with an offset, such as 2026-11-20T15:00:00+08:00"
        ))
    })?;
    Ok(at.to_zoned(hong_kong()))
}

/// The minutes of a transcript.
pub fn extract(gazetteer: &Gazetteer, transcript: &Transcript) -> Minutes {
    let spoken = transcript.segments.iter().enumerate().map(|(n, s)| (n, s.start, s.text.as_str()));
    let today = transcript.recorded_at.with_time_zone(hong_kong()).date();
    minutes(gazetteer, Some(today), spoken.collect(), transcript.language)
}

/// The minutes of a recording. Only its speech is read, but points name segments by their place in `segments`.
/// `started_at` is RFC 3339; where it cannot be read, no dates are worked out, for none could be relied on.
pub fn of_recording(
    gazetteer: &Gazetteer,
    started_at: &str,
    segments: &[transcripts::Segment],
    language: Option<&str>,
) -> Minutes {
    let spoken: Vec<_> = segments
        .iter()
        .enumerate()
        .filter(|(_, s)| s.kind == SegmentKind::Speech)
        .map(|(n, s)| (n, s.start_ms as f64 / 1000.0, s.text.as_str()))
        .collect();
    let language = language.and_then(Language::of_code);
    let today = started_at.parse::<Timestamp>().ok().map(|at| at.to_zoned(hong_kong()).date());
    minutes(gazetteer, today, spoken, language)
}

fn minutes(
    gazetteer: &Gazetteer,
    today: Option<Date>,
    spoken: Vec<(usize, f64, &str)>,
    language: Option<Language>,
) -> Minutes {
    let tongue = tongue(&spoken, language);
    let talk = Talk::read(gazetteer, today, &spoken);
    let mut preferences = preferences::Preferences::of(&talk);
    let (actions, verdicts) = (actions::Actions::of(&talk), verdicts::Verdicts::of(&talk));
    let appointments = appointments::Appointments::of(&talk, |i| actions.in_line(i));
    for &now in &verdicts.withdrawn {
        preferences.withdraw_offer(now);
    }
    let mut drafts: Vec<Draft> = preferences
        .drafts()
        .chain(verdicts.drafts())
        .chain(actions.drafts())
        .chain(appointments.drafts())
        .collect();
    drafts.sort_by_key(|d| (d.evidence.first(), d.kind));
    let starts: std::collections::HashMap<usize, f64> =
        spoken.iter().map(|(n, start, _)| (*n, *start)).collect();
    let at = |n: usize| starts.get(&n).copied().unwrap_or(0.0);
    let mut unsure: Vec<Draft> = preferences
        .unsure()
        .chain(verdicts.unsure())
        .chain(actions.unsure())
        .chain(appointments.unsure())
        .collect();
    unsure.sort_by_key(|d| (d.evidence.first(), d.kind));
    let worded = |draft: &Draft| {
        let point = draft.keep(at);
        Point { text: wording::text(gazetteer, tongue, &point), ..point }
    };
    let points: Vec<Point> = drafts.iter().map(worded).collect();
    let past = preferences.past().chain(appointments.past());
    let mut replaced: Vec<Replaced> =
        past.map(|p| Replaced { point: worded(&p.draft), until: p.until }).collect();
    // What was taken back and said again is no history.
    replaced.retain(|r| !points.iter().any(|p| same(p, &r.point)));
    replaced.sort_by_key(|r| (r.until, r.point.segments.first()));
    Minutes {
        language: tongue.language.code().into(),
        summary: wording::summary(tongue, &points),
        points,
        offered: unsure.iter().map(worded).collect(),
        replaced,
        ..Minutes::default()
    }
}

/// Something that a point may be made of, as the models see it: what they are fitted on.
#[derive(Debug, serde::Serialize)]
pub struct Example {
    /// Which model judges it.
    pub model: &'static str,
    /// The segment that it is in.
    pub segment: usize,
    /// Slot and value, two for a range.
    pub claims: Vec<(&'static str, serde_json::Value)>,
    pub features: model::Features,
}

/// Everything in a transcript that the models are asked about.
pub fn examples(gazetteer: &Gazetteer, transcript: &Transcript) -> Vec<Example> {
    let spoken: Vec<_> =
        transcript.segments.iter().enumerate().map(|(n, s)| (n, s.start, s.text.as_str())).collect();
    let today = transcript.recorded_at.with_time_zone(hong_kong()).date();
    let talk = Talk::read(gazetteer, Some(today), &spoken);
    let example = |c: wish::Candidate| Example {
        model: if c.claims[0].0 == "price" { "offer" } else { "wish" },
        segment: talk.turns[c.line].line.n,
        claims: c.claims.iter().map(|(slot, is)| (*slot, is.json())).collect(),
        features: c.features,
    };
    let judged = |model: &'static str, found: Vec<verdict::Candidate>| {
        let segment = |c: &verdict::Candidate| talk.turns[c.line].line.n;
        let example = move |c: verdict::Candidate| Example {
            model,
            segment: segment(&c),
            claims: vec![(c.slot, serde_json::Value::Null)],
            features: c.features,
        };
        found.into_iter().map(example).collect::<Vec<_>>()
    };
    let wishes = wish::candidates(&talk).into_iter().map(example);
    let objections = judged("objection", verdict::objections(&talk));
    let actions = deed::candidates(&talk).into_iter().map(|c| Example {
        model: "action",
        segment: talk.turns[c.line].line.n,
        claims: vec![("", c.due.map_or(serde_json::Value::Null, |d| d.to_string().into()))],
        features: c.features,
    });
    let promises = actions::Actions::of(&talk);
    let meetings = appointments::candidates(&talk, |i| promises.in_line(i)).into_iter().map(|c| Example {
        model: "appointment",
        segment: talk.turns[c.line].line.n,
        claims: vec![("", c.value().map_or(serde_json::Value::Null, Into::into))],
        features: c.features,
    });
    wishes
        .chain(meetings)
        .chain(objections)
        .chain(judged("decision", verdict::decisions(&talk)))
        .chain(actions)
        .collect()
}

/// Whether two points say the same.
fn same(a: &Point, b: &Point) -> bool {
    (&a.kind, &a.slot, &a.value, &a.polarity) == (&b.kind, &b.slot, &b.value, &b.polarity)
}

/// A point in words, in the language and script of a reader.
pub fn in_words(gazetteer: &Gazetteer, reader: Tongue, point: &Point) -> String {
    wording::text(gazetteer, reader, point)
}

/// Two lines on what was wanted and what came of it, from points whose texts are in the reader's language.
pub fn summary(reader: Tongue, points: &[Point]) -> String {
    wording::summary(reader, points)
}

/// The language and script of a transcript, or the language asked for in the script of the transcript.
fn tongue(spoken: &[(usize, f64, &str)], language: Option<Language>) -> Tongue {
    let sample: Vec<&str> = spoken.iter().take(60).map(|s| s.2).collect();
    let heard = detect(&sample.join(" "), language.map(Tongue::of));
    match language {
        Some(Language::Cmn) if heard.language != Language::En => {
            Tongue { language: Language::Cmn, script: heard.script }
        }
        Some(language) => Tongue::of(language),
        None => heard,
    }
}
