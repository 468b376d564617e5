//! The order and the superlative of a question that are put together from a column and a word beside it.

use super::query::Sort;
use super::reading::{Reading, sort};
use super::scan::Token;
use std::collections::HashSet;

/// "Which has the highest psf": a superlative that bounds no number, of a column that is named.
pub fn superlative(tokens: &[Token], taken: &HashSet<usize>, r: &mut Reading) {
    if r.best.is_some() || r.order.is_some() {
        return;
    }
    let most = tokens
        .iter()
        .enumerate()
        .find_map(|(i, t)| t.group("superlative").next().filter(|_| !taken.contains(&i)));
    let named = r.fields.iter().copied().find(|f| SORTABLE.contains(f) || *f == "price");
    if let (Some(most), Some(column)) = (most, named) {
        r.fields.retain(|f| *f != column);
        r.best = Some(Sort { column, descending: most == "high" });
    }
}

/// Columns by which a list can be ordered when they are named: 按管理費由低到高, "ranked by size".
const SORTABLE: &[&str] = &[
    "monthly_rent_hkd",
    "sale_price_hkd",
    "price_psf",
    "rent_psf",
    "saleable_area_sqft",
    "management_fee_hkd_month",
    "rates_hkd_quarter",
    "building_age",
    "year_completed",
    "mtr_walk_minutes",
    "floor",
    "listed_on",
    "lease_until",
    "available_from",
    "last_transaction_hkd",
];

/// An order that is put together: a word of sorting with a column or with an adjective (便宜的在前), or a direction that
/// is said of a column (管理費由低到高).
pub fn composed_order(tokens: &[Token], r: &mut Reading) {
    let named = r.fields.iter().copied().find(|f| SORTABLE.contains(f));
    let general = |s: &Sort| s.column == "price";
    let sorts = r.has("sort") && r.best.is_none();
    match (&mut r.order, named) {
        (Some(order), Some(column)) if general(order) => {
            order.column = column;
            r.fields.retain(|f| *f != column);
        }
        (None, _) if sorts => {
            let at = tokens.iter().position(|t| t.is("word:sort")).unwrap_or_default();
            let nearby = tokens[at.saturating_sub(3)..tokens.len().min(at + 4)].iter();
            let adjective = nearby.clone().flat_map(|t| t.group("adj")).find_map(sort);
            // 樓層高的排前面 is an order, and no condition.
            let band = nearby.flat_map(|t| t.group("is")).find_map(|c| c.strip_prefix("floor_band="));
            if let (None, None, Some(band)) = (&adjective, named, band) {
                r.said.retain(|c| c.column != "floor_band");
                r.order = Some(Sort { column: "floor", descending: band != "低層" });
                return;
            }
            let order = match (adjective, named) {
                (Some(adj), Some(column)) if general(&adj) => Some(Sort { column, ..adj }),
                (Some(adj), _) => Some(adj),
                (None, Some(column)) => {
                    Some(Sort { column, descending: matches!(column, "listed_on" | "year_completed") })
                }
                (None, None) => None,
            };
            if let Some(order) = order {
                r.fields.retain(|f| *f != order.column);
                r.order = Some(order);
            }
        }
        _ => {}
    }
}
