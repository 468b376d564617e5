//! The listing base by its columns, made once when it loads: which rows hold each word, and the rows in the order of
//! each number. A condition is a set of rows looked up here, conditions meet bit by bit, and an order or a median is a
//! walk along a column's order, so that no question reads every listing.
//!
//! What a condition means is said in `query.rs`; the tests hold the index to a plain reading of it, row by row.

use super::bits::Bits;
use super::columns::{AGE, NUMBERS, TEXTS, YEAR};
use super::query::{Cond, Filter, Test};
use crate::language::fold_str;
use crate::language::gazetteer::block_key;
use crate::listings::{Deal, Listing, Status};
use jiff::civil::Date;
use std::collections::HashMap;
use std::ops::ControlFlow;

/// The index of a listing base. Rows are numbered as they were given.
pub struct Index {
    rows: usize,
    /// What may be offered.
    available: Bits,
    texts: HashMap<&'static str, Dictionary>,
    numbers: HashMap<&'static str, Numbers>,
    /// Directions in lower case.
    facing: Dictionary,
    /// The pieces of the list of facilities.
    facilities: Dictionary,
    /// Blocks by number or letter, or else by their folded English name.
    blocks: Dictionary,
}

/// The rows of one word: a list where they are few, bits where the list would be longer.
enum Holders {
    Few(Vec<u32>),
    Many(Bits),
}

/// Which rows hold which word.
struct Dictionary(HashMap<String, Holders>);

impl Dictionary {
    fn new<K: AsRef<str> + Eq + std::hash::Hash>(rows: usize, words: impl Iterator<Item = (u32, K)>) -> Self {
        let mut all: HashMap<K, Vec<u32>> = HashMap::new();
        for (row, word) in words {
            all.entry(word).or_default().push(row);
        }
        let holders = |mut list: Vec<u32>| {
            if list.len() * 32 < rows {
                list.shrink_to_fit();
                return Holders::Few(list);
            }
            let mut bits = Bits::none(rows);
            list.into_iter().for_each(|row| bits.insert(row));
            Holders::Many(bits)
        };
        Self(all.into_iter().map(|(word, list)| (word.as_ref().to_owned(), holders(list))).collect())
    }

    fn add(&self, word: &str, to: &mut Bits) {
        self.0.get(word).into_iter().for_each(|holders| holders.add(to));
    }

    fn add_where(&self, fits: impl Fn(&str) -> bool, to: &mut Bits) {
        self.0.iter().filter(|(word, _)| fits(word)).for_each(|(_, holders)| holders.add(to));
    }
}

impl Holders {
    fn add(&self, to: &mut Bits) {
        match self {
            Self::Few(list) => list.iter().for_each(|&row| to.insert(row)),
            Self::Many(bits) => to.add(bits),
        }
    }
}

/// The rows that have a number, in its order.
struct Numbers {
    /// Every number that occurs, ascending.
    values: Vec<f64>,
    /// Where the rows of each begin in `order`; one more says where the last end.
    starts: Vec<u32>,
    /// Rows of equal numbers stay as they were given.
    order: Vec<u32>,
    /// The rows that have one.
    has: Bits,
}

impl Numbers {
    fn new(listings: &[Listing], read: fn(&Listing) -> Option<f64>) -> Self {
        let mut pairs: Vec<(f64, u32)> =
            listings.iter().enumerate().filter_map(|(i, l)| Some((read(l)?, i as u32))).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut numbers = Self {
            values: Vec::new(),
            starts: Vec::new(),
            order: Vec::with_capacity(pairs.len()),
            has: Bits::none(listings.len()),
        };
        for (value, row) in pairs {
            if numbers.values.last() != Some(&value) {
                numbers.values.push(value);
                numbers.starts.push(numbers.order.len() as u32);
            }
            numbers.order.push(row);
            numbers.has.insert(row);
        }
        numbers.starts.push(numbers.order.len() as u32);
        numbers
    }

    fn group(&self, at: usize) -> &[u32] {
        &self.order[self.starts[at] as usize..self.starts[at + 1] as usize]
    }
}

/// A column of numbers as of a day: an age is the year turned round.
pub struct Ranked<'a> {
    numbers: &'a Numbers,
    this_year: Option<f64>,
}

impl Ranked<'_> {
    fn value(&self, at: usize) -> f64 {
        let value = self.numbers.values[at];
        self.this_year.map_or(value, |year| year - value)
    }

    /// The rows that say something in this column.
    pub fn has(&self) -> &Bits {
        &self.numbers.has
    }

    /// Visits the rows in the column's order until told to stop; rows of equal numbers in the order of the base.
    pub fn walk(&self, descending: bool, mut visit: impl FnMut(u32, f64) -> ControlFlow<()>) {
        let groups = self.numbers.values.len();
        for i in 0..groups {
            let at = if descending != self.this_year.is_some() { groups - 1 - i } else { i };
            let value = self.value(at);
            for &row in self.numbers.group(at) {
                if visit(row, value).is_break() {
                    return;
                }
            }
        }
    }

    /// The rows whose number lies between two bounds, both inclusive.
    pub fn between(&self, min: Option<f64>, max: Option<f64>) -> Bits {
        let n = self.numbers;
        // Both tests are true up to some place and false beyond it, whichever way the column runs.
        let below = |v: f64| min.is_some_and(|m| !matches!(v.partial_cmp(&m), Some(o) if o.is_ge()));
        let above = |v: f64| max.is_some_and(|m| !matches!(v.partial_cmp(&m), Some(o) if o.is_le()));
        let (from, to) = match self.this_year {
            None => (n.values.partition_point(|&v| below(v)), n.values.partition_point(|&v| !above(v))),
            Some(year) => (
                n.values.partition_point(|&v| above(year - v)),
                n.values.partition_point(|&v| !below(year - v)),
            ),
        };
        let (from, to) = (n.starts[from] as usize, n.starts[to] as usize);
        if from >= to {
            return Bits::none(n.has.rows());
        }
        if to - from > n.order.len() / 2 {
            let mut bits = n.has.clone();
            n.order[..from].iter().chain(&n.order[to..]).for_each(|&row| bits.remove(row));
            return bits;
        }
        let mut bits = Bits::none(n.has.rows());
        n.order[from..to].iter().for_each(|&row| bits.insert(row));
        bits
    }
}

impl Index {
    /// Indexes the listings.
    pub fn new(listings: &[Listing]) -> Self {
        let rows = listings.len();
        let each = || (0u32..).zip(listings);
        let mut keys: HashMap<(&str, &str), String> = HashMap::new();
        for l in listings {
            keys.entry((&l.block_zh, &l.block_en)).or_insert_with(|| {
                block_key(&l.block_zh, &l.block_en).unwrap_or_else(|| fold_str(&l.block_en))
            });
        }
        let key = |l: &Listing| keys[&(l.block_zh.as_str(), l.block_en.as_str())].clone();
        let mut available = Bits::none(rows);
        each().filter(|(_, l)| l.status == Status::Available).for_each(|(row, _)| available.insert(row));
        Self {
            rows,
            available,
            texts: TEXTS
                .iter()
                .map(|(c, read)| (*c, Dictionary::new(rows, each().map(|(i, l)| (i, read(l))))))
                .collect(),
            numbers: NUMBERS.iter().map(|(c, read)| (*c, Numbers::new(listings, *read))).collect(),
            facing: Dictionary::new(rows, each().map(|(i, l)| (i, l.orientation_en.to_lowercase()))),
            facilities: Dictionary::new(
                rows,
                each().flat_map(|(i, l)| l.facilities_en.split(';').map(move |piece| (i, piece))),
            ),
            blocks: Dictionary::new(rows, each().map(|(i, l)| (i, key(l)))),
        }
    }

    /// The rows on offer that meet every condition.
    pub fn offered(&self, filter: &Filter, today: Date) -> Bits {
        let mut bits = self.matching(filter, today);
        bits.keep(&self.available);
        bits
    }

    /// The rows, of any status, that meet every condition.
    pub fn matching(&self, filter: &Filter, today: Date) -> Bits {
        let mut bits = Bits::all(self.rows);
        for cond in &filter.conds {
            let held = self.held(cond, today);
            if cond.negated { bits.subtract(&held) } else { bits.keep(&held) }
        }
        bits
    }

    /// A column of numbers in its order.
    pub fn ranked(&self, column: &str, today: Date) -> Option<Ranked<'_>> {
        let this_year = (column == AGE).then(|| f64::from(today.year()));
        let numbers = self.numbers.get(if column == AGE { YEAR } else { column })?;
        Some(Ranked { numbers, this_year })
    }

    /// The rows for which a condition is true, its negation left aside.
    fn held(&self, cond: &Cond, today: Date) -> Bits {
        let mut out = Bits::none(self.rows);
        let between = |column: &str, min, max| match self.ranked(column, today) {
            Some(ranked) => ranked.between(min, max),
            None => Bits::none(self.rows),
        };
        match &cond.test {
            Test::OneOf(words) => match self.texts.get(cond.column) {
                Some(column) => words.iter().for_each(|w| column.add(w, &mut out)),
                // A column without words is empty everywhere.
                None if words.iter().any(String::is_empty) => out = Bits::all(self.rows),
                None => {}
            },
            Test::Numbers(all) => {
                for &n in all {
                    out.add(&between(cond.column, Some(n as f64), Some(n as f64)));
                }
            }
            Test::Range(min, max) => out = between(cond.column, *min, *max),
            Test::Facing(word) => self.facing.add_where(|w| w.contains(word), &mut out),
            Test::Facilities(all) => {
                out = Bits::all(self.rows);
                for facility in all {
                    out.keep(&self.with_facility(facility));
                }
            }
            Test::Present(yes) => {
                let column = if cond.column == "terrace" { "terrace_sqft" } else { "rooftop_sqft" };
                let there = between(column, Some(f64::MIN_POSITIVE), None);
                if *yes {
                    return there;
                }
                out = Bits::all(self.rows);
                out.subtract(&there);
            }
            Test::Deal(deal) => {
                for d in [*deal, Deal::Both] {
                    self.texts["deal"].add(d.as_str(), &mut out);
                }
            }
            Test::Block(key) => self.blocks.add(key, &mut out),
            Test::Any(filters) => filters.iter().for_each(|f| out.add(&self.matching(f, today))),
        }
        out
    }

    /// A facility is part of one piece of the list, unless it holds what parts the pieces.
    fn with_facility(&self, facility: &str) -> Bits {
        let words = if facility.contains(';') { &self.texts["facilities_en"] } else { &self.facilities };
        let mut out = Bits::none(self.rows);
        words.add_where(|w| w.contains(facility), &mut out);
        out
    }
}
