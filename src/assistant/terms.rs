//! Terms that are looked for in a text, all of them in one reading of it: those of the rules and of the patterns.

use crate::language::fold_str;
use crate::language::quick::QuickMap;
use std::collections::HashMap;

/// A set of terms, each once, folded, and found by how it begins.
#[derive(Default)]
pub struct Terms {
    all: Vec<String>,
    numbers: HashMap<String, usize>,
    /// By the two characters they begin with; the second is none where a term is one character.
    by_start: QuickMap<(char, Option<char>), Vec<usize>>,
}

impl Terms {
    /// The number of a term, which is added where it is new.
    pub fn number(&mut self, term: &str) -> usize {
        let term = fold_str(term);
        let next = self.all.len();
        let number = *self.numbers.entry(term.clone()).or_insert(next);
        if number == next {
            let mut chars = term.chars();
            let start = (chars.next().unwrap_or_default(), chars.next());
            self.by_start.entry(start).or_default().push(next);
            self.all.push(term);
        }
        number
    }

    /// Which terms are in a folded text, by number; one that begins or ends with a Latin letter or a digit as a whole
    /// word.
    pub fn in_text(&self, text: &str) -> Vec<bool> {
        let word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let mut found = vec![false; self.all.len()];
        let mut before = None;
        for (at, first) in text.char_indices() {
            let inside = word(before) && word(Some(first));
            before = Some(first);
            if inside {
                continue;
            }
            let second = text[at + first.len_utf8()..].chars().next();
            let alone = second.and_then(|_| self.by_start.get(&(first, None)));
            let starting = self.by_start.get(&(first, second));
            for &number in starting.into_iter().chain(alone).flatten() {
                let term = &self.all[number];
                let Some(after) = text[at..].strip_prefix(term.as_str()) else { continue };
                found[number] |= !(word(after.chars().next()) && word(term.chars().next_back()));
            }
        }
        found
    }
}
