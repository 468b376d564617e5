//! Concepts that are said in pieces: 鎖匙喺唔喺你哋舖頭, "how soon could we actually move in". A phrase of the lexicon is
//! whole; a pattern is a set of words that mean something when one clause holds one of each group, whatever stands
//! between. A pattern adds its concept only where nothing in the clause has said as much of the column already.

use super::rules::has;
use super::scan::{Kind, Token};
use crate::language::{Folded, fold_str};
use serde::Deserialize;
use std::sync::OnceLock;

#[derive(Deserialize)]
struct Pattern {
    concept: String,
    all: Vec<Vec<String>>,
    #[serde(default)]
    none: Vec<String>,
}

#[derive(Deserialize)]
struct Patterns {
    pattern: Vec<Pattern>,
}

fn patterns() -> &'static [Pattern] {
    static PATTERNS: OnceLock<Vec<Pattern>> = OnceLock::new();
    PATTERNS.get_or_init(|| {
        let mut all: Patterns =
            toml::from_str(include_str!("patterns.toml")).expect("patterns.toml is well formed");
        for p in &mut all.pattern {
            p.all.iter_mut().flatten().chain(&mut p.none).for_each(|term| *term = fold_str(term));
        }
        all.pattern
    })
}

/// The column that a concept is about: "view" of "is:view_en=sea" and of "field:view".
fn column(concept: &str) -> &str {
    let name = concept.split_once(':').map_or(concept, |c| c.1);
    let name = name.split_once('=').map_or(name, |c| c.0);
    name.strip_suffix("_en").unwrap_or(name)
}

/// Adds the concepts of the patterns that each clause of a masked text fulfils, at the end of their clause.
pub fn add(masked: &Folded, tokens: &mut Vec<Token>) {
    let mut start = 0;
    while start < tokens.len() {
        let end = tokens[start..]
            .iter()
            .position(|t| matches!(t.kind, Kind::Break))
            .map_or(tokens.len(), |n| start + n);
        let mut added = Vec::new();
        if let (Some(first), Some(last)) = (tokens.get(start), tokens[start..end].last()) {
            let text = masked.slice(first.at.start..last.at.end);
            // A column asked for may still be found to be a condition; not the other way round.
            let said = |concept: &str| {
                let same = |w: &str| {
                    (w.starts_with("is:") || (w.starts_with("field:") && concept.starts_with("field:")))
                        && column(w) == column(concept)
                };
                tokens[start..end]
                    .iter()
                    .any(|t| matches!(&t.kind, Kind::Words(w) if w.iter().any(|w| same(w))))
            };
            for p in patterns() {
                let fulfilled = p.all.iter().all(|group| group.iter().any(|t| has(&text, t)))
                    && !p.none.iter().any(|t| has(&text, t));
                if fulfilled && !said(&p.concept) {
                    let at = last.at.end..last.at.end;
                    added.push(Token { at, kind: Kind::Words(vec![p.concept.as_str()]) });
                }
            }
        }
        let count = added.len();
        tokens.splice(end..end, added);
        start = end + count + 1;
    }
}
