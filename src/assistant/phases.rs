//! Phases that share one name: 逸瓏灣1期同2期, 一期二期都得. The second is written without its development's name.

use super::scan::{Kind, Token};
use crate::language::numerals::number_at;
use crate::language::{Folded, Gazetteer, PlaceKind, fold_str};

/// How many characters may part two phases: 同, 、, " and ".
const APART: usize = 2;

/// Makes places of the phases that follow a phase of the same development.
pub fn siblings(text: &Folded, places: &Gazetteer, tokens: &mut Vec<Token>) {
    let mut i = 0;
    while i < tokens.len() {
        if let Some(sibling) = sibling(text, places, &tokens[i]) {
            let (from, to) = (tokens[i].at.end, sibling.at.end);
            let parted = from < sibling.at.start;
            let gap = from..sibling.at.start;
            tokens.retain(|t| t.at.start < from || t.at.start >= to);
            if parted {
                let and = Kind::Words(vec!["filler:words", "word:and"]);
                tokens.insert(i + 1, Token { at: gap, kind: and });
                i += 1;
            }
            tokens.insert(i + 1, sibling);
        }
        i += 1;
    }
}

/// The phase that is named right after this one, if one is.
fn sibling(text: &Folded, places: &Gazetteer, token: &Token) -> Option<Token> {
    let Kind::Place(first) = &token.kind else { return None };
    if first.place.kind != PlaceKind::Estate {
        return None;
    }
    let name = fold_str(&first.place.name_zh);
    let stem = name.strip_suffix('期')?.trim_end_matches(|c: char| number_at(&fold_one(c), 0).is_some());
    let stem = stem.strip_suffix('第').unwrap_or(stem);
    let parts =
        |c: char| matches!(c, '同' | '和' | '及' | '与' | '或' | '定' | '、' | ',' | '/' | ' ' | '系');
    let end = token.at.end;
    let skipped = (0..=APART).find(|&k| !parts(text.at(end + k)))?;
    let start = end + skipped + usize::from(text.at(end + skipped) == '第');
    let n = number_at(text, start).filter(|n| text.at(n.end) == '期' && n.value.fract() == 0.0)?;
    let named = format!("{stem}{}期", n.value);
    let place = places.places_named(&named).into_iter().find(|p| p.kind == PlaceKind::Estate)?.clone();
    let at = end + skipped..n.end + 1;
    let found = crate::language::PlaceMatch {
        span: text.original(at.clone()),
        at: at.clone(),
        place,
        ..(**first).clone()
    };
    Some(Token { at, kind: Kind::Place(Box::new(found)) })
}

/// One character as a text of its own.
fn fold_one(c: char) -> Folded {
    crate::language::fold(c.encode_utf8(&mut [0; 4]))
}
