//! Puts the written text together: the names as they were decided, everything between them in the script of the
//! language, and a note of every change.
//!
//! OpenCC reads Traditional Cantonese wrongly here and there (the particle 晒 becomes 曬, 涌 becomes 湧, 余小姐 餘小姐), so
//! a text that is Traditional already only gets Hong Kong's forms of its characters, and the words in `wording.toml` are
//! kept from it.

use super::rules::rules;
use super::{Edit, Written};
use crate::language::Language;
use crate::language::chinese::{
    only_simplified, only_traditional, to_hong_kong, to_simplified, to_traditional,
};
use crate::store::transcripts::{Change, Reason};

/// A text being written.
pub struct Writer<'a> {
    heard: &'a str,
    /// How far `heard` is written, in bytes.
    done: usize,
    language: Language,
    convert: Option<fn(&str) -> String>,
    text: String,
    /// Characters of `text`.
    length: usize,
    changes: Vec<Change>,
}

impl<'a> Writer<'a> {
    /// Begins with a text as it was heard.
    pub fn new(heard: &'a str, language: Language) -> Self {
        let simplified = heard.chars().any(only_simplified);
        let traditional = heard.chars().any(only_traditional);
        let convert: Option<fn(&str) -> String> = match language {
            Language::En => None,
            Language::Cmn => traditional.then_some(to_simplified),
            Language::Yue if simplified || !traditional => Some(to_traditional),
            Language::Yue => Some(to_hong_kong),
        };
        Self { heard, done: 0, language, convert, text: String::new(), length: 0, changes: Vec::new() }
    }

    /// Writes up to an edit, and the edit. Edits come from left to right; one that overlaps the last is left out.
    pub fn edit(&mut self, edit: Edit) {
        if edit.bytes.start < self.done {
            return;
        }
        self.plain(edit.bytes.start);
        let from = &self.heard[edit.bytes.clone()];
        match edit.reason {
            Reason::Script => self.characters(from, &edit.to),
            reason => self.put(from, &edit.to, reason),
        }
        self.done = edit.bytes.end;
    }

    /// Writes the rest.
    pub fn finish(mut self) -> Written {
        self.plain(self.heard.len());
        Written { text: self.text, changes: self.changes }
    }

    /// What is no name, up to a place.
    fn plain(&mut self, end: usize) {
        let text = &self.heard[self.done..end];
        let mut from = 0;
        if self.language == Language::Yue {
            let mut at = 0;
            while let Some(c) = text[at..].chars().next() {
                match rules().write.iter().find(|(phrase, _)| text[at..].starts_with(phrase.as_str())) {
                    Some((phrase, written)) => {
                        self.convert(&text[from..at]);
                        self.characters(phrase, written);
                        at += phrase.len();
                        from = at;
                    }
                    None => at += c.len_utf8(),
                }
            }
        }
        self.convert(&text[from..]);
        self.done = end;
    }

    fn convert(&mut self, text: &str) {
        match self.convert.filter(|_| !text.is_ascii()) {
            Some(convert) => self.characters(text, &convert(text)),
            None => self.put(text, text, Reason::Script),
        }
    }

    /// The same characters in another script: each stretch of them that differs is a change, where they stand one for
    /// one.
    fn characters(&mut self, from: &str, to: &str) {
        let (old, new): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
        if old.len() != new.len() {
            return self.put(from, to, Reason::Script);
        }
        let pairs: Vec<(char, char)> = old.into_iter().zip(new).collect();
        for run in pairs.chunk_by(|a, b| (a.0 == a.1) == (b.0 == b.1)) {
            let (old, new): (String, String) = run.iter().copied().unzip();
            self.put(&old, &new, Reason::Script);
        }
    }

    fn put(&mut self, from: &str, to: &str, reason: Reason) {
        let len = to.chars().count();
        if from != to {
            match self.changes.last_mut() {
                Some(last)
                    if reason == Reason::Script
                        && last.reason == reason
                        && last.at + last.len == self.length =>
                {
                    last.len += len;
                    last.from.push_str(from);
                }
                _ => self.changes.push(Change { at: self.length, len, from: from.to_owned(), reason }),
            }
        }
        self.text.push_str(to);
        self.length += len;
    }
}
