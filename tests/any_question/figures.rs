//! The figures that a text shows, and the numbers that a question holds. What a reader would take for a figure is one:
//! digits with their multiplier, dates, Chinese numerals and English number words.

use branchbox::language::numerals::{SQFT_PER_SQM, number_at};
use branchbox::language::{chinese, fold};
use jiff::civil::Date;

/// A figure as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    pub shown: String,
    /// Its value, the multiplier taken in.
    pub value: f64,
    /// Half of its last place: how far rounding may have moved it.
    pub slack: f64,
}

/// What stands between two figures where something known was taken out.
const GAP: &str = "\u{1}";
const NUMERALS: &str = "〇零一二三四五六七八九十百千萬万億亿廿卅兩两";
const WORDS: [&str; 24] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred", "thousand",
    "million", "dozen",
];

/// Takes known words out of a text, longest first, so that the figures in a name are not taken for figures.
pub fn without<'a>(text: &str, known: impl IntoIterator<Item = &'a String>) -> String {
    let mut known: Vec<&String> = known.into_iter().filter(|k| !k.is_empty() && text.contains(*k)).collect();
    known.sort_by_key(|k| std::cmp::Reverse(k.len()));
    known.into_iter().fold(text.to_owned(), |text, k| text.replace(k, GAP))
}

/// The ways in which a reader may be shown a date.
pub fn dates(d: Date) -> Vec<String> {
    let (year, month, day) = (d.year(), d.month(), d.day());
    let name = d.strftime("%B").to_string();
    vec![
        d.to_string(),
        format!("{year}年{month}月{day}日"),
        format!("{day} {name} {year}"),
        format!("{day} {} {year}", &name[..3]),
    ]
}

/// The figures in digits.
pub fn figures(text: &str) -> Vec<Figure> {
    let chars: Vec<char> = text.chars().collect();
    let digit = |i: usize| chars.get(i).is_some_and(char::is_ascii_digit);
    let (mut out, mut i) = (Vec::new(), 0);
    while i < chars.len() {
        if !digit(i) {
            i += 1;
            continue;
        }
        let start = i;
        let mut plain = String::new();
        while digit(i) || (matches!(chars.get(i), Some(',' | '.')) && digit(i + 1)) {
            if chars[i] != ',' {
                plain.push(chars[i]);
            }
            i += 1;
        }
        let decimals = plain.split_once('.').map_or(0, |(_, d)| d.len());
        let mut tail = chars[i..].iter().skip_while(|c| **c == ' ').take(7).collect::<String>();
        tail.make_ascii_lowercase();
        let scale = [("萬", 1e4), ("万", 1e4), ("億", 1e8), ("亿", 1e8), ("million", 1e6)]
            .into_iter()
            .find_map(|(unit, factor)| tail.starts_with(unit).then_some(factor))
            .unwrap_or(1.0);
        // Several dots make no number (an address of a network): no value accounts for it.
        let value = plain.parse().unwrap_or(f64::NAN);
        out.push(Figure {
            shown: chars[start..i].iter().collect(),
            value: value * scale,
            slack: scale
                * 0.500_001
                * if decimals == 0 && scale == 1.0 { 0.0 } else { 0.1_f64.powi(decimals as i32) },
        });
    }
    out
}

/// The numerals and number words, without the multipliers that belong to digits before them (880萬).
pub fn spelt(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let (mut run, mut before) = (String::new(), ' ');
    for c in text.chars().chain([' ']) {
        let scales = before.is_ascii_digit() && "萬万億亿".contains(c);
        if NUMERALS.contains(c) && !scales {
            run.push(c);
        } else if !run.is_empty() {
            out.push(std::mem::take(&mut run));
        }
        before = c;
    }
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphabetic());
    out.extend(words.filter(|w| WORDS.contains(w)).map(str::to_owned));
    out
}

/// The numbers of questions.
#[derive(Default)]
pub struct Numbers {
    /// Read one after the other.
    said: Vec<f64>,
    /// Read from anywhere, in the middle of another too (三 of 兩三).
    within: Vec<f64>,
}

impl Numbers {
    /// Takes in the numbers of a question.
    pub fn add(&mut self, question: &str) {
        let folded = fold(question);
        let mut at = 0;
        while at < folded.chars.len() {
            let number = number_at(&folded, at);
            self.said.extend(number.map(|n| n.value));
            at = number.map_or(at + 1, |n| n.end);
        }
        self.within.extend((0..folded.chars.len()).filter_map(|at| number_at(&folded, at)).map(|n| n.value));
        let plain: String = folded.chars.iter().collect();
        self.within.extend(figures(&plain).iter().map(|f| f.value));
        // 2201 is flat 1 on floor 22.
        let joined = figures(&plain).into_iter().map(|f| f.value).filter(|v| (101.0..10_000.0).contains(v));
        self.within.extend(joined.flat_map(|v| [(v / 100.0).floor(), v % 100.0]));
    }

    /// Whether a value was said, as a question may mean it: in its multiplier (800 for 800萬, 5 of 5至7百萬), converted
    /// from square metres, or the ends of "about" (10 % either way).
    pub fn say(&self, value: f64) -> bool {
        let near = |v: f64| (v - value).abs() <= 0.5 + value.abs() * 1e-9;
        let means = [1.0, 0.9, 1.1].map(|about| [about, about * SQFT_PER_SQM]);
        let scaled = |n: f64| (0..=if n < 10_000.0 { 7 } else { 0 }).map(move |zeros| n * 10_f64.powi(zeros));
        self.within.iter().any(|n| near(*n))
            || self.said.iter().any(|n| scaled(*n).any(|v| means.iter().flatten().any(|mean| near(v * mean))))
    }
}

/// A text in every script that a reader may see it in.
pub fn scripts(text: &str) -> [String; 3] {
    [text.to_owned(), chinese::to_simplified(text), chinese::to_traditional(text)]
}

#[test]
fn figures_are_seen_whatever_their_form() {
    let seen = |text: &str| figures(text).iter().map(|f| f.value).collect::<Vec<_>>();
    assert_eq!(seen("HK$12,345.5、880萬, 1.5 million; Flat 3"), [12345.5, 8.8e6, 1.5e6, 3.0]);
    assert_eq!(spelt("第三座，twenty flats，880萬"), ["三", "twenty"]);
    let says = |question: &str, value: f64| {
        let mut numbers = Numbers::default();
        numbers.add(question);
        numbers.say(value)
    };
    assert!(says("八百萬以下", 8e6) && says("50平米", 538.2) && says("兩三房", 3.0) && says("800以下", 8e6));
    assert!(!says("八百萬", 9e6) && !says("兩房", 3.0));
    let known = ["10座".to_owned()];
    assert_eq!(seen(&without("康怡花園10座12樓", &known)), [12.0]);
}
