//! The parts of a Hong Kong address inside a question: 3座18樓H室, "Flat H, 18/F, Block 3", 金殿閣12C, "18H Block 3".
//!
//! One part is read at a time; the parts may come in any order, and how they fit together is decided elsewhere.

use super::query::{Cond, Test};
use crate::language::numerals::{Number, number_at};
use crate::language::{Folded, chinese::is_han, fold, lexicon};

/// A part of an address.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// The number or letter of a block, folded.
    Block(String),
    /// The floor as the lift shows it; 0 is the ground floor.
    Floor(i64),
    /// The flat, in upper case.
    Unit(String),
}

impl Part {
    /// The condition that this part makes.
    pub fn cond(&self) -> Cond {
        match self {
            Self::Block(key) => Cond::new("block", Test::Block(key.clone())),
            Self::Floor(n) => Cond::new("floor", Test::Numbers(vec![*n])),
            Self::Unit(u) => Cond::new("unit", Test::OneOf(vec![u.clone()])),
        }
    }
}

/// What stood right before, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// The name of an estate or a block.
    Place,
    /// The number of a block.
    Block,
    /// A floor.
    Floor,
    /// Anything else.
    Other,
}

/// No lift in Hong Kong goes higher.
const TOP_FLOOR: f64 = 120.0;

/// Reads what starts at `at`: where it ends and what it is.
pub fn part_at(text: &Folded, at: usize, before: Before) -> Option<(usize, Vec<Part>)> {
    let joined = at > 0 && text.at(at - 1).is_ascii_alphanumeric() && text.at(at).is_ascii_alphanumeric();
    // "YOHO Town2座": a digit right after the letters of a name begins a part.
    if joined
        && !(before == Before::Place && text.at(at).is_ascii_digit() && text.at(at - 1).is_ascii_alphabetic())
    {
        return None;
    }
    dashed(text, at, before)
        .or_else(|| flat(text, at))
        .or_else(|| block(text, at))
        .or_else(|| floor_words(text, at))
        .or_else(|| numbered(text, at, before))
        .or_else(|| lettered(text, at, before))
}

fn skip(text: &Folded, mut at: usize, what: &[char]) -> usize {
    while what.contains(&text.at(at)) {
        at += 1;
    }
    at
}

/// The word from a list that starts here, whole.
fn word(text: &Folded, at: usize, words: &[&str]) -> Option<usize> {
    words.iter().find_map(|w| {
        let end = at + w.chars().count();
        (w.chars().enumerate().all(|(i, c)| text.at(at + i) == c)
            && !(w.ends_with(|c: char| c.is_ascii_alphabetic()) && text.at(end).is_ascii_alphabetic()))
        .then_some(end)
    })
}

/// Letters and digits from here, if there are one to `most` of them.
fn short(text: &Folded, at: usize, most: usize) -> Option<(usize, String)> {
    let mut end = at;
    while text.at(end).is_ascii_alphanumeric() {
        end += 1;
    }
    // "flat 30,708,000" is the beginning of an amount, "Flat 3,18/F" is a flat.
    let thousands = text.at(end) == ','
        && (1..=3).all(|k| text.at(end + k).is_ascii_digit())
        && !text.at(end + 4).is_ascii_digit();
    (end > at && end - at <= most && !thousands).then(|| (end, text.slice(at..end)))
}

fn single_letter(s: &str) -> bool {
    s.len() == 1 && s.as_bytes()[0].is_ascii_alphabetic()
}

/// "T3-18-H", and "3-18-H" after a name: block, floor and flat.
fn dashed(text: &Folded, at: usize, before: Before) -> Option<(usize, Vec<Part>)> {
    if !text.at(at).is_ascii_alphanumeric() {
        return None;
    }
    let after = word(text, at, &["tower", "block", "blk"]).unwrap_or(at);
    let mut start = skip(text, after, &[' ', '.', '#']);
    let mut named = after > at;
    let lettered = text.at(at + 1).is_ascii_alphabetic() && text.at(at + 2) == '-';
    if !named && matches!(text.at(at), 't' | 'b') && (text.at(at + 1).is_ascii_digit() || lettered) {
        (named, start) = (true, at + 1);
    }
    let (end, key) = short(text, start, 3)?;
    // The tower alone: "T3 18H".
    if start == at + 1 && text.at(end) != '-' {
        let tower = text.at(at) == 't' && key.chars().all(|c| c.is_ascii_digit()) && before == Before::Place;
        return tower.then(|| (end, vec![Part::Block(key)]));
    }
    let (floor_end, floor) = short(text, end + 1, 3).filter(|_| text.at(end) == '-')?;
    let (unit_end, unit) = short(text, floor_end + 1, 2).filter(|_| text.at(floor_end) == '-')?;
    let floor: i64 = floor.parse().ok().filter(|f| *f as f64 <= TOP_FLOOR)?;
    let whole = single_letter(&unit) || unit.chars().all(|c| c.is_ascii_digit());
    (whole && (named || before == Before::Place))
        .then(|| (unit_end, vec![Part::Block(key), Part::Floor(floor), Part::Unit(unit.to_uppercase())]))
}

/// "Flat H", "unit 3", "rm 12C".
fn flat(text: &Folded, at: usize) -> Option<(usize, Vec<Part>)> {
    let after = word(text, at, &["flat", "unit", "room", "rm", "apt", "apartment"])?;
    let start = skip(text, after, &[' ', '.', '#']);
    let (end, s) = short(text, start, 4)?;
    let then_number = text.at(skip(text, end, &[' '])).is_ascii_digit();
    if single_letter(&s) && (s != "a" || text.is_upper(start) || ends(text, end) || then_number) {
        return Some((end, vec![Part::Unit(s.to_uppercase())]));
    }
    let digits = s.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let letters = &s[digits.len()..];
    match (digits.parse::<i64>(), letters.len()) {
        (Ok(n), 0) if n <= 99 && start > after => Some((end, vec![Part::Unit(n.to_string())])),
        (Ok(n), 1) if n as f64 <= TOP_FLOOR => {
            Some((end, vec![Part::Floor(n), Part::Unit(letters.to_uppercase())]))
        }
        _ => None,
    }
}

/// One word for a number, where the numeral reader would run on: "six" of "tower six twenty nine c".
fn spoken_number(text: &Folded, at: usize) -> Option<(usize, i64)> {
    let mut end = at;
    while text.at(end).is_ascii_alphabetic() {
        end += 1;
    }
    let n =
        number_at(&fold(&text.slice(at..end)), 0).filter(|n| n.end == end - at && n.value.fract() == 0.0)?;
    (end - at > 2 && n.value < 100.0).then_some((end, n.value as i64))
}

fn ends(text: &Folded, at: usize) -> bool {
    matches!(text.at(at), '\0' | ',' | '.' | '?' | '!' | '/' | ')' | '-')
}

/// "Tower 9", "Block H", "blk 3".
fn block(text: &Folded, at: usize) -> Option<(usize, Vec<Part>)> {
    if let Some(after) = word(text, at, &["house"]) {
        let start = skip(text, after, &[' ', '.', '#']);
        let (end, s) = short(text, start, 3)?;
        let key = (single_letter(&s) && text.is_upper(start)) || s.chars().all(|c| c.is_ascii_digit());
        let alone = ends(text, end) || text.is_upper(at) || (single_letter(&s) && s != "a" && s != "i");
        return (key && alone || single_letter(&s) && ends(text, end)).then(|| (end, vec![Part::Block(s)]));
    }
    let after = word(text, at, &["tower", "block", "blk", "twr", "tw"])?;
    let start = skip(text, after, &[' ', '.', '#']);
    if let Some((end, n)) = spoken_number(text, start) {
        return Some((end, vec![Part::Block(n.to_string())]));
    }
    let (end, s) = short(text, start, 3)?;
    let known = single_letter(&s) || s.chars().next().is_some_and(|c| c.is_ascii_digit());
    (known && (s != "a" || text.is_upper(start) || ends(text, end))).then(|| (end, vec![Part::Block(s)]))
}

/// "G/F", "floor 12", "level 3".
fn floor_words(text: &Folded, at: usize) -> Option<(usize, Vec<Part>)> {
    if let Some(end) = word(text, at, &["g/f", "ground floor"]) {
        return Some((end, vec![Part::Floor(0)]));
    }
    let after = word(text, at, &["floor", "level", "lvl"])?;
    let n = number_at(text, skip(text, after, &[' ']))?;
    (!n.scaled && n.value <= TOP_FLOOR && n.value.fract() == 0.0 && text.at(n.end) != ' ')
        .then(|| (n.end, vec![Part::Floor(n.value as i64)]))
}

/// What begins with a number: 9座, 17樓, 12/F, "12th floor", 12C, 3室.
fn numbered(text: &Folded, at: usize, before: Before) -> Option<(usize, Vec<Part>)> {
    let start = if text.at(at) == '第' { at + 1 } else { at };
    let n = number_at(text, start)?;
    if let Some(parts) = joined_flat(text, start, &n, before) {
        return Some((n.end, parts));
    }
    if n.scaled || n.currency || n.value > TOP_FLOOR || n.value.fract() != 0.0 {
        // 12m and 30k after a block's name are flats; elsewhere they are money.
        return scaled_flat(text, start, before);
    }
    let value = n.value as i64;
    let next = skip(text, n.end, &[' ']);
    let c = text.at(next);
    if let Some(flat) = spoken_flat(text, start, &n, before) {
        return Some(flat);
    }
    if matches!(c, '座' | '栋') {
        return Some((next + 1, vec![Part::Block(value.to_string())]));
    }
    if matches!(c, '楼' | '层') && !"下龄盘花景面价市宇梯主中".contains(text.at(next + 1)) {
        return Some((next + 1, vec![Part::Floor(value)]));
    }
    if let Some(end) = word(text, n.end, &["/f", "/ f"]) {
        return Some((end, vec![Part::Floor(value)]));
    }
    let ordinal = word(text, n.end, &["th", "st", "nd", "rd"]).unwrap_or(n.end);
    if let Some(end) = word(text, skip(text, ordinal, &[' ']), &["floor", "fl"])
        && (ordinal > n.end || text.at(at).is_ascii_digit())
    {
        return Some((end, vec![Part::Floor(value)]));
    }
    // 四十六樓七室 is a flat; 三室兩廳 and 三室一衛 count rooms.
    let counts_on =
        || number_at(text, next + 1).is_some_and(|m| matches!(text.at(m.end), '厅' | '卫' | '房' | '厕'));
    if c == '室'
        && (text.at(start).is_ascii_digit() || before == Before::Floor && !counts_on())
        && (matches!(before, Before::Floor | Before::Block) || floor_or_block_at(text, next + 1))
    {
        return Some((next + 1, vec![Part::Unit(value.to_string())]));
    }
    if matches!(before, Before::Floor) && text.at(start).is_ascii_digit() {
        if ends(text, n.end) || text.at(next) == '号' {
            return Some((n.end, vec![Part::Unit(value.to_string())]));
        }
        let counted = lexicon().unit_at(text, next).is_some() || "个间套多几".contains(c);
        // 9樓1實用面積: a bare number right after the floor, and no count of anything.
        if at > 0 && "楼层".contains(text.at(at - 1)) && is_han(c) && !counted && value <= 99 {
            return Some((n.end, vec![Part::Unit(value.to_string())]));
        }
    }
    // 12-C after a name or a block.
    if c == '-'
        && next == n.end
        && matches!(before, Before::Place | Before::Block)
        && text.at(next + 1).is_ascii_alphabetic()
        && !text.at(next + 2).is_ascii_alphanumeric()
    {
        let unit = text.at(next + 1).to_ascii_uppercase().to_string();
        return Some((next + 2, vec![Part::Floor(value), Part::Unit(unit)]));
    }
    // 12C: a letter right after the number and nothing after that.
    if text.at(start).is_ascii_digit()
        && c.is_ascii_alphabetic()
        && next == n.end
        && !text.at(next + 1).is_ascii_alphanumeric()
    {
        let said = matches!(before, Before::Place | Before::Block)
            || text.is_upper(next)
            || text.at(next + 1) == '室';
        if c == 'f' && !matches!(text.at(next + 1), '室') && followed_by_flat(text, next + 1) {
            return Some((next + 1, vec![Part::Floor(value)]));
        }
        if said {
            let end = if text.at(next + 1) == '室' { next + 2 } else { next + 1 };
            return Some((end, vec![Part::Floor(value), Part::Unit(c.to_ascii_uppercase().to_string())]));
        }
    }
    None
}

/// 2201 after a name or a block: floor and flat written together, as it is done where flats have numbers.
fn joined_flat(text: &Folded, start: usize, n: &Number, before: Before) -> Option<Vec<Part>> {
    const MOST_FLATS: i64 = 16;
    let digits = text.slice(start..n.end);
    let plain = matches!(digits.len(), 3 | 4) && digits.bytes().all(|b| b.is_ascii_digit());
    if !plain || n.scaled || n.currency || !matches!(before, Before::Place | Before::Block) {
        return None;
    }
    let (floor, unit) = (n.value as i64 / 100, n.value as i64 % 100);
    let next = skip(text, n.end, &[' ']);
    // 1201呎, 1201萬, "1201 to 1500" count something: what may follow a flat is written out.
    let c = text.at(next);
    let apart = ends(text, n.end) && !matches!(text.at(n.end), '/' | '-' | ',' | '.')
        || matches!(text.at(n.end), ',' | '.') && !text.at(n.end + 1).is_ascii_digit();
    let follows = apart
        || matches!(
            c,
            '室' | '号'
                | '那'
                | '嗰'
                | '呢'
                | '这'
                | '有'
                | '系'
                | '是'
                | '的'
                | '嘅'
                | '单'
                | '实'
                | '管'
                | '几'
                | '多'
        )
        || word(text, next, &["is", "has", "please", "pls", "still", "how", "what", "which", "and"])
            .is_some();
    (floor >= 1 && (1..=MOST_FLATS).contains(&unit) && follows)
        .then(|| vec![Part::Floor(floor), Part::Unit(unit.to_string())])
}

/// "Twenty nine c" after a block, as it is dictated: the number in words and the letter apart.
fn spoken_flat(text: &Folded, start: usize, n: &Number, before: Before) -> Option<(usize, Vec<Part>)> {
    let worded = before == Before::Block && text.at(start).is_ascii_alphabetic() && text.at(n.end) == ' ';
    let letter = text.at(n.end + 1);
    (worded && letter.is_ascii_alphabetic() && !text.at(n.end + 2).is_ascii_alphanumeric()).then(|| {
        let unit = Part::Unit(letter.to_ascii_uppercase().to_string());
        (n.end + 2, vec![Part::Floor(n.value as i64), unit])
    })
}

/// Whether a floor or a block comes next: 5室10樓H座.
fn floor_or_block_at(text: &Folded, at: usize) -> bool {
    let next = skip(text, at, &[' ', ',']);
    numbered(text, next, Before::Other)
        .or_else(|| lettered(text, next, Before::Other))
        .is_some_and(|p| p.1.iter().any(|part| matches!(part, Part::Floor(_) | Part::Block(_))))
}

fn followed_by_flat(text: &Folded, at: usize) -> bool {
    let next = skip(text, at, &[' ', ',', '/', '-']);
    flat(text, next).is_some()
        || (text.at(next).is_ascii_alphabetic()
            && text.is_upper(next)
            && !text.at(next + 1).is_ascii_alphanumeric())
}

fn scaled_flat(text: &Folded, at: usize, before: Before) -> Option<(usize, Vec<Part>)> {
    if !matches!(before, Before::Place | Before::Block) {
        return None;
    }
    let (end, s) = short(text, at, 3)?;
    let letter = s.chars().last().filter(|c| "kmw".contains(*c) && text.is_upper(end - 1))?;
    // "Festival City, 14M is our limit": behind a comma, a flat is all that is said.
    let apart = at > 0 && text.at(at - 1) == ' ' && at > 1 && text.at(at - 2) == ',';
    if apart && !ends(text, end) {
        return None;
    }
    let floor: i64 = s.strip_suffix(letter)?.parse().ok()?;
    Some((end, vec![Part::Floor(floor), Part::Unit(letter.to_ascii_uppercase().to_string())]))
}

/// What begins with a letter: P座, H室, and the bare letter of a flat after its floor or block.
fn lettered(text: &Folded, at: usize, before: Before) -> Option<(usize, Vec<Part>)> {
    let c = text.at(at);
    if !c.is_ascii_alphabetic() || text.at(at + 1).is_ascii_alphanumeric() {
        return None;
    }
    let next = skip(text, at + 1, &[' ']);
    match text.at(next) {
        '座' | '栋' => return Some((next + 1, vec![Part::Block(c.to_string())])),
        '室' => return Some((next + 1, vec![Part::Unit(c.to_ascii_uppercase().to_string())])),
        _ => {}
    }
    let bare = matches!(before, Before::Floor | Before::Block)
        && (text.is_upper(at) || is_han(text.at(at + 1)) || ends(text, at + 1));
    let flat_word = text.is_upper(at)
        && (text.slice(next..(next + 2).min(text.chars.len()).max(next)) == "单位" || text.at(next) == '单');
    (bare || flat_word).then(|| (at + 1, vec![Part::Unit(c.to_ascii_uppercase().to_string())]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_an_address() {
        let read = |text: &str, before| part_at(&fold(text), 0, before).map(|p| p.1);
        let (b, f, u) = (|s: &str| Part::Block(s.into()), Part::Floor, |s: &str| Part::Unit(s.into()));
        for (text, before, parts) in [
            ("9座17樓", Before::Place, vec![b("9")]),
            ("十二座", Before::Place, vec![b("12")]),
            ("廿三樓A", Before::Other, vec![f(23)]),
            ("P座35樓", Before::Place, vec![b("p")]),
            ("Flat D, 16/F", Before::Other, vec![u("D")]),
            ("16/F, Tower 9", Before::Other, vec![f(16)]),
            ("Tower 21, 35D?", Before::Other, vec![b("21")]),
            ("35D?", Before::Block, vec![f(35), u("D")]),
            ("12C", Before::Place, vec![f(12), u("C")]),
            ("B實用幾多呎", Before::Floor, vec![u("B")]),
            ("3室", Before::Floor, vec![u("3")]),
            ("七室有冇騎樓", Before::Floor, vec![u("7")]),
            ("2201那套", Before::Block, vec![f(22), u("1")]),
            ("tower six twenty nine c", Before::Place, vec![b("6")]),
            ("twenty nine c last changed hands", Before::Block, vec![f(29), u("C")]),
            ("12th floor", Before::Other, vec![f(12)]),
            ("T3-18-H", Before::Place, vec![b("3"), f(18), u("H")]),
            ("12-C", Before::Block, vec![f(12), u("C")]),
            ("5室10樓H座", Before::Place, vec![u("5")]),
            ("House A, Marina", Before::Other, vec![b("a")]),
        ] {
            assert_eq!(read(text, before), Some(parts), "{text}");
        }
        for text in [
            "三室兩廳",
            "500呎樓下",
            "30k max",
            "12m budget",
            "三樓盤",
            "2br",
            "a flat in town",
            "flat 30,708,000",
        ] {
            assert_eq!(read(text, Before::Other), None, "{text}");
        }
    }
}
