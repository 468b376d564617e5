//! Days and times as they are said, worked out from when the meeting was recorded, in the branch's own zone.
//!
//! A weekday without a word before it is the next one after today; 下星期三 and "next Tuesday" are of the week that
//! begins next Monday; 廿八號 is the next 28th. A time without a half of the day is one at which flats are viewed
//! (one to seven is afternoon). What is not a date here (農曆新年前) is left without one rather than guessed.

use super::cues::{Hit, calendar};
use super::line::Line;
use crate::language::numerals::number_at;
use jiff::civil::{Date, Time, date, time};
use jiff::{Span, ToSpan};
use std::ops::Range;

/// A day that was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Day {
    /// In folded characters.
    pub at: Range<usize>,
    pub date: Date,
}

/// Half of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Am,
    Noon,
    Pm,
    Evening,
}

/// A clock time, its half of the day perhaps unsaid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clock {
    pub at: Range<usize>,
    hour: i8,
    minute: i8,
}

/// The days, halves of days and times of a segment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Moments {
    pub days: Vec<Day>,
    pub parts: Vec<(Range<usize>, Part)>,
    pub clocks: Vec<Clock>,
}

impl Moments {
    /// Reads a segment said on the day `today`.
    pub fn read(line: &Line, today: Date) -> Self {
        let all = line.all();
        let days = days(line, today);
        let parts = line.find(&calendar().part, &all).into_iter().map(|h| (h.at, part(h.sense))).collect();
        let mut taken = vec![false; line.text.chars.len()];
        for day in &days {
            taken[day.at.clone()].fill(true);
        }
        let clocks = clocks(line, &taken);
        Self { days, parts, clocks }
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

fn days(line: &Line, today: Date) -> Vec<Day> {
    let all = line.all();
    let mut out: Vec<Day> = Vec::new();
    let mut push = |at: Range<usize>, date: Option<Date>| {
        if let Some(date) = date
            && !out.iter().any(|d| d.at.start < at.end && at.start < d.at.end)
        {
            out.push(Day { at, date });
        }
    };
    for hit in line.find(&calendar().day, &all) {
        let days: i64 = hit.sense.parse().unwrap_or(0);
        push(hit.at, plus(today, days.days()));
    }
    for hit in line.find(&calendar().end, &all) {
        let month = if hit.sense == "next" { plus(today, 1.month()) } else { Some(today) };
        push(hit.at, month.map(Date::last_of_month));
    }
    for hit in line.find(&calendar().weekday, &all) {
        let week = week_before(line, hit.at.start);
        let start = week.as_ref().map_or(hit.at.start, |w| w.at.start);
        push(start..hit.at.end, weekday(today, &hit, week.map(|w| w.sense)));
    }
    for (at, month, day) in dates(line) {
        push(at, on(today, month, day));
    }
    out.sort_by_key(|d| d.at.start);
    out
}

fn plus(day: Date, span: Span) -> Option<Date> {
    day.checked_add(span).ok()
}

fn week_before(line: &Line, at: usize) -> Option<Hit> {
    let window = at.saturating_sub(12)..at;
    let gap = |h: &Hit| line.text.slice(h.at.end..at);
    line.find(&calendar().week, &window).into_iter().rev().find(|h| gap(h).trim().is_empty())
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
fn dates(line: &Line) -> Vec<(Range<usize>, Option<i64>, i64)> {
    let (text, all) = (&line.text, line.all());
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
    let months = line.find(&calendar().month, &all);
    let ordinals = line.find(&calendar().ordinal, &all);
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
        } else if let Some((start, day)) = number_before(line, month.at.start) {
            out.push((start..month.at.end, m, day));
        }
    }
    for o in &ordinals {
        let window = o.at.start.saturating_sub(12)..o.at.start;
        let the = line.find(&calendar().the, &window);
        let day_of_month = the.iter().any(|h| h.sense == "any" && o.at.start - h.at.end <= 1);
        let tail = o.at.end..(o.at.end + 10).min(text.chars.len());
        let none = line.find(&calendar().the, &tail);
        let other = none.iter().any(|h| h.sense == "not" && h.at.start - o.at.end <= 1);
        if day_of_month && !other && !out.iter().any(|d| d.0.start <= o.at.start && o.at.end <= d.0.end) {
            out.push((o.at.clone(), None, o.sense.parse().unwrap_or(0)));
        }
    }
    out
}

/// "4" of "4 December".
fn number_before(line: &Line, month: usize) -> Option<(usize, i64)> {
    let words = line.text.slice(month.saturating_sub(4)..month);
    let digits: String = words.trim().chars().rev().take_while(char::is_ascii_digit).collect();
    let day: i64 = digits.chars().rev().collect::<String>().parse().ok()?;
    (1..=31).contains(&day).then(|| (month - 1 - digits.len(), day))
}

fn clocks(line: &Line, taken: &[bool]) -> Vec<Clock> {
    let text = &line.text;
    let mut out: Vec<Clock> = Vec::new();
    for hit in line.find(&calendar().clock, &line.all()) {
        let past = match hit.sense {
            "past" if text.slice(hit.at.clone()).starts_with("half") => 30,
            "past" => 15,
            "to" => 45,
            _ => continue,
        };
        if let Some(n) = hour_at(line, hit.at.end + 1) {
            let hour = n.1 - i8::from(hit.sense == "to");
            out.push(Clock { at: hit.at.start..n.0, hour, minute: past });
        }
    }
    let mut at = 0;
    while at < text.chars.len() {
        let free = !taken[at] && !out.iter().any(|c| c.at.contains(&at));
        match free.then(|| clock_at(line, at)).flatten() {
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

fn hour_at(line: &Line, at: usize) -> Option<(usize, i8)> {
    let n = number_at(&line.text, at)?;
    let hour = (!n.scaled && n.value.fract() == 0.0).then_some(n.value as i64)?;
    (0..=23).contains(&hour).then_some((n.end, hour as i8))
}

fn clock_at(line: &Line, at: usize) -> Option<Clock> {
    let text = &line.text;
    let (end, hour) = english_hour(line, at).or_else(|| hour_at(line, at))?;
    if text.at(end) == '点' && !matches!(text.at(end + 1), '解' | '样') {
        let (end, minute) = chinese_minute(line, end + 1);
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
        && !followed_by_measure(line, n.end)
    {
        return Some(Clock { at: at..n.end, hour, minute: n.value as i8 });
    }
    let after = end..(end + 16).min(text.chars.len());
    let sure =
        line.find(&calendar().clock, &after).iter().any(|h| h.sense == "oclock" && h.at.start <= end + 1)
            || line.find(&calendar().part, &after).iter().any(|h| h.at.start <= end + 1);
    let before = at.saturating_sub(10)..at;
    let led = line.find(&calendar().clock, &before).iter().any(|h| h.sense == "at" && h.at.end + 1 == at);
    let said = text.slice(before).ends_with("at ") || text.slice(at..end).len() <= 2 || led;
    (sure || (led && said && !followed_by_measure(line, end) && (1..=12).contains(&hour))).then_some(Clock {
        at: at..end,
        hour,
        minute: 0,
    })
}

/// One English word for an hour, where the numeral reader would run on ("ten thirty").
fn english_hour(line: &Line, at: usize) -> Option<(usize, i8)> {
    let n = number_at(&line.text, at).filter(|n| !n.scaled && (16.0..60.0).contains(&n.value))?;
    let words = line.text.slice(at..n.end);
    let (first, _) = words.split_once(' ')?;
    let folded = crate::language::fold(first);
    let hour = number_at(&folded, 0).filter(|h| (1.0..=12.0).contains(&h.value))?;
    Some((at + first.len(), hour.value as i8))
}

/// Whether a number counts something, and so is no hour.
fn followed_by_measure(line: &Line, end: usize) -> bool {
    let rest = line.text.slice(end..(end + 12).min(line.text.chars.len()));
    let word = rest.split_whitespace().next().unwrap_or("").to_owned();
    let latin = rest.starts_with(' ') && !word.is_empty();
    latin
        && (["million", "thousand", "hundred", "point", "percent", "a", "flats", "or"]
            .contains(&word.as_str())
            || crate::language::lexicon().unit_at(&line.text, end + 1).is_some())
}

/// 半, 三個字, 一刻, 九 (forty-five), 零五分: where it ends, the minute.
fn chinese_minute(line: &Line, at: usize) -> (usize, i8) {
    let text = &line.text;
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
    use crate::language::Gazetteer;

    fn read(text: &str, today: Date) -> Moments {
        let gazetteer = Gazetteer::new([]);
        Moments::read(&Line::read(&gazetteer, 0, text), today)
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
