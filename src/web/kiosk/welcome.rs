//! `GET /kiosk/welcome`: how old the listings are, and places and units to suggest questions about.
//!
//! Only names that exist in the base are suggested, those with most on offer first, so that a touched suggestion
//! always finds something. The words around the names are phrases of the page.

use crate::listings::{Deal, Listing, Status};
use crate::web::{BaseInfo, Shared};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::HashMap;

/// What the page greets with.
#[derive(Serialize)]
pub struct Welcome {
    /// The base; null until there is one.
    base: Option<BaseInfo>,
    /// As of when the base is right (RFC 3339): when it was taken, or when head office last said that it is the newest.
    as_of: Option<Timestamp>,
    /// Whole days since the newest fact in the base.
    age_days: Option<i64>,
    suggestions: Option<Suggestions>,
}

/// What questions may be about. Each is absent where the base has none such.
#[derive(Debug, PartialEq, Serialize)]
pub struct Suggestions {
    /// The estate with most on offer for sale, and its commonest number of bedrooms.
    sale: Option<Search>,
    /// The district with most on offer to let.
    rent: Option<Search>,
    /// An available unit of that estate.
    unit: Option<Unit>,
}

/// A search that finds something.
#[derive(Debug, PartialEq, Serialize)]
pub struct Search {
    zh: String,
    en: String,
    bedrooms: i64,
    /// HKD, or HKD a month; a round figure that at least half of what matches stays under.
    budget: i64,
}

/// One unit, by its reference.
#[derive(Debug, PartialEq, Serialize)]
pub struct Unit {
    #[serde(rename = "ref")]
    reference: String,
}

/// Tells the page what it greets with.
pub async fn welcome(State(web): Shared) -> Json<Welcome> {
    let base = web.parts.base.borrow().clone();
    let assistant = web.parts.assistant.load_full();
    let today = web.parts.clock.today();
    let newest = assistant.listings().map(|l| l.updated_at).max();
    let taken = base.as_ref().and_then(|b| b.imported_at.parse::<Timestamp>().ok());
    let confirmed = web.parts.sync.borrow().last_contact;
    Json(Welcome {
        as_of: taken.map(|taken| confirmed.map_or(taken, |at| at.max(taken))),
        age_days: newest.map(|d| i64::from((today - d).get_days()).max(0)),
        suggestions: base.as_ref().map(|_| suggest(assistant.listings())),
        base,
    })
}

/// Picks what to suggest. The same base always gives the same.
pub fn suggest<'a>(listings: impl Iterator<Item = &'a Listing>) -> Suggestions {
    let offered: Vec<&Listing> = listings.filter(|l| l.status == Status::Available).collect();
    let for_sale = offered.iter().copied().filter(|l| l.deal != Deal::Rent);
    let to_let = offered.iter().copied().filter(|l| l.deal != Deal::Sale);
    let sale = search(
        for_sale.filter_map(|l| Some(((&*l.estate_zh, &*l.estate_en, l.bedrooms), l.sale_price_hkd?))),
        1_000_000,
    );
    let rent = search(
        to_let.filter_map(|l| Some(((&*l.district_zh, &*l.district_en, l.bedrooms), l.monthly_rent_hkd?))),
        1_000,
    );
    let unit = offered
        .iter()
        .filter(|l| sale.as_ref().is_none_or(|s| s.en == l.estate_en))
        .map(|l| &l.reference)
        .min()
        .map(|reference| Unit { reference: reference.clone() });
    Suggestions { sale, rent, unit }
}

type Key<'a> = (&'a str, &'a str, i64);

/// The commonest place and size, with the median price rounded up to `step`.
fn search<'a>(offers: impl Iterator<Item = (Key<'a>, i64)>, step: i64) -> Option<Search> {
    let mut groups: HashMap<Key<'a>, Vec<i64>> = HashMap::new();
    for (key, price) in offers {
        groups.entry(key).or_default().push(price);
    }
    let named = groups
        .into_iter()
        .filter(|((zh, en, bedrooms), _)| !zh.is_empty() && !en.is_empty() && *bedrooms > 0);
    let ((zh, en, bedrooms), mut prices) =
        named.max_by(|a, b| a.1.len().cmp(&b.1.len()).then_with(|| b.0.cmp(&a.0)))?;
    prices.sort_unstable();
    let median = prices[prices.len() / 2];
    Some(Search { zh: zh.into(), en: en.into(), bedrooms, budget: (median + step - 1) / step * step })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_suggested_is_there() {
        let today = jiff::civil::date(2026, 11, 22);
        let listings: Vec<Listing> =
            crate::demo::listings::generate(400, 7, today).into_iter().map(|(l, _)| l).collect();
        let Suggestions { sale, rent, unit } = suggest(listings.iter());
        let (sale, rent, unit) = (sale.unwrap(), rent.unwrap(), unit.unwrap());
        let available = |l: &&Listing| l.status == Status::Available;
        let sold_there = listings.iter().filter(available).filter(|l| {
            l.estate_zh == sale.zh
                && l.bedrooms == sale.bedrooms
                && l.sale_price_hkd.is_some_and(|p| p <= sale.budget)
        });
        assert!(sold_there.count() > 0, "{sale:?}");
        let let_there = listings.iter().filter(available).filter(|l| {
            l.district_en == rent.en
                && l.bedrooms == rent.bedrooms
                && l.monthly_rent_hkd.is_some_and(|p| p <= rent.budget)
        });
        assert!(let_there.count() > 0, "{rent:?}");
        assert!(listings.iter().filter(available).any(|l| l.reference == unit.reference));
    }

    #[test]
    fn an_empty_base_suggests_nothing() {
        assert_eq!(suggest([].iter()), Suggestions { sale: None, rent: None, unit: None });
    }
}
