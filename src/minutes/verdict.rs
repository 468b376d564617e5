//! What may be an objection to a flat or a decision about one: every word of blame and of deciding, with what is true
//! of how it was said. Which of them was meant is for the model to judge. Pure.

use super::cues::{outcomes, wishes};
use super::line::{Line, Mention, What};
use super::model::Features;
use super::stance::negated;
use super::talk::{Talk, talk_cues};
use crate::language::{PlaceKind, Unit};
use std::ops::Range;

/// A word of blame or of deciding.
#[derive(Debug)]
pub(super) struct Candidate {
    /// Which line of the talk.
    pub line: usize,
    /// Slot of CONTRACT.md.
    pub slot: &'static str,
    /// Where the word stands.
    pub at: Range<usize>,
    pub features: Features,
}

/// For how many lines a flat that was spoken of is still meant.
const LATELY: usize = 4;

/// Everything that may be an objection.
pub(super) fn objections(talk: &Talk) -> Vec<Candidate> {
    let mut out: Vec<Candidate> = Vec::new();
    for (i, turn) in talk.turns.iter().enumerate() {
        let line = &turn.line;
        let hits = line.find(&outcomes().objection, &line.all());
        let fee = hits.iter().any(|h| h.sense == "management_fee_word");
        for hit in &hits {
            let slot = match hit.sense {
                "too_much" if fee => "management_fee",
                "price" if fee => continue,
                "too_much" | "management_fee_word" | "anchor" => continue,
                slot => slot,
            };
            let mut f = features(talk, i, &hit.at, slot);
            f.add("fee", fee);
            let rivals =
                hits.iter().any(|o| o.at != hit.at && !matches!(o.sense, "anchor") && o.sense != hit.sense);
            f.add("other blame in line", rivals);
            f.add("same blame in line", hits.iter().any(|o| o.at != hit.at && o.sense == hit.sense));
            cross(&mut f, slot);
            out.push(Candidate { line: i, slot, at: hit.at.clone(), features: f });
        }
    }
    out
}

/// Everything that may be a decision.
pub(super) fn decisions(talk: &Talk) -> Vec<Candidate> {
    let mut out = Vec::new();
    for (i, turn) in talk.turns.iter().enumerate() {
        let line = &turn.line;
        for hit in line.find(&outcomes().decision, &line.all()) {
            let slot = if hit.sense == "reject_word" { "reject" } else { hit.sense };
            let mut f = features(talk, i, &hit.at, slot);
            cross(&mut f, slot);
            out.push(Candidate { line: i, slot, at: hit.at, features: f });
        }
    }
    out
}

fn cross(f: &mut Features, slot: &'static str) {
    f.cross(KEYS);
    f.each_with(slot, KEYS);
}

const KEYS: &[&str] = &[
    "unit in clause",
    "unit in line",
    "place in clause",
    "unit lately",
    "clause asks",
    "client",
    "agent",
    "degree",
    "anchor",
    "feature",
    "avoid before",
    "want in line",
    "not before",
    "figure in line",
    "price talk",
    "short",
    "long phrase",
    "one word",
    "opinion",
    "next ack",
    "alone",
];

fn is_feature(m: &Mention) -> bool {
    match &m.what {
        What::Place(_) => false,
        What::Figure(f) => f.unit != Unit::None && f.unit != Unit::Hkd,
        _ => true,
    }
}

fn is_unit_word(line: &Line, within: &Range<usize>) -> bool {
    line.find(&outcomes().unit, within).iter().any(|h| line.text.slice(h.at.clone()) != "it")
}

fn features(talk: &Talk, i: usize, at: &Range<usize>, slot: &'static str) -> Features {
    let turn = &talk.turns[i];
    let line = &turn.line;
    let clause = line.clause_of(at.start);
    let mut f = Features::default();
    f.add(format!("is {slot}"), true);
    f.add(format!("says {}", line.text.slice(at.clone())), true);
    let phrase = line.text.slice(at.clone());
    let words = if phrase.is_ascii() { phrase.split(' ').count() } else { at.len().div_ceil(2) };
    f.add("long phrase", words >= 3);
    f.add("one word", words == 1);
    let estate = |m: &&Mention| matches!(&m.what, What::Place(p) if p.kind == PlaceKind::Estate);
    let inside = |m: &&Mention| clause.contains(&m.at.start);
    f.add("unit in clause", is_unit_word(line, &clause));
    f.add("unit in line", is_unit_word(line, &line.all()));
    f.add(
        "it in line",
        line.find(&outcomes().unit, &line.all()).iter().any(|h| line.text.slice(h.at.clone()) == "it"),
    );
    f.add("place in clause", line.mentions.iter().filter(estate).any(|m| inside(&m)));
    f.add("place in line", line.mentions.iter().any(|m| estate(&m)));
    let lately = |by: usize| {
        talk.near(i, -(by as isize)).is_some_and(|t| {
            is_unit_word(&t.line, &t.line.all()) || t.line.mentions.iter().any(|m| estate(&m))
        })
    };
    f.add("unit lately", (1..=LATELY).any(lately));
    f.add("feature", line.mentions.iter().any(|m| inside(&m) && is_feature(m)));
    let asks = line.clause_asks(&clause);
    f.add("clause asks", asks);
    f.add("line asks", line.asks && !asks);
    f.add("client", turn.client > 0.65);
    f.add("agent", turn.client < 0.35);
    let cue = |family, within: &Range<usize>| line.any_in(family, within);
    let cues = talk_cues();
    f.add("me", cue(&cues.me, &clause));
    f.add("client named", cue(&cues.client, &line.all()));
    f.add("degree", cue(&cues.degree, &(clause.start..at.end)));
    f.add("excuse", cue(&cues.excuse, &line.all()));
    f.add("opinion", cue(&cues.opinion, &line.all()));
    f.add("opinion before", (1..=2).any(|by| talk.near(i, -by).is_some_and(|t| t.line.any(&cues.opinion))));
    f.add("begins ack", line.find(&cues.ack, &line.all()).first().is_some_and(|h| h.at.start == 0));
    f.add("anchor", line.has_in(&outcomes().objection, "anchor", &clause));
    f.add("anchor in line", line.has(&outcomes().objection, "anchor"));
    f.add("defended", line.has(&outcomes().defend, "any"));
    f.add("feared", line.has_in(&outcomes().defend, "feared", &(clause.start..at.start)));
    let elsewhere = line.find(&wishes().elsewhere, &(0..clause.end));
    for sense in ["past", "person", "work", "owner"] {
        f.add(sense, elsewhere.iter().any(|h| h.sense == sense && clause.contains(&h.at.start)));
        f.add(
            format!("{sense} earlier"),
            elsewhere.iter().any(|h| h.sense == sense && h.at.end <= clause.start),
        );
    }
    let before = line.find(&wishes().avoid, &(clause.start..at.start));
    f.add("avoid before", before.iter().any(|h| h.sense == "before"));
    f.add("want in line", line.find(&wishes().want, &line.all()).iter().any(|h| h.sense == "strong"));
    f.add(
        "want before",
        line.find(&wishes().want, &(clause.start..at.start)).iter().any(|h| h.sense == "strong"),
    );
    f.add("indifferent", line.any(&wishes().indifferent));
    f.add("not before", negated(line, at));
    f.add("if", cue(&cues.condition, &(clause.start.saturating_sub(8)..at.start)));
    f.add(
        "figure in line",
        line.mentions.iter().any(|m| matches!(&m.what, What::Figure(g) if g.dollars(true).is_some())),
    );
    f.add("price talk", line.has(&outcomes().offer, "owner") || line.has(&wishes().money, "other"));
    f.add("short", line.length() <= 10);
    f.add("alone", clause.len() <= at.len() + 4);
    f.add("change", line.any(&wishes().change));
    let next = |by: isize, family| talk.near(i, by).is_some_and(|t| t.line.any(family));
    f.add("next ack", next(1, &cues.ack));
    f.add("next excuse", next(1, &cues.excuse));
    f.add("before asks", talk.near(i, -1).is_some_and(|t| t.line.asks));
    let again = |by: isize| {
        talk.near(i, by).is_some_and(|t| {
            t.line.find(&outcomes().objection, &t.line.all()).iter().any(|h| h.sense == slot)
                || t.line
                    .find(&outcomes().decision, &t.line.all())
                    .iter()
                    .any(|h| h.sense == slot || h.sense == "reject_word" && slot == "reject")
        })
    };
    f.add("said before", again(-1) || again(-2));
    f.add("said after", again(1) || again(2));
    let seen = talk.turns.iter().filter(|t| is_unit_word(&t.line, &t.line.all())).count();
    f.add("talk of units", seen * 8 >= talk.turns.len());
    f.add("first lines", i < 3);
    f
}
