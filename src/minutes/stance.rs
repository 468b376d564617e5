//! What the words around a mention make of it: the name of a unit, an item of a list, something taken up, or no wish of
//! the client's at all because it is about the past, about others, about the owner or about where somebody works.

use super::cues::{Hit, outcomes, wishes};
use super::line::Line;
use std::ops::Range;

/// Whether and how a mention is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stance {
    Want,
    Avoid,
}

/// Whether a place is named to say which unit is meant (城市花園嗰間, "the one in Double Cove").
pub(super) fn is_unit(line: &Line, at: &Range<usize>) -> bool {
    let around = at.start.saturating_sub(16)..(at.end + 4).min(line.text.chars.len());
    line.find(&outcomes().unit, &around).iter().any(|h| {
        let after = h.at.start >= at.end && h.at.start - at.end <= 1;
        let before = h.at.end <= at.start && at.start - h.at.end <= 1 && line.text.at(h.at.start).is_ascii();
        (after || before)
            && !matches!(line.text.slice(h.at.clone()).as_str(), "单位" | "嗰度" | "呢度" | "it")
    })
}

/// Whether a judgement that takes it up follows and ends the clause (兩房好, "two bedrooms works").
pub(super) fn closes(line: &Line, clause: &Range<usize>, at: &Range<usize>) -> bool {
    let hits = line.find(&wishes().uptake, &(at.end..clause.end.max(at.end)));
    hits.iter().any(|h| h.at.start - at.end <= 1 && clause.end - h.at.end <= 2)
}

/// Whether a clause is little more than the mention in it, as the items of a list are.
pub(super) fn bare(line: &Line, clause: &Range<usize>, at: &Range<usize>) -> bool {
    clause.len() <= at.len() + if latin(line, at) { 10 } else { 5 }
}

/// What is said of the past, of others, of the owner.
pub(super) fn excluded(line: &Line, clause: &Range<usize>, at: &Range<usize>) -> bool {
    line.find(&wishes().elsewhere, &line.all()).iter().any(|h| {
        let same = clause.contains(&h.at.start);
        let before = h.at.end <= at.start;
        match h.sense {
            "past" => same && before && !wished(line, clause, &h.at) && !spurned(line, clause, &h.at),
            "work" => same && before && !wished(line, clause, at),
            "past_after" => same && h.at.start >= at.end,
            "person" => before,
            "owner" => same && before,
            _ => false,
        }
    })
}

/// Whether a refusal stands before it in its clause ("rather not live in …").
fn spurned(line: &Line, clause: &Range<usize>, at: &Range<usize>) -> bool {
    line.has_in(&wishes().avoid, "before", &(clause.start..at.start.max(clause.start)))
}

/// Whether a wish of the speaker's stands before it in its clause.
pub(super) fn wished(line: &Line, clause: &Range<usize>, at: &Range<usize>) -> bool {
    let hits = line.find(&wishes().want, &(clause.start..at.end.min(clause.end)));
    let you = line.find(&wishes().you, &(clause.start..at.start.max(clause.start)));
    hits.iter().any(|h| {
        h.sense == "strong" && h.at.start <= at.start && !you.iter().any(|y| y.at.start < h.at.start)
    })
}

/// Whether a phrase of a family follows closely.
fn near_after(
    line: &Line,
    clause: &Range<usize>,
    at: &Range<usize>,
    gap: usize,
    find: impl Fn(&Range<usize>) -> Vec<Hit>,
) -> bool {
    let gap = if latin(line, at) { gap * 8 } else { gap };
    find(&(at.end..clause.end.max(at.end))).iter().any(|h| h.sense == "after" && h.at.start - at.end <= gap)
}

fn latin(line: &Line, at: &Range<usize>) -> bool {
    line.text.at(at.end.saturating_sub(1)).is_ascii()
}

/// Whether a word of denial stands right before it.
pub(super) fn negated(line: &Line, at: &Range<usize>) -> bool {
    let before = line.text.slice(at.start.saturating_sub(9)..at.start);
    let close = ["唔", "不", "没", "冇", "未", "别", "唔会", "不会", "唔算", "不算", "唔系", "不是"];
    let latin = [
        "not ",
        "no ",
        "isnt ",
        "wasnt ",
        "never ",
        "dont ",
        "doesnt ",
        "not too ",
        "not that ",
        "wont ",
        "not a ",
    ];
    close.iter().any(|w| before.ends_with(w)) || latin.iter().any(|w| before.ends_with(w))
}

/// How the words around a mention mean it by themselves: the nearest wish or refusal that reaches it.
pub(super) fn stance(line: &Line, clause: &Range<usize>, at: &Range<usize>) -> Option<Stance> {
    let reach = if latin(line, at) { 22 } else { 7 };
    let before = clause.start..at.end.min(clause.end);
    let avoid = line.find(&wishes().avoid, &before).into_iter().rfind(|h| {
        h.sense == "before" && h.at.start < at.start && at.start.saturating_sub(h.at.end) <= reach
    });
    let wants = line.find(&wishes().want, &before);
    let you = line.find(&wishes().you, &before);
    let want = wants.iter().rfind(|h| {
        let near = at.start.saturating_sub(h.at.end) <= if latin(line, at) { 3 } else { 2 };
        h.at.start < at.start && (h.sense == "strong" || h.sense == "near" && near)
    });
    let addressed = want.is_some_and(|w| you.iter().any(|y| y.at.start < w.at.start));
    if let Some(avoid) = avoid {
        let joined = line.text.slice(avoid.at.end.min(at.start)..at.start);
        let overruled = want.is_some_and(|w| w.at.start >= avoid.at.end) || joined.contains(" and ");
        if !overruled {
            return Some(Stance::Avoid);
        }
    }
    if near_after(line, clause, at, 6, |r| line.find(&wishes().avoid, r)) {
        return Some(Stance::Avoid);
    }
    let judged = near_after(line, clause, at, 3, |r| line.find(&wishes().want, r));
    ((want.is_some() && !addressed) || judged).then_some(Stance::Want)
}
