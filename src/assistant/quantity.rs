//! Numbers in a question to conditions: what each counts, and whether it is a most, a least, about or exactly.

use super::address::Part;
use super::query::{Cond, Test};
use super::reading::Reading;
use super::scan::{Kind, Token};
use std::collections::HashSet;

/// An amount of money, bounds inclusive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Money {
    /// The least.
    pub min: Option<f64>,
    /// The most.
    pub max: Option<f64>,
    /// Whether a multiplier or a currency was said, so that 800 is not 800萬.
    pub sure: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Max,
    Min,
    About,
}

/// The column that a unit of the lexicon measures.
pub fn column_of(unit: &str) -> &'static str {
    match unit {
        "sqft" | "sqm" => "saleable_area_sqft",
        "years" => "building_age",
        "minutes" => "mtr_walk_minutes",
        "bathrooms" => "bathrooms",
        "ensuites" => "ensuites",
        "living_rooms" => "living_rooms",
        "school_net" => "school_net_primary",
        _ => "bedrooms",
    }
}

/// Columns that a bare number after their name can bound.
const MEASURED: &[&str] = &[
    "saleable_area_sqft",
    "gross_area_sqft",
    "building_age",
    "year_completed",
    "mtr_walk_minutes",
    "school_net_primary",
    "management_fee_hkd_month",
    "rates_hkd_quarter",
    "price_psf",
    "rent_psf",
    "parking_price_hkd",
    "bathrooms",
    "ensuites",
    "floor",
];
const MONEY: &[&str] = &["price", "sale_price_hkd", "monthly_rent_hkd"];

/// Puts the conditions of all numbers into the reading. Returns the tokens that were used up on the way.
pub fn read(tokens: &[Token], negated: &[bool], r: &mut Reading) -> HashSet<usize> {
    let mut taken = HashSet::new();
    let mut previous: Option<(usize, Option<(usize, &'static str)>)> = None;
    let mut i = 0;
    while i < tokens.len() {
        let Kind::Number { value, unit, scaled, currency, vague } = tokens[i].kind else {
            // 29A is a flat, whatever stands before it; a floor may be a bound.
            let flat = |t: &Token| t.at == tokens[i].at && matches!(t.kind, Kind::Part(Part::Unit(_)));
            if let Kind::Part(Part::Floor(n)) = tokens[i].kind
                && !tokens.get(i + 1).is_some_and(flat)
                && let Some(bound) =
                    bound_after(tokens, i, &mut taken).or_else(|| bound_before(tokens, i, &mut taken))
            {
                let range = bounds(bound, n as f64);
                r.measured.push(Cond::new("floor", Test::Range(range.0, range.1)));
                r.flags.insert("floor bounded");
            }
            i += 1;
            continue;
        };
        let unit =
            if unit.is_empty() && value < 10.0 { rooms_after(tokens, i).unwrap_or(unit) } else { unit };
        let mut last = i;
        let counted = unit.is_empty().then(|| counted_after_bound(tokens, i, value)).flatten();
        let unit = counted.map_or(unit, |(j, unit)| {
            taken.insert(j);
            unit
        });
        let mut number = One { value, unit, scaled, currency };
        let mut low = None;
        // A range: 500至700呎, between 5 and 7 million.
        if let Some((j, second)) = range_end(tokens, i) {
            let mut first = value;
            if (second.scaled && !scaled) || (second.currency && !currency && first < second.value / 1000.0) {
                while first > 0.0 && first * 10.0 <= second.value {
                    first *= 10.0;
                }
            }
            (low, number, last) = (
                Some(first),
                One { unit: if second.unit.is_empty() { unit } else { second.unit }, ..second },
                j,
            );
        }
        let bound = match low {
            Some(_) => None,
            None => bound_after(tokens, last, &mut taken).or_else(|| {
                // "Same budget but two bedrooms": a word for money bounds nothing but money.
                let counts = !unit.is_empty();
                let of_money =
                    |t: &Token| bound_of(t).is_some() && t.group("field").any(|f| MONEY.contains(&f));
                let money = (i.saturating_sub(4)..i).rev().find(|&j| bound_of(&tokens[j]).is_some());
                if counts && money.is_some_and(|j| of_money(&tokens[j])) {
                    return None;
                }
                bound_before(tokens, i, &mut taken)
            }),
        };
        // 九百幾呎: from 900 to just below 1,000.
        if vague > 0.0 && low.is_none() && !matches!(bound, Some(Bound::Min)) {
            if bound.is_none() {
                low = Some(value);
            }
            number.value += vague - 1.0;
        }
        // 三十年以上冇所謂: what is let go bounds nothing.
        let clause = tokens[last + 1..].iter().take_while(|t| !matches!(t.kind, Kind::Break)).take(3);
        if !unit.is_empty() && clause.into_iter().any(|t| t.is("word:drop")) {
            r.dropped.push(column_of(unit));
            r.something = true;
            i = last + 1;
            continue;
        }
        let mut field = field_near(tokens, i, last);
        if field.is_none()
            && unit.is_empty()
            && let Some((end, before)) = previous
            && (end..i).all(|j| tokens[j].is("word:or") || tokens[j].is("word:and"))
        {
            field = before; // school net 11 or 12
        }
        // "Nothing over 20k", 唔要超過一千五: what is ruled out above is the most.
        let (bound, negated) = match (bound, negated[i]) {
            (Some(Bound::Min), true) => (Some(Bound::Max), false),
            (Some(Bound::Max), true) => (Some(Bound::Min), false),
            other => other,
        };
        place(r, number, low, bound, field, negated, &mut taken);
        previous = Some((last + 1, field));
        i = last + 1;
    }
    taken
}

/// The unit of the next number, where this one shares it: 兩三房, "2 or 3 bedrooms".
fn rooms_after(tokens: &[Token], i: usize) -> Option<&'static str> {
    let mut j = i + 1;
    if tokens.get(j).is_some_and(|t| t.is("word:or")) {
        j += 1;
    } else if tokens.get(j)?.at.start != tokens[i].at.end {
        return None;
    }
    match tokens.get(j)?.kind {
        Kind::Number { unit: unit @ ("bedrooms" | "bathrooms"), .. } => Some(unit),
        _ => None,
    }
}

/// What is counted, where the bound stands between: 兩個或以上浴室, "two or more bathrooms".
fn counted_after_bound(tokens: &[Token], i: usize, value: f64) -> Option<(usize, &'static str)> {
    let after = if tokens.get(i + 1)?.is_filler() { i + 2 } else { i + 1 };
    let (bound, what) = (tokens.get(after)?, tokens.get(after + 1)?);
    let count = value < 10.0 && bound_of(bound).is_some() && bound.at.start <= tokens[i].at.end + 1;
    what.group("unit").next().filter(|_| count).map(|unit| (after + 1, unit))
}

#[derive(Clone, Copy)]
struct One {
    value: f64,
    unit: &'static str,
    scaled: bool,
    currency: bool,
}

fn range_end(tokens: &[Token], i: usize) -> Option<(usize, One)> {
    let between = i.checked_sub(1).is_some_and(|j| tokens[j].is("compare:between"));
    let link = tokens.get(i + 1)?;
    if !(link.is("compare:range") || (between && link.is("word:and"))) {
        return None;
    }
    match tokens.get(i + 2)?.kind {
        Kind::Number { value, unit, scaled, currency, .. } => {
            Some((i + 2, One { value, unit, scaled, currency }))
        }
        _ => None,
    }
}

fn bound_of(t: &Token) -> Option<Bound> {
    t.group("compare").find_map(|c| match c {
        "max" => Some(Bound::Max),
        "min" => Some(Bound::Min),
        "about" => Some(Bound::About),
        _ => None,
    })
}

fn skippable(t: &Token) -> bool {
    t.is_filler() || t.group("deal").next().is_some() || t.group("field").any(|f| MONEY.contains(&f))
}

fn bound_after(tokens: &[Token], i: usize, taken: &mut HashSet<usize>) -> Option<Bound> {
    let mut end = tokens[i].at.end;
    for j in i + 1..tokens.len().min(i + 3) {
        if tokens[j].is("filler:currency") && tokens[j].at.start == end {
            end = tokens[j].at.end; // 一千萬港元以下: the currency is part of the amount
        }
        if let Some(bound) = bound_of(&tokens[j]) {
            // "3 beds, under 12M": a word before another number belongs to that one, unless nothing parts it from this.
            let next_number = tokens.get(j + 1).is_some_and(|t| matches!(t.kind, Kind::Number { .. }));
            let close = tokens[j].at.start <= end + 1;
            let prefix_only = tokens[j].group("compare").any(|c| c == "min" || c == "max")
                && next_number
                && !is_suffix(&tokens[j]);
            if close && !prefix_only && taken.insert(j) {
                return Some(bound);
            }
            return None;
        }
        if !tokens[j].is_filler() {
            return None;
        }
    }
    None
}

/// A Chinese bound after its number ends the phrase: 以下, 樓上.
fn is_suffix(t: &Token) -> bool {
    t.at.len() <= 3
}

fn bound_before(tokens: &[Token], i: usize, taken: &mut HashSet<usize>) -> Option<Bound> {
    for j in (i.saturating_sub(4)..i).rev() {
        if let Some(bound) = bound_of(&tokens[j]) {
            return taken.insert(j).then_some(bound);
        }
        let columns = tokens[j].group("field").next().is_some();
        if !(skippable(&tokens[j]) || columns) {
            return None;
        }
    }
    None
}

/// The column that a number without a unit is said of: 管理費三千以下, 樓齡20以下, 校網36.
fn field_near(tokens: &[Token], i: usize, last: usize) -> Option<(usize, &'static str)> {
    let column = |j: usize| {
        tokens[j].group("field").find(|f| MEASURED.contains(f) || MONEY.contains(f)).map(|f| (j, f))
    };
    for j in (i.saturating_sub(4)..i).rev() {
        if let Some(found) = column(j) {
            return Some(found);
        }
        if !(tokens[j].is_filler() || bound_of(&tokens[j]).is_some()) {
            break;
        }
    }
    // "36 school net" is a unit already; "12M asking" is money already.
    (last + 1 < tokens.len()).then(|| column(last + 1)).flatten().filter(|f| f.1 == "school_net_primary")
}

fn bounds(bound: Bound, value: f64) -> (Option<f64>, Option<f64>) {
    match bound {
        Bound::Max => (None, Some(value)),
        Bound::Min => (Some(value), None),
        Bound::About => (Some(value * 0.9), Some(value * 1.1)),
    }
}

fn place(
    r: &mut Reading,
    n: One,
    low: Option<f64>,
    bound: Option<Bound>,
    field: Option<(usize, &'static str)>,
    negated: bool,
    taken: &mut HashSet<usize>,
) {
    let range = |default: Bound| match low {
        Some(low) => (Some(low), Some(n.value)),
        None => bounds(bound.unwrap_or(default), n.value),
    };
    let mut add = |column: &'static str, (min, max): (Option<f64>, Option<f64>)| {
        r.measured.push(Cond { column, test: Test::Range(min, max), negated });
        r.something = true;
    };
    let exact = bound.is_none() && low.is_none();
    match n.unit {
        "sqft" | "sqm" => {
            let gross = field.filter(|f| f.1 == "gross_area_sqft");
            if let Some((j, _)) = field.filter(|f| f.1.ends_with("area_sqft")) {
                taken.insert(j);
            }
            add(if gross.is_some() { "gross_area_sqft" } else { "saleable_area_sqft" }, range(Bound::About));
        }
        "years" if n.value > 1900.0 => {
            add("year_completed", if exact { (Some(n.value), Some(n.value)) } else { range(Bound::Min) })
        }
        "years" => {
            taken.extend(field.filter(|f| f.1 == "building_age").map(|f| f.0));
            add("building_age", range(Bound::Max));
        }
        "minutes" => {
            taken.extend(field.filter(|f| f.1 == "mtr_walk_minutes").map(|f| f.0));
            add("mtr_walk_minutes", range(Bound::Max));
        }
        // Half a room is no number of rooms: nothing has it, and it is not rounded to what nobody said.
        "bedrooms" | "bathrooms" | "ensuites" | "living_rooms" | "school_net"
            if n.value.fract() != 0.0 && (exact || n.unit == "school_net") =>
        {
            add(column_of(n.unit), (Some(n.value), Some(n.value)))
        }
        "bedrooms" | "bathrooms" | "ensuites" | "living_rooms" if exact => {
            let column = column_of(n.unit);
            r.something = true;
            match r.measured.iter_mut().find(|c| c.column == column && c.negated == negated) {
                Some(Cond { test: Test::Numbers(all), .. }) => all.push(n.value as i64),
                _ => r.measured.push(Cond { column, test: Test::Numbers(vec![n.value as i64]), negated }),
            }
        }
        "bedrooms" | "bathrooms" | "ensuites" | "living_rooms" => add(column_of(n.unit), range(Bound::Min)),
        "school_net" => {
            r.something = true;
            match r.measured.iter_mut().find(|c| c.column == "school_net_primary" && c.negated == negated) {
                Some(Cond { test: Test::Numbers(all), .. }) => all.push(n.value as i64),
                _ => r.measured.push(Cond {
                    column: "school_net_primary",
                    test: Test::Numbers(vec![n.value as i64]),
                    negated,
                }),
            }
        }
        _ => bare(r, n, low, bound, field, taken),
    }
}

/// A number without a unit: of a column that was named, or money.
fn bare(
    r: &mut Reading,
    n: One,
    low: Option<f64>,
    bound: Option<Bound>,
    field: Option<(usize, &'static str)>,
    taken: &mut HashSet<usize>,
) {
    let sure = n.scaled || n.currency;
    if let Some((j, column)) = field
        && MEASURED.contains(&column)
        && !(sure && n.value >= 300_000.0 && column != "parking_price_hkd")
    {
        taken.insert(j);
        r.something = true;
        if bound.is_none()
            && low.is_none()
            && let Some(Cond { test: Test::Numbers(all), .. }) =
                r.measured.iter_mut().find(|c| c.column == column)
        {
            all.push(n.value as i64);
            return;
        }
        let test = match (column, bound, low) {
            ("school_net_primary", None, None) if n.value.fract() == 0.0 => {
                Test::Numbers(vec![n.value as i64])
            }
            (_, _, Some(low)) => Test::Range(Some(low), Some(n.value)),
            ("year_completed", None, None) => Test::Range(Some(n.value), Some(n.value)),
            (_, b, None) => {
                let (min, max) = bounds(b.unwrap_or(Bound::Max), n.value);
                Test::Range(min, max)
            }
        };
        r.measured.push(Cond::new(column, test));
        return;
    }
    let named = field.filter(|f| MONEY.contains(&f.1));
    let money = sure || n.value >= 1000.0 || (n.value >= 50.0 && (bound.is_some() || named.is_some()));
    if !money {
        return;
    }
    taken.extend(named.map(|f| f.0));
    match named.map(|f| f.1) {
        Some("monthly_rent_hkd") => r.deal = Some(crate::listings::Deal::Rent),
        Some("sale_price_hkd") => r.deal = Some(crate::listings::Deal::Sale),
        _ => {}
    }
    let (min, max) = match low {
        Some(low) => (Some(low), Some(n.value)),
        None => bounds(bound.unwrap_or(Bound::Max), n.value),
    };
    r.something = true;
    let old = r.money.take();
    r.money =
        Some(Money { min: min.or(old.and_then(|m| m.min)), max: max.or(old.and_then(|m| m.max)), sure });
}
