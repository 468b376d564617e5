//! Queries to rows. The base is indexed once when it loads and never changes after.

use super::bits::Bits;
use super::index::Index;
use super::query::{Cond, Filter, Op, Target, Test};
use crate::language::Gazetteer;
use crate::language::gazetteer::block_key;
use crate::language::quick::QuickMap;
use crate::listings::{Deal, Listing};
use crate::parallel;
use jiff::civil::Date;
use std::sync::Arc;

/// Most candidates that a question back shows.
pub const CANDIDATES: usize = 20;

/// A listing base, indexed.
pub struct Base {
    listings: Vec<Arc<Listing>>,
    by_ref: QuickMap<String, u32>,
    index: Index,
    /// The places of this base.
    pub places: Gazetteer,
    /// The version of the base.
    pub version: String,
}

/// What a target turned out to be.
#[derive(Debug)]
pub enum Found<'a> {
    /// Nothing fits.
    None,
    /// Exactly one.
    One(&'a Arc<Listing>),
    /// Several, how many in all, and the first of them: which is meant must be asked.
    Many(usize, Vec<&'a Arc<Listing>>),
}

/// The rows that a filter found.
pub struct Rows<'a> {
    base: &'a Base,
    bits: Bits,
    today: Date,
}

impl Base {
    /// Indexes the listings.
    pub fn new(listings: Vec<impl Into<Arc<Listing>>>, version: String) -> Self {
        let listings: Vec<Arc<Listing>> = listings.into_iter().map(Into::into).collect();
        let by_name = || {
            let by_ref = (0u32..).zip(&listings).map(|(i, l)| (in_capitals(&l.reference), i)).collect();
            (Gazetteer::new(listings.iter().map(Arc::as_ref)), by_ref)
        };
        let (index, (places, by_ref)) = parallel::both(|| Index::new(&listings), by_name);
        Self { listings, by_ref, index, places, version }
    }

    /// The listing with a reference, whatever its case.
    pub fn by_ref(&self, reference: &str) -> Option<&Arc<Listing>> {
        self.by_ref.get(&in_capitals(reference)).map(|&i| &self.listings[i as usize])
    }

    /// Every listing, to be kept.
    pub fn shared_listings(&self) -> Vec<Arc<Listing>> {
        self.listings.to_vec()
    }

    /// Every listing, of any status.
    pub fn listings(&self) -> impl ExactSizeIterator<Item = &Listing> {
        self.listings.iter().map(Arc::as_ref)
    }

    /// How many listings there are, of any status.
    pub fn len(&self) -> usize {
        self.listings.len()
    }

    /// Whether the base is empty.
    pub fn is_empty(&self) -> bool {
        self.listings.is_empty()
    }

    /// Every listing on offer that meets the conditions.
    pub fn search(&self, filter: &Filter, today: Date) -> Rows<'_> {
        Rows { base: self, bits: self.index.offered(filter, today), today }
    }

    /// The listing that is meant, whatever its status.
    pub fn find(&self, target: &Target, today: Date) -> Found<'_> {
        let (total, first) = match target {
            Target::Ref(r) => (1, self.by_ref(r).into_iter().collect()),
            Target::OneOf(refs) => {
                let all: Vec<_> = refs.iter().filter_map(|r| self.by_ref(r)).collect();
                (all.len(), all)
            }
            Target::Unit(filter) => {
                let rows = Rows { base: self, bits: self.index.matching(filter, today), today };
                (rows.len(), rows.first(CANDIDATES, None))
            }
            Target::Best(filter, sort) => {
                let column = price_column(sort.column, filter.deal());
                let op = if sort.descending { Op::Max } else { Op::Min };
                let rows = self.search(filter, today);
                match rows.over(op, column) {
                    Some(best) => rows.holding(column, best, CANDIDATES),
                    None => return Found::None,
                }
            }
        };
        match first.as_slice() {
            [] => Found::None,
            [l] => Found::One(l),
            _ => Found::Many(total, first),
        }
    }

    /// Where a listing is, as the conditions that single it out.
    pub fn address(l: &Listing) -> Filter {
        let mut filter =
            Filter { conds: vec![Cond::new("estate_en", Test::OneOf(vec![l.estate_en.clone()]))] };
        if !(l.block_en.is_empty() && l.block_zh.is_empty()) {
            let key =
                block_key(&l.block_zh, &l.block_en).unwrap_or_else(|| crate::language::fold_str(&l.block_en));
            filter.set(Cond::new("block", Test::Block(key)));
        }
        filter.set(Cond::new("floor", Test::Numbers(vec![l.floor])));
        filter.set(Cond::new("unit", Test::OneOf(vec![l.unit.clone()])));
        filter
    }
}

impl<'a> Rows<'a> {
    /// How many.
    pub fn len(&self) -> usize {
        self.bits.count()
    }

    /// The first `most` in an order, or in that of the base. A listing that says nothing of the column sorts last
    /// either way; equals stay in the order of the base. `column` is one that is stored: see [`price_column`].
    pub fn first(&self, most: usize, sort: Option<(&str, bool)>) -> Vec<&'a Arc<Listing>> {
        let (mut out, mut rest) = (Vec::new(), self.bits.clone());
        if let Some((column, descending)) = sort
            && let Some(ranked) = self.base.index.ranked(column, self.today)
        {
            let mut set = self.bits.clone();
            set.keep(ranked.has());
            out = ranked.first(&set, most, descending);
            rest.subtract(&set);
        }
        let missing = most - out.len();
        out.extend(rest.iter().take(missing));
        out.into_iter().map(|row| &self.base.listings[row as usize]).collect()
    }

    /// The figure over a column, or `None` where no row says anything. A median of an even number of rows is the mean
    /// of the middle two.
    pub fn over(&self, op: Op, column: &str) -> Option<f64> {
        let ranked = self.base.index.ranked(column, self.today)?;
        let mut set = self.bits.clone();
        set.keep(ranked.has());
        let n = set.count();
        let nth = |k| ranked.nth(&set, n, k);
        Some(match op {
            _ if n == 0 => return None,
            Op::Count => n as f64,
            Op::Min => nth(0),
            Op::Max => nth(n - 1),
            Op::Median if n % 2 == 1 => nth(n / 2),
            Op::Median => ranked.between_two(&set, n, n / 2 - 1),
            Op::Mean => ranked.mean(&set, n),
        })
    }

    /// The rows whose number is exactly this: how many, and the first `most`.
    pub fn holding(&self, column: &str, value: f64, most: usize) -> (usize, Vec<&'a Arc<Listing>>) {
        let (mut total, mut first) = (0, Vec::new());
        if let Some(ranked) = self.base.index.ranked(column, self.today) {
            let mut bits = ranked.between(Some(value), Some(value));
            bits.keep(&self.bits);
            total = bits.count();
            first.extend(bits.iter().take(most).map(|row| &self.base.listings[row as usize]));
        }
        (total, first)
    }
}

/// A reference as references are compared.
fn in_capitals(reference: &str) -> String {
    if reference.is_ascii() { reference.to_ascii_uppercase() } else { reference.to_uppercase() }
}

/// "price" as the deal has it: the asking rent for a rental, else the asking price.
pub fn price_column(column: &'static str, deal: Option<Deal>) -> &'static str {
    match (column, deal) {
        ("price", Some(Deal::Rent)) => "monthly_rent_hkd",
        ("price", _) => "sale_price_hkd",
        (other, _) => other,
    }
}
