//! The conditions of a search: those of this question, put to those of the conversation so far.

use super::columns;
use super::quantity::Money;
use super::query::{Cond, Filter, PLACES, Query, Test, UNIT};
use super::reading::Reading;
use super::resolve::price_column;
use super::understand::Context;
use crate::language::PlaceKind;
use crate::listings::Deal;

/// Rents stop and prices begin somewhere here, HKD; what lies between is neither.
pub(super) const MOST_RENT: f64 = 400_000.0;

impl Context<'_> {
    /// The conditions of a search: new ones, or the last ones changed.
    pub(super) fn filter(&self) -> Filter {
        let (r, s) = (self.r, self.session);
        let only_place = r.has_place() && !r.has_conds();
        let merges = !r.has_place() || only_place || r.follows;
        let mut filter = match &s.last {
            Some(Query::Search { filter, .. } | Query::Aggregate { filter, .. }) if merges => filter.clone(),
            Some(Query::Facts { .. }) if !r.has_place() => self.around_subject(),
            _ => Filter::default(),
        };
        if let Some(l) =
            s.subject.as_deref().or(s.shown.first().map(String::as_str)).and_then(|x| self.base.by_ref(x))
        {
            for (flag, column, name) in
                [("same_estate", "estate_en", &l.estate_en), ("same_district", "district_en", &l.district_en)]
            {
                if r.has(flag) {
                    filter.drop(PLACES);
                    filter.drop(UNIT);
                    filter.set(Cond::new(column, Test::OneOf(vec![name.clone()])));
                }
            }
        }
        // "Anything else in the same block?", 同層仲有冇.
        let subject = s.subject.as_deref().and_then(|x| self.base.by_ref(x));
        if let Some(l) = subject.filter(|_| r.has("same_block") || r.has("same_floor")) {
            let keep: &[&str] =
                if r.has("same_floor") { &["estate_en", "block", "floor"] } else { &["estate_en", "block"] };
            filter.drop(PLACES);
            filter.drop(UNIT);
            let address = super::resolve::Base::address(l).conds;
            address.into_iter().filter(|c| keep.contains(&c.column)).for_each(|c| filter.set(c));
        }
        self.apply(&mut filter, true);
        filter
    }

    /// After talk of one unit, a search is for others of the list it came from, or else in the same estate.
    fn around_subject(&self) -> Filter {
        if let Some(list) = &self.session.list {
            return list.clone();
        }
        let mut filter = self.address_so_far();
        filter.drop(UNIT);
        let asked = match &self.session.last {
            Some(Query::Facts { fields, .. }) => fields.as_slice(),
            _ => &[],
        };
        let subject = self.session.subject.as_deref().and_then(|s| self.base.by_ref(s));
        let deal = match subject.map(|l| l.deal) {
            Some(Deal::Both) if asked.contains(&"monthly_rent_hkd") => Some(Deal::Rent),
            Some(Deal::Both) => Some(Deal::Sale),
            other => other,
        };
        if let Some(deal) = deal
            && (self.r.has("cheaper") || asked.iter().any(|f| f.contains("price") || f.contains("rent")))
        {
            filter.set(Cond::new("deal", Test::Deal(deal)));
        }
        filter
    }

    /// Puts this question's conditions into a filter.
    pub(super) fn apply(&self, filter: &mut Filter, places: bool) {
        let r = self.r;
        if places {
            self.apply_places(filter);
        }
        if let Some(deal) = r.deal {
            set_deal(filter, deal);
        }
        for c in r.said.iter().chain(&r.measured) {
            filter.set(c.clone());
        }
        filter.drop(&r.dropped);
        if let Some(money) = r.money {
            apply_money(filter, money);
        } else if places {
            // Which of two is cheaper asks of those two, not for what is cheaper than what was shown.
            self.apply_relative(filter);
        }
    }

    fn apply_places(&self, filter: &mut Filter) {
        let r = self.r;
        if r.has_place() {
            filter.drop(PLACES);
            filter.drop(UNIT);
        }
        let conds = Reading::place_conds(&r.places);
        if !r.alternatives.is_empty() {
            filter.set(Cond::new("any", Test::Any(r.alternatives.clone())));
        } else if conds.len() > 1 && r.has("or") {
            let any = conds.into_iter().map(|c| Filter { conds: vec![c] }).collect();
            filter.set(Cond::new("any", Test::Any(any)));
        } else {
            conds.into_iter().for_each(|c| filter.set(c));
        }
        for c in Reading::place_conds(&r.not_places) {
            // Ruling out the place that was wanted leaves no place.
            filter.conds.retain(|old| old.negated || old.test != c.test);
            filter.set(Cond { negated: true, ..c });
        }
        for m in r.not_places.iter().filter(|m| m.place.kind == PlaceKind::Block) {
            let block = Test::Block(crate::language::fold_str(&m.place.name_en));
            filter.conds.retain(|old| old.negated || old.test != block);
            filter.set(Cond { negated: true, ..Cond::new("block", block) });
        }
        if !r.has("floor bounded") {
            self.unit_conds().into_iter().for_each(|c| filter.set(c));
        }
    }

    /// "Any cheaper?": below what is being talked about, or below the least of what was shown.
    fn apply_relative(&self, filter: &mut Filter) {
        let r = self.r;
        let rows: Vec<_> = match &self.session.subject {
            Some(subject) => vec![subject],
            None => self.session.shown.iter().collect(),
        };
        let rows: Vec<_> = rows.into_iter().filter_map(|x| self.base.by_ref(x)).collect();
        let values = |column| rows.iter().filter_map(move |l| columns::number(l, column, self.today));
        if r.has("cheaper") {
            let column = price_column("price", filter.deal());
            if let Some(least) = values(column).min_by(f64::total_cmp) {
                set_deal(filter, if column == "sale_price_hkd" { Deal::Sale } else { Deal::Rent });
                filter.set(Cond::new(column, Test::Range(None, Some(least - 1.0))));
            }
        }
        let area = "saleable_area_sqft";
        if r.has("bigger")
            && let Some(most) = values(area).max_by(f64::total_cmp)
        {
            filter.set(Cond::new(area, Test::Range(Some(most + 1.0), None)));
        }
        if r.has("smaller")
            && let Some(least) = values(area).min_by(f64::total_cmp)
        {
            filter.set(Cond::new(area, Test::Range(None, Some(least - 1.0))));
        }
    }
}

/// A new deal lets go of the other's price.
pub(crate) fn set_deal(filter: &mut Filter, deal: Deal) {
    filter.drop(&[if deal == Deal::Sale { "monthly_rent_hkd" } else { "sale_price_hkd" }]);
    filter.set(Cond::new("deal", Test::Deal(deal)));
}

/// A figure of prices is over what is for sale, one of rents over what is to let.
pub(super) fn with_deal_of(filter: &mut Filter, fields: &[&'static str]) {
    if filter.deal().is_none() && fields.len() == 1 {
        match fields[0] {
            "sale_price_hkd" => set_deal(filter, Deal::Sale),
            "monthly_rent_hkd" | "rent_psf" => set_deal(filter, Deal::Rent),
            _ => {}
        }
    }
}

/// An amount of money becomes a price or a rent: as the deal says, else by its size. 800 alone is 800萬.
pub(crate) fn apply_money(filter: &mut Filter, money: Money) {
    let deal = filter.deal();
    let size = money.max.or(money.min).unwrap_or_default();
    let tens_of_thousands =
        !money.sure && size < 10_000.0 && deal != Some(Deal::Rent) && !(size >= 3000.0 && deal.is_none());
    let factor = if tens_of_thousands { 10_000.0 } else { 1.0 };
    let (min, max, size) = (money.min.map(|v| v * factor), money.max.map(|v| v * factor), size * factor);
    let deal = match deal {
        Some(Deal::Rent) if size > MOST_RENT => Deal::Sale,
        Some(d) if d != Deal::Both => d,
        _ if size > MOST_RENT => Deal::Sale,
        _ => Deal::Rent,
    };
    set_deal(filter, deal);
    filter.set(Cond::new(price_column("price", Some(deal)), Test::Range(min, max)));
}
