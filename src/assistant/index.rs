//! The listing base by its columns, made once when it loads: which rows hold each word, and the numbers by their rank
//! (`numbers.rs`). A condition is a set of rows looked up here, and conditions meet bit by bit, so that no question
//! reads every listing.
//!
//! What a condition means is said in `query.rs`; the tests hold the index to a plain reading of it, row by row.

use super::bits::Bits;
use super::columns::{AGE, NUMBERS, TEXTS, YEAR};
use super::numbers::{Numbers, Ranked};
use super::query::{Cond, Filter, Test};
use crate::language::fold_str;
use crate::language::gazetteer::block_key;
use crate::language::quick::QuickMap;
use crate::listings::{Deal, Listing, Status};
use crate::parallel;
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::Arc;

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
struct Dictionary(QuickMap<String, Holders>);

impl Dictionary {
    fn new<K: AsRef<str> + Eq + std::hash::Hash>(rows: usize, words: impl Iterator<Item = (u32, K)>) -> Self {
        let mut all: QuickMap<K, Vec<u32>> = QuickMap::default();
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

impl Index {
    /// Indexes the listings.
    pub fn new(listings: &[Arc<Listing>]) -> Self {
        let rows = listings.len();
        let each = || (0u32..).zip(listings);
        let mut keys: QuickMap<(&str, &str), String> = QuickMap::default();
        for l in listings {
            keys.entry((&l.block_zh, &l.block_en)).or_insert_with(|| {
                block_key(&l.block_zh, &l.block_en).unwrap_or_else(|| fold_str(&l.block_en))
            });
        }
        let mut directions: QuickMap<&str, String> = QuickMap::default();
        for l in listings {
            directions.entry(&l.orientation_en).or_insert_with(|| l.orientation_en.to_lowercase());
        }
        let mut available = Bits::none(rows);
        each().filter(|(_, l)| l.status == Status::Available).for_each(|(row, _)| available.insert(row));
        Self {
            rows,
            available,
            texts: parallel::map(TEXTS, |(c, read)| {
                (*c, Dictionary::new(rows, each().map(|(i, l)| (i, read(l)))))
            })
            .into_iter()
            .collect(),
            numbers: parallel::map(NUMBERS, |(c, read)| (*c, Numbers::new(listings, *read)))
                .into_iter()
                .collect(),
            facing: Dictionary::new(
                rows,
                each().map(|(i, l)| (i, directions[l.orientation_en.as_str()].as_str())),
            ),
            facilities: Dictionary::new(
                rows,
                each().flat_map(|(i, l)| l.facilities_en.split(';').map(move |piece| (i, piece))),
            ),
            blocks: Dictionary::new(
                rows,
                each().map(|(i, l)| (i, keys[&(l.block_zh.as_str(), l.block_en.as_str())].as_str())),
            ),
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
        Some(Ranked::new(numbers, this_year))
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
