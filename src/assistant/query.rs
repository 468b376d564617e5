//! The typed query: what a question was understood to ask. It serializes to the structure that `understood` shows.

use super::columns;
use crate::language::Place;
use crate::listings::Deal;
use serde_json::{Map, Value, json};

/// What one condition says of its column.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// The column holds one of these words.
    OneOf(Vec<String>),
    /// The column holds one of these numbers.
    Numbers(Vec<i64>),
    /// The number is within these bounds, both inclusive.
    Range(Option<f64>, Option<f64>),
    /// `orientation`: the word is part of the direction ("south" takes south-east).
    Facing(String),
    /// `facility`: all of these are there.
    Facilities(Vec<String>),
    /// `terrace`, `rooftop`: whether there is one.
    Present(bool),
    /// `deal`: offered so; "both" counts as either.
    Deal(Deal),
    /// `block`: the number or letter of the block, or its folded English name.
    Block(String),
    /// `any`: one of the alternatives.
    Any(Vec<Filter>),
}

/// One condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Cond {
    /// The column, or one of "orientation", "facility", "terrace", "rooftop", "deal", "block", "any" (places), "either" (features).
    pub column: &'static str,
    /// What it says.
    pub test: Test,
    /// Whether it is ruled out instead.
    pub negated: bool,
}

impl Cond {
    /// A condition that is wanted.
    pub fn new(column: &'static str, test: Test) -> Self {
        Self { column, test, negated: false }
    }

    /// The condition in the form of CONTRACT.md's `where`.
    fn structure(&self, map: &mut Map<String, Value>) {
        let listed = |mut v: Vec<Value>| if v.len() == 1 { v.remove(0) } else { Value::Array(v) };
        let value = match &self.test {
            Test::OneOf(words) => listed(words.iter().map(|w| json!(w)).collect()),
            Test::Numbers(ns) => listed(ns.iter().map(|n| json!(n)).collect()),
            Test::Facilities(all) => listed(all.iter().map(|w| json!(w)).collect()),
            Test::Facing(word) | Test::Block(word) => json!(word),
            Test::Present(yes) => json!(yes),
            Test::Deal(deal) => json!(deal),
            Test::Any(filters) => Value::Array(filters.iter().map(Filter::structure).collect()),
            Test::Range(min, max) => {
                for (suffix, bound) in [("min", min), ("max", max)] {
                    if let Some(b) = bound {
                        let value = columns::date(self.column, *b).map_or_else(|| exact(*b), |d| json!(d));
                        map.insert(format!("{}_{suffix}", self.column), value);
                    }
                }
                return;
            }
        };
        map.insert(if self.column == "either" { "any" } else { self.column }.to_owned(), value);
    }
}

/// A number as it is tested: a whole one without its point.
fn exact(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 { json!(value as i64) } else { json!(value) }
}

/// The conditions of two alternatives together.
fn joined(a: &Value, b: &Value) -> Value {
    let both = [a, b].into_iter().filter_map(Value::as_object).flatten();
    Value::Object(both.map(|(k, v)| (k.clone(), v.clone())).collect())
}

/// Conditions that all hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// The conditions, at most one wanted per column.
    pub conds: Vec<Cond>,
}

/// The columns that say where.
pub const PLACES: &[&str] = &["estate_en", "district_en", "region_en", "mtr_en", "any"];
/// The columns that say which unit.
pub const UNIT: &[&str] = &["block", "floor", "unit"];

impl Filter {
    /// The wanted condition on a column.
    pub fn get(&self, column: &str) -> Option<&Cond> {
        self.conds.iter().find(|c| c.column == column && !c.negated)
    }

    /// Puts a condition in the place of the one on the same column. Ruled-out ones add up.
    pub fn set(&mut self, cond: Cond) {
        if cond.negated {
            if !self.conds.contains(&cond) {
                self.conds.push(cond);
            }
            return;
        }
        // Wanting what was ruled out takes the ruling back.
        self.conds.retain(|c| c.column != cond.column || (c.negated && c.test != cond.test));
        self.conds.push(cond);
    }

    /// Takes away every condition on these columns.
    pub fn drop(&mut self, columns: &[&str]) {
        self.conds.retain(|c| !columns.contains(&c.column));
    }

    /// What is asked for: sale, rent or either.
    pub fn deal(&self) -> Option<Deal> {
        self.conds.iter().find_map(|c| match c.test {
            Test::Deal(d) if !c.negated => Some(d),
            _ => None,
        })
    }

    /// The filter in the form of CONTRACT.md's `where`.
    pub fn structure(&self) -> Value {
        let mut map = Map::new();
        for c in self.conds.iter().filter(|c| !c.negated) {
            let mut one = Map::new();
            c.structure(&mut one);
            match (map.get("any").and_then(Value::as_array), one.get("any").and_then(Value::as_array)) {
                // Alternative places and alternative features: every pair of them is one alternative.
                (Some(a), Some(b)) => {
                    let pairs = a.iter().flat_map(|a| b.iter().map(move |b| joined(a, b)));
                    let pairs = pairs.collect();
                    map.insert("any".into(), Value::Array(pairs));
                }
                _ => map.extend(one),
            }
        }
        // Each is ruled out by itself: none of them may hold.
        let mut not: Vec<Value> = self
            .conds
            .iter()
            .filter(|c| c.negated)
            .map(|c| Filter { conds: vec![Cond { negated: false, ..c.clone() }] }.structure())
            .collect();
        match not.len() {
            0 => {}
            1 => drop(map.insert("not".into(), not.remove(0))),
            _ => drop(map.insert("not".into(), json!({ "any": not }))),
        }
        Value::Object(map)
    }
}

/// An order of listings.
#[derive(Debug, Clone, PartialEq)]
pub struct Sort {
    /// The column; "price" is the asking price or rent, as the deal has it.
    pub column: &'static str,
    /// Largest first.
    pub descending: bool,
}

/// A figure over many listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// How many.
    Count,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The middle one.
    Median,
    /// The arithmetic mean.
    Mean,
}

impl Op {
    /// The word CONTRACT.md has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Min => "min",
            Self::Max => "max",
            Self::Median => "median",
            Self::Mean => "mean",
        }
    }
}

/// One listing, meant by its reference or by where it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// By reference.
    Ref(String),
    /// By estate, block, floor and flat, as far as they were said.
    Unit(Filter),
    /// The best of many.
    Best(Filter, Sort),
    /// One of several that were shown, without saying which.
    OneOf(Vec<String>),
}

/// What a question asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// Every listing that meets the conditions.
    Search { filter: Filter, sort: Option<Sort> },
    /// The facts of one listing; none named means the main ones.
    Facts { target: Target, fields: Vec<&'static str> },
    /// One figure over many.
    Aggregate { op: Op, column: &'static str, filter: Filter },
    /// Several side by side.
    Compare { subjects: Vec<Target>, fields: Vec<&'static str> },
    /// Private: the rule that fired.
    Refuse(String),
    /// For a person: the rule that fired.
    Handoff(String),
    /// A place that is not here; empty where its name was taken back.
    NotHere(String),
    /// A place that was not surely recognised: those that may be meant, and what is asked of each.
    WhichPlace { places: Vec<Place>, queries: Vec<Query> },
}

impl Target {
    fn structure(&self) -> Value {
        match self {
            Self::Ref(r) => json!({"ref": r}),
            Self::Unit(f) => f.structure(),
            Self::Best(f, s) => json!({"where": f.structure(), "best": s.structure()}),
            Self::OneOf(refs) => json!({"ref": refs}),
        }
    }
}

impl Sort {
    fn structure(&self) -> Value {
        json!(format!("{} {}", self.column, if self.descending { "desc" } else { "asc" }))
    }
}

impl Query {
    /// The query as an auditor reads it.
    pub fn structure(&self) -> Value {
        match self {
            Self::Search { filter, sort } => {
                json!({"kind": "results", "where": filter.structure(), "sort": sort.as_ref().map(Sort::structure)})
            }
            Self::Facts { target, fields } => {
                json!({"kind": "answer", "subject": target.structure(), "fields": fields})
            }
            Self::Aggregate { op, column, filter } => json!({"kind": "answer",
                "aggregate": {"op": op.as_str(), "field": column, "where": filter.structure()}}),
            Self::Compare { subjects, fields } => json!({"kind": "comparison",
                "subjects": subjects.iter().map(Target::structure).collect::<Vec<_>>(), "fields": fields}),
            Self::Refuse(rule) => json!({"kind": "refuse", "rule": rule}),
            Self::Handoff(rule) => json!({"kind": "handoff", "rule": rule}),
            Self::NotHere(name) => json!({"kind": "not_found", "name": name}),
            Self::WhichPlace { places, queries } => json!({"kind": "clarify",
                "places": places.iter().map(|p| &p.name_en).collect::<Vec<_>>(),
                "queries": queries.iter().map(Query::structure).collect::<Vec<_>>()}),
        }
    }
}
