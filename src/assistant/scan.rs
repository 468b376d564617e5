//! A question to tokens: references, places, parts of an address, numbers with their units, phrases of the lexicon,
//! and what is left over. The longest reading at a place wins.

use super::address::{Before, Part, part_at};
use super::own_words::OwnWords;
use crate::language::chinese::is_han;
use crate::language::{Folded, Gazetteer, PlaceKind, PlaceMatch, lexicon, numerals};
use std::ops::Range;

/// A stretch of the question that was understood as one thing.
#[derive(Debug, Clone)]
pub struct Token {
    /// Where it is, in folded characters.
    pub at: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// What a token is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A listing's reference, in capitals; whether the base has it.
    Ref(String, bool),
    /// A place.
    Place(Box<PlaceMatch>),
    /// Part of an address.
    Part(Part),
    /// A number, its value in the unit's measure, and the unit ("sqft", "bedrooms", …) or ""; `vague` as in
    /// [`numerals::Number`].
    Number { value: f64, unit: &'static str, scaled: bool, currency: bool, vague: f64 },
    /// A phrase of the lexicon and its concepts.
    Words(Vec<&'static str>),
    /// The end of a clause.
    Break,
    /// Letters that nothing explains.
    Other,
}

impl Token {
    /// Whether the token stands for a concept.
    pub fn is(&self, concept: &str) -> bool {
        matches!(&self.kind, Kind::Words(c) if c.contains(&concept))
    }

    /// The names of its concepts in a group.
    pub fn group<'a>(&'a self, group: &'a str) -> impl Iterator<Item = &'static str> + 'a {
        let all: &[&'static str] = if let Kind::Words(c) = &self.kind { c } else { &[] };
        all.iter().filter_map(move |c| c.strip_prefix(group)?.strip_prefix(':'))
    }

    /// Whether it says nothing of its own.
    pub fn is_filler(&self) -> bool {
        let says_nothing = |c: &&str| {
            c.starts_with("filler:") || c.starts_with("adj:") || matches!(*c, "word:have" | "word:follow")
        };
        matches!(&self.kind, Kind::Words(c) if c.iter().all(says_nothing))
    }

    /// Whether it is a word of letters that nothing explains.
    pub fn is_unknown_word(&self) -> bool {
        matches!(self.kind, Kind::Other) && self.at.len() >= 3
    }
}

/// Reads a question. `own` holds the branch's words beside the lexicon; `reference` gives the canonical form of a
/// reference that the base has.
pub fn scan(
    text: &Folded,
    places: &Gazetteer,
    own: &OwnWords,
    reference: impl Fn(&str) -> Option<String>,
) -> Vec<Token> {
    let found = places.find_in(text);
    let mut next_place = found.into_iter().peekable();
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while at < text.chars.len() {
        while next_place.next_if(|p| p.at.start < at).is_some() {}
        let (end, kinds) = if let Some((end, r, known)) = reference_at(text, at, &reference) {
            (end, vec![Kind::Ref(r, known)])
        } else if let Some(place) = next_place.next_if(|p| p.at.start == at && !outgrown(text, own, p)) {
            (place.at.end, vec![Kind::Place(Box::new(place))])
        } else if let Some((end, parts)) = part_at(text, at, before(&tokens)) {
            (end, parts.into_iter().map(Kind::Part).collect())
        } else if let Some((end, directions)) = compass_list(text, at) {
            (end, vec![Kind::Words(directions)])
        } else {
            // A phrase does not reach into a name: 想看海怡半島 is not about the sea.
            let name =
                next_place.peek().filter(|p| p.how == crate::language::How::Exact).map(|p| p.at.clone());
            match (phrase_or_number(text, own, at), name) {
                ((end, _), Some(name)) if name.start > at && name.start < end && name.end > end => {
                    (name.start, vec![Kind::Other])
                }
                (read, _) => read,
            }
        };
        for kind in kinds {
            push(&mut tokens, at..end, kind);
        }
        at = end;
    }
    tokens
}

/// A longer phrase of the lexicon over a place that was only recognised by a short name or by sound.
fn outgrown(text: &Folded, own: &OwnWords, place: &PlaceMatch) -> bool {
    use crate::language::How;
    place.how != How::Exact
        && own.or_lexicon(text, place.at.start).is_some_and(|(end, concepts)| {
            end >= place.at.end && concepts.iter().any(|c| !c.starts_with("filler"))
        })
}

fn push(tokens: &mut Vec<Token>, at: Range<usize>, kind: Kind) {
    match (&kind, tokens.last_mut()) {
        (Kind::Other, Some(Token { at: last, kind: Kind::Other })) if last.end == at.start => {
            last.end = at.end
        }
        _ => tokens.push(Token { at, kind }),
    }
}

fn before(tokens: &[Token]) -> Before {
    // A comma between the parts of an address does not part them.
    let last = tokens.iter().rev().take(3).find(|t| !matches!(t.kind, Kind::Break));
    match last.map(|t| &t.kind) {
        // No flat is addressed by its district: 大坑, 15M is an amount.
        Some(Kind::Place(m)) if matches!(m.place.kind, PlaceKind::Estate | PlaceKind::Block) => Before::Place,
        Some(Kind::Part(Part::Block(_))) => Before::Block,
        Some(Kind::Part(Part::Floor(_))) => Before::Floor,
        _ => Before::Other,
    }
}

fn reference_at(
    text: &Folded,
    at: usize,
    known: impl Fn(&str) -> Option<String>,
) -> Option<(usize, String, bool)> {
    if !text.at(at).is_ascii_alphabetic() || (at > 0 && text.at(at - 1).is_ascii_alphanumeric()) {
        return None;
    }
    let mut i = at;
    while text.at(i).is_ascii_alphabetic() {
        i += 1;
    }
    let letters = text.slice(at..i).to_uppercase();
    let gap = matches!(text.at(i), '-' | ' ') as usize;
    let dashed = text.at(i) == '-';
    let start = i + gap;
    let mut end = start;
    while text.at(end).is_ascii_digit() {
        end += 1;
    }
    if letters.len() > 6 || end - start < 3 || text.at(end).is_ascii_alphabetic() {
        return None;
    }
    let written = format!("{letters}-{}", text.slice(start..end));
    match known(&written) {
        Some(r) => Some((end, r, true)),
        None if dashed => Some((end, written, false)),
        None => None,
    }
}

/// Directions that share one word: 北、東北、西北向.
fn compass_list(text: &Folded, at: usize) -> Option<(usize, Vec<&'static str>)> {
    let (mut i, mut found) = (at, Vec::new());
    loop {
        let mut name = String::new();
        while matches!(text.at(i), '东' | '南' | '西' | '北') && name.chars().count() < 2 {
            name.push(text.at(i));
            i += 1;
        }
        found.push(match name.as_str() {
            "东" => "is:orientation=east",
            "南" => "is:orientation=south",
            "西" => "is:orientation=west",
            "北" => "is:orientation=north",
            "东南" => "is:orientation_en=South-east",
            "西南" => "is:orientation_en=South-west",
            "东北" => "is:orientation_en=North-east",
            "西北" => "is:orientation_en=North-west",
            _ => return None,
        });
        match text.at(i) {
            '、' | '/' | ',' | '同' | '和' | '或' => i += 1,
            '向' | '面' if found.len() > 1 => return Some((i + 1, found)),
            _ => return None,
        }
    }
}

fn phrase_or_number(text: &Folded, own: &OwnWords, at: usize) -> (usize, Vec<Kind>) {
    let phrase = own.or_lexicon(text, at);
    let number = numerals::number_at(text, at);
    if let Some(n) = number {
        let mut from = n.end;
        let is_unit = |at| lexicon().unit_at(text, at).is_some();
        while matches!(text.at(from), ' ' | '-' | '个' | '间' | '多' | '几' | '套') && !is_unit(from) {
            from += 1;
        }
        let unit = own.or_lexicon(text, from).and_then(|(end, concepts)| {
            let unit = concepts.iter().find_map(|c| c.strip_prefix("unit:"))?;
            Some((end, unit, lexicon().factor(unit)))
        });
        let wins = match &phrase {
            Some(p) => n.end > p.0 || (n.end == p.0 && unit.is_some()),
            None => true,
        };
        if wins {
            let (end, unit, factor) = unit.unwrap_or((n.end, "", 1.0));
            let kind = Kind::Number {
                value: n.value * factor,
                unit,
                scaled: n.scaled,
                currency: n.currency,
                vague: n.vague * factor,
            };
            return (end, vec![kind]);
        }
    }
    if let Some((end, concepts)) = phrase {
        return (end, vec![Kind::Words(concepts)]);
    }
    match text.at(at) {
        // Written without commas: 唔想行咁遠 東涌站五分鐘內. A space between Chinese words parts clauses.
        ' ' if at > 0 && is_han(text.at(at - 1)) && is_han(text.at(at + 1)) => (at + 1, vec![Kind::Break]),
        ' ' => (at + 1, vec![]),
        c if c.is_alphanumeric() => (at + 1, vec![Kind::Other]),
        ',' | '.' | '?' | '!' | ';' | ':' | '。' | '…' => (at + 1, vec![Kind::Break]),
        _ => (at + 1, vec![]),
    }
}
