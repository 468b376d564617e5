//! Alternatives that carry conditions of their own: rooms with a place each, rooms with a budget each.

use super::narrow::MOST_RENT;
use super::query::{Cond, Filter, Test};
use super::reading::Reading;
use super::resolve::price_column;
use super::scan::{Kind, Token};
use crate::language::PlaceMatch;
use crate::listings::Deal;

/// "A 3-bed in Kornhill or a 2-bed in Taikoo Shing": alternatives that carry their own rooms.
pub fn alternatives(tokens: &[Token], polarity: &[bool], r: &mut Reading) {
    let mut parts: Vec<(Vec<PlaceMatch>, Vec<Cond>)> = vec![Default::default()];
    for (i, t) in tokens.iter().enumerate() {
        match &t.kind {
            Kind::Words(_) if t.is("word:or") => parts.push(Default::default()),
            Kind::Place(m) if !polarity[i] => {
                parts.last_mut().expect("one part at least").0.push((**m).clone())
            }
            Kind::Number { value, unit: "bedrooms", .. } if value.fract() == 0.0 => {
                let rooms = Cond::new("bedrooms", Test::Numbers(vec![*value as i64]));
                parts.last_mut().expect("one part at least").1.push(rooms);
            }
            Kind::Words(_) if t.is("is:bedrooms=0") => {
                parts
                    .last_mut()
                    .expect("one part at least")
                    .1
                    .push(Cond::new("bedrooms", Test::Numbers(vec![0])));
            }
            _ => {}
        }
    }
    parts.retain(|p| !(p.0.is_empty() && p.1.is_empty()));
    let sure = parts.iter().all(|p| p.0.iter().all(|m| m.sure));
    let complete = sure && parts.len() >= 2 && parts.iter().all(|p| !p.0.is_empty() && p.1.len() == 1);
    if complete && parts.windows(2).any(|w| w[0].1 != w[1].1) {
        r.alternatives = parts
            .iter()
            .map(|(places, rooms)| Filter {
                conds: Reading::place_conds(places).into_iter().chain(rooms.iter().cloned()).collect(),
            })
            .collect();
        r.measured.retain(|c| c.column != "bedrooms");
        r.places.clear();
    }
}

/// 要麼三房八百萬內，要麼兩房六百萬內: alternatives that carry their own rooms and their own budget.
pub fn alternative_budgets(tokens: &[Token], r: &mut Reading) {
    let mut parts: Vec<(Vec<i64>, Vec<f64>)> = vec![Default::default()];
    for t in tokens {
        let last = parts.last_mut().expect("one part at least");
        match &t.kind {
            Kind::Words(_) if t.is("word:or") => parts.push(Default::default()),
            Kind::Number { value, unit: "bedrooms", .. } => last.0.push(*value as i64),
            Kind::Number { value, unit: "", scaled: true, .. } => last.1.push(*value),
            _ => {}
        }
    }
    parts.retain(|p| !(p.0.is_empty() && p.1.is_empty()));
    let whole = parts.iter().all(|p| p.0.len() == 1 && p.1.len() == 1);
    if parts.len() < 2 || !whole || parts.windows(2).all(|w| w[0].1 == w[1].1) {
        return;
    }
    let deal = r.deal.filter(|d| *d != Deal::Both).unwrap_or(match parts[0].1[0] > MOST_RENT {
        true => Deal::Sale,
        false => Deal::Rent,
    });
    let column = price_column("price", Some(deal));
    let filters = parts.iter().map(|(rooms, money)| Filter {
        conds: vec![
            Cond::new("bedrooms", Test::Numbers(rooms.clone())),
            Cond::new(column, Test::Range(None, Some(money[0]))),
        ],
    });
    r.said.push(Cond::new("either", Test::Any(filters.collect())));
    r.measured.retain(|c| c.column != "bedrooms");
    (r.money, r.deal) = (None, Some(deal));
}
