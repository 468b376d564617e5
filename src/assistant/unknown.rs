//! Names in a question that look like those of places and are none we know.

use super::scan::{Kind, Token};
use crate::language::{Folded, Gazetteer, is_english};

/// A stretch that nothing explains and that stands where a name stands.
pub fn unknown_name(text: &Folded, tokens: &[Token]) -> Option<String> {
    for (i, t) in tokens.iter().enumerate() {
        if !matches!(t.kind, Kind::Other) {
            continue;
        }
        let said = text.slice(t.at.clone());
        if said.chars().all(|c| c.is_ascii_alphanumeric()) {
            // A run of words is looked at once, from its first.
            let goes_on = i > 0
                && matches!(tokens[i - 1].kind, Kind::Other)
                && text.at(tokens[i - 1].at.start).is_ascii_alphabetic()
                && t.at.start <= tokens[i - 1].at.end + 1;
            if goes_on {
                continue;
            }
            if let Some(name) = unknown_latin(text, tokens, i) {
                return Some(name);
            }
            continue;
        }
        let han: String = said.chars().filter(|c| crate::language::chinese::is_han(*c)).collect();
        let long = han.chars().count() >= 2;
        // A name may hold a number or a plain word: 太古XX閣, XX花園.
        let tail: String = text.chars[t.at.start..]
            .iter()
            .take_while(|c| crate::language::chinese::is_han(**c))
            .take(8)
            .collect();
        let named = (2..=tail.chars().count()).any(|n| {
            let head: String = tail.chars().take(n).collect();
            n > han.chars().count().saturating_sub(1)
                && n >= 3
                && n <= han.chars().count() + 2
                && Gazetteer::looks_like_a_name(&head)
        });
        let next = tokens.get(i + 1);
        let adjacent = next.is_some_and(|n| n.at.start == t.at.end);
        let asked = adjacent && next.is_some_and(|n| n.is("word:have") || matches!(n.kind, Kind::Part(_)));
        let opens = i == 0
            || tokens
                .get(i - 1)
                .is_some_and(|p| matches!(p.kind, Kind::Place(_) | Kind::Break) || p.is_filler());
        let surely = (3..=tail.chars().count().min(6)).any(|n| {
            let head: String = tail.chars().take(n).collect();
            Gazetteer::surely_a_name(&head)
        });
        if (named && long) || surely || (long && asked && opens) {
            return Some(text.slice(t.at.clone()));
        }
    }
    None
}

/// Two or more capitalised words, or any words after "at" or "in", that nothing explains.
fn unknown_latin(text: &Folded, tokens: &[Token], i: usize) -> Option<String> {
    let mut end = i;
    let word = |t: &Token| matches!(t.kind, Kind::Other) && text.at(t.at.start).is_ascii_alphabetic();
    while tokens.get(end + 1).is_some_and(word) && tokens[end + 1].at.start <= tokens[end].at.end + 1 {
        end += 1;
    }
    let capital = |t: &Token| text.is_upper(t.at.start);
    let before = i.checked_sub(1).map(|j| text.slice(tokens[j].at.clone()));
    let at_place = matches!(before.as_deref(), Some("at" | "in" | "at the" | "near" | "inside" | "called"));
    let the = matches!(before.as_deref(), Some("the"));
    let named = |j: usize| capital(&tokens[j]) && matches!(tokens[j].kind, Kind::Words(_));
    let neighbours =
        tokens.get(end + 1).is_some_and(|_| named(end + 1)) || i.checked_sub(1).is_some_and(named);
    let capitals = tokens[i..=end].iter().filter(|t| capital(t)).count();
    // A common word in small letters is a word: "interested in yield".
    let plain = |t: &Token| !capital(t) && is_english(&text.slice(t.at.clone()));
    if tokens[i..=end].iter().all(plain) {
        return None;
    }
    let long = tokens[i..=end].iter().any(|t| t.at.len() >= if neighbours { 3 } else { 4 });
    (long && (at_place || capitals >= 2 || (capitals == 1 && (the || neighbours))))
        .then(|| text.slice(tokens[i].at.start..tokens[end].at.end))
}
