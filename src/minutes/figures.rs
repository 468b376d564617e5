//! Figures as they are said in a meeting: the numbers of `language::numerals`, with what only speech has. A decimal
//! in words ("thirteen point five million"), a half ("nine and a half million"), a range whose first end leaves out
//! the multiplier (五百到六百萬), and 千三 for thirteen million where a price is being talked about.

use super::cues::wishes;
use crate::language::numerals::number_at;
use crate::language::{Folded, Unit, lexicon};
use std::ops::Range;

/// How a figure bounds what is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    Max,
    Min,
    /// "cheaper than nine million" and the like: says which way, not whether that is wanted.
    Aside,
    None,
}

/// A figure, or a range of two.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figure {
    /// In folded characters, unit included.
    pub at: Range<usize>,
    pub value: f64,
    /// The upper end, for a range.
    pub upper: Option<f64>,
    pub unit: Unit,
    /// Whether a multiplier (萬, million) was said.
    pub scaled: bool,
    pub bound: Bound,
}

impl Figure {
    /// The figure as an amount of money, if it can be one. A bare 千三 or 六百八 counts ten thousands where `price`
    /// says that prices of flats are talked about.
    pub fn dollars(&self, price: bool) -> Option<(i64, Option<i64>)> {
        let factor = match self.unit {
            Unit::Hkd => 1.0,
            Unit::None if self.scaled && self.value >= 1000.0 => 1.0,
            Unit::None if price && !self.scaled && (200.0..10_000.0).contains(&self.value) => 1e4,
            Unit::None if self.value >= 3000.0 => 1.0,
            _ => return None,
        };
        let whole = |v: f64| (v * factor).round() as i64;
        (whole(self.value) >= 2000).then(|| (whole(self.value), self.upper.map(whole)))
    }
}

/// All figures of a text, left to right; `masked` characters (names of places) hold none.
pub(super) fn figures(text: &Folded, masked: &[bool]) -> Vec<Figure> {
    let all = 0..text.chars.len();
    let mut masked = masked.to_vec();
    for hit in wishes().shield.find(&text.chars, &all) {
        masked[hit.at].fill(true);
    }
    let mut out: Vec<Figure> = Vec::new();
    let mut at = 0;
    while at < text.chars.len() {
        match (!masked[at]).then(|| figure_at(text, at)).flatten() {
            Some(figure) => {
                at = figure.at.end.max(at + 1);
                out.push(figure);
            }
            None => at += 1,
        }
    }
    let mut out = ranges(text, out);
    bound(text, &mut out);
    echo(&mut out);
    out
}

/// "ten million but we could stretch to eleven": a bounded bare figure takes the multiplier of the one before.
fn echo(found: &mut [Figure]) {
    for i in 1..found.len() {
        let (before, after) = found.split_at_mut(i);
        let (said, bare) = (&before[i - 1], &mut after[0]);
        let factor = if said.value >= 1e6 { 1e6 } else { 1e3 };
        let close = (said.value * 0.6..=said.value * 1.7).contains(&(bare.value * factor));
        let bounded = matches!(bare.bound, Bound::Max | Bound::Min);
        if said.unit == Unit::Hkd
            && said.scaled
            && bare.unit == Unit::None
            && !bare.scaled
            && bounded
            && close
        {
            bare.value *= factor;
            (bare.scaled, bare.unit) = (true, Unit::Hkd);
        }
    }
}

fn figure_at(text: &Folded, at: usize) -> Option<Figure> {
    let n = number_at(text, at)?;
    let (mut end, mut value, mut scaled) = (n.end, n.value, n.scaled);
    if !n.scaled
        && let Some((to, decimal, factor)) = spoken_decimal(text, n.end)
    {
        (end, value, scaled) = (to, (n.value + decimal) * factor, factor > 1.0);
    }
    // A day of the month, a clock time, a block or a floor is no figure.
    let mut from = end;
    while matches!(text.at(from), ' ' | '-' | '个' | '间') {
        from += 1;
    }
    let below = text.at(end) == '楼' && text.at(end + 1) == '下';
    if !below
        && matches!(
            text.at(end),
            '号' | '月' | '点' | '楼' | '座' | '期' | '成' | '次' | '位' | '岁' | '%' | ':'
        )
    {
        return None;
    }
    let (end, unit, factor) = match lexicon().unit_at(text, from) {
        Some((end, unit, factor)) if unit != Unit::Other => (end, unit, factor),
        Some((end, ..)) if text.slice(from..end).contains("校网") || text.at(from) == 's' => {
            (end, Unit::Other, 1.0)
        }
        _ if n.currency || (scaled && value >= 1000.0) => (end, Unit::Hkd, 1.0),
        _ => {
            let near = end..(end + 5).min(text.chars.len());
            let dollars = wishes().money.find(&text.chars, &near);
            match dollars.iter().find(|h| h.sense == "dollars" && h.at.start <= end + 1) {
                Some(hit) => (hit.at.end, Unit::Hkd, 1.0),
                None => (end, Unit::None, 1.0),
            }
        }
    };
    if unit == Unit::SqFt && value < 100.0 {
        value = hundreds(text, at..n.end).unwrap_or(value);
    }
    Some(Figure { at: at..end, value: value * factor, upper: None, unit, scaled, bound: Bound::None })
}

/// "five fifty square feet": a digit and a number of two digits, which the numeral reader adds up.
fn hundreds(text: &Folded, at: Range<usize>) -> Option<f64> {
    let words = text.slice(at.clone());
    let first = number_at(&crate::language::fold(words.split_once(' ')?.0), 0)?;
    let rest = number_at(text, at.start + words.find(' ')? + 1)?;
    let spoken = (1.0..=20.0).contains(&first.value) && (10.0..100.0).contains(&rest.value);
    spoken.then_some(first.value * 100.0 + rest.value)
}

/// " point five million", " and a half million": where it ends, the decimal, the multiplier.
fn spoken_decimal(text: &Folded, at: usize) -> Option<(usize, f64, f64)> {
    let rest = text.slice(at..(at + 40).min(text.chars.len()));
    let multiplier = |from: usize| {
        let tail = text.slice(from..(from + 10).min(text.chars.len()));
        [(" million", 1e6), (" thousand", 1e3)]
            .into_iter()
            .find(|(word, _)| tail.starts_with(word))
            .map_or((from, 1.0), |(word, factor)| (from + word.len(), factor))
    };
    if rest.starts_with(" and a half") {
        let (end, factor) = multiplier(at + " and a half".len());
        return Some((end, 0.5, factor));
    }
    let start = at + if rest.starts_with(" point ") { " point ".len() } else { return None };
    let (mut end, mut decimal, mut place) = (start, 0.0, 0.1);
    while let Some(digit) = number_at(text, end).filter(|d| d.value < 10.0 && d.value.fract() == 0.0) {
        decimal += digit.value * place;
        place /= 10.0;
        // "five million" is read as one number: only its digit is wanted here.
        end = digit.end;
        if text.at(end) == ' ' && number_at(text, end + 1).is_some_and(|d| d.value < 10.0) {
            end += 1;
        } else {
            break;
        }
    }
    if end == start {
        // "point five million": the numeral reader took the multiplier with it.
        let whole = number_at(text, start).filter(|n| n.scaled)?;
        let factor = if whole.value >= 1e6 { 1e6 } else { 1e3 };
        return (whole.value / factor < 10.0).then_some((whole.end, whole.value / factor / 10.0, factor));
    }
    let (end, factor) = multiplier(end);
    Some((end, decimal, factor))
}

/// Joins the two ends of a range; the first takes the unit and the multiplier of the second.
fn ranges(text: &Folded, found: Vec<Figure>) -> Vec<Figure> {
    let mut out: Vec<Figure> = Vec::new();
    for figure in found {
        let joined = out.last_mut().filter(|before| {
            before.upper.is_none()
                && (before.unit == Unit::None || before.unit == figure.unit)
                && between(text, before.at.end..figure.at.start)
        });
        match joined {
            Some(before) => {
                let mut lower = before.value;
                if figure.scaled && !before.scaled {
                    let fits = |f: &&f64| (figure.value * 0.2..figure.value * 1.001).contains(&(lower * **f));
                    lower *= [1.0, 1e4, 1e6, 1e3].iter().find(fits).unwrap_or(&1.0);
                }
                if lower < figure.value {
                    *before = Figure {
                        at: before.at.start..figure.at.end,
                        value: lower,
                        upper: Some(figure.value),
                        scaled: figure.scaled || before.scaled,
                        ..figure
                    };
                } else {
                    out.push(figure);
                }
            }
            None => out.push(figure),
        }
    }
    out
}

/// Whether what stands between two figures makes them a range (nothing does in 兩三房).
fn between(text: &Folded, gap: Range<usize>) -> bool {
    let words = text.slice(gap.clone());
    let words = words.trim();
    if words.is_empty() {
        return gap.is_empty() && !text.at(gap.start).is_ascii();
    }
    let hits = wishes().bound.find(&text.chars, &gap);
    hits.iter().any(|h| h.sense == "range" && text.slice(h.at.clone()).trim() == words)
}

/// Gives every figure the bound that stands beside it.
fn bound(text: &Folded, found: &mut [Figure]) {
    let all = 0..text.chars.len();
    let hits = wishes().bound.find(&text.chars, &all);
    for i in 0..found.len() {
        let left = i.checked_sub(1).map_or(0, |p| found[p].at.end);
        let right = found.get(i + 1).map_or(text.chars.len(), |n| n.at.start);
        let at = found[i].at.clone();
        let latin = text.at(at.start).is_ascii_alphanumeric();
        let (before, after) = if latin { (14, 24) } else { (6, 4) };
        let mut best = Bound::None;
        for hit in &hits {
            let near_before =
                hit.at.end <= at.start && hit.at.start >= left && at.start - hit.at.end <= before;
            let near_after = hit.at.start >= at.end && hit.at.end <= right && hit.at.start - at.end <= after;
            // 房起 and 呎以內: the unit may hold the bound's first character.
            let inside = hit.at.start >= at.start && hit.at.end <= at.end;
            let new = match hit.sense {
                "max" if near_before || near_after || inside => Bound::Max,
                "min" if near_before || near_after => Bound::Min,
                "less" | "more" if near_before => Bound::Aside,
                _ => continue,
            };
            if best == Bound::None || near_before {
                best = new;
            }
        }
        found[i].bound = best;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::fold;

    fn read(text: &str) -> Vec<Figure> {
        let folded = fold(text);
        let masked = vec![false; folded.chars.len()];
        figures(&folded, &masked)
    }

    #[test]
    fn decimals_in_words() {
        for (text, value) in [
            ("thirteen point five million", 13.5e6),
            ("nine and a half million", 9.5e6),
            ("ten point seven million dollars", 10.7e6),
            ("twenty-two thousand", 22e3),
            ("一千三百五十萬", 13.5e6),
        ] {
            let found = read(text);
            assert!((found[0].value - value).abs() < 1.0, "{text}: {found:?}");
        }
    }

    #[test]
    fn a_range_shares_its_multiplier() {
        for (text, low, high) in [
            ("七百到八百萬", 7e6, 8e6),
            ("九百至一千萬", 9e6, 10e6),
            ("between eighteen and twenty million", 18e6, 20e6),
            ("兩三房", 2.0, 3.0),
            ("two or three bedrooms", 2.0, 3.0),
        ] {
            let found = read(text);
            assert_eq!((found[0].value, found[0].upper), (low, Some(high)), "{text}");
        }
    }

    #[test]
    fn bounds_stand_beside() {
        for (text, bound) in [
            ("最多五百呎", Bound::Max),
            ("實用起碼五百呎", Bound::Min),
            ("五百呎以內", Bound::Max),
            ("唔好細過五百呎", Bound::Min),
            ("唔好大過五百呎", Bound::Max),
            ("at least two bedrooms", Bound::Min),
            ("no more than five minutes", Bound::Max),
            ("平過九百萬我驚", Bound::Aside),
        ] {
            assert_eq!(read(text)[0].bound, bound, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_figure() {
        assert!(read("千祈唔好低層").is_empty());
        assert!(read("一定要十二月").iter().all(|f| f.dollars(true).is_none()));
        assert_eq!(read("千三")[0].dollars(true), Some((13_000_000, None)));
        assert_eq!(read("千三")[0].dollars(false), None);
    }
}
