//! Times of day as they are said: 三點半, "quarter past six", "at three". Which half of the day is meant is told apart.

use super::super::Folded;
use super::super::numerals::number_at;
use super::{Part, calendar};
use jiff::civil::{Time, time};
use std::ops::Range;

/// A clock time, its half of the day perhaps unsaid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clock {
    pub at: Range<usize>,
    hour: i8,
    minute: i8,
}

impl Clock {
    /// The time of day, given the half of the day if one is known.
    pub fn time(&self, part: Option<Part>) -> Time {
        let hour = match part {
            Some(Part::Am) => self.hour % 24,
            Some(Part::Noon | Part::Pm | Part::Evening) if self.hour < 12 => self.hour + 12,
            None if (1..=7).contains(&self.hour) => self.hour + 12,
            _ => self.hour % 24,
        };
        time(hour % 24, self.minute, 0, 0)
    }
}

/// The times of day in a text, where nothing is `taken` by a date.
pub(super) fn clocks(text: &Folded, taken: &[bool]) -> Vec<Clock> {
    let mut out: Vec<Clock> = Vec::new();
    for hit in calendar().clock.find(&text.chars, &(0..text.chars.len())) {
        let past = match hit.sense {
            "past" if text.slice(hit.at.clone()).starts_with("half") => 30,
            "past" => 15,
            "to" => 45,
            _ => continue,
        };
        if let Some(n) = hour_at(text, hit.at.end + 1) {
            let hour = n.1 - i8::from(hit.sense == "to");
            out.push(Clock { at: hit.at.start..n.0, hour, minute: past });
        }
    }
    let mut at = 0;
    while at < text.chars.len() {
        let free = !taken[at] && !out.iter().any(|c| c.at.contains(&at));
        match free.then(|| clock_at(text, at, taken)).flatten() {
            Some(clock) => {
                at = clock.at.end;
                out.push(clock);
            }
            None => at += 1,
        }
    }
    out.sort_by_key(|c| c.at.start);
    out
}

fn hour_at(text: &Folded, at: usize) -> Option<(usize, i8)> {
    let n = number_at(text, at)?;
    let hour = (!n.scaled && n.value.fract() == 0.0).then_some(n.value as i64)?;
    (0..=23).contains(&hour).then_some((n.end, hour as i8))
}

fn clock_at(text: &Folded, at: usize, taken: &[bool]) -> Option<Clock> {
    let (end, hour) = english_hour(text, at).or_else(|| hour_at(text, at))?;
    if text.at(end) == '点' && !matches!(text.at(end + 1), '解' | '样') {
        let (end, minute) = chinese_minute(text, end + 1);
        return Some(Clock { at: at..end, hour, minute });
    }
    if !text.at(at).is_ascii_alphanumeric() {
        return None;
    }
    if matches!(text.at(end), ':' | '.') && text.at(end + 1).is_ascii_digit() {
        let n = number_at(text, end + 1).filter(|n| n.value < 60.0 && n.end == end + 3)?;
        return Some(Clock { at: at..n.end, hour, minute: n.value as i8 });
    }
    // "ten thirty" is read as forty by the numeral reader, so the hour is taken by itself.
    if text.at(end) == ' '
        && let Some(n) = number_at(text, end + 1)
        && matches!(n.value as i64, 15 | 30 | 45)
        && !n.scaled
        && !followed_by_measure(text, n.end)
    {
        return Some(Clock { at: at..n.end, hour, minute: n.value as i8 });
    }
    let after = end..(end + 16).min(text.chars.len());
    let sure = calendar()
        .clock
        .find(&text.chars, &after)
        .iter()
        .any(|h| h.sense == "oclock" && h.at.start <= end + 1)
        || calendar().part.find(&text.chars, &after).iter().any(|h| h.at.start <= end + 1);
    let before = at.saturating_sub(10)..at;
    let led =
        calendar().clock.find(&text.chars, &before).iter().any(|h| h.sense == "at" && h.at.end + 1 == at);
    // "Thursday ten": right after its day.
    let led = led || at >= 2 && text.at(at - 1) == ' ' && taken[at - 2];
    let said = text.slice(before).ends_with("at ") || text.slice(at..end).len() <= 2 || led;
    (sure || (led && said && !followed_by_measure(text, end) && (1..=12).contains(&hour))).then_some(Clock {
        at: at..end,
        hour,
        minute: 0,
    })
}

/// One English word for an hour, where the numeral reader would run on ("ten thirty").
fn english_hour(text: &Folded, at: usize) -> Option<(usize, i8)> {
    let n = number_at(text, at).filter(|n| !n.scaled && (16.0..60.0).contains(&n.value))?;
    let words = text.slice(at..n.end);
    let (first, _) = words.split_once(' ')?;
    let folded = crate::language::fold(first);
    let hour = number_at(&folded, 0).filter(|h| (1.0..=12.0).contains(&h.value))?;
    Some((at + first.len(), hour.value as i8))
}

/// Whether a number counts something, and so is no hour.
fn followed_by_measure(text: &Folded, end: usize) -> bool {
    let rest = text.slice(end..(end + 12).min(text.chars.len()));
    let word = rest.split_whitespace().next().unwrap_or("").to_owned();
    let latin = rest.starts_with(' ') && !word.is_empty();
    latin
        && (["million", "thousand", "hundred", "point", "percent", "a", "flats", "or"]
            .contains(&word.as_str())
            || crate::language::lexicon().unit_at(text, end + 1).is_some())
}

/// 半, 三個字, 一刻, 九 (forty-five), 零五分: where it ends, the minute.
fn chinese_minute(text: &Folded, at: usize) -> (usize, i8) {
    if text.at(at) == '半' {
        return (at + 1, 30);
    }
    let Some(n) = number_at(text, at).filter(|n| !n.scaled && n.value < 60.0) else { return (at, 0) };
    let value = n.value as i8;
    match text.at(n.end) {
        '刻' if value <= 3 => (n.end + 1, value * 15),
        '分' => (n.end + 1, value),
        '个' if text.at(n.end + 1) == '字' && value < 12 => (n.end + 2, value * 5),
        '字' if value < 12 => (n.end + 1, value * 5),
        _ if value > 12 => (n.end, value),
        c if (1..12).contains(&value) && !crate::language::chinese::is_han(c) => (n.end, value * 5),
        _ => (at, 0),
    }
}
