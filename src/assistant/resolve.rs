//! Queries to rows. The base is indexed once when it loads and never changes after.

use super::query::{Filter, Sort, Target, Test};
use crate::language::Gazetteer;
use crate::language::gazetteer::block_key;
use crate::listings::{Deal, Listing};
use jiff::civil::Date;
use std::collections::HashMap;

use super::columns;

/// A listing base, indexed.
pub struct Base {
    listings: Vec<Listing>,
    by_ref: HashMap<String, u32>,
    by_estate: HashMap<String, Vec<u32>>,
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
    One(&'a Listing),
    /// Several: which is meant must be asked.
    Many(Vec<&'a Listing>),
}

impl Base {
    /// Indexes the listings.
    pub fn new(listings: Vec<Listing>, version: String) -> Self {
        let places = Gazetteer::new(&listings);
        let mut by_estate: HashMap<String, Vec<u32>> = HashMap::new();
        for (i, l) in listings.iter().enumerate() {
            by_estate.entry(l.estate_en.clone()).or_default().push(i as u32);
        }
        let by_ref =
            listings.iter().enumerate().map(|(i, l)| (l.reference.to_uppercase(), i as u32)).collect();
        Self { listings, by_ref, by_estate, places, version }
    }

    /// The listing with a reference, whatever its case.
    pub fn by_ref(&self, reference: &str) -> Option<&Listing> {
        self.by_ref.get(&reference.to_uppercase()).map(|&i| &self.listings[i as usize])
    }

    /// Every listing, of any status.
    pub fn listings(&self) -> &[Listing] {
        &self.listings
    }

    /// How many listings there are, of any status.
    pub fn len(&self) -> usize {
        self.listings.len()
    }

    /// Whether the base is empty.
    pub fn is_empty(&self) -> bool {
        self.listings.is_empty()
    }

    fn rows<'a>(&'a self, filter: &'a Filter) -> Box<dyn Iterator<Item = &'a Listing> + 'a> {
        match filter.get("estate_en").map(|c| &c.test) {
            Some(Test::OneOf(names)) if names.len() == 1 => {
                let ids = self.by_estate.get(&names[0]).map(Vec::as_slice).unwrap_or_default();
                Box::new(ids.iter().map(|&i| &self.listings[i as usize]))
            }
            _ => Box::new(self.listings.iter()),
        }
    }

    /// Every listing on offer that meets the conditions, in the order asked for. A listing that says nothing of the
    /// column sorts last either way.
    pub fn search<'a>(&'a self, filter: &'a Filter, sort: Option<&Sort>, today: Date) -> Vec<&'a Listing> {
        let mut rows: Vec<&Listing> = self.rows(filter).filter(|l| filter.offers(l, today)).collect();
        if let Some(sort) = sort {
            let column = price_column(sort.column, filter.deal());
            rows.sort_by(|a, b| {
                match (columns::number(a, column, today), columns::number(b, column, today)) {
                    (Some(x), Some(y)) if sort.descending => y.total_cmp(&x),
                    (Some(x), Some(y)) => x.total_cmp(&y),
                    (a, b) => a.is_none().cmp(&b.is_none()),
                }
            });
        }
        rows
    }

    /// The listing that is meant, whatever its status.
    pub fn find<'a>(&'a self, target: &'a Target, today: Date) -> Found<'a> {
        let mut rows: Vec<&Listing> = match target {
            Target::Ref(r) => self.by_ref(r).into_iter().collect(),
            Target::OneOf(refs) => refs.iter().filter_map(|r| self.by_ref(r)).collect(),
            Target::Unit(filter) => self.rows(filter).filter(|l| filter.holds(l, today)).collect(),
            Target::Best(filter, sort) => {
                let rows = self.search(filter, Some(sort), today);
                let column = price_column(sort.column, filter.deal());
                let best = rows.first().and_then(|l| columns::number(l, column, today));
                rows.into_iter()
                    .take_while(|l| best.is_some() && columns::number(l, column, today) == best)
                    .collect()
            }
        };
        match rows.len() {
            0 => Found::None,
            1 => Found::One(rows.remove(0)),
            _ => Found::Many(rows),
        }
    }

    /// Where a listing is, as the conditions that single it out.
    pub fn address(l: &Listing) -> Filter {
        use super::query::Cond;
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

/// "price" as the deal has it: the asking rent for a rental, else the asking price.
pub fn price_column(column: &'static str, deal: Option<Deal>) -> &'static str {
    match (column, deal) {
        ("price", Some(Deal::Rent)) => "monthly_rent_hkd",
        ("price", _) => "sale_price_hkd",
        (other, _) => other,
    }
}
