//! What is true of how something was mentioned: the words beside it, its line, the lines around it, the thing itself. Each
//! feature is named for what it looks at; what it weighs is fitted (`weights.json`).

use super::super::cues::{Family, outcomes, wishes};
use super::super::figures::Bound;
use super::super::line::{Line, Mention, What};
use super::super::model::Features;
use super::super::point::Is;
use super::super::stance::{Stance, bare, closes, excluded, is_unit, negated, stance};
use super::super::talk::{Talk, Turn, talk_cues};
use super::{asked, slot_of, topics_of};
use crate::language::Unit;
use std::ops::Range;

/// Which sort of preference: what is said of one flag holds of the others.
pub(super) fn group(slot: &str) -> &'static str {
    match slot {
        "estate" | "district" | "mtr" => "place",
        "view" | "orientation" | "floor_band" => "feature",
        "bedrooms" | "bedrooms_min" => "rooms",
        "budget_max" | "budget_min" => "budget",
        "area_min" | "area_max" | "mtr_walk_max" | "age_max" | "school_net" => "size",
        "deal" => "deal",
        "price" => "offer",
        "move_in_by" => "move",
        _ => "flag",
    }
}

/// What is true of a mention at `at` in the `i`th line.
pub(super) fn features(
    talk: &Talk,
    i: usize,
    at: &Range<usize>,
    claims: &[(&'static str, Is)],
    mention: Option<&Mention>,
) -> Features {
    let turn = &talk.turns[i];
    let line = &turn.line;
    let clause = line.clause_of(at.start);
    let slot = claims[0].0;
    let mut f = Features::default();
    let group = group(slot);
    f.add(format!("is {group}"), true);
    f.add(format!("is {slot}"), true);
    beside(&mut f, line, &clause, at);
    of_line(&mut f, turn, &clause, at);
    around(&mut f, talk, i, claims);
    if let Some(mention) = mention {
        of_mention(&mut f, line, &clause, mention);
    }
    if let ("price" | "budget_max", Is::Number(n)) = (slot, &claims[claims.len() - 1].1) {
        among_prices(&mut f, talk, i, *n);
    }
    f.add("meeting", line.any(&outcomes().meeting));
    f.add("clock", !turn.moments.clocks.is_empty());
    f.add("renting", talk.renting);
    f.add("haggling", talk.haggling);
    if slot == "move_in_by" {
        moving(&mut f, line, &clause, at);
    }
    let deal = line.find(&wishes().deal, &line.all());
    f.add("said by itself", deal.iter().any(|h| h.at == *at && !h.sense.ends_with("_word")));
    f.cross(KEYS);
    f.each_with(group, KEYS);
    f.each_with(group, MORE);
    f
}

/// Features that matter most together with others.
const KEYS: &[&str] = &[
    "want before",
    "avoid before",
    "clause asks",
    "client",
    "agent",
    "answers",
    "want after",
    "bare",
    "same before",
    "next repeats",
    "next yes",
    "begins yes",
    "person",
    "past",
    "me",
    "avoid after",
    "you",
    "words want",
    "words avoid",
    "excluded",
    "offered",
    "not before",
];
/// Features whose weight depends on what sort of thing is spoken of.
const MORE: &[&str] = &[
    "bounded",
    "budget word",
    "other money",
    "offer word",
    "unit",
    "must",
    "listed",
    "first in talk",
    "topic in line",
    "owner",
    "work",
    "near word",
    "scaled",
    "indifferent",
    "drop",
    "said by itself",
    "haggling",
    "renting",
    "by then",
    "moving",
    "moving must",
    "if",
    "meeting",
    "clock",
    "below another",
    "above another",
    "another later",
    "again later",
    "final",
    "offers lately",
    "change",
    "budget word in line",
    "answers late",
    "next ack",
    "long",
];

/// How an amount stands to the others that are spoken of: an offer is below what is asked, and the last one stands.
fn among_prices(f: &mut Features, talk: &Talk, i: usize, amount: i64) {
    let prices = |turns: &[Turn]| {
        let of = |t: &Turn| {
            let figure = |m: &Mention| match &m.what {
                What::Figure(g) => g.dollars(true).map(|(low, high)| high.unwrap_or(low)),
                _ => None,
            };
            t.line.mentions.iter().filter_map(figure).collect::<Vec<_>>()
        };
        turns.iter().flat_map(of).collect::<Vec<i64>>()
    };
    let (from, to) = (i.saturating_sub(40), (i + 40).min(talk.turns.len()));
    let (earlier, later) = (prices(&talk.turns[from..i]), prices(&talk.turns[i + 1..to]));
    let close = |p: &&i64| **p != amount && (amount * 4 / 5..=amount * 5 / 4).contains(*p);
    f.add("below another", earlier.iter().filter(close).any(|p| *p > amount));
    f.add("above another", earlier.iter().filter(close).any(|p| *p < amount));
    f.add("another later", later.iter().filter(close).count() > 0);
    f.add("again later", later.contains(&amount));
    f.add("said earlier", earlier.contains(&amount));
    let line = &talk.turns[i].line;
    let lately = |by: isize| talk.near(i, by).is_some_and(|t| t.line.any(&outcomes().offer));
    f.add("offers lately", (1..=4).any(|by| lately(-by)));
    f.add("offers soon", (1..=2).any(lately));
    f.add("final", line.any(&talk_cues().last_word));
    f.add("to owner", line.any(&outcomes().toward));
}

/// What makes of a day one to move in by.
fn moving(f: &mut Features, line: &Line, clause: &Range<usize>, at: &Range<usize>) {
    let hits = line.find(&wishes().moving, clause);
    f.add("moving", hits.iter().any(|h| h.sense == "any"));
    f.add("moving must", hits.iter().any(|h| h.sense == "must"));
    f.add("moving in line", line.has(&wishes().moving, "any"));
    let tail = line.text.slice(at.end..(at.end + 4).min(line.text.chars.len()));
    let lead = line.text.slice(at.start.saturating_sub(10)..at.start);
    let led = ["by ", "before ", "by the ", "before the ", "no later than ", "latest "];
    f.add("by then", tail.contains('前') || led.iter().any(|w| lead.ends_with(w)));
    f.add("act", line.any_in(&outcomes().act, clause));
}

/// The words before and after it in its clause.
fn beside(f: &mut Features, line: &Line, clause: &Range<usize>, at: &Range<usize>) {
    let latin = line.text.at(at.end.saturating_sub(1)).is_ascii();
    let reach = if latin { 24 } else { 7 };
    let before = clause.start..at.start.max(clause.start);
    let inclusive = clause.start..at.end.min(clause.end).max(clause.start);
    // "Sai Kung's off the table": the apostrophe is gone.
    let possessive =
        latin && line.text.at(at.end) == 's' && !line.text.at(at.end + 1).is_ascii_alphanumeric();
    let end = at.end + usize::from(possessive);
    let after = end.min(clause.end)..clause.end;
    let wants = line.find(&wishes().want, &inclusive);
    let strong = wants.iter().rfind(|h| h.sense == "strong" && h.at.start <= at.start);
    let near = wants.iter().any(|h| {
        h.sense == "near"
            && h.at.start < at.start
            && at.start.saturating_sub(h.at.end) <= if latin { 4 } else { 2 }
    });
    let you = line.find(&wishes().you, &before);
    let addressed = strong.is_some_and(|w| you.iter().any(|y| y.at.start < w.at.start));
    f.add("want before", strong.is_some() && !addressed);
    f.add("want near", near);
    f.add("you want", addressed);
    let avoid = line
        .find(&wishes().avoid, &inclusive)
        .into_iter()
        .rfind(|h| h.sense == "before" && h.at.start < at.start);
    let close = avoid.as_ref().is_some_and(|h| at.start.saturating_sub(h.at.end) <= reach);
    let overruled = avoid.as_ref().is_some_and(|a| strong.is_some_and(|w| w.at.start >= a.at.end));
    f.add("avoid before", close && !overruled);
    f.add("avoid far before", avoid.is_some() && !close && !overruled);
    f.add("avoid then want", overruled);
    let gap = |h: &Range<usize>| h.start.saturating_sub(end);
    let follows = |family: &'static Family, far: usize| {
        line.find(family, &after)
            .iter()
            .any(|h| h.sense == "after" && gap(&h.at) <= if latin { far * 6 } else { far })
    };
    f.add("want after", follows(&wishes().want, 3));
    f.add("avoid after", follows(&wishes().avoid, 5));
    f.add("uptake after", follows(&wishes().uptake, 2));
    f.add("closes", closes(line, clause, at));
    f.add("bare", bare(line, clause, at));
    f.add("excluded", excluded(line, clause, at));
    let elsewhere = line.find(&wishes().elsewhere, clause);
    for sense in ["past", "past_after", "person", "work", "owner"] {
        f.add(
            sense,
            elsewhere.iter().any(|h| h.sense == sense && (sense == "past_after" || h.at.start <= at.start)),
        );
    }
    let said = stance(line, clause, at);
    f.add("words want", said == Some(Stance::Want));
    f.add("words avoid", said == Some(Stance::Avoid));
    f.add("unit", is_unit(line, at));
    f.add("not before", negated(line, at));
    f.add("its", possessive);
    f.add("if", line.any_in(&talk_cues().condition, &before));
    f.add("me", line.any_in(&talk_cues().me, &inclusive));
    f.add("client named", line.any_in(&talk_cues().client, &(0..at.start)));
    f.add("must", line.any_in(&talk_cues().must, clause));
    f.add("near word", line.has_in(&wishes().walk, "near", clause));
}

/// What holds of its clause and line.
fn of_line(f: &mut Features, turn: &Turn, clause: &Range<usize>, at: &Range<usize>) {
    let line = &turn.line;
    let asks = line.clause_asks(clause);
    f.add("clause asks", asks);
    f.add("offered", asks && line.any_in(&wishes().offered, clause));
    f.add("line asks", line.asks && !asks);
    let asked_before = line.clauses.iter().any(|c| c.end <= clause.start && line.clause_asks(c));
    f.add("after question", asked_before);
    f.add("indifferent", line.any_in(&wishes().indifferent, clause));
    f.add("drop", line.any_in(&wishes().drop, clause));
    f.add("change", line.any(&wishes().change));
    f.add("you", line.any(&wishes().you));
    f.add("want in line", line.has(&wishes().want, "strong"));
    f.add("want earlier", line.find(&wishes().want, &(0..clause.start)).iter().any(|h| h.sense == "strong"));
    f.add(
        "avoid earlier",
        line.find(&wishes().avoid, &(0..clause.start)).iter().any(|h| h.sense == "before"),
    );
    f.add(
        "person earlier",
        line.find(&wishes().elsewhere, &(0..clause.start)).iter().any(|h| h.sense == "person"),
    );
    f.add("landlord", line.has(&wishes().elsewhere, "landlord"));
    f.add("listed", line.mentions.iter().any(|m| m.at.end <= at.start && !matches!(m.what, What::Figure(_))));
    f.add("client", turn.client > 0.65);
    f.add("surely client", turn.client > 0.85);
    f.add("agent", turn.client < 0.35);
    f.add("surely agent", turn.client < 0.15);
    for sense in ["yes", "weak", "no"] {
        f.add(format!("begins {sense}"), line.begins(sense));
    }
    let acks = line.find(&talk_cues().ack, &line.all());
    f.add("begins ack", acks.first().is_some_and(|h| h.at.start == 0));
    f.add("short", line.length() <= 8);
    f.add("long", line.length() > 30);
}

/// What the lines before and after say to it.
fn around(f: &mut Features, talk: &Talk, i: usize, claims: &[(&'static str, Is)]) {
    let slot = claims[0].0;
    let by = asked(talk, i, topics_of(slot));
    f.add("answers", by == Some(1));
    f.add("answers late", by.is_some_and(|by| by > 1));
    let line_topics = &talk.turns[i].topics;
    f.add("topic in line", line_topics.iter().any(|t| topics_of(slot).contains(t)));
    f.add("before asks", talk.near(i, -1).is_some_and(|t| t.line.asks));
    f.add("first in talk", i < 2);
    let mentions = |turn: &Turn| turn.line.mentions.iter().any(|m| same(m, claims));
    let said = |by: isize| talk.near(i, by).is_some_and(mentions);
    f.add("same before", (1..=3).any(|by| said(-by)));
    f.add(
        "same in question before",
        (1..=2).any(|by| talk.near(i, -by).is_some_and(|t| mentions(t) && t.line.asks)),
    );
    f.add("next repeats", said(1) || said(2));
    let first =
        |by: isize, sense: &str| talk.near(i, by).is_some_and(|t| !t.line.asks && t.line.begins(sense));
    f.add("next yes", first(1, "yes"));
    f.add("next no", first(1, "no"));
    f.add("next weak", first(1, "weak"));
    let ack = talk.near(i, 1).is_some_and(|t| {
        t.line.find(&talk_cues().ack, &t.line.all()).first().is_some_and(|h| h.at.start == 0)
    });
    f.add("next ack", ack);
    f.add("next asks", talk.near(i, 1).is_some_and(|t| t.line.asks));
    f.add("change soon", (1..=2).any(|by| talk.near(i, by).is_some_and(|t| t.line.any(&wishes().change))));
}

/// Whether a mention is of the same slot and value.
fn same(m: &Mention, claims: &[(&'static str, Is)]) -> bool {
    if let What::Figure(f) = &m.what {
        let value = |slot: &str| match slot {
            "budget_max" | "budget_min" | "price" => {
                f.dollars(true).map(|(low, high)| (low, high.unwrap_or(low)))
            }
            _ => Some((f.value.round() as i64, f.upper.unwrap_or(f.value).round() as i64)),
        };
        return claims.iter().any(|(slot, is)| {
            matches!((is, value(slot)), (Is::Number(n), Some((low, high))) if *n == low || *n == high)
        });
    }
    slot_of(m).is_some_and(|claim| claims.contains(&claim))
}

/// What holds of the thing itself.
fn of_mention(f: &mut Features, line: &Line, clause: &Range<usize>, m: &Mention) {
    match &m.what {
        What::Figure(figure) => {
            f.add("bounded", matches!(figure.bound, Bound::Max | Bound::Min));
            f.add("at least", figure.bound == Bound::Min);
            f.add("range", figure.upper.is_some());
            f.add("scaled", figure.scaled);
            f.add("bare number", figure.unit == Unit::None);
            if figure.dollars(true).is_some() && !matches!(figure.unit, Unit::Bedrooms | Unit::SqFt) {
                let cues = line.find(&wishes().money, &line.all());
                f.add(
                    "budget word",
                    cues.iter().any(|h| h.sense == "budget" && clause.contains(&h.at.start)),
                );
                f.add("budget word in line", cues.iter().any(|h| h.sense == "budget"));
                f.add("other money", cues.iter().any(|h| h.sense == "other" && clause.contains(&h.at.start)));
                f.add("other money in line", cues.iter().any(|h| h.sense == "other"));
                f.add("rent word", cues.iter().any(|h| h.sense == "rent"));
                f.add("offer word", line.has_in(&outcomes().offer, "say", clause));
                f.add("owner's price", line.has_in(&outcomes().offer, "owner", clause));
                f.add(
                    "hundreds of thousands",
                    figure.dollars(true).is_some_and(|(v, _)| (100_000..1_000_000).contains(&v)),
                );
                f.add("a month", figure.dollars(true).is_some_and(|(v, _)| v < 100_000));
            }
        }
        What::Word("tenancy", w) => f.add("tenanted", w == "tenanted"),
        What::Word(_, w) => f.add(format!("value {w}"), true),
        _ => {}
    }
}
