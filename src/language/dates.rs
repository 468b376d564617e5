//! Days and times as they are said, worked out from when the meeting was recorded, in the branch's own zone.
//!
//! A weekday without a word before it is the next one after today; 下星期三 and "next Tuesday" are of the week that
//! begins next Monday; 廿八號 is the next 28th. A time without a half of the day is one at which flats are viewed
//! (one to seven is afternoon). What is not a date here (農曆新年前) is left without one rather than guessed.

use super::Folded;
use super::cues::{Family, Hit};
use super::numerals::number_at;
use jiff::civil::{Date, Time, date, time};
use jiff::{Span, ToSpan};
use serde::Deserialize;
use std::ops::Range;
use std::sync::OnceLock;

/// How days and times are said.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Calendar {
    day: Family,
    week: Family,
    weekday: Family,
    month: Family,
    end: Family,
    ordinal: Family,
    the: Family,
    part: Family,
    clock: Family,
}

/// The families of `calendar.toml`.
fn calendar() -> &'static Calendar {
    static CUES: OnceLock<Calendar> = OnceLock::new();
    CUES.get_or_init(|| {
        toml::from_str(include_str!("data/calendar.toml")).expect("calendar.toml is well formed")
    })
}

/// A day that was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Day {
    /// In folded characters.
    pub at: Range<usize>,
    pub date: Date,
}

/// Half of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Am,
    Noon,
    Pm,
    Evening,
}

/// A clock time, its half of the day perhaps unsaid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clock {
    pub at: Range<usize>,
    hour: i8,
    minute: i8,
}

/// The days, halves of days and times of a segment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Moments {
    pub days: Vec<Day>,
    /// Months without a day, by their first: 十二月, "in January".
    pub months: Vec<Day>,
    pub parts: Vec<(Range<usize>, Part)>,
    pub clocks: Vec<Clock>,
}

impl Moments {
    /// Reads a segment said on the day `today`.
    pub fn read(text: &Folded, today: Date) -> Self {
        let all = 0..text.chars.len();
        let days = days(text, today);
        let parts =
            calendar().part.find(&text.chars, &all).into_iter().map(|h| (h.at, part(h.sense))).collect();
        let mut taken = vec![false; text.chars.len()];
        for day in &days {
            taken[day.at.clone()].fill(true);
        }
        let clocks = clocks(text, &taken);
        let months = months(text, today, &taken);
        Self { days, months, parts, clocks }
    }

    /// The half of the day that goes with a clock time: the nearest one.
    pub fn part_of(&self, clock: &Clock) -> Option<Part> {
        let distance = |at: &Range<usize>| at.start.abs_diff(clock.at.start);
        self.parts.iter().min_by_key(|(at, _)| distance(at)).map(|(_, part)| *part)
    }
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

fn part(sense: &str) -> Part {
    match sense {
        "am" => Part::Am,
        "noon" => Part::Noon,
        "pm" => Part::Pm,
        _ => Part::Evening,
    }
}

fn days(text: &Folded, today: Date) -> Vec<Day> {
    let all = 0..text.chars.len();
    let mut out: Vec<Day> = Vec::new();
    let mut push = |at: Range<usize>, date: Option<Date>| {
        if let Some(date) = date
            && !out.iter().any(|d| d.at.start < at.end && at.start < d.at.end)
        {
            out.push(Day { at, date });
        }
    };
    for hit in calendar().day.find(&text.chars, &all) {
        let days: i64 = hit.sense.parse().unwrap_or(0);
        push(hit.at, plus(today, days.days()));
    }
    // 十二月底: the end of that month, not of this one.
    let mut at = 0;
    while at < text.chars.len() {
        let Some(n) = number_at(text, at).filter(|n| !n.scaled && (1.0..=12.0).contains(&n.value)) else {
            at += 1;
            continue;
        };
        if text.at(n.end) == '月' && matches!(text.at(n.end + 1), '底' | '尾' | '末') {
            // This month's own end is still to come.
            let this = i64::from(today.month()) == n.value as i64;
            let month = if this { Some(today) } else { on(today, Some(n.value as i64), 1) };
            push(at..n.end + 2, month.map(Date::last_of_month));
        }
        at = n.end.max(at + 1);
    }
    for hit in calendar().end.find(&text.chars, &all) {
        let last = match hit.sense {
            "year" => Some(today.last_of_year()),
            "next" => plus(today, 1.month()).map(Date::last_of_month),
            _ => Some(today.last_of_month()),
        };
        push(hit.at, last);
    }
    for hit in calendar().weekday.find(&text.chars, &all) {
        let week = week_before(text, hit.at.start);
        let start = week.as_ref().map_or(hit.at.start, |w| w.at.start);
        push(start..hit.at.end, weekday(today, &hit, week.map(|w| w.sense)));
    }
    for (at, month, day) in dates(text) {
        push(at, on(today, month, day));
    }
    out.sort_by_key(|d| d.at.start);
    out
}

fn plus(day: Date, span: Span) -> Option<Date> {
    day.checked_add(span).ok()
}

fn week_before(text: &Folded, at: usize) -> Option<Hit> {
    let window = at.saturating_sub(12)..at;
    let gap = |h: &Hit| text.slice(h.at.end..at);
    calendar().week.find(&text.chars, &window).into_iter().rev().find(|h| gap(h).trim().is_empty())
}

fn weekday(today: Date, hit: &Hit, week: Option<&'static str>) -> Option<Date> {
    let wanted: i64 = hit.sense.parse().ok()?;
    let now = i64::from(today.weekday().to_monday_one_offset());
    let ahead = match week {
        Some("last") => return None,
        Some("next") => 7 - now + wanted,
        Some("this") if wanted >= now => wanted - now,
        _ => (wanted - now + 6).rem_euclid(7) + 1,
    };
    plus(today, ahead.days())
}

/// The next such day from today on.
fn on(today: Date, month: Option<i64>, day: i64) -> Option<Date> {
    let day = i8::try_from(day).ok()?;
    match month {
        Some(month) => {
            let month = i8::try_from(month).ok()?;
            let this = Date::new(today.year(), month, day).ok();
            this.filter(|d| *d >= today).or_else(|| Date::new(today.year() + 1, month, day).ok())
        }
        None => (0..3).find_map(|ahead| {
            let first = plus(date(today.year(), today.month(), 1), ahead.months())?;
            Date::new(first.year(), first.month(), day).ok().filter(|d| *d >= today)
        }),
    }
}

/// Days of the month: where they stand, the month if said, the day.
fn dates(text: &Folded) -> Vec<(Range<usize>, Option<i64>, i64)> {
    let all = 0..text.chars.len();
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.chars.len() {
        let Some(n) = number_at(text, at).filter(|n| !n.scaled && n.value.fract() == 0.0) else {
            at += 1;
            continue;
        };
        let value = n.value as i64;
        let mut end = n.end;
        match text.at(n.end) {
            '月' if (1..=12).contains(&value) => {
                if let Some(day) = number_at(text, n.end + 1).filter(|d| (1.0..=31.0).contains(&d.value)) {
                    end = day.end + usize::from(matches!(text.at(day.end), '号' | '日'));
                    out.push((at..end, Some(value), day.value as i64));
                }
            }
            '号' if (1..=31).contains(&value) && text.at(n.end + 1) != '楼' && text.at(n.end + 1) != '校' =>
            {
                end = n.end + 1;
                out.push((at..end, None, value));
            }
            _ => {}
        }
        at = end.max(at + 1);
    }
    let months = calendar().month.find(&text.chars, &all);
    let ordinals = calendar().ordinal.find(&text.chars, &all);
    for month in &months {
        let m = month.sense.parse().ok();
        let joins = |gap: Range<usize>| matches!(text.slice(gap).trim(), "" | "of" | "the");
        let after = ordinals.iter().find(|o| o.at.start >= month.at.end && joins(month.at.end..o.at.start));
        let before = ordinals.iter().find(|o| o.at.end <= month.at.start && joins(o.at.end..month.at.start));
        if let Some(o) = after.or(before) {
            let at = month.at.start.min(o.at.start)..month.at.end.max(o.at.end);
            out.push((at, m, o.sense.parse().unwrap_or(0)));
            continue;
        }
        let number =
            number_at(text, month.at.end + 1).filter(|n| (1.0..=31.0).contains(&n.value) && !n.scaled);
        if let Some(n) = number {
            out.push((month.at.start..n.end, m, n.value as i64));
        } else if let Some((start, day)) = number_before(text, month.at.start) {
            out.push((start..month.at.end, m, day));
        }
    }
    for o in &ordinals {
        let window = o.at.start.saturating_sub(12)..o.at.start;
        let the = calendar().the.find(&text.chars, &window);
        let day_of_month = the.iter().any(|h| h.sense == "any" && o.at.start - h.at.end <= 1);
        let tail = o.at.end..(o.at.end + 10).min(text.chars.len());
        let none = calendar().the.find(&text.chars, &tail);
        let other = none.iter().any(|h| h.sense == "not" && h.at.start - o.at.end <= 1);
        if day_of_month && !other && !out.iter().any(|d| d.0.start <= o.at.start && o.at.end <= d.0.end) {
            out.push((o.at.clone(), None, o.sense.parse().unwrap_or(0)));
        }
    }
    out
}

/// Months that are said without a day; "may" and "march" only after a preposition.
fn months(text: &Folded, today: Date, taken: &[bool]) -> Vec<Day> {
    let mut out: Vec<Day> = Vec::new();
    let mut push = |at: Range<usize>, month: i64| {
        if !taken[at.clone()].contains(&true)
            && let Ok(month) = i8::try_from(month)
            && let Ok(this) = Date::new(today.year(), month, 1)
        {
            let next = Date::new(today.year() + 1, month, 1);
            let date = if this.last_of_month() >= today { Some(this) } else { next.ok() };
            out.extend(date.map(|date| Day { at, date }));
        }
    };
    let mut at = 0;
    while at < text.chars.len() {
        let n = number_at(text, at).filter(|n| !n.scaled && (1.0..=12.0).contains(&n.value));
        match n {
            Some(n) if text.at(n.end) == '月' && !matches!(text.at(n.end + 1), '租' | '供' | '费' | '结') =>
            {
                push(at..n.end + 1, n.value as i64);
                at = n.end + 1;
            }
            Some(n) => at = n.end.max(at + 1),
            None => at += 1,
        }
    }
    for hit in calendar().month.find(&text.chars, &(0..text.chars.len())) {
        let before = text.slice(hit.at.start.saturating_sub(7)..hit.at.start);
        let led = ["in ", "by ", "before ", "during ", "early ", "mid ", "late ", "until "];
        let verb = matches!(text.slice(hit.at.clone()).as_str(), "may" | "march" | "mar");
        if !verb || led.iter().any(|w| before.ends_with(w)) {
            push(hit.at.clone(), hit.sense.parse().unwrap_or_default());
        }
    }
    out.sort_by_key(|d| d.at.start);
    out
}

/// "4" of "4 December".
fn number_before(text: &Folded, month: usize) -> Option<(usize, i64)> {
    let words = text.slice(month.saturating_sub(4)..month);
    let digits: String = words.trim().chars().rev().take_while(char::is_ascii_digit).collect();
    let day: i64 = digits.chars().rev().collect::<String>().parse().ok()?;
    (1..=31).contains(&day).then(|| (month - 1 - digits.len(), day))
}

fn clocks(text: &Folded, taken: &[bool]) -> Vec<Clock> {
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
        match free.then(|| clock_at(text, at)).flatten() {
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

fn clock_at(text: &Folded, at: usize) -> Option<Clock> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::fold;

    fn read(text: &str, today: Date) -> Moments {
        Moments::read(&fold(text), today)
    }

    #[test]
    fn days() {
        // A Wednesday.
        let today = date(2026, 11, 18);
        for (text, day) in [
            ("聽日", date(2026, 11, 19)),
            ("後日得唔得", date(2026, 11, 20)),
            ("星期六下晝三點", date(2026, 11, 21)),
            ("今個星期五", date(2026, 11, 20)),
            ("下星期三", date(2026, 11, 25)),
            ("下個禮拜一", date(2026, 11, 23)),
            ("廿八號", date(2026, 11, 28)),
            ("十號", date(2026, 12, 10)),
            ("十二月二十號之前", date(2026, 12, 20)),
            ("一月五號", date(2027, 1, 5)),
            ("月尾前", date(2026, 11, 30)),
            ("十二月底要搬到入去", date(2026, 12, 31)),
            ("十一月底", date(2026, 11, 30)),
            ("周四", date(2026, 11, 19)),
            ("by Friday", date(2026, 11, 20)),
            ("next Tuesday at 3pm", date(2026, 11, 24)),
            ("the tenth of January", date(2027, 1, 10)),
            ("December fourth", date(2026, 12, 4)),
            ("on 4 December", date(2026, 12, 4)),
            ("on the 28th", date(2026, 11, 28)),
            ("the day after tomorrow", date(2026, 11, 20)),
        ] {
            let got: Vec<_> = read(text, today).days.iter().map(|d| d.date).collect();
            assert_eq!(got, [day], "{text}");
        }
        for text in ["農曆新年前", "上星期三", "第二個單位", "on the first floor", "四十一校網"]
        {
            assert!(read(text, today).days.is_empty(), "{text}");
        }
    }

    #[test]
    fn times() {
        let today = date(2026, 11, 18);
        for (text, hour, minute) in [
            ("星期六下晝三點", 15, 0),
            ("下晝五點半", 17, 30),
            ("夜晚八點", 20, 0),
            ("朝早十點三個字", 10, 15),
            ("周四四点", 16, 0),
            ("上午十一点", 11, 0),
            ("next Tuesday at 3pm", 15, 0),
            ("Thursday at quarter past six", 18, 15),
            ("half past ten", 10, 30),
            ("Wednesday ten thirty works", 10, 30),
            ("tomorrow at three", 15, 0),
            ("six fifteen is good", 18, 15),
            ("at 3:30", 15, 30),
            ("eleven o'clock in the morning", 11, 0),
            ("下晝兩點一刻", 14, 15),
        ] {
            let m = read(text, today);
            let got: Vec<_> = m.clocks.iter().map(|c| c.time(m.part_of(c))).collect();
            assert_eq!(got, [time(hour, minute, 0, 0)], "{text}");
        }
        for text in ["at least two bedrooms", "at twelve million", "點解咁貴", "三房", "about nine minutes"]
        {
            assert!(read(text, today).clocks.is_empty(), "{text}");
        }
    }
}
