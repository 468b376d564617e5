//! Tokens to a reading: the places, parts of an address, conditions, columns and flags that one question holds,
//! before the conversation is considered.

use super::address::Part;
use super::quantity::{self, Money};
use super::query::{Cond, Filter, Op, Sort, Test};
use super::scan::{Kind, Token};
use crate::language::{Folded, Gazetteer, PlaceKind, PlaceMatch, fold_str};
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
    /// Concepts of the group "word".
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
    superlative(tokens, &taken, &mut r);
    outlook(tokens, &polarity, &mut r);
    r.something |=
        !(r.refs.is_empty() && r.places.is_empty() && r.not_places.is_empty() && r.parts.is_empty());
    passing_stations(&mut r);
    merge_facilities(&mut r);
    merge_rooms(&mut r);
    composed_order(tokens, &mut r);
    alternatives(tokens, &polarity, &mut r);
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
fn is_content(t: &Token) -> bool {
    matches!(t.kind, Kind::Place(_) | Kind::Number { .. } | Kind::Part(_))
        || t.group("is").next().is_some()
        || t.group("facility").next().is_some()
}

/// Whether each token is ruled out: by a negation before it in its clause, or by one that closes the clause.
fn polarity(tokens: &[Token]) -> Vec<bool> {
    let mut out = vec![false; tokens.len()];
    let mut start = 0;
    for end in 0..=tokens.len() {
        if end < tokens.len() && !matches!(tokens[end].kind, Kind::Break) {
            continue;
        }
        let clause = start..end;
        let mut i = clause.start;
        while i < clause.end {
            let t = &tokens[i];
            if t.is("word:neg") || t.is("word:neg_after") {
                // "No commas please, two bedrooms": what is unknown takes the negation with it.
                let unknown = clause.contains(&(i + 1)) && tokens[i + 1].kind_is_unknown_word();
                let follows = !unknown
                    && (i + 1..clause.end).any(|j| is_content(&tokens[j]) || tokens[j].is("field:tenancy"));
                let precedes =
                    (clause.start..i).any(|j| is_content(&tokens[j]) || tokens[j].is("field:tenancy"));
                if t.is("word:neg") && follows {
                    // As far as the clause goes, or the next word that turns it round ("但要").
                    for (j, o) in out.iter_mut().enumerate().take(clause.end).skip(i + 1) {
                        if tokens[j].group("word").any(|w| w == "have")
                            || tokens[j].is("deal:sale")
                            || tokens[j].is("deal:rent")
                        {
                            break;
                        }
                        *o = true;
                    }
                } else if precedes && t.is("word:neg_after") {
                    out[clause.start..i].iter_mut().for_each(|o| *o = true);
                }
            }
            i += 1;
        }
        start = end + 1;
        // "Nothing facing north, north-east or north-west": a list goes on behind its comma.
        if let (Some(last), Some(next)) = (clause.clone().next_back(), tokens.get(start))
            && out[last]
            && let (Some(a), Some(b)) = (family(&tokens[last]), family(next))
            && a == b
        {
            let same =
                (start..tokens.len()).take_while(|&j| !matches!(tokens[j].kind, Kind::Break)).take_while(
                    |&j| tokens[j].is("word:or") || tokens[j].is("word:and") || family(&tokens[j]) == Some(a),
                );
            same.for_each(|j| out[j] = true);
        }
    }
    out
}

/// What a condition is about, so that members of one list are known: direction, view, floor level.
fn family(t: &Token) -> Option<&'static str> {
    let (column, _) = t.group("is").next()?.split_once('=')?;
    Some(column.strip_suffix("_en").unwrap_or(column))
}

fn words(tokens: &[Token], i: usize, negated: bool, taken: bool, r: &mut Reading) {
    let token = &tokens[i];
    for flag in token.group("word") {
        r.flags.insert(flag);
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
    let fields: Vec<&'static str> = token.group("field").collect();
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

/// "Which has the highest psf": a superlative that bounds no number, of a column that is named.
fn superlative(tokens: &[Token], taken: &HashSet<usize>, r: &mut Reading) {
    if r.best.is_some() || r.order.is_some() {
        return;
    }
    let most = tokens
        .iter()
        .enumerate()
        .find_map(|(i, t)| t.group("superlative").next().filter(|_| !taken.contains(&i)));
    let named = r.fields.iter().copied().find(|f| SORTABLE.contains(f) || *f == "price");
    if let (Some(most), Some(column)) = (most, named) {
        r.fields.retain(|f| *f != column);
        r.best = Some(Sort { column, descending: most == "high" });
    }
}

/// Columns by which a list can be ordered when they are named: 按管理費由低到高, "ranked by size".
const SORTABLE: &[&str] = &[
    "monthly_rent_hkd",
    "sale_price_hkd",
    "price_psf",
    "rent_psf",
    "saleable_area_sqft",
    "management_fee_hkd_month",
    "rates_hkd_quarter",
    "building_age",
    "year_completed",
    "mtr_walk_minutes",
    "floor",
    "listed_on",
    "last_transaction_hkd",
];

/// An order that is put together: a word of sorting with a column or with an adjective (便宜的在前), or a direction that
/// is said of a column (管理費由低到高).
fn composed_order(tokens: &[Token], r: &mut Reading) {
    let named = r.fields.iter().copied().find(|f| SORTABLE.contains(f));
    let general = |s: &Sort| s.column == "price";
    let sorts = r.has("sort") && r.best.is_none();
    match (&mut r.order, named) {
        (Some(order), Some(column)) if general(order) => {
            order.column = column;
            r.fields.retain(|f| *f != column);
        }
        (None, _) if sorts => {
            let at = tokens.iter().position(|t| t.is("word:sort")).unwrap_or_default();
            let nearby = tokens[at.saturating_sub(3)..tokens.len().min(at + 4)].iter();
            let adjective = nearby.flat_map(|t| t.group("adj")).find_map(sort);
            let order = match (adjective, named) {
                (Some(adj), Some(column)) if general(&adj) => Some(Sort { column, ..adj }),
                (Some(adj), _) => Some(adj),
                (None, Some(column)) => {
                    Some(Sort { column, descending: matches!(column, "listed_on" | "year_completed") })
                }
                (None, None) => None,
            };
            if let Some(order) = order {
                r.fields.retain(|f| *f != order.column);
                r.order = Some(order);
            }
        }
        _ => {}
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

fn sort(text: &'static str) -> Option<Sort> {
    let (column, direction) = text.split_once(' ')?;
    Some(Sort { column, descending: direction == "desc" })
}

fn facility(name: &'static str) -> Cond {
    Cond::new("facility", Test::Facilities(vec![name.to_owned()]))
}

/// "view_en=sea" to a condition.
fn condition(text: &'static str) -> Option<Cond> {
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

/// "A 3-bed in Kornhill or a 2-bed in Taikoo Shing": alternatives that carry their own rooms.
fn alternatives(tokens: &[Token], polarity: &[bool], r: &mut Reading) {
    let mut parts: Vec<(Vec<PlaceMatch>, Vec<Cond>)> = vec![Default::default()];
    for (i, t) in tokens.iter().enumerate() {
        match &t.kind {
            Kind::Words(_) if t.is("word:or") => parts.push(Default::default()),
            Kind::Place(m) if !polarity[i] => {
                parts.last_mut().expect("one part at least").0.push((**m).clone())
            }
            Kind::Number { value, unit: "bedrooms", .. } if value.fract() == 0.0 => {
                let rooms = Cond::new("bedrooms", Test::Numbers(vec![*value as i64]));
                parts.last_mut().expect("one part at least").1.push(rooms);
            }
            Kind::Words(_) if t.is("is:bedrooms=0") => {
                parts
                    .last_mut()
                    .expect("one part at least")
                    .1
                    .push(Cond::new("bedrooms", Test::Numbers(vec![0])));
            }
            _ => {}
        }
    }
    parts.retain(|p| !(p.0.is_empty() && p.1.is_empty()));
    let sure = parts.iter().all(|p| p.0.iter().all(|m| m.sure));
    let complete = sure && parts.len() >= 2 && parts.iter().all(|p| !p.0.is_empty() && p.1.len() == 1);
    if complete && parts.windows(2).any(|w| w[0].1 != w[1].1) {
        r.alternatives = parts
            .iter()
            .map(|(places, rooms)| Filter {
                conds: Reading::place_conds(places).into_iter().chain(rooms.iter().cloned()).collect(),
            })
            .collect();
        r.measured.retain(|c| c.column != "bedrooms");
        r.places.clear();
    }
}

/// The addresses of a question that gives several: 5座12樓F同7座20樓C. A part said again begins the next address, which
/// keeps the estate and the block of the one before unless it names its own.
fn addresses(tokens: &[Token], polarity: &[bool]) -> Vec<Vec<Cond>> {
    // Each part with whether it was said of this address or carried on from the one before.
    let mut all: Vec<Vec<(Cond, bool)>> = vec![Vec::new()];
    let rank = |c: &Cond| ["estate_en", "block", "floor", "unit"].iter().position(|k| *k == c.column);
    for (t, _) in tokens.iter().zip(polarity).filter(|(_, negated)| !**negated) {
        let cond = match &t.kind {
            Kind::Place(m) if m.place.kind == PlaceKind::Block => {
                Cond::new("block", Test::Block(fold_str(&m.place.name_en)))
            }
            Kind::Place(m) if m.place.kind == PlaceKind::Estate => {
                Cond::new("estate_en", Test::OneOf(vec![m.place.name_en.clone()]))
            }
            Kind::Part(part) => part.cond(),
            _ => continue,
        };
        let mut current = all.pop().unwrap_or_default();
        if current.iter().any(|(c, own)| *own && c.column == cond.column && c.test != cond.test) {
            let kept = |(c, _): &(Cond, bool)| (rank(c) < Some(3)).then(|| (c.clone(), false));
            let next = current.iter().filter_map(kept).collect();
            all.push(std::mem::replace(&mut current, next));
        }
        // An estate of its own does not keep the block of another.
        current.retain(|(c, own)| c.column != cond.column && (*own || rank(c) < rank(&cond)));
        current.push((cond, true));
        all.push(current);
    }
    if all.len() < 2 {
        return Vec::new();
    }
    all.into_iter().map(|address| address.into_iter().map(|(c, _)| c).collect()).collect()
}

/// A stretch that nothing explains and that stands where a name stands.
fn unknown_name(text: &Folded, tokens: &[Token]) -> Option<String> {
    for (i, t) in tokens.iter().enumerate() {
        if !matches!(t.kind, Kind::Other) {
            continue;
        }
        let said = text.slice(t.at.clone());
        if said.chars().all(|c| c.is_ascii_alphanumeric()) {
            if let Some(name) = unknown_latin(text, tokens, i) {
                return Some(name);
            }
            continue;
        }
        let han: String = said.chars().filter(|c| crate::language::chinese::is_han(*c)).collect();
        let long = han.chars().count() >= 2;
        // A name may hold a number or a plain word: 太古XX閣, XX花園.
        let tail: String = text.chars[t.at.start..]
            .iter()
            .take_while(|c| crate::language::chinese::is_han(**c))
            .take(8)
            .collect();
        let named = (2..=tail.chars().count()).any(|n| {
            let head: String = tail.chars().take(n).collect();
            n > han.chars().count().saturating_sub(1)
                && n >= 3
                && n <= han.chars().count() + 2
                && Gazetteer::looks_like_a_name(&head)
        });
        let next = tokens.get(i + 1);
        let adjacent = next.is_some_and(|n| n.at.start == t.at.end);
        let asked = adjacent && next.is_some_and(|n| n.is("word:have") || matches!(n.kind, Kind::Part(_)));
        let opens = i == 0
            || tokens
                .get(i - 1)
                .is_some_and(|p| matches!(p.kind, Kind::Place(_) | Kind::Break) || p.is_filler());
        let surely = (3..=tail.chars().count().min(6)).any(|n| {
            let head: String = tail.chars().take(n).collect();
            Gazetteer::surely_a_name(&head)
        });
        if (named && long) || surely || (long && asked && opens) {
            return Some(text.slice(t.at.clone()));
        }
    }
    None
}

/// Two or more capitalised words, or any words after "at" or "in", that nothing explains.
fn unknown_latin(text: &Folded, tokens: &[Token], i: usize) -> Option<String> {
    let mut end = i;
    let word = |t: &Token| matches!(t.kind, Kind::Other) && text.at(t.at.start).is_ascii_alphabetic();
    while tokens.get(end + 1).is_some_and(word) && tokens[end + 1].at.start <= tokens[end].at.end + 1 {
        end += 1;
    }
    let capital = |t: &Token| text.is_upper(t.at.start);
    let before = i.checked_sub(1).map(|j| text.slice(tokens[j].at.clone()));
    let at_place = matches!(before.as_deref(), Some("at" | "in" | "at the" | "near" | "inside" | "called"));
    let the = matches!(before.as_deref(), Some("the"));
    let named = |j: usize| capital(&tokens[j]) && matches!(tokens[j].kind, Kind::Words(_));
    let neighbours =
        tokens.get(end + 1).is_some_and(|_| named(end + 1)) || i.checked_sub(1).is_some_and(named);
    let capitals = tokens[i..=end].iter().filter(|t| capital(t)).count();
    let long = tokens[i..=end].iter().any(|t| t.at.len() >= if neighbours { 3 } else { 4 });
    (long && (at_place || capitals >= 2 || (capitals == 1 && (the || neighbours))))
        .then(|| text.slice(tokens[i].at.start..tokens[end].at.end))
}
