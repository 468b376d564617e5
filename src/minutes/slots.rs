//! The one table of CONTRACT.md's slots: which a type of point has, what their values are, and whether they can be
//! ruled out. What an agent types is checked against it, and the page's forms are made of it ([`super::vocabulary`]).
//!
//! What it leaves out: what is heard, which the extraction reads by its own rules.

use super::vocabulary;
use crate::clock::hong_kong;
use crate::language::{Gazetteer, PlaceKind};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde_json::{Value, json};

/// The types of points, in the order of CONTRACT.md.
pub const TYPES: [&str; 6] = ["preference", "offer", "objection", "decision", "action", "appointment"];

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// A whole number within bounds.
    Number(i64, i64),
    /// HKD; for rent a month.
    Money,
    /// Square feet, saleable.
    Area,
    /// Minutes on foot.
    Minutes,
    /// Years since completion.
    Years,
    /// A day, `2026-11-20`.
    Date,
    /// A day by which something is due, or none.
    Due,
    /// A point in time, RFC 3339; without an offset it is Hong Kong's.
    Time,
    /// A place of the listing base, by its English name.
    Place(PlaceKind),
    /// One of the values in `labels.toml`.
    Choice,
    /// Simply so: true for a preference, none for an objection.
    Flag,
    /// Words.
    Words,
}

/// A slot of a type of point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// The type that has it.
    pub kind: &'static str,
    /// Its name; an appointment has none and stands under `appointment`.
    pub name: &'static str,
    pub takes: Takes,
    /// Whether it can be ruled out (polarity avoid).
    pub avoidable: bool,
}

const fn wanted(name: &'static str, takes: Takes) -> Slot {
    Slot { kind: "preference", name, takes, avoidable: false }
}

const fn either(name: &'static str, takes: Takes) -> Slot {
    Slot { kind: "preference", name, takes, avoidable: true }
}

const fn other(kind: &'static str, name: &'static str, takes: Takes) -> Slot {
    Slot { kind, name, takes, avoidable: false }
}

/// All slots (CONTRACT.md, "POST /api/v1/minutes/extract").
pub const SLOTS: &[Slot] = &[
    wanted("deal", Takes::Choice),
    either("bedrooms", Takes::Number(0, 20)),
    wanted("bedrooms_min", Takes::Number(0, 20)),
    wanted("budget_max", Takes::Money),
    wanted("budget_min", Takes::Money),
    wanted("area_min", Takes::Area),
    wanted("area_max", Takes::Area),
    either("district", Takes::Place(PlaceKind::District)),
    either("estate", Takes::Place(PlaceKind::Estate)),
    either("view", Takes::Choice),
    either("orientation", Takes::Choice),
    either("floor_band", Takes::Choice),
    either("school_net", Takes::Number(1, 99)),
    either("mtr", Takes::Place(PlaceKind::Mtr)),
    wanted("mtr_walk_max", Takes::Minutes),
    wanted("parking", Takes::Flag),
    wanted("pets", Takes::Flag),
    wanted("balcony", Takes::Flag),
    wanted("helper_room", Takes::Flag),
    wanted("age_max", Takes::Years),
    wanted("tenancy", Takes::Choice),
    wanted("facility", Takes::Choice),
    wanted("move_in_by", Takes::Date),
    other("offer", "price", Takes::Money),
    other("objection", "price", Takes::Flag),
    other("objection", "area", Takes::Flag),
    other("objection", "noise", Takes::Flag),
    other("objection", "view", Takes::Flag),
    other("objection", "orientation", Takes::Flag),
    other("objection", "age", Takes::Flag),
    other("objection", "management_fee", Takes::Flag),
    other("objection", "location", Takes::Flag),
    other("objection", "layout", Takes::Flag),
    other("objection", "lease", Takes::Flag),
    other("objection", "condition", Takes::Flag),
    other("decision", "accept", Takes::Words),
    other("decision", "reject", Takes::Words),
    other("decision", "shortlist", Takes::Words),
    other("decision", "second_viewing", Takes::Words),
    other("decision", "withdraw", Takes::Words),
    other("action", "agent", Takes::Due),
    other("action", "client", Takes::Due),
    other("action", "other", Takes::Due),
    other("appointment", "appointment", Takes::Time),
];

/// The most that a price, a rent or a budget may be, HKD: beyond any flat.
const MOST_MONEY: i64 = 10_000_000_000;
/// The most that an area may be, sq ft.
const MOST_AREA: i64 = 100_000;
/// The most characters that words may have.
const MOST_WORDS: usize = 200;

/// What was typed and cannot be taken: a word that a page translates, and a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Refusal {
    /// bad-type, bad-slot, bad-value, bad-polarity, bad-words, bad-segments, …
    pub code: &'static str,
    pub sentence: String,
}

impl Refusal {
    /// A refusal.
    pub fn new(code: &'static str, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into() }
    }
}

/// The slot of a type under its name; none is an appointment's.
pub fn slot(kind: &str, name: Option<&str>) -> Result<&'static Slot, Refusal> {
    if !TYPES.contains(&kind) {
        return Err(Refusal::new(
            "bad-type",
            format!("type: {kind:?} is no type of point; give one of {}.", TYPES.join(", ")),
        ));
    }
    let name = name.unwrap_or(if kind == "appointment" { kind } else { "" });
    SLOTS.iter().find(|s| s.kind == kind && s.name == name).ok_or_else(|| {
        let names: Vec<&str> = SLOTS.iter().filter(|s| s.kind == kind).map(|s| s.name).collect();
        let sentence = format!("slot: {name:?} is no slot of {kind}; give one of {}.", names.join(", "));
        Refusal::new("bad-slot", sentence)
    })
}

impl Slot {
    /// The slot as a point has it.
    pub fn of_point(&self) -> Option<String> {
        (self.kind != "appointment").then(|| self.name.to_owned())
    }

    /// A value as it is kept, if it is one of this slot.
    pub fn value(&self, places: &Gazetteer, given: &Value) -> Result<Value, Refusal> {
        let refuse = |wanted: String| {
            Refusal::new("bad-value", format!("value: {given} does not do for {}; {wanted}.", self.name))
        };
        let number = |low: i64, high: i64, what: &str| {
            let n = given.as_i64().filter(|n| (low..=high).contains(n));
            n.map(Value::from)
                .ok_or_else(|| refuse(format!("give a whole number{what} from {low} to {high}")))
        };
        let text = given.as_str().map(str::trim);
        match self.takes {
            Takes::Number(low, high) => number(low, high, ""),
            Takes::Money => number(1, MOST_MONEY, " of Hong Kong dollars"),
            Takes::Area => number(1, MOST_AREA, " of square feet"),
            Takes::Minutes => number(1, 120, " of minutes"),
            Takes::Years => number(0, 150, " of years"),
            Takes::Due if given.is_null() => Ok(Value::Null),
            Takes::Date | Takes::Due => text
                .and_then(|t| t.parse::<Date>().ok())
                .map(|day| Value::from(day.to_string()))
                .ok_or_else(|| refuse("give a day such as 2026-11-20".into())),
            Takes::Time => text
                .and_then(in_hong_kong)
                .map(Value::from)
                .ok_or_else(|| refuse("give a time such as 2026-11-20T15:00:00+08:00".into())),
            Takes::Place(kind) => {
                let of_base = |p: &&crate::language::Place| p.in_base && p.kind == kind;
                let mut known = places.places().iter().filter(of_base).map(|p| p.name_en.as_str());
                known.find(|name| Some(*name) == text).map(Value::from).ok_or_else(|| {
                    refuse(format!("the listing base has no {} of that English name", kind.column()))
                })
            }
            Takes::Choice => {
                let known = vocabulary::choices(self.name);
                known
                    .iter()
                    .find(|v| Some(v.as_str()) == text)
                    .map(|v| json!(v))
                    .ok_or_else(|| refuse(format!("give one of {}", known.join(", "))))
            }
            Takes::Flag => {
                let so = if self.kind == "preference" { Value::Bool(true) } else { Value::Null };
                if given.is_null() || *given == so {
                    Ok(so)
                } else {
                    Err(refuse("it takes no value: strike the point where it is not so".into()))
                }
            }
            Takes::Words => words(given.as_str().unwrap_or_default()).map(Value::from),
        }
    }

    /// A polarity, if the slot takes it; none is want.
    pub fn polarity(&self, given: Option<&str>) -> Result<Option<String>, Refusal> {
        let refuse = |sentence: String| Err(Refusal::new("bad-polarity", sentence));
        match (self.kind, given) {
            ("preference", None | Some("want")) => Ok(Some("want".into())),
            ("preference", Some("avoid")) if self.avoidable => Ok(Some("avoid".into())),
            ("preference", Some("avoid")) => refuse(format!(
                "polarity: {} can only be wanted; leave polarity out or give want.",
                self.name
            )),
            ("preference", Some(p)) => refuse(format!("polarity: {p:?} is neither want nor avoid.")),
            (_, None) => Ok(None),
            (kind, Some(_)) => {
                refuse(format!("polarity: only a preference has one; leave it out of {kind}."))
            }
        }
    }
}

/// Words as they are kept: on one line, with something in them.
pub fn words(given: &str) -> Result<String, Refusal> {
    let line = given.split_whitespace().collect::<Vec<_>>().join(" ");
    let long = line.chars().count() > MOST_WORDS;
    if line.is_empty() || long || line.chars().any(char::is_control) {
        let sentence = format!("said: say in words what it is about, in at most {MOST_WORDS} characters.");
        return Err(Refusal::new("bad-words", sentence));
    }
    Ok(line)
}

/// A time as the extraction writes it. A form of a page sends none but the wall clock's.
fn in_hong_kong(text: &str) -> Option<String> {
    let zoned = match text.parse::<Timestamp>() {
        Ok(at) => at.to_zoned(hong_kong()),
        Err(_) => text.parse::<DateTime>().ok()?.to_zoned(hong_kong()).ok()?,
    };
    Some(zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &str, name: &str, value: Value) -> Result<Value, Refusal> {
        slot(kind, (kind != "appointment").then_some(name))?.value(&Gazetteer::new([]), &value)
    }

    #[test]
    fn values_are_taken_as_the_contract_writes_them() {
        for (kind, name, value, kept) in [
            ("preference", "bedrooms", json!(0), json!(0)),
            ("preference", "budget_max", json!(13_000_000), json!(13_000_000)),
            ("preference", "deal", json!("rent"), json!("rent")),
            ("preference", "floor_band", json!("高層"), json!("高層")),
            ("preference", "facility", json!("children's playroom"), json!("children's playroom")),
            ("preference", "parking", json!(null), json!(true)),
            ("preference", "move_in_by", json!(" 2027-01-31 "), json!("2027-01-31")),
            ("objection", "noise", json!(null), json!(null)),
            ("decision", "reject", json!(" 嗰間 \n 十二樓 "), json!("嗰間 十二樓")),
            ("action", "agent", json!(null), json!(null)),
            ("action", "agent", json!("2026-11-20"), json!("2026-11-20")),
            ("appointment", "", json!("2026-11-21T15:00"), json!("2026-11-21T15:00:00+08:00")),
            ("appointment", "", json!("2026-11-21T07:00:00Z"), json!("2026-11-21T15:00:00+08:00")),
        ] {
            assert_eq!(check(kind, name, value), Ok(kept), "{kind} {name}");
        }
    }

    #[test]
    fn what_does_not_do_is_told_in_a_sentence() {
        for (kind, name, value, code, part) in [
            ("wish", "view", json!("sea"), "bad-type", "preference, offer"),
            ("preference", "colour", json!("red"), "bad-slot", "deal, bedrooms"),
            ("offer", "", json!(1), "bad-slot", "price"),
            ("preference", "bedrooms", json!(21), "bad-value", "from 0 to 20"),
            ("preference", "bedrooms", json!("3"), "bad-value", "whole number"),
            ("preference", "bedrooms", json!(2.5), "bad-value", "whole number"),
            ("offer", "price", json!(-1), "bad-value", "dollars"),
            ("preference", "deal", json!("lease"), "bad-value", "sale, rent"),
            ("preference", "estate", json!("Nowhere Court"), "bad-value", "no estate"),
            ("preference", "parking", json!(false), "bad-value", "strike"),
            ("preference", "move_in_by", json!("2027-02-30"), "bad-value", "2026-11-20"),
            ("appointment", "", json!("tomorrow"), "bad-value", "+08:00"),
            ("decision", "reject", json!("  "), "bad-words", "in words"),
            ("decision", "reject", json!("x".repeat(201)), "bad-words", "200"),
        ] {
            let refusal = check(kind, name, value).unwrap_err();
            assert_eq!(refusal.code, code, "{kind} {name}: {refusal}");
            assert!(refusal.sentence.contains(part) && refusal.sentence.ends_with('.'), "{refusal}");
        }
        let polarity = |name: &str, p: Option<&str>| slot("preference", Some(name)).unwrap().polarity(p);
        assert_eq!(polarity("view", Some("avoid")), Ok(Some("avoid".into())));
        assert_eq!(polarity("budget_max", None), Ok(Some("want".into())));
        assert_eq!(polarity("budget_max", Some("avoid")).unwrap_err().code, "bad-polarity");
        assert_eq!(
            slot("offer", Some("price")).unwrap().polarity(Some("want")).unwrap_err().code,
            "bad-polarity"
        );
    }
}
