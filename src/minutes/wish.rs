//! What may be a wish: everything mentioned that a preference can be about, with what is true of how it was said. What
//! of it was meant is for the model ([`super::model`]) to judge. Pure.

mod features;

use super::cues::{outcomes, wishes};
use super::figures::{Bound, Figure};
use super::line::{Line, Mention, What};
use super::model::Features;
use super::point::{Evidence, Is};
use super::talk::Talk;
use crate::language::{PlaceKind, Unit};
use features::{features, group};
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
    /// Said not to be needed, or to be all the same.
    pub waived: bool,
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
    let clause = line.clause_of(at.start);
    let waived = group(claims[0].0) == "flag"
        && !line.clause_asks(&clause)
        && (line.any_in(&wishes().drop, &clause) || line.any_in(&wishes().indifferent, &clause));
    Candidate { line: i, claims, features, evidence, waived }
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
    let monthly = talk.renting && f.value >= 7.0;
    let scale = if monthly { 1e3 } else { 1e6 };
    let sound = if monthly { 7.0..250.0 } else { 2.0..90.0 };
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
