//! What may be a promise or a request: every stretch in which somebody is to do something, with what is true of how it
//! was said. Whether it is one, and whose, is for the model to judge. Pure.

use super::cues::{Hit, outcomes, wishes};
use super::line::Line;
use super::model::Features;
use super::talk::{Talk, talk_cues};
use super::things::{self, thing};
use jiff::civil::Date;
use std::ops::Range;

/// A stretch in which something is to be done.
#[derive(Debug)]
pub(super) struct Candidate {
    /// Which line of the talk.
    pub line: usize,
    pub at: Range<usize>,
    /// send, ask, call, find, give, do; empty where there is a day and a thing but no such word.
    pub verb: &'static str,
    /// Keys of `things.toml`.
    pub things: Vec<String>,
    pub due: Option<Date>,
    pub features: Features,
}

/// Everything that may be an action, in order.
pub(super) fn candidates(talk: &Talk) -> Vec<Candidate> {
    let mut out = Vec::new();
    for i in 0..talk.turns.len() {
        for span in spans(&talk.turns[i].line) {
            out.extend(candidate(talk, i, span));
        }
    }
    out
}

/// Stretches that can each hold one action: the clauses, a clause without a verb joined to the next.
fn spans(line: &Line) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut from = None;
    for clause in &line.clauses {
        let start = from.unwrap_or(clause.start);
        if line.find(&outcomes().act, clause).iter().any(|h| !matches!(h.sense, "could" | "done")) {
            out.push(start..clause.end);
            from = None;
        } else {
            from = Some(start);
        }
    }
    match (from, out.last_mut()) {
        (Some(_), Some(last)) => last.end = line.text.chars.len(),
        (Some(start), None) => out.push(start..line.text.chars.len()),
        (None, _) => {}
    }
    out
}

/// The first verb after one who is to do it, or the first.
fn verb_of(line: &Line, span: &Range<usize>) -> Option<Hit> {
    let who = line.find(&outcomes().who, span);
    let acts = line.find(&outcomes().act, span);
    let follows = |h: &&Hit| who.iter().any(|w| w.sense != "third" && w.at.start < h.at.start);
    let verbs = || acts.iter().filter(|h| !matches!(h.sense, "done" | "could"));
    verbs().find(follows).or_else(|| verbs().next()).cloned()
}

fn candidate(talk: &Talk, i: usize, span: Range<usize>) -> Option<Candidate> {
    let turn = &talk.turns[i];
    let line = &turn.line;
    let verb = verb_of(line, &span);
    // The day before the verb is its own (聽日約業主 星期日睇樓); English says it after.
    let days = || turn.moments.days.iter().filter(|d| span.contains(&d.at.start));
    let leads = days().rfind(|d| verb.as_ref().is_some_and(|v| d.at.end <= v.at.start));
    let day = leads.or_else(|| days().next()).map(|d| d.date);
    // 五點之前, "by noon", this afternoon: today's.
    let timed = turn.moments.clocks.iter().map(|c| &c.at).chain(turn.moments.parts.iter().map(|p| &p.0));
    let today = timed.into_iter().any(|at| span.contains(&at.start)).then_some(talk.today).flatten();
    let due = day.or(today.filter(|_| verb.is_some()));
    let near = things::find(&line.text, &span);
    let said = if near.is_empty() { things::find(&line.text, &line.all()) } else { near };
    if verb.is_none() && (due.is_none() || said.is_empty()) {
        return None;
    }
    let mut keys: Vec<String> = Vec::new();
    for hit in &said {
        if !keys.iter().any(|k| k == hit.sense) {
            keys.push(hit.sense.to_owned());
        }
    }
    let mut features = features(talk, i, &span, verb.as_ref(), &said, due.is_some());
    features.add("due today only by the hour", day.is_none() && due.is_some());
    Some(Candidate { line: i, at: span, verb: verb.map_or("", |v| v.sense), things: keys, due, features })
}

const KEYS: &[&str] = &[
    "due",
    "me",
    "you",
    "third",
    "to you",
    "to me",
    "agent's thing",
    "client's thing",
    "asks",
    "client",
    "agent",
    "request",
    "done",
    "will",
    "says",
    "next yes",
    "thing lately client's",
    "thing lately agent's",
    "no verb",
    "could",
];

fn features(
    talk: &Talk,
    i: usize,
    span: &Range<usize>,
    verb: Option<&Hit>,
    said: &[Hit],
    due: bool,
) -> Features {
    let turn = &talk.turns[i];
    let line = &turn.line;
    let mut f = Features::default();
    f.add(format!("verb {}", verb.map_or("none", |v| v.sense)), true);
    f.add("no verb", verb.is_none());
    if let Some(verb) = verb {
        f.add(format!("says {}", line.text.slice(verb.at.clone())), true);
    }
    f.add("due", due);
    f.add("due in line", !turn.moments.days.is_empty());
    let before = span.start..verb.map_or(span.end, |v| v.at.start);
    let after = verb.map_or(span.start, |v| v.at.start)..span.end;
    let who = line.find(&outcomes().who, span);
    for sense in ["me", "you", "third"] {
        f.add(sense, who.iter().any(|h| h.sense == sense && h.at.start <= before.end));
        f.add(format!("{sense} after"), who.iter().any(|h| h.sense == sense && h.at.start > before.end));
    }
    let last = who.iter().rfind(|h| h.at.start < before.end.max(1));
    f.add(format!("subject {}", last.map_or("none", |h| h.sense)), true);
    f.add(
        "subject in line",
        last.is_none() && line.find(&outcomes().who, &(0..span.start)).iter().any(|h| h.sense == "me"),
    );
    let toward = line.find(&outcomes().toward, &after);
    f.add("to you", toward.iter().any(|h| h.sense == "you"));
    f.add("to me", toward.iter().any(|h| h.sense == "me"));
    f.add("to owner", toward.iter().any(|h| h.sense == "owner"));
    let whose =
        |owner: &str, hits: &[Hit]| hits.iter().any(|h| thing(h.sense).is_some_and(|t| t.owner == owner));
    f.add("agent's thing", whose("agent", said));
    f.add("client's thing", whose("client", said));
    f.add("party", said.iter().any(|h| thing(h.sense).is_some_and(|t| t.party)));
    for hit in said {
        f.add(format!("about {}", hit.sense), true);
    }
    let lately: Vec<Hit> = (1..=2)
        .filter_map(|by| talk.near(i, -by))
        .flat_map(|t| things::find(&t.line.text, &t.line.all()))
        .collect();
    f.add("thing lately client's", whose("client", &lately));
    f.add("thing lately agent's", whose("agent", &lately));
    let asks = verb.is_some_and(|v| line.clause_asks(&line.clause_of(v.at.start)));
    f.add("asks", asks);
    f.add("line asks", line.asks);
    f.add("request", line.any_in(&talk_cues().request, span));
    let acts = line.find(&outcomes().act, span);
    f.add("done", acts.iter().any(|h| h.sense == "done"));
    f.add("could", acts.iter().any(|h| h.sense == "could"));
    f.add("will", line.has_in(&outcomes().other, "will", span));
    f.add("third acts", line.has_in(&outcomes().other, "act", span));
    f.add("says", line.any_in(&talk_cues().told, span));
    f.add("must", line.any_in(&talk_cues().must, span));
    f.add("if", line.any_in(&talk_cues().condition, span));
    f.add("want", line.has_in(&wishes().want, "strong", &before));
    f.add("not", line.any_in(&wishes().drop, span) || line.has_in(&wishes().avoid, "before", &before));
    f.add("indifferent", line.any_in(&wishes().indifferent, span));
    for sense in ["past", "person", "work", "owner"] {
        f.add(sense, line.has_in(&wishes().elsewhere, sense, span));
    }
    f.add("client", turn.client > 0.65);
    f.add("agent", turn.client < 0.35);
    f.add("client named", line.any(&talk_cues().client));
    f.add("meeting", line.any_in(&outcomes().meeting, span));
    f.add("clock", turn.moments.clocks.iter().any(|c| span.contains(&c.at.start)));
    let answer = |by: isize, sense: &str| talk.near(i, by).is_some_and(|t| t.line.begins(sense));
    f.add("next yes", answer(1, "yes"));
    f.add("next no", answer(1, "no"));
    f.add("next ack", talk.near(i, 1).is_some_and(|t| t.line.any(&talk_cues().ack)));
    f.add("next thanks", talk.near(i, 1).is_some_and(|t| t.line.any(&talk_cues().thanks)));
    f.add("begins yes", answer(0, "yes"));
    f.add("before asks", talk.near(i, -1).is_some_and(|t| t.line.asks));
    let acts_near = |by: isize| {
        talk.near(i, by).is_some_and(|t| {
            t.line
                .find(&outcomes().act, &t.line.all())
                .iter()
                .any(|h| verb.is_some_and(|v| v.sense == h.sense))
        })
    };
    f.add("same verb before", acts_near(-1) || acts_near(-2));
    f.add("same verb after", acts_near(1) || acts_near(2));
    let day = |by: isize| talk.near(i, by).is_some_and(|t| !t.moments.days.is_empty());
    f.add("day before", day(-1));
    f.add("day after", day(1));
    f.add("late in talk", i * 10 >= talk.turns.len() * 6);
    f.add("short", line.length() <= 8);
    f.add("long", line.length() > 26);
    f.cross(KEYS);
    f
}
