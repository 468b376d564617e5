//! Conditions in a reader's words: the object of a sentence ("2-bedroom flats for sale in Kornhill (sea view)"), an
//! address as far as it was said, the name of one side of a comparison. The order of the words is in the phrase files.

use super::query::{Cond, Filter, PLACES, Target, Test, UNIT};
use super::resolve::Base;
use super::words::Words;
use crate::language::PlaceKind;
use crate::listings::Deal;

/// Where in the sentence a condition stands.
#[derive(Clone, Copy, PartialEq)]
enum Slot {
    /// Before the noun: rooms, floor level, direction, view.
    Adjective,
    /// For sale or to rent.
    Deal,
    /// Where.
    Place,
    /// In brackets after it: all else.
    Feature,
}

fn slot(c: &Cond) -> Slot {
    match c.column {
        _ if c.negated => Slot::Feature,
        "deal" => Slot::Deal,
        "bedrooms" if matches!(c.test, Test::Numbers(_)) => Slot::Adjective,
        "floor_band" | "orientation" | "orientation_en" | "view_en" => Slot::Adjective,
        "floor" if matches!(c.test, Test::Range(..)) => Slot::Feature,
        column if PLACES.contains(&column) || UNIT.contains(&column) => Slot::Place,
        _ => Slot::Feature,
    }
}

impl Words {
    /// What is looked for, as the object of a sentence about `n` of them.
    pub fn what(&self, base: &Base, filter: &Filter, n: usize) -> String {
        let join = self.phrases.say("say.join", &[]);
        let of = |wanted: Slot, separator: &str| {
            let mut conds: Vec<&Cond> = filter.conds.iter().filter(|c| slot(c) == wanted).collect();
            // Rooms stand next to the noun.
            conds.sort_by_key(|c| c.column == "bedrooms");
            conds.iter().map(|c| self.condition(base, c)).collect::<Vec<_>>().join(separator)
        };
        let wrap = |name: &str, words: String| match words.is_empty() {
            true => String::new(),
            false => self.phrases.say(&format!("describe.{name}"), &[("v", &words)]),
        };
        let noun = self.phrases.say(if n == 1 { "describe.noun_one" } else { "describe.noun" }, &[]);
        let station = filter.get("mtr_en").is_some() && filter.get("estate_en").is_none();
        let place = if station { "place_station" } else { "place" };
        let between = self.phrases.say("describe.between", &[]);
        self.phrases.say(
            "describe.what",
            &[
                ("noun", &noun),
                ("adjectives", &wrap("adjectives", of(Slot::Adjective, &between))),
                ("deal", &wrap("deal", of(Slot::Deal, ""))),
                ("place", &wrap(place, self.place_words(base, filter))),
                ("features", &wrap("features", of(Slot::Feature, &join))),
            ],
        )
    }

    /// All conditions in words, the place first; empty where there are none.
    pub fn filter(&self, base: &Base, filter: &Filter) -> String {
        let place = self.place_words(base, filter);
        let others = filter.conds.iter().filter(|c| slot(c) != Slot::Place).map(|c| self.condition(base, c));
        let all: Vec<String> = Some(place).filter(|p| !p.is_empty()).into_iter().chain(others).collect();
        all.join(&self.phrases.say("say.join", &[]))
    }

    /// What is meant by a target.
    pub fn target(&self, base: &Base, target: &Target) -> String {
        match target {
            Target::Ref(r) => r.clone(),
            Target::OneOf(refs) => refs.join(", "),
            Target::Unit(f) | Target::Best(f, _) => self.filter(base, f),
        }
    }

    /// Where, from the largest to the smallest as Chinese addresses go, the other way round in English.
    fn place_words(&self, base: &Base, filter: &Filter) -> String {
        let rank = |c: &Cond| {
            let order = ["region_en", "district_en", "mtr_en", "any", "estate_en", "block", "floor", "unit"];
            order.iter().position(|o| *o == c.column)
        };
        let mut conds: Vec<&Cond> = filter.conds.iter().filter(|c| slot(c) == Slot::Place).collect();
        conds.sort_by_key(|c| rank(c));
        if self.english() {
            conds.reverse();
        }
        let words: Vec<String> = conds.iter().map(|c| self.condition(base, c)).collect();
        words.join(&self.phrases.say("describe.address", &[]))
    }

    /// The name of a place in the reader's language.
    fn place(&self, base: &Base, column: &str, name_en: &str) -> String {
        let kind = match column {
            "estate_en" => PlaceKind::Estate,
            "district_en" => PlaceKind::District,
            "region_en" => PlaceKind::Region,
            _ => PlaceKind::Mtr,
        };
        let name = match base.places.name_zh(kind, name_en) {
            Some(zh) if !self.english() && !zh.is_empty() => zh.to_owned(),
            _ => name_en.to_owned(),
        };
        if kind == PlaceKind::Mtr { self.phrases.say("describe.station", &[("v", &name)]) } else { name }
    }

    /// A condition in words.
    fn condition(&self, base: &Base, c: &Cond) -> String {
        let value = |v: &str| {
            let key = format!("values.{}.{v}", c.column);
            self.phrases.find(&key).unwrap_or(v).to_owned()
        };
        let or = self.phrases.say("describe.or", &[]);
        let listed = |all: Vec<String>| all.join(&or);
        let words = match &c.test {
            Test::OneOf(names)
                if c.column.ends_with("_en")
                    && !matches!(c.column, "view_en" | "orientation_en" | "decoration_en") =>
            {
                listed(names.iter().map(|n| self.place(base, c.column, n)).collect())
            }
            Test::OneOf(names) if c.column == "unit" => {
                self.phrases.say("describe.unit", &[("v", &names.join("/"))])
            }
            Test::OneOf(all) => listed(all.iter().map(|v| value(v)).collect()),
            Test::Numbers(all) => listed(all.iter().map(|n| self.counted(c.column, *n)).collect()),
            Test::Range(min, max) => self.range(c.column, *min, *max),
            Test::Facing(v) => value(v),
            Test::Facilities(all) => {
                all.iter().map(|v| value(v)).collect::<Vec<_>>().join(&self.phrases.say("say.join", &[]))
            }
            Test::Present(yes) => value(if *yes { "yes" } else { "no" }),
            Test::Deal(d) => self.phrases.say(if *d == Deal::Rent { "deal.rent" } else { "deal.sale" }, &[]),
            Test::Block(key) => match base.places.block_name(key, self.english()) {
                Some(name) => name,
                None => self.phrases.say("describe.block", &[("v", &key.to_uppercase())]),
            },
            Test::Any(all) => listed(all.iter().map(|f| self.filter(base, f)).collect()),
        };
        if c.negated { self.phrases.say("describe.not", &[("v", &words)]) } else { words }
    }

    fn counted(&self, column: &str, n: i64) -> String {
        let own = format!("describe.{column}_{n}");
        let name = if self.phrases.find(&own).is_some() { own } else { format!("describe.{column}") };
        match self.phrases.find(&name) {
            Some(_) => self.phrases.say(&name, &[("n", &n.to_string())]),
            None => format!("{} {n}", self.label(column)),
        }
    }

    fn range(&self, column: &str, min: Option<f64>, max: Option<f64>) -> String {
        let label = self.label(column);
        let number = |v: Option<f64>| v.map(|v| self.number(column, v.round())).unwrap_or_default();
        let (v, w) = (number(min), number(max));
        let (name, v, w) = match (min, max) {
            (Some(_), Some(_)) => ("range", v, w),
            (Some(_), None) => ("min", v, String::new()),
            _ => ("max", w, String::new()),
        };
        let slots = [("label", label.as_str()), ("v", &v), ("w", &w)];
        let own = format!("describe.{name}_{column}");
        let phrase = if self.phrases.find(&own).is_some() { own } else { format!("describe.{name}") };
        self.phrases.say(&phrase, &slots)
    }
}
