//! Places that a client only tells of: where they come from, where they work. They are neither a condition nor a name
//! that is not here, as long as another place or a condition says what is looked for.

use super::scan::{Kind, Token};
use crate::language::cues::{Family, Hit};
use crate::language::{Folded, PlaceKind};
use serde::Deserialize;
use std::ops::Range;
use std::sync::OnceLock;

#[derive(Deserialize)]
struct Cues {
    before: Family,
    after: Family,
}

fn cues() -> &'static Cues {
    static CUES: OnceLock<Cues> = OnceLock::new();
    CUES.get_or_init(|| {
        toml::from_str(include_str!("background.toml")).expect("background.toml is well formed")
    })
}

/// How far from a place its cue may stand, in characters.
const REACH: usize = 6;

/// Makes filler of the places, and of the unknown names, that are only told of. A known place goes only where another
/// is asked for.
pub fn remove(text: &Folded, tokens: &mut [Token]) {
    // Once over the whole text: what a cue is near is looked up after.
    let all = 0..text.chars.len();
    let (before, after) = (cues().before.find(&text.chars, &all), cues().after.find(&text.chars, &all));
    if before.is_empty() && after.is_empty() {
        return;
    }
    let mut told: Vec<usize> = Vec::new();
    for (i, t) in tokens.iter().enumerate() {
        // The next word of a name goes with the one before.
        let goes_on = matches!(t.kind, Kind::Other)
            && i > 0
            && matches!(tokens[i - 1].kind, Kind::Other)
            && told.last() == Some(&(i - 1))
            && text.slice(tokens[i - 1].at.end..t.at.start).trim().is_empty();
        if goes_on || is_told(text, t, &before, &after) {
            told.push(i);
        }
    }
    if told.is_empty() {
        return;
    }
    let asked = |i: usize| {
        matches!(&tokens[i].kind, Kind::Place(m) if m.place.kind != PlaceKind::Block) && !told.contains(&i)
    };
    let elsewhere = (0..tokens.len()).any(asked);
    for i in told {
        if elsewhere || !matches!(tokens[i].kind, Kind::Place(_)) {
            tokens[i].kind = Kind::Words(vec!["filler:words"]);
        }
    }
}

/// Whether a place or an unknown name has a cue beside it.
fn is_told(text: &Folded, t: &Token, before: &[Hit], after: &[Hit]) -> bool {
    let named = match &t.kind {
        Kind::Place(m) => !matches!(m.place.kind, PlaceKind::Block),
        Kind::Other => true,
        _ => false,
    };
    let gap = |range: Range<usize>| {
        let gap = text.slice(range);
        let rest = gap.trim_matches([' ', '咗', '緊', '紧', '在', '喺', '開', '开']);
        matches!(rest, "" | "the" | "a" | "our")
    };
    let led = || {
        let last = before.partition_point(|h| h.at.end <= t.at.start);
        before[..last].last().is_some_and(|h| {
            let whole = h.at.start == 0 || !text.at(h.at.start - 1).is_ascii_alphanumeric();
            whole && t.at.start - h.at.end <= REACH && gap(h.at.end..t.at.start)
        })
    };
    let followed = || {
        let next = after.partition_point(|h| h.at.start < t.at.end);
        matches!(t.kind, Kind::Place(_))
            && after.get(next).is_some_and(|h| h.at.start - t.at.end <= REACH && gap(t.at.end..h.at.start))
    };
    named && (led() || followed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{Gazetteer, fold};

    #[test]
    fn places_that_are_only_told_of() {
        let gazetteer = Gazetteer::new([]);
        for (text, told) in [
            ("relocating from canary wharf, three-bed in Tai Koo", vec!["canary", "wharf"]),
            ("Derek from the Mong Kok branch, anything in Tai Po", vec!["mong kok"]),
            ("我在中環上班，想在太古租房", vec!["中环"]),
            ("而家住屯門，想買沙田", vec!["屯门"]),
            ("I live in Tai Koo", vec![]),
            ("looking in Tai Koo or Sha Tin", vec![]),
        ] {
            let folded = fold(text);
            let mut tokens: Vec<Token> = gazetteer
                .find_in(&folded)
                .into_iter()
                .map(|m| Token { at: m.at.clone(), kind: Kind::Place(Box::new(m)) })
                .collect();
            for word in ["canary", "wharf"] {
                if let Some(at) = text.find(word) {
                    tokens.push(Token { at: at..at + word.len(), kind: Kind::Other });
                }
            }
            tokens.sort_by_key(|t| t.at.start);
            remove(&folded, &mut tokens);
            let filler: Vec<String> =
                tokens.iter().filter(|t| t.is_filler()).map(|t| folded.slice(t.at.clone())).collect();
            assert_eq!(filler, told, "{text}");
        }
    }
}
