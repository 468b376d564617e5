//! Whether two points are the same one, found twice: while the meeting goes on, and again at a redo, when the numbers
//! of rows, the segments and the words of a quote may be others. Content counts, then the segments in common.

use crate::store::minutes::{Act, Evidence, Point};
use serde_json::Value;

/// So many segments apart, what is said of the same thing may be one point.
const NEAR: usize = 4;

/// How surely the two are the same point: 0 for not at all. `kept` is the one that was reviewed.
pub(super) fn likeness(kept: &Point, found: &Point) -> u8 {
    let heads = |p: &Point| (p.kind.clone(), p.slot.clone(), p.polarity.clone());
    if heads(kept) != heads(found) || !same_content(kept, found) {
        return 0;
    }
    let exact = u8::from(kept.value == found.value && kept.act == found.act);
    let overlap = kept.segments.overlaps(&found.segments);
    match () {
        () if overlap => 4 + exact,
        () if said_once(kept) => 2 + exact,
        () if gap(&kept.segments, &found.segments) <= NEAR || exact == 1 && in_its_words(kept) => 1 + exact,
        () => 0,
    }
}

/// Whether a meeting has one point of this content, wherever it is said.
pub(super) fn said_once(point: &Point) -> bool {
    matches!(point.kind.as_str(), "preference" | "offer" | "appointment")
}

/// Whether its content is words that hardly come twice.
fn in_its_words(point: &Point) -> bool {
    matches!(point.kind.as_str(), "decision" | "action")
        && (point.value.is_string() || point.act.as_ref().is_some_and(|a| !a.said.is_empty()))
}

fn same_content(kept: &Point, found: &Point) -> bool {
    match (kept.kind.as_str(), &kept.value, &found.value) {
        // By when may be said later on.
        ("action", due, other) => (due == other || due.is_null()) && acts_alike(&kept.act, &found.act),
        ("decision", Value::String(a), Value::String(b)) => contained(a, b),
        (_, a, b) => a == b,
    }
}

fn acts_alike(a: &Option<Act>, b: &Option<Act>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return true };
    let things =
        a.things.is_empty() || b.things.is_empty() || a.things.iter().any(|thing| b.things.contains(thing));
    contained(&a.said, &b.said) || !a.verb.is_empty() && a.verb == b.verb && things
}

fn contained(a: &str, b: &str) -> bool {
    a == b || !a.is_empty() && !b.is_empty() && (a.contains(b) || b.contains(a))
}

/// How many segments lie between the two.
fn gap(a: &Evidence, b: &Evidence) -> usize {
    let apart = |n: usize| b.segments().map(|m| n.abs_diff(m)).min().unwrap_or(usize::MAX);
    a.segments().map(apart).min().unwrap_or(usize::MAX)
}
