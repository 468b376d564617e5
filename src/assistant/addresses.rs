//! The addresses of a question that gives several.

use super::query::{Cond, Test};
use super::scan::{Kind, Token};
use crate::language::{PlaceKind, fold_str};

/// The addresses of a question that gives several: 5座12樓F同7座20樓C. A part said again begins the next address, which
/// keeps the estate and the block of the one before unless it names its own.
pub fn addresses(tokens: &[Token], polarity: &[bool]) -> Vec<Vec<Cond>> {
    // Each part with whether it was said of this address or carried on from the one before.
    let mut all: Vec<Vec<(Cond, bool)>> = vec![Vec::new()];
    let rank = |c: &Cond| ["estate_en", "block", "floor", "unit"].iter().position(|k| *k == c.column);
    for (t, _) in tokens.iter().zip(polarity).filter(|(_, negated)| !**negated) {
        let cond = match &t.kind {
            Kind::Place(m) if m.place.kind == PlaceKind::Block => {
                Cond::new("block", Test::Block(fold_str(&m.place.name_en)))
            }
            Kind::Place(m) if m.place.kind == PlaceKind::Estate => {
                Cond::new("estate_en", Test::OneOf(vec![m.place.name_en.clone()]))
            }
            Kind::Part(part) => part.cond(),
            _ => continue,
        };
        let mut current = all.pop().unwrap_or_default();
        if current.iter().any(|(c, own)| *own && c.column == cond.column) {
            let kept = |(c, _): &(Cond, bool)| (rank(c) < Some(3)).then(|| (c.clone(), false));
            let next = current.iter().filter_map(kept).collect();
            all.push(std::mem::replace(&mut current, next));
        }
        // An estate of its own does not keep the block of another.
        current.retain(|(c, own)| c.column != cond.column && (*own || rank(c) < rank(&cond)));
        current.push((cond, true));
        all.push(current);
    }
    if all.len() < 2 {
        return Vec::new();
    }
    all.into_iter().map(|address| address.into_iter().map(|(c, _)| c).collect()).collect()
}
