//! What a client asks for and the listing base does not hold (the top floor, a bathtub, a wet market nearby): the
//! answer says so, so that nobody takes the list for one that was looked through by it.

use super::terms::Terms;
use std::collections::BTreeMap;
use std::sync::OnceLock;

struct Things {
    terms: Terms,
    /// The thing's name in the phrases, and the numbers of its terms.
    all: Vec<(String, Vec<usize>)>,
}

fn things() -> &'static Things {
    static THINGS: OnceLock<Things> = OnceLock::new();
    THINGS.get_or_init(|| {
        let file: BTreeMap<String, Vec<String>> =
            toml::from_str(include_str!("beyond.toml")).expect("beyond.toml is well formed");
        let mut terms = Terms::default();
        let all = file.into_iter().map(|(name, said)| (name, said.iter().map(|t| terms.number(t)).collect()));
        let all = all.collect();
        Things { terms, all }
    })
}

/// What a folded text without the names of places asks for beyond the base, by its name in the phrases.
pub fn said(text: &str) -> Vec<&'static str> {
    let things = things();
    let found = things.terms.in_text(text);
    let asked = things.all.iter().filter(|(_, terms)| terms.iter().any(|&t| found[t]));
    asked.map(|(name, _)| name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assistant::phrases::phrases;
    use crate::language::{Language, fold_str};

    #[test]
    fn what_no_column_holds() {
        assert_eq!(said(&fold_str("兩房，最好頂樓，近街市")), ["shops", "top_floor"]);
        assert_eq!(said(&fold_str("有没有浴缸")), ["bathroom"]);
        assert!(said(&fold_str("two bedrooms with a balcony, a liftetime lease")).is_empty());
    }

    #[test]
    fn everything_has_its_words() {
        for (name, _) in &things().all {
            assert!(phrases(Language::En).find(&format!("beyond.{name}")).is_some(), "beyond.{name}");
        }
    }
}
