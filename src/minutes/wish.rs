//! What may be a wish: everything mentioned that a preference can be about, with what is true of how it was said. What
//! of it was meant is for the model ([`super::model`]) to judge. Pure.

use super::cues::{Family, outcomes, wishes};
use super::figures::{Bound, Figure};
use super::line::{Line, Mention, What};
use super::model::Features;
use super::point::{Evidence, Is};
use super::stance::{Stance, bare, closes, excluded, is_unit, negated, stance};
use super::talk::{Talk, Turn, talk_cues};
use crate::language::{PlaceKind, Unit};
use std::ops::Range;

/// Something that may have been wished for, or offered to be paid (slot `price`).
#[derive(Debug)]
pub(super) struct Candidate {
    /// Which line of the talk.
    pub line: usize,
    /// What would be claimed: slot and value, two for a range.
    pub claims: Vec<(&'static str, Is)>,
    pub features: Features,
    /// The segments that bear it out: its own, the question that it answers, the yes to it.
    pub evidence: Evidence,
}

/// All that may be wishes, in order.
pub(super) fn candidates(talk: &Talk) -> Vec<Candidate> {
    let mut out = Vec::new();
    for (i, turn) in talk.turns.iter().enumerate() {
        let line = &turn.line;
        for m in &line.mentions {
            let claims = claims(talk, i, m);
            if let Some(price) = price(talk, i, m) {
                out.push(candidate(talk, i, &m.at, vec![("price", price)], Some(m)));
            }
            if !claims.is_empty() {
                out.push(candidate(talk, i, &m.at, claims, Some(m)));
            }
        }
        for (at, claim) in deals(line).into_iter().chain(moves(talk, i)) {
            out.push(candidate(talk, i, &at, vec![claim], None));
        }
    }
    out
}

fn candidate(
    talk: &Talk,
    i: usize,
    at: &Range<usize>,
    claims: Vec<(&'static str, Is)>,
    mention: Option<&Mention>,
) -> Candidate {
    let line = &talk.turns[i].line;
    let mut evidence = Evidence::of(line.n);
    let mut also = |by: isize| {
        evidence.merge(&talk.near(i, by).map_or(Evidence::of(line.n), |t| Evidence::of(t.line.n)))
    };
    if line.length() <= 16 && asked(talk, i, topics_of(claims[0].0)) == Some(1) {
        also(-1);
    }
    if line.clause_asks(&line.clause_of(at.start)) {
        also(1);
    }
    let features = features(talk, i, at, &claims, mention);
    Candidate { line: i, claims, features, evidence }
}

/// Sale or rent, where one of them is spoken of.
fn deals(line: &Line) -> Vec<(Range<usize>, (&'static str, Is))> {
    let hits = line.find(&wishes().deal, &line.all());
    let deal = |sense: &str| if sense.starts_with("sale") { "sale" } else { "rent" };
    hits.into_iter().map(|h| (h.at, ("deal", Is::Word(deal(h.sense).into())))).collect()
}

/// Days, where moving is spoken of in the line or was asked after.
fn moves(talk: &Talk, i: usize) -> Vec<(Range<usize>, (&'static str, Is))> {
    let turn = &talk.turns[i];
    let moving = turn.line.any(&wishes().moving) || asked(talk, i, &["move_in"]).is_some();
    let days = turn.moments.days.iter().filter(|_| moving);
    days.map(|d| (d.at.clone(), ("move_in_by", Is::Word(d.date.to_string())))).collect()
}

/// How many lines ago one of these topics was asked after, up to three.
fn asked(talk: &Talk, i: usize, topics: &[&str]) -> Option<usize> {
    (1..=3).find(|&by| {
        talk.near(i, -(by as isize)).is_some_and(|t| t.topics.iter().any(|asked| topics.contains(asked)))
    })
}

/// What a mention would claim.
fn claims(talk: &Talk, i: usize, m: &Mention) -> Vec<(&'static str, Is)> {
    match &m.what {
        What::Figure(f) => of_figure(talk, i, f),
        _ => slot_of(m).into_iter().collect(),
    }
}

fn of_figure(talk: &Talk, i: usize, f: &Figure) -> Vec<(&'static str, Is)> {
    let line = &talk.turns[i].line;
    let number = |v: f64| Is::Number(v.round() as i64);
    let walk = |sense| line.has(&wishes().walk, sense);
    match f.unit {
        Unit::Bedrooms => rooms(f),
        Unit::None
            if !f.scaled
                && (1.0..=6.0).contains(&f.value)
                && f.value.fract() == 0.0
                && asked(talk, i, &["bedrooms"]).is_some_and(|by| by <= 2) =>
        {
            rooms(f)
        }
        Unit::SqFt => match (f.upper, f.bound) {
            (Some(upper), _) => vec![("area_min", number(f.value)), ("area_max", number(upper))],
            (None, Bound::Max) => vec![("area_max", number(f.value))],
            (None, Bound::Aside) => Vec::new(),
            _ => vec![("area_min", number(f.value))],
        },
        Unit::Minutes if walk("any") || walk("near") || asked(talk, i, &["walk", "mtr"]).is_some() => {
            vec![("mtr_walk_max", number(f.upper.unwrap_or(f.value)))]
        }
        Unit::Years if walk("age") || f.bound == Bound::Max || asked(talk, i, &["age"]).is_some() => {
            vec![("age_max", number(f.upper.unwrap_or(f.value)))]
        }
        _ if school_net(line, f) => vec![("school_net", number(f.value))],
        Unit::None if asked(talk, i, &["area"]).is_some() && (200.0..5000.0).contains(&f.value) => {
            let slot = if f.bound == Bound::Max { "area_max" } else { "area_min" };
            vec![(slot, number(f.value))]
        }
        _ => money(talk, i, f),
    }
}

fn rooms(f: &Figure) -> Vec<(&'static str, Is)> {
    let n = Is::Number(f.value.round() as i64);
    match (f.upper, f.bound) {
        (_, Bound::Max) => Vec::new(),
        (Some(_), _) | (_, Bound::Min) => vec![("bedrooms_min", n)],
        _ => vec![("bedrooms", n)],
    }
}

/// What nobody pays a month, and what no flat sells for, is no budget.
fn money(talk: &Talk, i: usize, f: &Figure) -> Vec<(&'static str, Is)> {
    let Some((value, upper)) = amount(talk, i, f) else { return Vec::new() };
    match (upper, f.bound) {
        (_, Bound::Aside) => Vec::new(),
        (Some(upper), _) => vec![("budget_min", Is::Number(value)), ("budget_max", Is::Number(upper))],
        (None, Bound::Min) => vec![("budget_min", Is::Number(value))],
        _ => vec![("budget_max", Is::Number(value))],
    }
}

/// A figure in Hong Kong dollars: "twenty-six" are thousands a month, or "nine six" millions, where money was asked
/// after or is spoken of.
fn amount(talk: &Talk, i: usize, f: &Figure) -> Option<(i64, Option<i64>)> {
    if let Some((value, upper)) = f.dollars(true) {
        return (value >= 3_000).then_some((value, upper));
    }
    let line = &talk.turns[i].line;
    let latin = line.text.at(f.at.start).is_ascii_alphabetic();
    let spoken_of = asked(talk, i, &["budget", "offer"]).is_some()
        || line.has(&wishes().money, "budget")
        || line.has(&outcomes().offer, "say")
        || line
            .mentions
            .iter()
            .any(|m| matches!(&m.what, What::Figure(o) if o.at != f.at && o.dollars(true).is_some()));
    if f.unit != Unit::None || f.scaled || !latin || !spoken_of {
        return None;
    }
    let scale = if talk.renting { 1e3 } else { 1e6 };
    let sound = if talk.renting { 7.0..250.0 } else { 2.0..90.0 };
    let whole = |v: f64| (v * scale).round() as i64;
    sound.contains(&f.value).then(|| (whole(f.value), f.upper.map(whole)))
}

/// What a figure would be as an offer.
fn price(talk: &Talk, i: usize, m: &Mention) -> Option<Is> {
    let What::Figure(f) = &m.what else { return None };
    let money = !matches!(f.unit, Unit::Bedrooms | Unit::SqFt | Unit::Minutes | Unit::Years);
    amount(talk, i, f).filter(|(_, upper)| money && upper.is_none()).map(|(value, _)| Is::Number(value))
}

/// The slot and the value that a mention would have.
fn slot_of(m: &Mention) -> Option<(&'static str, Is)> {
    Some(match &m.what {
        What::Place(p) => {
            let slot = match p.kind {
                PlaceKind::Estate => "estate",
                PlaceKind::District => "district",
                PlaceKind::Mtr => "mtr",
                PlaceKind::Region | PlaceKind::Block => return None,
            };
            (slot, Is::Place(p.name_zh.clone(), p.name_en.clone()))
        }
        What::Word("bedrooms", w) => ("bedrooms", Is::Number(w.parse().ok()?)),
        What::Word("tenancy", _) => ("tenancy", Is::Word("vacant".into())),
        What::Word(slot, w) => (slot, Is::Word(w.clone())),
        What::Flag(slot) => (slot, Is::Yes),
        What::Figure(_) => return None,
    })
}

fn school_net(line: &Line, f: &Figure) -> bool {
    let window = f.at.start.saturating_sub(12)..(f.at.end + 4).min(line.text.chars.len());
    let hits = line.find(&wishes().walk, &window);
    (11.0..100.0).contains(&f.value)
        && !f.scaled
        && hits.iter().any(|h| h.sense == "school" && h.at.end + 3 >= f.at.start && h.at.start <= f.at.end)
}

/// The questions that a mention of this slot can answer.
fn topics_of(slot: &str) -> &'static [&'static str] {
    match slot {
        "deal" => &["deal"],
        "bedrooms" | "bedrooms_min" => &["bedrooms"],
        "budget_max" | "budget_min" => &["budget"],
        "price" => &["offer"],
        "area_min" | "area_max" => &["area"],
        "estate" | "district" => &["place"],
        "mtr" => &["place", "mtr"],
        "mtr_walk_max" => &["walk", "mtr"],
        "age_max" => &["age"],
        "view" => &["view"],
        "floor_band" => &["floor"],
        "orientation" => &["orientation"],
        "move_in_by" => &["move_in"],
        "parking" => &["parking"],
        "pets" => &["pets"],
        "balcony" => &["balcony"],
        "helper_room" => &["helper_room"],
        "facility" => &["facility"],
        "tenancy" => &["tenancy"],
        "school_net" => &["school_net"],
        _ => &[],
    }
}

/// Which sort of preference: what is said of one flag holds of the others.
fn group(slot: &str) -> &'static str {
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
fn features(
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
    f.add(&format!("is {group}"), true);
    f.add(&format!("is {slot}"), true);
    beside(&mut f, line, &clause, at);
    of_line(&mut f, turn, &clause, at);
    around(&mut f, talk, i, claims);
    if let Some(mention) = mention {
        of_mention(&mut f, line, &clause, mention);
    }
    if let ("price" | "budget_max", Is::Number(n)) = (slot, &claims[claims.len() - 1].1) {
        among_prices(&mut f, talk, i, *n);
    }
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
    f.add("meeting", line.any(&outcomes().meeting));
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
    f.add("if", talk_cues().condition.any(&line.text.chars, &before));
    f.add("me", talk_cues().me.any(&line.text.chars, &inclusive));
    f.add("client named", talk_cues().client.any(&line.text.chars, &(0..at.start)));
    f.add("must", talk_cues().must.any(&line.text.chars, clause));
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
    let first = line.find(&wishes().answer, &line.all()).into_iter().next().filter(|h| h.at.start <= 1);
    for sense in ["yes", "weak", "no"] {
        f.add(&format!("begins {sense}"), first.as_ref().is_some_and(|h| h.sense == sense));
    }
    let acks = talk_cues().ack.find(&line.text.chars, &line.all());
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
    let first = |by: isize, sense: &str| {
        talk.near(i, by).is_some_and(|t| {
            !t.line.asks
                && t.line
                    .find(&wishes().answer, &t.line.all())
                    .first()
                    .is_some_and(|h| h.at.start <= 1 && h.sense == sense)
        })
    };
    f.add("next yes", first(1, "yes"));
    f.add("next no", first(1, "no"));
    f.add("next weak", first(1, "weak"));
    let ack = talk.near(i, 1).is_some_and(|t| {
        talk_cues().ack.find(&t.line.text.chars, &t.line.all()).first().is_some_and(|h| h.at.start == 0)
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
                f.add("offer word", outcomes().offer.has("say", &line.text.chars, clause));
                f.add("owner's price", outcomes().offer.has("owner", &line.text.chars, clause));
                f.add(
                    "hundreds of thousands",
                    figure.dollars(true).is_some_and(|(v, _)| (100_000..1_000_000).contains(&v)),
                );
                f.add("a month", figure.dollars(true).is_some_and(|(v, _)| v < 100_000));
            }
        }
        What::Word("tenancy", w) => f.add("tenanted", w == "tenanted"),
        What::Word(_, w) => f.add(&format!("value {w}"), true),
        _ => {}
    }
}
