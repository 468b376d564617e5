//! Minutes as a sheet of paper has them: a heading, a summary, groups of entries with their quotes. Everything is in
//! words here; how it is marked up is `markdown`'s and `docx`'s.

use super::words::Words;
use super::{Source, Standing};
use crate::minutes::matching::Matching;
use crate::store::minutes::Origin;
use crate::store::minutes_reviews::Verdict;
use crate::store::transcripts::Segment;

/// The sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    pub title: String,
    /// What and its value: the date, the agent.
    pub heading: Vec<(String, String)>,
    /// What stands between the two.
    pub colon: String,
    /// Its lines.
    pub summary: Vec<String>,
    pub groups: Vec<Group>,
}

/// Entries under a heading.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    pub title: String,
    /// A sentence before the entries.
    pub note: Option<String>,
    pub entries: Vec<Entry>,
}

/// A point, or a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub text: String,
    /// Who confirmed it, or what else is to be known of it.
    pub status: Option<String>,
    /// What bears it out: the time in the recording, and what was said.
    pub quotes: Vec<(String, String)>,
}

/// Puts an export into words.
pub fn sheet(source: &Source) -> Sheet {
    let words = Words::new(source.reader);
    let mut groups: Vec<Group> = GROUPS
        .iter()
        .map(|key| {
            let entries = source.points.iter().filter(|s| group_of(s) == *key);
            let entries = entries.map(|s| entry(&words, s, source.segments)).collect();
            Group { title: words.say(key, &[]), note: None, entries }
        })
        .collect();
    let proposed = source.proposed_summary.map(|text| Entry {
        text: one_line(text),
        status: Some(words.say("proposed", &[])),
        quotes: Vec::new(),
    });
    let offered = source.offered.iter().map(|s| entry(&words, s, source.segments));
    groups.push(Group {
        title: words.say("confirm", &[]),
        note: Some(words.say("confirm_note", &[])),
        entries: offered.chain(proposed).collect(),
    });
    groups.retain(|g| !g.entries.is_empty());
    groups.extend(source.listings.map(|found| listings(&words, source, found)));
    let mut summary: Vec<String> =
        source.summary.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect();
    if summary.is_empty() {
        summary.push(words.say("nothing", &[]));
    }
    Sheet {
        title: words.say("title", &[]),
        heading: vec![
            (words.say("date", &[]), words.day(&source.started_at)),
            (words.say("agent", &[]), one_line(source.agent)),
        ],
        colon: words.say("colon", &[]),
        summary,
        groups,
    }
}

/// The groups of points, in their order.
const GROUPS: [&str; 6] = ["wants", "money", "objections", "decisions", "todo", "next"];

fn group_of(standing: &Standing) -> &'static str {
    let slot = standing.shown.point.slot.as_deref().unwrap_or_default();
    match standing.shown.point.kind.as_str() {
        "preference" if slot.starts_with("budget") => "money",
        "preference" => "wants",
        "offer" => "money",
        "objection" => "objections",
        "decision" => "decisions",
        "appointment" => "next",
        _ => "todo",
    }
}

fn entry(words: &Words, standing: &Standing, segments: &[Segment]) -> Entry {
    let proposed = (standing.shown.origin == Origin::Proposed).then(|| words.say("proposed", &[]));
    Entry {
        text: one_line(&standing.shown.point.text),
        status: reviewed(words, standing).or(proposed),
        quotes: quotes(words, standing, segments),
    }
}

/// What was said, with its time in the recording.
pub(super) fn quotes(words: &Words, standing: &Standing, segments: &[Segment]) -> Vec<(String, String)> {
    let said = standing.shown.point.segments.segments().filter_map(|n| segments.get(n));
    said.filter(|s| !s.text.trim().is_empty())
        .map(|s| (words.second(s.start_ms), words.say("quote", &[("quote", &one_line(&s.text))])))
        .collect()
}

/// Who did what with a point, and when; `None` where nobody did.
pub(super) fn reviewed(words: &Words, standing: &Standing) -> Option<String> {
    let review = standing.shown.review.as_ref()?;
    let at = review.at.parse().map_or_else(|_| one_line(&review.at), |at| words.moment(at));
    let was = review.was.as_ref().map(|was| one_line(&was.text));
    let key = match (review.verdict, &was) {
        (Verdict::Corrected, Some(_)) => "corrected",
        (Verdict::Corrected, None) => "corrected_plain",
        _ if standing.shown.origin == Origin::Agent => "added",
        _ => "accepted",
    };
    let was = was.unwrap_or_default();
    Some(words.say(key, &[("by", &one_line(&review.by)), ("at", &at), ("was", &was)]))
}

fn listings(words: &Words, source: &Source, found: &Matching) -> Group {
    let (n, at) = (found.total.to_string(), source.today.to_string());
    let key = if found.total == 0 { "listings_none" } else { "listings_found" };
    let mut note = words.say(key, &[("what", &found.understood), ("n", &n), ("at", &at)]);
    if found.total > found.listings.len() {
        note = note + gap(source) + &words.say("listings_more", &[("n", &found.listings.len().to_string())]);
    }
    let shown = found.listings.iter().map(|l| {
        let (address, facts) = source.assistant.in_a_line(&l.listing, source.reader, source.today);
        let text = one_line(&format!("{facts}{}{address}", separator(source)));
        Entry { text, status: Some(l.listing.reference.clone()), quotes: Vec::new() }
    });
    let relaxed =
        found.relaxed.iter().map(|r| Entry { text: one_line(&r.text), status: None, quotes: Vec::new() });
    Group { title: words.say("listings", &[]), note: Some(note), entries: shown.chain(relaxed).collect() }
}

fn english(source: &Source) -> bool {
    source.reader.language == crate::language::Language::En
}

/// Between sentences.
fn gap(source: &Source) -> &'static str {
    if english(source) { " " } else { "" }
}

fn separator(source: &Source) -> &'static str {
    if english(source) { "; " } else { "；" }
}

/// Without line breaks, and without control characters, which no file format here can hold.
pub(super) fn one_line(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
