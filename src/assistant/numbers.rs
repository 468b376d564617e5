//! A column of numbers as a bit-sliced index (O'Neil and Quass, "Improved Query Performance with Variant Indexes",
//! SIGMOD 1997): every number that occurs has a rank, and one set of rows a binary digit of the rank. The k-th smallest
//! of any set of rows, a range and the first of an order each take one pass over the digits, however the rows lie.

use super::bits::Bits;
use crate::language::quick::QuickMap;
use crate::listings::Listing;
use std::sync::Arc;

/// Sets up to this size are sorted rather than sliced.
const SMALL: usize = 64;

/// A column of numbers.
pub struct Numbers {
    /// Every number that occurs, ascending: its place is its rank.
    values: Vec<f64>,
    /// The rank of each row's number; of no use where the row has none.
    ranks: Vec<u32>,
    /// The rows whose rank has each binary digit, the highest digit first.
    digits: Vec<Bits>,
    /// The rows that have a number.
    has: Bits,
}

impl Numbers {
    /// Indexes what `read` finds in each listing.
    pub fn new(listings: &[Arc<Listing>], read: fn(&Listing) -> Option<f64>) -> Self {
        let rows = listings.len();
        // Most columns hold few different numbers: those are sorted, not the rows. Minus zero is zero.
        let read = |l: &Arc<Listing>| read(l).map(|value| value + 0.0);
        let (mut has, mut met) = (Bits::none(rows), QuickMap::<u64, u32>::default());
        let mut values = Vec::new();
        let mut ranks: Vec<u32> = (0u32..)
            .zip(listings)
            .map(|(row, l)| {
                let Some(value) = read(l) else { return 0 };
                has.insert(row);
                *met.entry(value.to_bits()).or_insert_with(|| {
                    values.push(value);
                    values.len() as u32 - 1
                })
            })
            .collect();
        let mut order: Vec<u32> = (0..values.len() as u32).collect();
        order.sort_unstable_by(|&a, &b| values[a as usize].total_cmp(&values[b as usize]));
        let mut rank_of = vec![0; values.len()];
        (0u32..).zip(&order).for_each(|(rank, &met)| rank_of[met as usize] = rank);
        has.iter().for_each(|row| ranks[row as usize] = rank_of[ranks[row as usize] as usize]);
        let values: Vec<f64> = order.iter().map(|&met| values[met as usize]).collect();
        let highest = usize::BITS - values.len().saturating_sub(1).leading_zeros();
        let digits = (0..highest).rev().map(|digit| {
            let mut bits = Bits::of(rows, |row| ranks[row] >> digit & 1 == 1);
            bits.keep(&has);
            bits
        });
        Self { digits: digits.collect(), values, ranks, has }
    }

    /// Parts a set at its `k`-th smallest rank, counted from 0: the rows below that rank, and those of it.
    fn part(&self, set: &Bits, mut k: usize) -> (Bits, Bits) {
        let (mut below, mut at) = (Bits::none(self.has.rows()), set.clone());
        for digit in &self.digits {
            let zeros = at.count_without(digit);
            if k < zeros {
                at.subtract(digit);
            } else {
                k -= zeros;
                below.add_without(&at, digit);
                at.keep(digit);
            }
        }
        (below, at)
    }

    /// The rows whose rank is less than this.
    fn less(&self, rank: usize) -> Bits {
        if rank >= self.values.len() {
            return self.has.clone();
        }
        let (mut below, mut at) = (Bits::none(self.has.rows()), self.has.clone());
        for (i, digit) in self.digits.iter().enumerate() {
            if rank >> (self.digits.len() - 1 - i) & 1 == 1 {
                below.add_without(&at, digit);
                at.keep(digit);
            } else {
                at.subtract(digit);
            }
        }
        below
    }

    fn rank(&self, row: u32) -> u32 {
        self.ranks[row as usize]
    }
}

/// A column of numbers as of a day: an age is the year turned round.
pub struct Ranked<'a> {
    numbers: &'a Numbers,
    this_year: Option<f64>,
}

impl<'a> Ranked<'a> {
    /// The column itself, or the years from it to `this_year`.
    pub fn new(numbers: &'a Numbers, this_year: Option<f64>) -> Self {
        Self { numbers, this_year }
    }

    fn value(&self, rank: usize) -> f64 {
        let value = self.numbers.values[rank];
        self.this_year.map_or(value, |year| year - value)
    }

    /// The rows that say something in this column.
    pub fn has(&self) -> &Bits {
        &self.numbers.has
    }

    /// The rows whose number lies between two bounds, both inclusive.
    pub fn between(&self, min: Option<f64>, max: Option<f64>) -> Bits {
        let values = &self.numbers.values;
        // Either is true up to some rank and false beyond it, whichever way the column runs.
        let low = |v: f64| min.is_some_and(|m| !matches!(v.partial_cmp(&m), Some(o) if o.is_ge()));
        let high = |v: f64| max.is_some_and(|m| !matches!(v.partial_cmp(&m), Some(o) if o.is_le()));
        let (from, to) = match self.this_year {
            None => (values.partition_point(|&v| low(v)), values.partition_point(|&v| !high(v))),
            Some(year) => {
                (values.partition_point(|&v| high(year - v)), values.partition_point(|&v| !low(year - v)))
            }
        };
        if from >= to {
            return Bits::none(self.numbers.has.rows());
        }
        let mut bits = self.numbers.less(to);
        if from > 0 {
            bits.subtract(&self.numbers.less(from));
        }
        bits
    }

    /// The `k`-th smallest number, counted from 0, of `set`: rows that have one, `n` of them and more than `k`.
    pub fn nth(&self, set: &Bits, n: usize, k: usize) -> f64 {
        let k = if self.this_year.is_some() { n - 1 - k } else { k };
        if n <= SMALL {
            let mut ranks: Vec<u32> = set.iter().map(|row| self.numbers.rank(row)).collect();
            ranks.sort_unstable();
            return self.value(ranks[k] as usize);
        }
        let (_, at) = self.numbers.part(set, k);
        at.iter().next().map_or(f64::NAN, |row| self.value(self.numbers.rank(row) as usize))
    }

    /// The mean of the `k`-th smallest number of `set` and the next, where there is one: see [`Self::nth`].
    pub fn between_two(&self, set: &Bits, n: usize, k: usize) -> f64 {
        if n <= SMALL {
            return (self.nth(set, n, k) + self.nth(set, n, k + 1)) / 2.0;
        }
        // Counted in the column's own direction, the lower of the two.
        let k = if self.this_year.is_some() { n - 2 - k } else { k };
        let (below, at) = self.numbers.part(set, k);
        let value = |rows: &Bits| {
            rows.iter().next().map_or(f64::NAN, |row| self.value(self.numbers.rank(row) as usize))
        };
        let lower = value(&at);
        if below.count() + at.count() > k + 1 {
            return lower;
        }
        let (_, next) = self.numbers.part(set, k + 1);
        (lower + value(&next)) / 2.0
    }

    /// The mean over `set`: rows that have a number, `n` of them.
    pub fn mean(&self, set: &Bits, n: usize) -> f64 {
        set.iter().map(|row| self.value(self.numbers.rank(row) as usize)).sum::<f64>() / n as f64
    }

    /// The first `most` rows of `set`, all of which have a number, in the column's order; equals in the order of the
    /// base.
    pub fn first(&self, set: &Bits, most: usize, descending: bool) -> Vec<u32> {
        let n = set.count();
        let wanted = most.min(n);
        if wanted == 0 {
            return Vec::new();
        }
        let from_the_top = descending != self.this_year.is_some();
        let mut rows: Vec<u32> = if n <= SMALL {
            set.iter().collect()
        } else {
            let (below, at) = self.numbers.part(set, if from_the_top { n - wanted } else { wanted - 1 });
            let mut sure = below;
            if from_the_top {
                let mut above = set.clone();
                above.subtract(&sure);
                above.subtract(&at);
                sure = above;
            }
            let sure: Vec<u32> = sure.iter().collect();
            let equal = at.iter().take(wanted - sure.len());
            sure.iter().copied().chain(equal).collect()
        };
        let rank = |&row: &u32| self.numbers.rank(row);
        if from_the_top {
            rows.sort_by_key(|row| (std::cmp::Reverse(rank(row)), *row));
        } else {
            rows.sort_by_key(|row| (rank(row), *row));
        }
        rows.truncate(wanted);
        rows
    }
}
