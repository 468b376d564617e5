//! When a flat must be free at the latest: 年底前可以入住, "we need to move in by 15 January". Read before the other
//! numbers are, since a date's numbers count nothing else.

use super::address::Part;
use super::columns::day_number;
use super::query::{Cond, Test};
use super::scan::{Kind, Token};
use crate::language::Folded;
use crate::language::cues::Family;
use crate::language::dates::Moments;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use std::ops::Range;
use std::sync::OnceLock;

#[derive(Deserialize)]
struct Words {
    cue: Family,
    before: Family,
    after: Family,
}

fn words() -> &'static Words {
    static WORDS: OnceLock<Words> = OnceLock::new();
    WORDS.get_or_init(|| {
        toml::from_str(include_str!("availability.toml")).expect("availability.toml is well formed")
    })
}

/// How far a word for "before" stands from its date at most, in characters.
const NEAR: usize = 4;

/// The condition on `available_from` that a question sets, if it does; the tokens that it is made of are taken away.
/// A question about one flat asks when that one is free, and sets none.
pub fn read(text: &Folded, tokens: &mut Vec<Token>, today: Date) -> Option<Cond> {
    let of_one = |t: &Token| matches!(t.kind, Kind::Ref(..) | Kind::Part(Part::Unit(_) | Part::Floor(_)));
    let chars = &text.chars;
    if words().cue.find(chars, &(0..chars.len())).is_empty() || tokens.iter().any(of_one) {
        return None;
    }
    let moments = Moments::read(text, today);
    let (at, date) = match (moments.days.first(), moments.months.first()) {
        (Some(day), _) => (day.at.clone(), day.date),
        // In December means by its end, before December by the day before it.
        (None, Some(month)) => (month.at.clone(), month.date.last_of_month()),
        (None, None) => return None,
    };
    let beside = at.start.saturating_sub(8)..(at.end + NEAR).min(chars.len());
    if !words().after.find(chars, &beside).is_empty() {
        return None;
    }
    let whole_month = moments.days.is_empty();
    let before = !words().before.find(chars, &beside).is_empty();
    let last = match (before, whole_month) {
        (true, true) => date.first_of_month().checked_sub(1.day()).ok()?,
        _ => date,
    };
    let inside = |r: &Range<usize>| at.start <= r.start && r.end <= at.end;
    tokens.retain(|t| !inside(&t.at) && !t.is("field:available_from"));
    Some(Cond::new("available_from", Test::Range(None, Some(day_number(last)))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::fold;
    use jiff::civil::date;

    #[test]
    fn the_latest_day() {
        let today = date(2026, 11, 22);
        for (text, day) in [
            ("年底前可以入住嘅兩房", Some(date(2026, 12, 31))),
            ("想十二月前搬入", Some(date(2026, 11, 30))),
            ("一月入伙得嘅", Some(date(2027, 1, 31))),
            ("we move in by 15 January", Some(date(2027, 1, 15))),
            ("available in February, two bedrooms", Some(date(2027, 2, 28))),
            ("must be ready before the end of the month", Some(date(2026, 11, 30))),
            ("明年三月後先搬", None),
            ("十二月租金幾多", None),
            ("兩房可以入住", None),
        ] {
            let found = read(&fold(text), &mut Vec::new(), today);
            let expected = day.map(|d| Test::Range(None, Some(day_number(d))));
            assert_eq!(found.map(|c| c.test), expected, "{text}");
        }
    }
}
