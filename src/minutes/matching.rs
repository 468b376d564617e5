//! What the client wants, to the listings that fit all of it: straight from the base, through the assistant's own
//! conditions, so that "near a station" or "south-facing" mean here what they mean at the kiosk.
//!
//! Several estates or districts are alternatives; a district that holds a wanted estate is narrowed to it, and a
//! station narrows the places that it is near to. Where nothing fits, it says which one want given up would leave
//! how many. Only public columns can come out: the base holds no others ([`PublicListing`]).
//! Left out: which points stand (the caller hands them in), and anything said of one unit.

use crate::assistant::Assistant;
use crate::assistant::wanted::{Cond, Filter, Money, Test, apply_money, condition, day_number, set_deal};
use crate::language::Tongue;
use crate::listings::{Deal, PublicListing};
use crate::store::minutes::Point;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// How many listings are shown: a page at the kiosk.
const SHOWN: usize = 10;
/// How many wants are named that could be given up.
const SUGGESTED: usize = 3;

/// The listings that fit what was wanted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Matching {
    /// How many fit in all.
    pub total: usize,
    /// At most [`SHOWN`], the cheapest first; public columns only.
    pub listings: Vec<PublicListing>,
    /// What was looked for, in the reader's words.
    pub understood: String,
    /// Where nothing fits: what could be given up, the most listings first.
    pub relaxed: Vec<Relaxed>,
}

/// A want, and how many would fit without it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Relaxed {
    /// The want in the reader's words.
    pub without: String,
    pub total: usize,
    /// The same as a sentence.
    pub text: String,
}

/// The listings on offer that fit every standing preference; `None` where none was voiced beyond whether it is to buy
/// or to rent. Points of other types count for nothing here.
pub fn matching<'a>(
    assistant: &Assistant,
    reader: Tongue,
    standing: impl IntoIterator<Item = &'a Point>,
    today: Date,
) -> Option<Matching> {
    let Wanted { deal, wants } = Wanted::read(assistant, standing, today);
    if wants.is_empty() {
        return None;
    }
    let all_but = |left_out: Option<usize>| {
        let kept = wants.iter().enumerate().filter(|(i, _)| Some(*i) != left_out).map(|(_, want)| want);
        Filter { conds: deal.iter().chain(kept.flatten()).cloned().collect() }
    };
    let filter = all_but(None);
    let found = assistant.fitting(&filter, SHOWN, today);
    let mut relaxed = Vec::new();
    if found.total == 0 {
        for (i, want) in wants.iter().enumerate() {
            let total = assistant.how_many_fit(&all_but(Some(i)), today);
            if total > 0 {
                let without = assistant.conditions_in_words(&Filter { conds: want.clone() }, reader);
                relaxed.push(Relaxed { text: sentence(reader, &without, total), without, total });
            }
        }
        relaxed.sort_by_key(|r| std::cmp::Reverse(r.total));
        relaxed.truncate(SUGGESTED);
    }
    Some(Matching {
        total: found.total,
        listings: found.listings,
        understood: assistant.conditions_in_words(&filter, reader),
        relaxed,
    })
}

fn sentence(reader: Tongue, what: &str, n: usize) -> String {
    type Words = BTreeMap<String, BTreeMap<String, String>>;
    static WORDS: OnceLock<Words> = OnceLock::new();
    let all = WORDS
        .get_or_init(|| toml::from_str(include_str!("matching.toml")).expect("matching.toml is well formed"));
    let words = &all[reader.language.code()];
    let one = words.get("without_one").filter(|_| n == 1);
    let pattern = super::wording::scripted(reader, one.unwrap_or(&words["without"]).clone());
    pattern.replace("{what}", what).replace("{n}", &n.to_string())
}

/// What is wanted, as conditions.
struct Wanted {
    /// For sale or to rent, as it was said or as the budget has it.
    deal: Option<Cond>,
    /// Each can be given up by itself.
    wants: Vec<Vec<Cond>>,
}

impl Wanted {
    fn read<'a>(assistant: &Assistant, standing: impl IntoIterator<Item = &'a Point>, today: Date) -> Self {
        let slots = Slots::of(standing);
        let mut budget = Filter::default();
        let deals: Vec<&str> = slots.words("deal", false);
        if let [deal] = deals[..] {
            set_deal(&mut budget, if deal == "rent" { Deal::Rent } else { Deal::Sale });
        }
        let money = Money { min: slots.most("budget_min"), max: slots.least("budget_max"), sure: true };
        if money.min.is_some() || money.max.is_some() {
            apply_money(&mut budget, money);
        }
        let (deal, price): (Vec<Cond>, Vec<Cond>) =
            budget.conds.into_iter().partition(|c| c.column == "deal");
        let mut wants = places(assistant, &slots, today);
        wants.push(price);
        wants.extend(rooms_and_size(&slots));
        wants.extend(qualities(&slots));
        wants.extend(ruled_out(&slots));
        wants.retain(|want| !want.is_empty());
        Self { deal: deal.into_iter().next(), wants }
    }
}

/// The values of the preferences, by slot and by whether they are ruled out.
struct Slots<'a>(BTreeMap<(&'a str, bool), Vec<&'a Value>>);

impl<'a> Slots<'a> {
    fn of(standing: impl IntoIterator<Item = &'a Point>) -> Self {
        let mut slots: BTreeMap<(&str, bool), Vec<&Value>> = BTreeMap::new();
        for p in standing.into_iter().filter(|p| p.kind == "preference") {
            let avoid = p.polarity.as_deref() == Some("avoid");
            let values = slots.entry((p.slot.as_deref().unwrap_or_default(), avoid)).or_default();
            if !values.contains(&&p.value) {
                values.push(&p.value);
            }
        }
        Self(slots)
    }

    fn values(&self, slot: &'a str, avoid: bool) -> &[&'a Value] {
        self.0.get(&(slot, avoid)).map_or(&[], Vec::as_slice)
    }

    fn words(&self, slot: &'a str, avoid: bool) -> Vec<&'a str> {
        self.values(slot, avoid).iter().filter_map(|v| v.as_str()).collect()
    }

    fn numbers(&self, slot: &'a str) -> Vec<i64> {
        self.values(slot, false).iter().filter_map(|v| v.as_i64()).collect()
    }

    fn least(&self, slot: &'a str) -> Option<f64> {
        self.numbers(slot).into_iter().min().map(|n| n as f64)
    }

    fn most(&self, slot: &'a str) -> Option<f64> {
        self.numbers(slot).into_iter().max().map(|n| n as f64)
    }

    /// Whether something that is there or not is wanted.
    fn flagged(&self, slot: &'a str, avoid: bool) -> bool {
        self.values(slot, avoid).iter().any(|v| **v == Value::Bool(true))
    }
}

/// A condition that a column holds one of these words.
fn one_of(column: &'static str, words: &[&str]) -> Option<Cond> {
    let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
    (!words.is_empty()).then(|| Cond::new(column, Test::OneOf(words)))
}

fn range(column: &'static str, min: Option<f64>, max: Option<f64>) -> Option<Cond> {
    (min.is_some() || max.is_some()).then(|| Cond::new(column, Test::Range(min, max)))
}

fn numbers(column: &'static str, all: Vec<i64>) -> Option<Cond> {
    (!all.is_empty()).then(|| Cond::new(column, Test::Numbers(all)))
}

/// Where: one want of estates and districts, one of stations, or a single one where the station is elsewhere.
fn places(assistant: &Assistant, slots: &Slots, today: Date) -> Vec<Vec<Cond>> {
    let holds = |conds: Vec<Cond>| assistant.knows(&Filter { conds }, today);
    let estates = one_of("estate_en", &slots.words("estate", false));
    let mut districts = slots.words("district", false);
    if let Some(estates) = &estates {
        let elsewhere = |d: &&str| {
            let here = one_of("district_en", &[d]);
            !holds(here.into_iter().chain([estates.clone()]).collect())
        };
        districts.retain(elsewhere);
    }
    let mut alternatives: Vec<Cond> = estates.into_iter().chain(one_of("district_en", &districts)).collect();
    let stations = one_of("mtr_en", &slots.words("mtr", false));
    match (stations, either(&alternatives)) {
        (Some(stations), Some(place)) if holds(vec![place.clone(), stations.clone()]) => {
            vec![vec![place], vec![stations]]
        }
        (stations, _) => {
            alternatives.extend(stations);
            vec![either(&alternatives).into_iter().collect()]
        }
    }
}

/// Any of these places.
fn either(places: &[Cond]) -> Option<Cond> {
    match places {
        [] => None,
        [one] => Some(one.clone()),
        more => {
            let alone = |c: &Cond| Filter { conds: vec![c.clone()] };
            Some(Cond::new("any", Test::Any(more.iter().map(alone).collect())))
        }
    }
}

fn rooms_and_size(slots: &Slots) -> Vec<Vec<Cond>> {
    let area = (slots.most("area_min"), slots.least("area_max"));
    [
        numbers("bedrooms", slots.numbers("bedrooms")),
        range("bedrooms", slots.most("bedrooms_min"), None),
        range("saleable_area_sqft", area.0, area.1),
        range("building_age", None, slots.least("age_max")),
        range("mtr_walk_minutes", None, slots.least("mtr_walk_max")),
        numbers("school_net_primary", slots.numbers("school_net")),
    ]
    .into_iter()
    .map(|cond| cond.into_iter().collect())
    .collect()
}

fn qualities(slots: &Slots) -> Vec<Vec<Cond>> {
    let facilities: Vec<String> = slots.words("facility", false).into_iter().map(str::to_owned).collect();
    let facing = |word: &str| Filter { conds: vec![Cond::new("orientation", Test::Facing(word.to_owned()))] };
    let facing: Vec<Filter> = slots.words("orientation", false).into_iter().map(facing).collect();
    let facing = match facing.len() {
        0 => None,
        1 => facing.into_iter().next().and_then(|f| f.conds.into_iter().next()),
        _ => Some(Cond::new("either", Test::Any(facing))),
    };
    let by = slots.words("move_in_by", false).into_iter().filter_map(|d| d.parse::<Date>().ok()).min();
    let flagged = FLAGS.iter().filter(|(slot, _)| slots.flagged(slot, false)).map(|(_, is)| condition(is));
    [
        one_of("view_en", &slots.words("view", false)),
        one_of("floor_band", &slots.words("floor_band", false)),
        facing,
        one_of("tenancy", &slots.words("tenancy", false)),
        (!facilities.is_empty()).then(|| Cond::new("facility", Test::Facilities(facilities))),
        range("available_from", None, by.map(day_number)),
    ]
    .into_iter()
    .chain(flagged)
    .map(|cond| cond.into_iter().collect())
    .collect()
}

/// What a flag means, as the assistant's lexicon has it.
const FLAGS: [(&str, &str); 4] = [
    ("parking", "parking=included|optional"),
    ("pets", "pets_allowed=yes"),
    ("balcony", "balcony=yes"),
    ("helper_room", "helper_room=yes"),
];

/// What is ruled out, a slot each.
fn ruled_out(slots: &Slots) -> Vec<Vec<Cond>> {
    const WORDS: [(&str, &str); 6] = [
        ("estate", "estate_en"),
        ("district", "district_en"),
        ("mtr", "mtr_en"),
        ("view", "view_en"),
        ("floor_band", "floor_band"),
        ("tenancy", "tenancy"),
    ];
    let not = |cond: Cond| Cond { negated: true, ..cond };
    let words = WORDS.iter().map(|(slot, column)| {
        one_of(column, &slots.words(slot, true)).into_iter().map(not).collect::<Vec<_>>()
    });
    let facing = slots.words("orientation", true).into_iter();
    let facing = facing.map(|w| vec![not(Cond::new("orientation", Test::Facing(w.to_owned())))]);
    let facilities = slots.words("facility", true).into_iter();
    let facilities =
        facilities.map(|f| vec![not(Cond::new("facility", Test::Facilities(vec![f.to_owned()])))]);
    let flags = FLAGS.iter().filter(|(slot, _)| slots.flagged(slot, true));
    let flags = flags.map(|(_, is)| condition(is).into_iter().map(not).collect());
    words.chain(facing).chain(facilities).chain(flags).collect()
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
