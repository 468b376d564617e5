//! `GET /kiosk/simplified`: how the Traditional characters of the base are written in Simplified script.
//!
//! Listings hold Hong Kong's Traditional writing. A reply's text comes in the reader's script; the cards beside it are
//! drawn by the page, which turns them character by character with this table (a hundred or so pairs).

use crate::language::chinese::{only_traditional, to_simplified};
use crate::listings::Listing;
use crate::web::Shared;
use axum::Json;
use axum::extract::State;
use std::collections::BTreeMap;

/// Gives the pairs, Traditional to Simplified.
pub async fn simplified(State(web): Shared) -> Json<BTreeMap<String, String>> {
    Json(pairs(web.parts.assistant.load_full().listings()))
}

fn pairs<'a>(listings: impl Iterator<Item = &'a Listing>) -> BTreeMap<String, String> {
    let mut pairs = BTreeMap::new();
    for l in listings {
        let texts = [
            &l.region_zh,
            &l.district_zh,
            &l.estate_zh,
            &l.block_zh,
            &l.orientation_zh,
            &l.view_zh,
            &l.decoration_zh,
            &l.facilities_zh,
            &l.mtr_zh,
            &l.agent_zh,
        ];
        for c in texts.into_iter().flat_map(|t| t.chars()).filter(|c| only_traditional(*c)) {
            pairs.entry(c.to_string()).or_insert_with_key(|c| to_simplified(c));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_a_base_turn_simplified() {
        let rows = crate::demo::listings::generate(200, 7, jiff::civil::date(2026, 11, 22));
        let listings: Vec<Listing> = rows.into_iter().map(|(l, _)| l).collect();
        let pairs = pairs(listings.iter());
        assert!(
            !pairs.is_empty() && pairs.iter().all(|(a, b)| a.chars().count() == 1 && b.chars().count() == 1),
            "{pairs:?}"
        );
        assert_eq!(pairs.get("園").map(String::as_str), Some("园"));
    }
}
