//! Longest match of many phrases at a place in a folded text. A phrase that begins or ends with a Latin letter or a
//! digit only matches at a word's edge; one that ends in a letter also takes a plural s.

use super::quick::QuickMap;

/// Phrases, each with what it stands for.
#[derive(Debug, Clone)]
pub struct Trie<T> {
    next: QuickMap<(u32, char), u32>,
    found: Vec<Vec<T>>,
}

impl<T> Default for Trie<T> {
    fn default() -> Self {
        Self { next: QuickMap::default(), found: vec![Vec::new()] }
    }
}

impl<T: PartialEq> Trie<T> {
    /// Adds a phrase that is already folded. The same phrase may stand for several things.
    pub fn insert(&mut self, phrase: &str, value: T) {
        let mut node = 0;
        for c in phrase.chars() {
            let fresh = self.found.len() as u32;
            node = *self.next.entry((node, c)).or_insert(fresh);
            if node == fresh {
                self.found.push(Vec::new());
            }
        }
        if node != 0 && !self.found[node as usize].contains(&value) {
            self.found[node as usize].push(value);
        }
    }

    /// What exactly this folded phrase stands for.
    pub fn get(&self, phrase: &str) -> &[T] {
        let mut node = 0;
        for c in phrase.chars() {
            match self.next.get(&(node, c)) {
                Some(&n) => node = n,
                None => return &[],
            }
        }
        &self.found[node as usize]
    }

    /// The longest phrase that starts at `at`: where it ends, and what it stands for.
    pub fn longest(&self, chars: &[char], at: usize) -> Option<(usize, &[T])> {
        if word(chars.get(at)) && at > 0 && letter(chars.get(at)) && letter(chars.get(at - 1)) {
            return None;
        }
        let (mut node, mut best, mut i) = (0, None, at);
        while let Some(&c) = chars.get(i) {
            match self.next.get(&(node, c)) {
                Some(&n) => node = n,
                None => break,
            }
            i += 1;
            if self.found[node as usize].is_empty() {
                continue;
            }
            if let Some(end) = edge(chars, i) {
                best = Some((end, self.found[node as usize].as_slice()));
            }
        }
        best
    }
}

fn word(c: Option<&char>) -> bool {
    c.is_some_and(char::is_ascii_alphanumeric)
}

fn letter(c: Option<&char>) -> bool {
    c.is_some_and(char::is_ascii_alphabetic)
}

/// Where a phrase that reached `end` ends, or `None` in the middle of a word.
fn edge(chars: &[char], end: usize) -> Option<usize> {
    let last = chars[end - 1];
    if !last.is_ascii_alphanumeric() || !word(chars.get(end)) {
        return Some(end);
    }
    if last.is_ascii_alphabetic() && chars[end] == 's' && !word(chars.get(end + 1)) {
        return Some(end + 1);
    }
    // "mtr5" and "net14": a digit after a letter, or the other way round, is an edge of its own.
    (last.is_ascii_alphabetic() != chars[end].is_ascii_alphabetic()).then_some(end)
}
