//! Tokens to a reading: the places, parts of an address, conditions, columns and flags that one question holds,
//! before the conversation is considered.

use super::address::Part;
use super::addresses::addresses;
use super::alternatives::{alternative_budgets, alternatives};
use super::ordering::{composed_order, superlative};
use super::polarity::polarity;
use super::quantity::{self, Money};
use super::query::{Cond, Filter, Op, Sort, Test};
use super::scan::{Kind, Token};
use super::unknown::unknown_name;
use crate::language::{Folded, PlaceKind, PlaceMatch};
use crate::listings::Deal;
use std::collections::HashSet;

/// What one question holds.
#[derive(Debug, Default, Clone)]
pub struct Reading {
    /// References, in order; whether the base has each.
    pub refs: Vec<(String, bool)>,
    /// Places that are wanted.
    pub places: Vec<PlaceMatch>,
    /// Places that are ruled out.
    pub not_places: Vec<PlaceMatch>,
    /// Parts of an address.
    pub parts: Vec<Part>,
    /// Conditions from numbers: rooms, areas, ages.
    pub measured: Vec<Cond>,
    /// Conditions from words: views, directions, features.
    pub said: Vec<Cond>,
    /// Amounts of money, not yet known to be prices or rents.
    pub money: Option<Money>,
    /// Sale or rent, where it is said.
    pub deal: Option<Deal>,
    /// Whether both were said.
    pub both_deals: bool,
    /// Columns that are asked for.
    pub fields: Vec<&'static str>,
    /// The order asked for.
    pub order: Option<Sort>,
    /// The superlative.
    pub best: Option<Sort>,
    /// The figure asked for.
    pub op: Option<Op>,
    /// Concepts of the group "word", and "adjective" where one of the group "adj" is said.
    pub flags: HashSet<&'static str>,
    /// Columns whose condition the client lets go.
    pub dropped: Vec<&'static str>,
    /// Alternatives that belong to a place each.
    pub alternatives: Vec<Filter>,
    /// Whole addresses, where more than one is given: what is said of each, what they share carried on.
    pub addresses: Vec<Vec<Cond>>,
    /// A letter that stands alone, which may name a flat: 「C嗰間呀」.
    pub letter: Option<String>,
    /// A name that looks like a place and is none we know.
    pub unknown: Option<String>,
    /// Whether a word of following up opens or closes the question.
    pub follows: bool,
    /// Whether anything was understood at all.
    pub something: bool,
}

impl Reading {
    /// Whether a flag is raised.
    pub fn has(&self, flag: &str) -> bool {
        self.flags.contains(flag)
    }

    /// Which of those shown is meant: 0 is the first, `usize::MAX` the last.
    pub fn ordinal(&self) -> Option<usize> {
        ["first", "second", "third", "fourth", "fifth"]
            .iter()
            .position(|o| self.has(o))
            .or_else(|| self.has("last").then_some(usize::MAX))
    }

    /// The places that are estates, districts, regions or stations, as conditions; blocks apart.
    pub fn place_conds(places: &[PlaceMatch]) -> Vec<Cond> {
        let mut out: Vec<Cond> = Vec::new();
        for m in places {
            let column = match m.place.kind {
                PlaceKind::Estate => "estate_en",
                PlaceKind::District => "district_en",
                PlaceKind::Region => "region_en",
                PlaceKind::Mtr => "mtr_en",
                PlaceKind::Block => continue,
            };
            match out.iter_mut().find(|c| c.column == column) {
                Some(Cond { test: Test::OneOf(names), .. }) => {
                    if !names.contains(&m.place.name_en) {
                        names.push(m.place.name_en.clone());
                    }
                }
                _ => out.push(Cond::new(column, Test::OneOf(vec![m.place.name_en.clone()]))),
            }
        }
        out
    }

    /// The named blocks.
    pub fn blocks(&self) -> impl Iterator<Item = &PlaceMatch> {
        self.places.iter().filter(|p| p.place.kind == PlaceKind::Block)
    }

    /// Whether a place (a block apart) is wanted.
    pub fn has_place(&self) -> bool {
        !self.alternatives.is_empty() || self.places.iter().any(|p| p.place.kind != PlaceKind::Block)
    }

    /// Whether any condition is given besides places.
    pub fn has_conds(&self) -> bool {
        !self.measured.is_empty() || !self.said.is_empty() || self.money.is_some() || self.deal.is_some()
    }
}

/// Reads the tokens of a question.
pub fn read(text: &Folded, tokens: &[Token]) -> Reading {
    let mut r = Reading::default();
    let tokens = since_reset(tokens);
    let polarity = polarity(tokens);
    let taken = quantity::read(tokens, &polarity, &mut r);
    for (i, token) in tokens.iter().enumerate() {
        match &token.kind {
            Kind::Ref(name, known) if !r.refs.iter().any(|x| x.0 == *name) => {
                r.refs.push((name.clone(), *known));
            }
            Kind::Place(m) if polarity[i] => r.not_places.push((**m).clone()),
            Kind::Place(m) => r.places.push((**m).clone()),
            Kind::Part(part) => r.parts.push(part.clone()),
            Kind::Words(_) => words(tokens, i, polarity[i], taken.contains(&i), &mut r),
            Kind::Other if token.at.len() == 1 && text.at(token.at.start).is_ascii_alphabetic() => {
                r.letter = Some(text.slice(token.at.clone()).to_uppercase());
            }
            _ => {}
        }
    }
    // A column beside a condition on it is part of the condition: 要養得｜狗.
    let said: Vec<&str> = r.said.iter().filter(|c| !c.negated).map(|c| c.column).collect();
    r.fields.retain(|f| !said.iter().any(|c| c.strip_suffix("_en").unwrap_or(c) == *f));
    // What is let go is not asked for: 狗放咗喺屋企，養唔養得都冇所謂.
    let dropped = std::mem::take(&mut r.dropped);
    r.fields.retain(|f| !dropped.contains(f));
    r.dropped = dropped;
    superlative(tokens, &taken, &mut r);
    outlook(tokens, &polarity, &mut r);
    r.something |=
        !(r.refs.is_empty() && r.places.is_empty() && r.not_places.is_empty() && r.parts.is_empty());
    passing_stations(&mut r);
    merge_directions(&mut r);
    merge_facilities(&mut r);
    merge_rooms(&mut r);
    composed_order(tokens, &mut r);
    alternatives(tokens, &polarity, &mut r);
    alternative_budgets(tokens, &mut r);
    r.addresses = addresses(tokens, &polarity);
    r.unknown = unknown_name(text, tokens);
    let real: Vec<&Token> = tokens.iter().filter(|t| !matches!(t.kind, Kind::Break)).collect();
    r.follows =
        real.iter().take(2).any(|t| t.is("word:follow")) || real.last().is_some_and(|t| t.is("word:follow"));
    r
}

/// What follows the word with which the client starts over, where anything does: 唔睇元朗喇，重新嚟過，想買香港仔.
fn since_reset(tokens: &[Token]) -> &[Token] {
    let reset = tokens.iter().rposition(|t| t.is("word:reset"));
    match reset.map(|i| &tokens[i..]) {
        Some(rest) if rest.iter().skip(1).any(is_content) => rest,
        _ => tokens,
    }
}

/// Whether a token is about listings.
pub fn is_content(t: &Token) -> bool {
    matches!(t.kind, Kind::Place(_) | Kind::Number { .. } | Kind::Part(_))
        || t.group("is").next().is_some()
        || t.group("facility").next().is_some()
}

fn words(tokens: &[Token], i: usize, negated: bool, taken: bool, r: &mut Reading) {
    let token = &tokens[i];
    for flag in token.group("word") {
        r.flags.insert(flag);
    }
    if token.group("adj").next().is_some() {
        r.flags.insert("adjective");
    }
    for deal in token.group("deal") {
        // What is said last counts: 轉為買呢.
        let deal = if deal == "sale" { Deal::Sale } else { Deal::Rent };
        r.both_deals |= r.deal.is_some_and(|d| d != deal);
        r.deal = Some(deal);
        r.something = true;
    }
    if token.is("word:any_deal") {
        (r.deal, r.both_deals) = (None, false);
        r.dropped.push("deal");
    }
    for order in token.group("order") {
        r.order = sort(order);
        r.something = true;
    }
    for best in token.group("best") {
        r.best = sort(best);
        r.something = true;
    }
    for op in token.group("op") {
        let counted = tokens.get(i + 1).and_then(|t| t.group("unit").next());
        match counted {
            Some(unit) => add_field(r, quantity::column_of(unit)),
            None => {
                r.op = Some(match op {
                    "median" => Op::Median,
                    "mean" => Op::Mean,
                    _ => Op::Count,
                });
            }
        }
        r.something = true;
    }
    if taken {
        return;
    }
    let conds: Vec<Cond> =
        token.group("is").filter_map(condition).chain(token.group("facility").map(facility)).collect();
    for column in token.group("any") {
        r.dropped.push(column);
        r.something = true;
    }
    let near_drop = || {
        let goes_on = |t: &&Token| !matches!(t.kind, Kind::Break);
        let says = |t: &&Token| !t.is_filler();
        tokens[i + 1..].iter().take_while(goes_on).filter(says).take(3).any(|t| t.is("word:drop"))
            || tokens[..i].iter().rev().take_while(|t| goes_on(t) && !t.is("word:and")).filter(says).take(3).any(|t| t.is("word:drop"))
            || fine(tokens, i)
            // 冇露台都得, "no balcony is fine".
            || (i > 0
                && tokens[i - 1].is("word:lack")
                && tokens[i + 1..].iter().take_while(goes_on).take(2).any(|t| t.is("word:fine")))
    };
    if !conds.is_empty() {
        let dropped = near_drop();
        for mut cond in conds {
            cond.negated = negated;
            if dropped {
                r.dropped.push(cond.column);
            } else if !negated && said_or(tokens, i) && either(r, &cond) {
            } else {
                add_said(r, cond);
            }
        }
        r.something = true;
        return;
    }
    let mut fields: Vec<&'static str> = token.group("field").collect();
    // 管理費幾錢一個月 asks for the fee alone.
    let before = tokens[..i].iter().rev().find(|t| !t.is_filler());
    if before.is_some_and(|t| t.is("field:management_fee_hkd_month")) {
        fields.retain(|f| *f != "monthly_rent_hkd");
    }
    if fields.is_empty() {
        return;
    }
    r.something = true;
    if near_drop() {
        // 幾房都冇所謂, "scrap the budget limit": the condition on the column is let go.
        for field in fields {
            match field {
                "price" => r.dropped.extend(["sale_price_hkd", "monthly_rent_hkd"]),
                "view" => r.dropped.push("view_en"),
                "orientation" => r.dropped.extend(["orientation", "orientation_en"]),
                "decoration" => r.dropped.push("decoration_en"),
                "floor" => r.dropped.extend(["floor", "floor_band"]),
                other => r.dropped.push(other),
            }
        }
    } else if negated && fields.contains(&"tenancy") {
        add_said(r, Cond::new("tenancy", Test::OneOf(vec!["vacant".to_owned()])));
    } else if !negated {
        fields.into_iter().for_each(|field| add_field(r, field));
    }
}

/// Whether a condition is only put up with: 連租約都 ok, "tenanted is fine". Where two of a column are (高層中層都得), or
/// what the owner must allow (養狗都得), they are wanted.
fn fine(tokens: &[Token], i: usize) -> bool {
    const BEARABLE: [&str; 5] = ["tenancy", "premium_status", "decoration_en", "floor_band", "furnished"];
    let column = |t: &Token| t.group("is").filter_map(|c| c.split_once('=')).map(|c| c.0).next();
    let own = column(&tokens[i]);
    let alone = tokens.iter().filter(|t| column(t) == own).count() == 1;
    let next = tokens[i + 1..].iter().find(|t| !t.is_filler());
    own.is_some_and(|own| BEARABLE.contains(&own)) && alone && next.is_some_and(|t| t.is("word:fine"))
}

/// Whether "or" stands between this token and the condition before it.
fn said_or(tokens: &[Token], i: usize) -> bool {
    let before = tokens[..i].iter().rev().take_while(|t| t.is_filler() || t.is("word:or"));
    before.into_iter().any(|t| t.is("word:or"))
}

/// Makes the last condition and this one, on another column, alternatives: "a terrace or a rooftop".
fn either(r: &mut Reading, cond: &Cond) -> bool {
    let alone = |c: &Cond| Filter { conds: vec![c.clone()] };
    let together =
        |c: &Cond| c.column == cond.column && !matches!(c.test, Test::Facing(_) | Test::Facilities(_));
    match r.said.last_mut() {
        Some(last) if !last.negated && !together(last) => {
            match &mut last.test {
                Test::Any(all) => all.push(alone(cond)),
                _ => *last = Cond::new("either", Test::Any(vec![alone(last), alone(cond)])),
            }
            true
        }
        _ => false,
    }
}

fn add_field(r: &mut Reading, field: &'static str) {
    if !r.fields.contains(&field) {
        r.fields.push(field);
    }
}

fn add_said(r: &mut Reading, cond: Cond) {
    // The surer word on a column wins: 未補地價嘅居屋 is unpaid, not either.
    if let Some(old) = r.said.iter_mut().find(|c| c.column == cond.column && c.negated == cond.negated) {
        match (&mut old.test, cond.test) {
            (Test::OneOf(a), Test::OneOf(b)) => {
                if b.iter().all(|w| a.contains(w)) && b.len() < a.len() {
                    *a = b;
                } else if !a.iter().all(|w| b.contains(w)) {
                    a.extend(b.into_iter().filter(|w| !a.contains(w)).collect::<Vec<_>>());
                }
            }
            (Test::Facilities(a), Test::Facilities(b)) => a.extend(b),
            (Test::Facing(a), Test::Facing(b)) if *a != b => {
                r.said.push(Cond { test: Test::Facing(b), ..cond });
            }
            _ => {}
        }
        return;
    }
    r.said.push(cond);
}

/// "Outlook either sea or garden": bare words for what is seen, where a view is spoken of.
fn outlook(tokens: &[Token], polarity: &[bool], r: &mut Reading) {
    if !r.fields.contains(&"view") {
        return;
    }
    let seen = tokens.iter().zip(polarity).filter(|(_, negated)| !**negated);
    let seen: Vec<String> =
        seen.flat_map(|(t, _)| t.group("seen")).filter(|v| !v.is_empty()).map(str::to_owned).collect();
    if !seen.is_empty() {
        r.fields.retain(|f| *f != "view");
        add_said(r, Cond::new("view_en", Test::OneOf(seen)));
    }
}

/// A station's nickname beside another place tells of the client rather than of the flat: 港大讀研，想在堅尼地城租.
fn passing_stations(r: &mut Reading) {
    let stated = |m: &PlaceMatch| matches!(m.place.kind, PlaceKind::District | PlaceKind::Estate);
    if !r.has("station") && !r.has("near") && r.places.iter().any(stated) {
        let nickname =
            |m: &PlaceMatch| m.place.kind == PlaceKind::Mtr && m.how == crate::language::How::Alias;
        r.places.retain(|m| !nickname(m));
    }
}

/// 向南嘅，東南西南都啱: what a wider direction holds already, wanted or ruled out, adds nothing.
fn merge_directions(r: &mut Reading) {
    let wide: Vec<String> = r
        .said
        .iter()
        .filter_map(|c| if let Test::Facing(word) = &c.test { Some(word.clone()) } else { None })
        .collect();
    let held = |narrow: &String| wide.iter().any(|w| narrow.to_lowercase().contains(w.as_str()));
    r.said.retain(|c| match &c.test {
        Test::OneOf(all) if c.column == "orientation_en" && !c.negated => !all.iter().all(held),
        _ => true,
    });
}

/// Wanted facilities that were each said apart are one condition.
fn merge_facilities(r: &mut Reading) {
    let mut all: Vec<String> = Vec::new();
    r.said.retain(|c| match &c.test {
        Test::Facilities(f) if !c.negated => {
            all.extend(f.iter().cloned());
            false
        }
        _ => true,
    });
    if !all.is_empty() {
        r.said.push(Cond::new("facility", Test::Facilities(all)));
    }
}

/// "A studio or one bedroom": rooms said as a word and as a number are one condition.
fn merge_rooms(r: &mut Reading) {
    let studios: Vec<Cond> = r.said.extract_if(.., |c| c.column == "bedrooms").collect();
    for studio in studios {
        match (
            r.measured.iter_mut().find(|c| c.column == "bedrooms" && c.negated == studio.negated),
            &studio.test,
        ) {
            (Some(Cond { test: Test::Numbers(all), .. }), Test::Numbers(more)) => all.extend(more),
            (Some(_), _) => {}
            (None, _) => r.measured.push(studio),
        }
    }
}

pub fn sort(text: &'static str) -> Option<Sort> {
    let (column, direction) = text.split_once(' ')?;
    Some(Sort { column, descending: direction == "desc" })
}

fn facility(name: &'static str) -> Cond {
    Cond::new("facility", Test::Facilities(vec![name.to_owned()]))
}

/// "view_en=sea" to a condition.
pub(crate) fn condition(text: &'static str) -> Option<Cond> {
    let (column, value) = text.split_once('=')?;
    Some(match column {
        "orientation" => Cond::new("orientation", Test::Facing(value.to_owned())),
        "terrace" => Cond::new("terrace", Test::Present(value == "yes")),
        "rooftop" => Cond::new("rooftop", Test::Present(value == "yes")),
        "bedrooms" => Cond::new("bedrooms", Test::Numbers(vec![value.parse().ok()?])),
        "ensuites_min" => Cond::new("ensuites", Test::Range(value.parse().ok(), None)),
        _ => Cond::new(column, Test::OneOf(value.split('|').map(str::to_owned).collect())),
    })
}
