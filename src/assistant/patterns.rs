//! Concepts that are said in pieces: 鎖匙喺唔喺你哋舖頭, "how soon could we actually move in". A phrase of the lexicon is
//! whole; a pattern is a set of words that mean something when one clause holds one of each group, whatever stands
//! between. A pattern adds its concept only where nothing in the clause has said as much of the column already.

use super::scan::{Kind, Token};
use super::terms::Terms;
use crate::language::Folded;
use serde::Deserialize;
use std::sync::OnceLock;

#[derive(Deserialize)]
struct Pattern<T> {
    concept: String,
    all: Vec<Vec<T>>,
    #[serde(default = "Vec::new")]
    none: Vec<T>,
}

#[derive(Deserialize)]
struct File {
    pattern: Vec<Pattern<String>>,
}

struct Patterns {
    terms: Terms,
    all: Vec<Pattern<usize>>,
}

fn patterns() -> &'static Patterns {
    static PATTERNS: OnceLock<Patterns> = OnceLock::new();
    PATTERNS.get_or_init(|| {
        let file: File = toml::from_str(include_str!("patterns.toml")).expect("patterns.toml is well formed");
        let mut terms = Terms::default();
        let mut numbers = |group: Vec<String>| group.iter().map(|t| terms.number(t)).collect::<Vec<_>>();
        let numbered = file.pattern.into_iter().map(|p| Pattern {
            concept: p.concept,
            all: p.all.into_iter().map(&mut numbers).collect(),
            none: numbers(p.none),
        });
        let all = numbered.collect();
        Patterns { terms, all }
    })
}

/// The column that a concept is about: "view" of "is:view_en=sea" and of "field:view".
fn column(concept: &str) -> &str {
    let name = concept.split_once(':').map_or(concept, |c| c.1);
    let name = name.split_once('=').map_or(name, |c| c.0);
    name.strip_suffix("_en").unwrap_or(name)
}

/// Adds the concepts of the patterns that a masked text fulfils: conditions clause by clause, columns asked for
/// sentence by sentence, since an address may stand between their pieces.
pub fn add(masked: &Folded, tokens: &mut Vec<Token>) {
    add_within(masked, tokens, "is:", |_| true);
    add_within(masked, tokens, "field:", |c| matches!(c, '。' | '?' | '!' | ';' | '…'));
}

fn add_within(masked: &Folded, tokens: &mut Vec<Token>, group: &str, ends: impl Fn(char) -> bool) {
    let mut start = 0;
    while start < tokens.len() {
        let end = tokens[start..]
            .iter()
            .position(|t| matches!(t.kind, Kind::Break) && ends(masked.at(t.at.start)))
            .map_or(tokens.len(), |n| start + n);
        let added = fulfilled(masked, &tokens[start..end], group);
        // What was taken for a column asked for is part of the condition: "only ones that take cats".
        for condition in added.iter().flat_map(|t| t.group("is")) {
            for token in &mut tokens[start..end] {
                if let Kind::Words(w) = &mut token.kind {
                    w.retain(|c| !(c.starts_with("field:") && column(c) == column(condition)));
                }
            }
        }
        let count = added.len();
        tokens.splice(end..end, added);
        start = end + count + 1;
    }
}

/// The patterns of a group that a stretch fulfils and that nothing in it has said already, as tokens at its end.
fn fulfilled(masked: &Folded, tokens: &[Token], group: &str) -> Vec<Token> {
    let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return Vec::new() };
    let text = masked.slice(first.at.start..last.at.end);
    // A column asked for may still be found to be a condition; not the other way round.
    let said = |concept: &str| {
        let same = |w: &str| {
            (w.starts_with("is:") || (w.starts_with("field:") && group == "field:"))
                && column(w) == column(concept)
        };
        tokens.iter().any(|t| matches!(&t.kind, Kind::Words(w) if w.iter().any(|w| same(w))))
    };
    let found = patterns().terms.in_text(&text);
    let fits = |p: &&Pattern<usize>| {
        p.concept.starts_with(group)
            && p.all.iter().all(|group| group.iter().any(|&t| found[t]))
            && !p.none.iter().any(|&t| found[t])
            && !said(&p.concept)
    };
    let at = last.at.end..last.at.end;
    let token =
        |p: &'static Pattern<usize>| Token { at: at.clone(), kind: Kind::Words(vec![p.concept.as_str()]) };
    patterns().all.iter().filter(fits).map(token).collect()
}
