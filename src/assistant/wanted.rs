//! Listings for conditions that were put together elsewhere, such as those of a meeting's minutes: found by the same
//! index and told in the same words as a question's. Left out: what conditions there are.

pub(crate) use super::columns::day_number;
pub(crate) use super::narrow::{apply_money, set_deal};
pub(crate) use super::quantity::Money;
pub(crate) use super::query::{Cond, Filter, Test};
pub(crate) use super::reading::condition;

use super::Assistant;
use super::answer::Answerer;
use super::query::Target;
use super::resolve::{Found, price_column};
use super::words::Words;
use crate::language::Tongue;
use crate::listings::{Listing, PublicListing};
use jiff::civil::Date;
use std::sync::Arc;

/// What fits.
pub struct Fitting {
    /// How many in all.
    pub total: usize,
    /// The first of them, public columns only.
    pub listings: Vec<PublicListing>,
}

impl Assistant {
    /// The listings on offer that meet all conditions: the cheapest first where they are for sale or to let.
    pub(crate) fn fitting(&self, filter: &Filter, most: usize, today: Date) -> Fitting {
        let rows = self.base.search(filter, today);
        let order = filter.deal().map(|deal| (price_column("price", Some(deal)), false));
        let listings = rows.first(most, order).into_iter().map(|l| PublicListing::of(l, today)).collect();
        Fitting { total: rows.len(), listings }
    }

    /// How many listings on offer meet all conditions.
    pub(crate) fn how_many_fit(&self, filter: &Filter, today: Date) -> usize {
        self.base.search(filter, today).len()
    }

    /// Whether any listing, of any status, meets the conditions: whether a station is near an estate at all.
    pub(crate) fn knows(&self, filter: &Filter, today: Date) -> bool {
        !matches!(self.base.find(&Target::Unit(filter.clone()), today), Found::None)
    }

    /// Conditions in a reader's words; "" where there are none.
    pub(crate) fn conditions_in_words(&self, filter: &Filter, reader: Tongue) -> String {
        let words = Words::new(reader);
        words.finish(&words.filter(&self.base, filter))
    }

    /// A listing in a line: its address and its main facts, the saleable area first.
    pub(crate) fn in_a_line(&self, listing: &Arc<Listing>, reader: Tongue, today: Date) -> (String, String) {
        let answerer = Answerer { base: &self.base, words: Words::new(reader), today };
        let (address, facts) = (answerer.words.unit(listing), answerer.main_facts(listing));
        (answerer.words.finish(&address), answerer.words.finish(&facts))
    }
}
