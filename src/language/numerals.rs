//! Numbers as people say them: 千二萬, 一千二百萬, 1.2千萬, 六球半, 兩萬二, 廿三, 22k, HK$9.8m, "twelve million".
//!
//! [`number_at`] reads one number of a folded text; [`find_amounts`] finds all of a text with the unit each is in.
//! What a number is compared with is left to the caller.

use super::{Folded, fold, lexicon};
use std::ops::Range;

/// A number in a folded text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number {
    /// Where it ends, in folded characters, its multiplier taken in.
    pub end: usize,
    /// Its value.
    pub value: f64,
    /// Whether a multiplier (萬, k, million) was said.
    pub scaled: bool,
    /// Whether a currency was said before it.
    pub currency: bool,
    /// How far above `value` it may be, where it was left open: 三百幾萬 is 3,000,000 and up to 1,000,000 more. Else 0.
    pub vague: f64,
}

/// What an amount is an amount of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Nothing was said.
    None,
    /// Hong Kong dollars: said, or clear from the multiplier.
    Hkd,
    /// Square feet (square metres are converted).
    SqFt,
    /// Years.
    Years,
    /// Minutes.
    Minutes,
    /// Bedrooms.
    Bedrooms,
    /// Bathrooms.
    Bathrooms,
    /// Another unit that the lexicon knows.
    Other,
}

/// A number with its unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Amount {
    /// The bytes of the text as given, unit included.
    pub span: Range<usize>,
    /// Its value, in `unit`.
    pub value: f64,
    /// What it counts.
    pub unit: Unit,
    /// Whether a multiplier (萬, k, million) was said.
    pub scaled: bool,
}

/// Square feet in a square metre.
pub const SQFT_PER_SQM: f64 = 10.763_910_4;

fn digit(c: char) -> Option<f64> {
    Some(match c {
        '零' | '〇' => 0.0,
        '一' | '壹' => 1.0,
        '二' | '两' | '贰' => 2.0,
        '三' | '叁' => 3.0,
        '四' | '肆' => 4.0,
        '五' | '伍' => 5.0,
        '六' | '陆' => 6.0,
        '七' | '柒' => 7.0,
        '八' | '捌' => 8.0,
        '九' | '玖' => 9.0,
        _ => return None,
    })
}

fn small_unit(c: char) -> Option<f64> {
    Some(match c {
        '十' | '拾' => 10.0,
        '百' | '佰' => 100.0,
        '千' | '仟' => 1000.0,
        _ => return None,
    })
}

fn big_unit(c: char) -> Option<f64> {
    Some(match c {
        '万' => 1e4,
        '球' => 1e6,
        '亿' => 1e8,
        _ => return None,
    })
}

/// Beyond this, HKD or anything else, no number says something of a flat, and `f64` no longer has each digit.
const BEYOND: f64 = 1e12;

/// The number that starts at `at`, if one does.
pub fn number_at(text: &Folded, at: usize) -> Option<Number> {
    let (start, currency) = currency_at(text, at);
    let number = chinese(text, start).or_else(|| english(text, start));
    number.filter(|n| n.value < BEYOND).map(|n| Number { currency, ..n })
}

fn currency_at(text: &Folded, at: usize) -> (usize, bool) {
    for prefix in ["hkd", "hk$", "港币", "$"] {
        if prefix.chars().enumerate().all(|(i, c)| text.at(at + i) == c) {
            let mut end = at + prefix.chars().count();
            while matches!(text.at(end), ' ' | '$') {
                end += 1;
            }
            return (end, true);
        }
    }
    (at, false)
}

/// Arabic digits with separators: the value and where it ends.
fn arabic(text: &Folded, at: usize) -> Option<(f64, usize)> {
    if !text.at(at).is_ascii_digit() || (at > 0 && text.at(at - 1).is_ascii_digit()) {
        return None;
    }
    let (mut digits, mut i) = (String::new(), at);
    loop {
        let c = text.at(i);
        if c.is_ascii_digit() {
            digits.push(c);
        } else if c == ','
            && !digits.contains('.')
            && (1..=3).all(|k| text.at(i + k).is_ascii_digit())
            && !text.at(i + 4).is_ascii_digit()
        {
        } else if c == '.' && !digits.contains('.') && text.at(i + 1).is_ascii_digit() {
            digits.push(c);
        } else {
            break;
        }
        i += 1;
    }
    Some((digits.parse().ok()?, i))
}

/// Chinese numerals, Arabic digits with Chinese or Latin multipliers, and mixtures.
fn chinese(text: &Folded, at: usize) -> Option<Number> {
    let (mut total, mut section, mut last) = (0.0_f64, 0.0_f64, 1.0_f64);
    let (mut pending, mut zero, mut any, mut scaled): (Option<f64>, bool, bool, bool) =
        (None, false, false, false);
    let (mut i, mut vague) = (at, 0.0);
    loop {
        let c = text.at(i);
        if let Some(d) = digit(c) {
            if let Some(p) = pending {
                // 二〇二六 is read by place; 兩三房 is two numbers.
                let by_place = last == 1.0 && (d == 0.0 || zero || positional(text, at));
                // 萬三五 is 13,500: two digits in the two places below the unit.
                if last >= 1000.0 && section == 0.0 && !zero && p < 10.0 && ends_amount(text, i + 1) {
                    total += (p * 10.0 + d) * last / 100.0;
                    pending = None;
                    i += 1;
                    break;
                }
                if !by_place {
                    break;
                }
                // A row of numerals without end is no number, and is not read to its end from each of them.
                if p > BEYOND {
                    return None;
                }
                pending = Some(p * 10.0 + d);
                zero |= d == 0.0;
            } else if d == 0.0 && any {
                zero = true;
            } else {
                pending = Some(d);
            }
            i += 1;
        } else if let Some((d, end)) = arabic(text, i) {
            if pending.is_some() || (any && d >= 10.0 && !scaled) {
                break;
            }
            pending = Some(d);
            i = end;
        } else if c == '廿' || c == '卅' {
            if pending.is_some() {
                break;
            }
            section += if c == '廿' { 20.0 } else { 30.0 };
            last = 10.0;
            i += 1;
        } else if let Some(u) = small_unit(c) {
            if pending.is_none() && any && last <= u {
                break;
            }
            section += pending.take().unwrap_or(1.0) * u;
            (last, zero) = (u, false);
            i += 1;
        } else if let Some(u) =
            big_unit(c).or_else(|| (c == ' ' && any).then(|| big_unit(text.at(i + 1))).flatten())
        {
            if pending.is_none() && section == 0.0 && (any || c == '球') {
                break;
            }
            section += flush(pending.take(), last, zero);
            vague *= u;
            total = (total + if section == 0.0 { 1.0 } else { section }) * u;
            (section, last, zero, scaled) = (0.0, u, false, true);
            i += if c == ' ' { 2 } else { 1 };
        } else if c == '半' && any && pending.is_none() && last >= 100.0 {
            section += last / 2.0;
            i += 1;
            any = true;
            break;
        } else if any && vague == 0.0 && leaves_open(text, i) {
            vague = match pending {
                Some(p) => place_of(p),
                None => last,
            };
            if vague < 10.0 {
                vague = 0.0;
                break;
            }
            i += 1;
            if scaled || big_unit(text.at(i)).is_none() {
                break;
            }
        } else {
            break;
        }
        any = true;
    }
    if !any {
        return None;
    }
    // 兩萬 2000 is not one number, but 2萬2 is.
    let value = total + section + flush(pending, last, zero);
    let (factor, end) = latin_multiplier(text, i);
    let scaled = scaled || factor > 1.0;
    Some(Number { end, value: value * factor, scaled, currency: false, vague: vague * factor })
}

/// Whether 幾 or 多 here leaves the number before it open (三百幾萬, 20多年) rather than opening a word of its own.
fn leaves_open(text: &Folded, at: usize) -> bool {
    matches!(text.at(at), '几' | '多')
        && !matches!(
            text.at(at + 1),
            '几' | '多'
                | '钱'
                | '银'
                | '时'
                | '耐'
                | '大'
                | '高'
                | '远'
                | '间'
                | '过'
                | '啲'
                | '些'
                | '少'
                | '于'
                | '谢'
                | '房'
                | '厅'
                | '楼'
                | '层'
        )
}

/// Whether a numeral can end before here: what follows is neither another nor something that it would count.
fn ends_amount(text: &Folded, at: usize) -> bool {
    let c = text.at(at);
    digit(c).is_none()
        && small_unit(c).is_none()
        && big_unit(c).is_none()
        && !matches!(
            c,
            '房' | '室'
                | '厅'
                | '厕'
                | '座'
                | '楼'
                | '层'
                | '个'
                | '间'
                | '伙'
                | '套'
                | '号'
                | '期'
                | '年'
                | '分'
        )
}

/// The lowest decimal place that is not nought: 100 of 300, 10 of 350.
fn place_of(n: f64) -> f64 {
    let mut place = 1.0;
    while n > 0.0 && n % (place * 10.0) == 0.0 {
        place *= 10.0;
    }
    place
}

/// Whether the digits from here are read by place: four or more in a row.
fn positional(text: &Folded, at: usize) -> bool {
    (0..4).all(|k| digit(text.at(at + k)).is_some())
}

/// A digit left over after a unit is in the next lower one: 兩萬二 is 22,000, 千二 is 1,200.
fn flush(pending: Option<f64>, last: f64, zero: bool) -> f64 {
    match pending {
        Some(d) if last >= 100.0 && !zero && d < 10.0 => d * last / 10.0,
        Some(d) => d,
        None => 0.0,
    }
}

fn latin_multiplier(text: &Folded, at: usize) -> (f64, usize) {
    let tail = |from: usize, word: &str| {
        word.chars().enumerate().all(|(k, c)| text.at(from + k) == c)
            && !text.at(from + word.len()).is_ascii_alphanumeric()
    };
    for (word, factor) in [("k", 1e3), ("w", 1e4), ("mn", 1e6), ("mm", 1e6), ("m", 1e6)] {
        if tail(at, word) {
            return (factor, at + word.len());
        }
    }
    let from = if text.at(at) == ' ' { at + 1 } else { at };
    for (word, factor) in [
        ("millions", 1e6),
        ("million", 1e6),
        ("mill", 1e6),
        ("mil", 1e6),
        ("mio", 1e6),
        ("thousand", 1e3),
        ("grand", 1e3),
        ("hundred", 1e2),
        ("billion", 1e9),
    ] {
        if tail(from, word) {
            return (factor, from + word.len());
        }
    }
    (1.0, at)
}

const WORDS: &[(&str, f64)] = &[
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("eleven", 11.0),
    ("twelve", 12.0),
    ("thirteen", 13.0),
    ("fourteen", 14.0),
    ("fifteen", 15.0),
    ("sixteen", 16.0),
    ("seventeen", 17.0),
    ("eighteen", 18.0),
    ("nineteen", 19.0),
    ("twenty", 20.0),
    ("thirty", 30.0),
    ("forty", 40.0),
    ("fifty", 50.0),
    ("sixty", 60.0),
    ("seventy", 70.0),
    ("eighty", 80.0),
    ("ninety", 90.0),
    ("hundred", 100.0),
    ("thousand", 1e3),
    ("million", 1e6),
];

/// English number words: "twenty two thousand", "nine and a half million" is not one of them.
fn english(text: &Folded, at: usize) -> Option<Number> {
    if !text.at(at).is_ascii_alphabetic() || (at > 0 && text.at(at - 1).is_ascii_alphanumeric()) {
        return None;
    }
    let (mut total, mut section, mut end, mut i, mut scaled) = (0.0, 0.0_f64, None, at, false);
    loop {
        let mut j = i;
        while text.at(j).is_ascii_alphabetic() {
            j += 1;
        }
        let word = text.slice(i..j);
        let Some(&(_, n)) = WORDS.iter().find(|(w, _)| *w == word) else { break };
        match n {
            100.0 if end.is_some() => section = section.max(1.0) * n,
            1e3 | 1e6 if end.is_some() => {
                total += section.max(1.0) * n;
                (section, scaled) = (0.0, true);
            }
            100.0 | 1e3 | 1e6 => break,
            n => section += n,
        }
        end = Some(j);
        if text.at(j) != ' ' {
            break;
        }
        i = j + 1;
        // "four hundred and fifty".
        if n == 100.0 && text.slice(i..(i + 4).min(text.chars.len())) == "and " {
            i += 4;
        }
    }
    end.map(|end| Number { end, value: total + section, scaled, currency: false, vague: 0.0 })
}

/// All numbers of a text with their units. Numbers in names ("第一城") are not told apart here: mask them first.
pub fn find_amounts(text: &str) -> Vec<Amount> {
    let folded = fold(text);
    let (mut out, mut at) = (Vec::new(), 0);
    while at < folded.chars.len() {
        let Some(n) = number_at(&folded, at) else {
            at += 1;
            continue;
        };
        let mut from = n.end;
        while matches!(folded.at(from), ' ' | '-' | '个') {
            from += 1;
        }
        let (end, unit, factor) = match lexicon().unit_at(&folded, from) {
            Some((end, unit, factor)) => (end, unit, factor),
            None if n.currency || (n.scaled && n.value >= 1000.0) => (n.end, Unit::Hkd, 1.0),
            None => (n.end, Unit::None, 1.0),
        };
        out.push(Amount { span: folded.original(at..end), value: n.value * factor, unit, scaled: n.scaled });
        at = end;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_say_them() {
        for (text, value) in [
            ("千二萬", 12e6),
            ("一千二百萬", 12e6),
            ("1,200萬", 12e6),
            ("1.2千萬", 12e6),
            ("六球", 6e6),
            ("六球半", 6.5e6),
            ("兩萬二", 22e3),
            ("廿三", 23.0),
            ("22k", 22e3),
            ("$12M", 12e6),
            ("12 mil", 12e6),
            ("HK$9.8m", 9.8e6),
            ("兩千五百万", 25e6),
            ("三萬五", 35e3),
            ("一百零五萬", 1.05e6),
            ("950 萬", 9.5e6),
            ("2萬2", 22e3),
            ("十二", 12.0),
            ("二十五", 25.0),
            ("九百八十萬", 9.8e6),
            ("twelve million", 12e6),
            ("twenty two thousand", 22e3),
            ("千二", 1200.0),
            ("HK$9,500,000", 9.5e6),
            ("兩萬半", 25e3),
            ("億二", 1.2e8),
            ("二〇二六", 2026.0),
            ("五百", 500.0),
            ("万八", 18e3),
            ("一萬八千", 18e3),
            ("30", 30.0),
            ("6.5百万", 6.5e6),
            ("萬二蚊", 12e3),
            ("1千2百萬", 12e6),
        ] {
            let n = number_at(&fold(text), 0).unwrap_or_else(|| panic!("{text}"));
            assert!((n.value - value).abs() < 1e-6, "{text}: {} != {value}", n.value);
        }
        assert_eq!(number_at(&fold("兩三房"), 0).unwrap().value, 2.0);
        assert!(number_at(&fold("球場"), 0).is_none());
        assert!(number_at(&fold("999999999999999999999999"), 0).is_none());
    }

    #[test]
    fn amounts_carry_their_unit_and_their_words() {
        let text = "想搵五百呎樓下，八百萬以內，兩房";
        let found = find_amounts(text);
        let got: Vec<_> = found.iter().map(|a| (&text[a.span.clone()], a.value, a.unit)).collect();
        assert_eq!(
            got,
            [("五百呎", 500.0, Unit::SqFt), ("八百萬", 8e6, Unit::Hkd), ("兩房", 2.0, Unit::Bedrooms)]
        );
    }
}
